//! The device at home: a broker on this machine, somebody who listens, and what must work there.

use std::thread;
use std::time::{Duration, Instant};

use super::Lab;
use super::broker::Broker;
use super::lines::PATIENCE;
use super::machine::{Flash, Machine, is_still};
use super::pages;
use super::program::Program;
use super::relay::{Move, begins_without_an_edge};
use super::time::{self, TimeServer};
use super::web;
use crate::{Failure, Outcome};

/// A finger stays on a button so long.
const PRESS: Duration = Duration::from_millis(150);

/// A device that knows its broker.
pub struct Home<'l> {
    lab: &'l Lab,
    broker: Broker,
    flash: Flash,
    pub machine: Machine,
    listener: Program,
    time: Option<TimeServer>,
    started: Instant,
}

/// What must work, by its name; each tells its figures. One goes on where the one before it ended.
pub type Check = (&'static str, fn(&mut Home<'_>) -> Result<String, Failure>);

/// In this order.
pub const CHECKS: &[Check] = &[
    ("address", address),
    ("time", time_of_day),
    ("commands", commands),
    ("button", button),
    ("pages", pages::pages),
    ("outage", outage),
    ("restarts", restarts),
    ("power cuts", power_cuts),
    ("end", end),
];

impl<'l> Home<'l> {
    /// Tells a new device of its broker, at its console and without a network, as one does who unpacks it.
    ///
    /// # Errors
    /// [`Failure::Step`] when something does not start.
    pub fn start(lab: &'l Lab) -> Result<Self, Failure> {
        let broker = Broker::start(&lab.folder)?;
        let flash = Flash::new(lab.folder.join("home.flash.bin"))?;
        let mut machine = Machine::start(&lab.image, &flash, false)?;
        machine.trace.hears("12 output low")?;
        let servers = (1..=3).map(|index| format!("ntpserver{index} 10.0.2.2;")).collect::<String>();
        machine.types(&format!("backlog {servers} mqttport {}; mqtthost 10.0.2.2", broker.port))?;
        machine.trace.hears("reset Software")?;
        machine.cut();
        let listener = broker.subscriber("#")?;
        let time = TimeServer::start();
        let started = Instant::now();
        let machine = Machine::start(&lab.image, &flash, true)?;
        Ok(Self { lab, broker, flash, machine, listener, time, started })
    }

    /// The port of this machine that leads to the device's pages.
    pub fn pages(&self) -> u16 {
        self.machine.pages
    }

    /// The next message that has this in it.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not come.
    pub fn hears(&mut self, message: &str) -> Result<String, Failure> {
        self.listener.lines.hears(message)
    }

    fn is_online(&mut self) -> Outcome {
        self.hears("tele/sonoff/LWT Online").map(|_| ())
    }

    /// Somebody publishes a command; its answer.
    fn asks(&mut self, command: &str, argument: &str, answer: &str) -> Result<String, Failure> {
        self.broker.publish(&format!("cmnd/sonoff/{command}"), argument)?;
        self.hears(answer)
    }

    /// Whether the relay is on after its next move.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not move.
    pub fn relay_moves(&mut self) -> Result<bool, Failure> {
        self.machine.trace.finds("a move of the relay", |line| match Move::of(line) {
            Some(Move::Edge { high }) => Some(high),
            _ => None,
        })
    }
}

/// The most bytes of stack that were in use after a session with long answers, and how many there are.
///
/// # Errors
/// [`Failure::Step`] when the session does not go as it should.
pub fn deepest(lab: &Lab) -> Result<(u64, u64), Failure> {
    let mut home = Home::start(lab)?;
    address(&mut home)?;
    commands(&mut home)?;
    home.asks("status", "0", "stat/sonoff/STATUS11")?;
    home.asks("backlog", "teleperiod 60; power on; pulsetime", "PulseTime")?;
    pages::read_all(home.pages())?;
    web::get(home.pages(), "/show?list=Status0", "")?;
    is_still(&home.flash)?;
    home.machine.pin("stack")?;
    home.machine.trace.finds("stack", |line| {
        let (deepest, size) = line.strip_prefix("stack ")?.split_once(" of ")?;
        Some((deepest.parse().ok()?, size.parse().ok()?))
    })
}

fn address(home: &mut Home<'_>) -> Result<String, Failure> {
    home.is_online()?;
    let online = home.started.elapsed();
    let status = home.asks("status", "5", "stat/sonoff/STATUS5")?;
    let expected = [r#""IPAddress":"10.0.2.15""#, r#""Gateway":"10.0.2.2""#, r#""Mac":"02:00:00:12:34:56""#];
    match expected.iter().find(|part| !status.contains(**part)) {
        Some(part) => Err(Failure::Step(format!("no {part} in {status}"))),
        None => Ok(format!("10.0.2.15 by DHCP, online {:.1} s after power", online.as_secs_f64())),
    }
}

fn time_of_day(home: &mut Home<'_>) -> Result<String, Failure> {
    if home.time.is_none() {
        return Ok("not looked at: UDP port 123 of this machine cannot be had".to_owned());
    }
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if home.asks("status", "7", "stat/sonoff/STATUS7")?.contains(time::SHOWN) {
            return Ok("taken from a time server by SNTP".to_owned());
        }
        thread::sleep(Duration::from_millis(500));
    }
    Err(Failure::Step("the device does not know the time".to_owned()))
}

