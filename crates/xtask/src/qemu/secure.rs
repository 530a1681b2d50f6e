//! The secure link of the image: whom the device believes, and whom it tells nothing (S-50 to S-53, S-95).

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::broker::Broker;
use super::lines::Lines;
use super::machine::{Flash, Machine, is_still};
use super::papers::{Authority, Papers};
use super::relay::Move;
use super::{BOARD, Lab};
use crate::{Failure, Outcome, boards};

/// This machine, as the device sees it.
const HOST: &str = "10.0.2.2";

/// A device that was built with the certificate of an authority, and two brokers that were signed by two.
struct House {
    broker: Broker,
    ours: Papers,
    strangers: Papers,
    flash: Flash,
    machine: Machine,
    image: PathBuf,
}

/// Builds the image with TLS and an authority of this run, and shows whom it believes.
///
/// # Errors
/// [`Failure::Step`] for the first thing that is not as it should be.
pub fn run(root: &Path, lab: &Lab) -> Result<String, Failure> {
    let folder = &lab.folder;
    let (authority, other) = (Authority::new(folder, "house")?, Authority::new(folder, "street")?);
    let ours = authority.signs(folder, "ours", HOST)?;
    let strangers = other.signs(folder, "strangers", HOST)?;
    let image = image(root, authority.certificate())?;
    let mut house = House::enter(lab, image, ours, strangers)?;
    let handshake = house.believes_its_authority()?;
    house.tells_a_stranger_nothing()?;
    house.learns_a_key_for_good()?;
    Ok(format!(
        "connected {handshake:.1} s after power and switched; a stranger heard nothing; a key that was learned \
         held over a power cut"
    ))
}

fn image(root: &Path, authority: &Path) -> Result<PathBuf, Failure> {
    let boards = boards::named(root, &[BOARD])?;
    let board = boards.first().ok_or_else(|| Failure::Step(format!("no board {BOARD}")))?;
    board.build_with(root, boards::RELEASE, |cargo| {
        cargo.args(["--features", "tls"]).env("SONOFF_MQTT_CA", authority);
    })
}

impl House {
    /// Tells a new device of its broker. That it is to speak TLS it knows (S-95).
    fn enter(lab: &Lab, image: PathBuf, ours: Papers, strangers: Papers) -> Result<Self, Failure> {
        let broker = Broker::start_secure(&lab.folder, &ours)?;
        let flash = Flash::new(lab.folder.join("secure.flash.bin"))?;
        let mut machine = Machine::start(&image, &flash, false)?;
        machine.trace.hears("12 output low")?;
        machine.types(&format!("backlog mqttport {}; mqtthost {HOST}", broker.secure_port))?;
        machine.trace.hears("reset Software")?;
        machine.cut();
        Ok(Self { broker, ours, strangers, flash, machine, image })
    }

    fn power_on(&mut self) -> Outcome {
        self.machine.cut();
        self.machine = Machine::start(&self.image, &self.flash, true)?;
        Ok(())
    }

    /// Seconds from power to the session; then somebody switches.
    fn believes_its_authority(&mut self) -> Result<f64, Failure> {
        let mut listener = self.broker.subscriber("#")?;
        let started = Instant::now();
        self.power_on()?;
        listener.lines.hears("tele/sonoff/LWT Online")?;
        let online = started.elapsed().as_secs_f64();
        self.switches(&mut listener.lines, "ON", true)?;
        self.switches(&mut listener.lines, "OFF", false)?;
        Ok(online)
    }

    fn switches(&mut self, listener: &mut Lines, word: &str, high: bool) -> Outcome {
        self.broker.publish("cmnd/sonoff/power", word)?;
        let moved = |line: &str| (Move::of(line) == Some(Move::Edge { high })).then_some(());
        self.machine.trace.finds("a move of the relay", moved)?;
        listener.hears(&format!("stat/sonoff/POWER {word}")).map(|_| ())
    }

    /// Another broker takes the place of the own one.
    fn changes_to(&mut self, papers: Papers) -> Outcome {
        self.broker.stop();
        self.broker.resume_with(&papers)
    }

    fn tells_a_stranger_nothing(&mut self) -> Outcome {
        self.changes_to(self.strangers.clone())?;
        self.machine.console().hears("TLS connection error: the certificate is not signed by the CA")?;
        self.machine.console().hears("rc -2")?;
        match self.broker.said().iter().find(|line| line.contains("DVES_")) {
            None => Ok(()),
            Some(line) => Err(Failure::Step(format!("the stranger heard something: {line}"))),
        }
    }

    /// By its key the stranger may be the broker, and then nobody else is.
    fn learns_a_key_for_good(&mut self) -> Outcome {
        self.machine.types("setoption132 1")?;
        self.machine.console().hears("MQT: Fingerprint learned: ")?;
        self.machine.console().hears("MQT: Connected")?;
        is_still(&self.flash)?;
        self.power_on()?;
        let before = self.machine.console().up_to("MQT: Connected")?;
        if before.iter().any(|line| line.contains("learned")) {
            return Err(Failure::Step("the key was learned twice".to_owned()));
        }
        self.changes_to(self.ours.clone())?;
        self.machine.console().hears("TLS connection error: the key is another one: ").map(|_| ())
    }
}