fn commands(home: &mut Home<'_>) -> Result<String, Failure> {
    const ROUNDS: usize = 200;
    let mut client = home.broker.publisher("cmnd/sonoff/power")?;
    let mut times = Vec::new();
    for high in [true, false].into_iter().cycle().take(ROUNDS) {
        let word = if high { "ON" } else { "OFF" };
        let sent = Instant::now();
        client.types(word)?;
        if home.relay_moves()? != high {
            return Err(Failure::Step(format!("the relay is not {word}")));
        }
        times.push(sent.elapsed());
        home.hears(&format!(r#"stat/sonoff/RESULT {{"POWER":"{word}"}}"#))?;
        home.hears(&format!("stat/sonoff/POWER {word}"))?;
    }
    Ok(format!("{ROUNDS} sent by mosquitto_pub, each seen at the relay and answered; {}", spread(times)))
}

fn button(home: &mut Home<'_>) -> Result<String, Failure> {
    let times = press(home, 20)?;
    Ok(format!("20 presses, each seen at the relay; {}", spread(times)))
}

fn press(home: &mut Home<'_>, count: usize) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    for _ in 0..count {
        let pressed = Instant::now();
        home.machine.pin("0 low")?;
        home.relay_moves()?;
        times.push(pressed.elapsed());
        thread::sleep(PRESS);
        home.machine.pin("0 high")?;
        thread::sleep(PRESS);
    }
    Ok(times)
}

/// Half of them, nearly all, and the longest.
pub fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at =
        |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
    let ms = |share| at(share).as_secs_f64() * 1000.0;
    format!("p50 {:.1} ms, p99 {:.1} ms", ms(50), ms(99))
}

fn outage(home: &mut Home<'_>) -> Result<String, Failure> {
    home.broker.stop();
    home.machine.console().hears("MQTT: CONNECT FAILED")?;
    let pressed = press(home, 3)?.len();
    home.broker.resume()?;
    let back = Instant::now();
    home.listener = home.broker.subscriber("#")?;
    home.is_online()?;
    let after = back.elapsed().as_secs_f64();
    let state = home.hears("stat/sonoff/POWER ")?;
    home.asks("power", "on", "stat/sonoff/POWER ON")?;
    Ok(format!("{pressed} presses without a broker; back {after:.1} s after it, and told {state}"))
}

fn restarts(home: &mut Home<'_>) -> Result<String, Failure> {
    const ROUNDS: u16 = 10;
    for round in 0..ROUNDS {
        let (period, word) = (100 + round, if round % 2 == 0 { "ON" } else { "OFF" });
        home.asks("power", word, &format!("stat/sonoff/POWER {word}"))?;
        home.asks("teleperiod", &period.to_string(), r#"RESULT {"TelePeriod""#)?;
        home.machine.trace.so_far();
        home.asks("restart", "1", "tele/sonoff/LWT Offline")?;
        home.is_online()?;
        is_kept(home, period, word)?;
    }
    Ok(format!("{ROUNDS}; settings and relay kept, no edge at the relay between reset and its level"))
}

/// After a start: the relay has its level without an edge, and the setting its value.
fn is_kept(home: &mut Home<'_>, period: u16, word: &str) -> Outcome {
    let high = begins_without_an_edge(&home.machine.trace.so_far())?;
    if high != (word == "ON") {
        return Err(Failure::Step(format!("the relay is no longer {word}")));
    }
    home.asks("teleperiod", "", &format!(r#"RESULT {{"TelePeriod":{period}}}"#)).map(|_| ())
}

fn power_cuts(home: &mut Home<'_>) -> Result<String, Failure> {
    const ROUNDS: u16 = 3;
    for round in 0..ROUNDS {
        let (period, word) = (200 + round, if round % 2 == 0 { "ON" } else { "OFF" });
        home.asks("power", word, &format!("stat/sonoff/POWER {word}"))?;
        home.asks("teleperiod", &period.to_string(), r#"RESULT {"TelePeriod""#)?;
        is_still(&home.flash)?;
        home.machine.cut();
        home.machine = Machine::start(&home.lab.image, &home.flash, true)?;
        home.is_online()?;
        is_kept(home, period, word)?;
    }
    Ok(format!("{ROUNDS}; what was saved is there, no edge at the relay"))
}

fn end(home: &mut Home<'_>) -> Result<String, Failure> {
    let code = home.machine.off()?;
    home.hears("tele/sonoff/LWT Offline")?;
    match code {
        Some(0) => Ok("LWT Offline, exit code 0".to_owned()),
        other => Err(Failure::Step(format!("exit code {other:?}"))),
    }
}
