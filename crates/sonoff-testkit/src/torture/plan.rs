//! What happens in the life of one seed: everything is drawn from it before the life begins.

use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};

use super::event::{Event, Fault, To};
use super::planted::Plant;
use super::random::Random;

/// In every secret, and in nothing else.
pub const CANARY: &str = "kanari";
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// About what a burst takes.
const BURST: u64 = 20 * MINUTE;

/// What a device is made of whose link to the broker is a secure one.
const SECURE: &[Part] =
    &[Part::Radio, Part::FixedAddress, Part::RadioSleep, Part::Serial, Part::Syslog, Part::Tls];

/// The device of a seed, and how it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// For the device's own random numbers.
    pub seed: u64,
    /// Relays, and as many buttons.
    pub relays: u8,
    /// Wall switches.
    pub switches: u8,
    /// Relays 1 and 2, and 3 and 4, are never on together.
    pub interlock: bool,
    /// `MqttKeepAlive`
    pub keep_alive_s: u16,
    /// `TelePeriod`
    pub tele_period_s: u16,
    /// `PowerOnState`
    pub power_on_state: u16,
    /// `PulseTime1`, in tenths of a second.
    pub pulse: u16,
    /// The broker is known by its name.
    pub named_broker: bool,
    /// The LED blinks while something is wrong.
    pub blinks: bool,
    /// `SetOption13`: buttons wait for nothing.
    pub immediate: bool,
    /// Log lines go to the broker, too.
    pub mqtt_log: bool,
    /// A deliberate fault.
    pub plant: Option<Plant>,
}

impl Setup {
    fn draw(seed: u64, random: &mut Random) -> Self {
        let relays = random.one_of(&[1, 1, 2, 4]);
        Self {
            seed,
            relays,
            switches: random.one_of(&[0, 0, 1]).min(relays),
            interlock: relays > 1 && random.once_in(2),
            keep_alive_s: random.one_of(&[30, 60, 100, 100]),
            tele_period_s: random.one_of(&[300, 3600, 3600, 0]),
            power_on_state: random.one_of(&[0, 1, 3, 3, 3]),
            pulse: random.one_of(&[0, 0, 10, 50]),
            named_broker: random.once_in(2),
            blinks: random.once_in(8),
            immediate: random.once_in(2),
            mqtt_log: random.once_in(8),
            plant: None,
        }
    }

    /// The kind of device.
    pub fn profile(&self) -> Profile {
        let profile = Profile::with_relays(self.relays).with_switches(self.switches);
        if self.is_secure() { Profile { parts: SECURE, ..profile } } else { profile }
    }

    /// The link to the broker is a secure one. It is not drawn like the rest, which would make other lives of all seeds.
    pub const fn is_secure(&self) -> bool {
        self.seed.is_multiple_of(8)
    }

    /// The settings of a new device.
    pub fn apply(&self, settings: &mut Settings) {
        let host = if self.named_broker { "broker.lan" } else { "10.0.0.1" };
        let texts = [
            (Text::MQTT_HOST, host),
            (Text::MQTT_PASSWORD, "kanari-0"),
            (Text::WEB_PASSWORD, "kanari-1"),
            (Text::WIFI_PASSWORD, "kanari-2"),
        ];
        let numbers = [
            (Number::MQTT_KEEP_ALIVE, self.keep_alive_s),
            (Number::TELE_PERIOD, self.tele_period_s),
            (Number::POWER_ON_STATE, self.power_on_state),
            (Number::PULSE_TIME, self.pulse),
            (Number::MQTT_LOG, if self.mqtt_log { 2 } else { 0 }),
        ];
        // What does not fit stays as it was from the factory.
        texts.iter().for_each(|(text, value)| _ = settings.set_text(*text, value));
        numbers.iter().for_each(|(number, value)| _ = settings.set_number(*number, *value));
        for (n, group) in [(1, 0b11), (2, 0b1100)] {
            _ = settings.set_nth_number(Number::INTERLOCK_GROUP, n, if self.interlock { group } else { 0 });
        }
        let options =
            [(13, self.immediate), (14, self.interlock), (31, !self.blinks), (103, self.is_secure())];
        options.iter().for_each(|(option, on)| settings.set_option(*option, *on));
        self.plant.into_iter().for_each(|plant| plant.spoil(settings));
    }

    /// All relays as a mask.
    pub const fn all_relays(&self) -> u8 {
        (1_u8 << self.relays) - 1
    }

    /// The relays that must not be on together with this one, as a mask.
    pub const fn rivals(&self, relay: u8) -> u8 {
        let group = if relay <= 2 { 0b11 } else { 0b1100 };
        if self.interlock { group & !(1 << (relay - 1)) } else { 0 }
    }

    /// Whether a press of this button acts at its debounced edge (P-43).
    pub const fn acts_at_once(&self, button: u8) -> bool {
        self.relays == 1 || button > 1 || self.immediate
    }
}

/// A device and all that happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The device.
    pub setup: Setup,
    /// When what happens, in milliseconds.
    pub events: Vec<(u64, Event)>,
    /// When it ends.
    pub end: u64,
}

impl Plan {
    /// The plan of a seed: bursts of trouble with long quiet stretches between them, `hours` in all.
    pub fn draw(seed: u64, hours: u64) -> Self {
        let mut random = Random::new(seed);
        let setup = Setup::draw(random.number(), &mut random);
        let mut plan = Self { setup, events: Vec::new(), end: 10_000 };
        let shares: Vec<u64> = (0..random.within(2, 5)).map(|_| random.within(1, 100)).collect();
        let quiet = (hours * HOUR).saturating_sub(shares.len() as u64 * BURST) / shares.iter().sum::<u64>();
        for share in shares {
            plan.burst(&mut random);
            plan.rest(quiet * share, &mut random);
        }
        plan.end = plan.end.max(hours * HOUR);
        plan
    }

    /// A year without network after some presses, and what a device does with it.
    pub fn lonely_year(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let setup = Setup {
            blinks: false,
            pulse: 0,
            tele_period_s: 3600,
            ..Setup::draw(random.number(), &mut random)
        };
        let press = |at| (at, Event::Press { button: 1, ms: 100, bounces: 0 });
        let year = 365 * 24 * HOUR;
        let gone = (5000, Event::Fault(Fault::WifiLost, year));
        Self { setup, events: vec![press(2000), gone, press(60_000)], end: year + HOUR }
    }

    fn burst(&mut self, random: &mut Random) {
        for _ in 0..random.within(8, 40) {
            let gap = match random.below(8) {
                0..=2 => random.below(60),
                3..=5 => random.below(3000),
                6 => random.below(MINUTE),
                _ => random.below(5 * MINUTE),
            };
            self.end += gap;
            let event = draw_event(&self.setup, random);
            self.events.push((self.end, event));
        }
        // What was begun may end, and the device may come back.
        self.end += 6 * MINUTE;
    }

    /// A quiet stretch, with the network or without.
    fn rest(&mut self, ms: u64, random: &mut Random) {
        if random.once_in(4) && !self.setup.blinks {
            let fault = random.one_of(&[0, 1, 2]);
            let faults = [Fault::WifiLost, Fault::BrokerDown { keeps_retained: true }, Fault::SynLost];
            let fault = faults.get(fault).copied().unwrap_or(Fault::WifiLost);
            self.events.push((self.end, Event::Fault(fault, ms.saturating_sub(5 * MINUTE))));
        }
        self.end += ms;
    }
}

fn draw_event(setup: &Setup, random: &mut Random) -> Event {
    match random.below(24) {
        0..=6 => Event::Fault(draw_fault(random), draw_span(random)),
        7 => Event::Reset,
        8 => Event::Cut(random.one_of(&[1, 300, 2000, 60_000])),
        9 => draw_cut_in_write(random),
        10 => Event::Clock(random.within(1_600_000_000, 1_900_000_000)),
        11..=16 => draw_command(random),
        17 => Event::Flood(u16::try_from(random.within(5, 60)).unwrap_or(5)),
        18 if setup.switches > 0 => Event::Switch(1),
        _ => draw_press(setup, random),
    }
}

fn draw_fault(random: &mut Random) -> Fault {
    let byte = |number: u64| u8::try_from(number).unwrap_or(1);
    match random.below(13) {
        0 => Fault::SynLost,
        1 => Fault::TcpRefused,
        2 => Fault::Mute,
        3 => Fault::HalfOpen,
        4 => Fault::Stalled,
        5 => Fault::Trickle(byte(random.within(1, 9))),
        6 => Fault::CutAfter(u16::try_from(random.below(3000)).unwrap_or(0)),
        7 => Fault::Refused(byte(random.within(1, 5))),
        8 => Fault::NamesHang,
        9 => Fault::NamesUnknown,
        10 => Fault::WifiLost,
        11 => Fault::BrokerDown { keeps_retained: random.once_in(2) },
        _ => Fault::Twin,
    }
}

/// From a flicker to hours.
fn draw_span(random: &mut Random) -> u64 {
    match random.below(8) {
        0..=2 => random.below(200),
        3..=5 => random.below(20_000),
        6 => random.below(10 * MINUTE),
        _ => random.below(2 * HOUR),
    }
}

fn draw_cut_in_write(random: &mut Random) -> Event {
    let step = if random.once_in(2) { random.below(900) } else { random.below(9000) };
    let torn = u8::try_from(random.below(4)).unwrap_or(0);
    Event::CutInWrite { step, torn, off_ms: random.one_of(&[1, 500, 5000]) }
}

fn draw_press(setup: &Setup, random: &mut Random) -> Event {
    let button = u8::try_from(random.within(1, setup.relays.into())).unwrap_or(1);
    let ms = random.one_of(&[15, 45, 60, 100, 100, 300, 700, 4500]);
    Event::Press { button, ms, bounces: random.one_of(&[0, 0, 1, 2]) }
}

/// Words with arguments that make sense, or none.
const COMMANDS: &[(&str, &[&str])] = &[
    ("Power", &["on", "off", "toggle", "TOGGLE", "1", "0", "2", "", "?", "hold", "on\n"]),
    ("Power1", &["on", "off", "toggle"]),
    ("Power2", &["on", "off", "toggle"]),
    ("Power4", &["on", "toggle"]),
    ("Power0", &["0", "1", "2"]),
    ("FriendlyName1", &["#", "#", "say \"hi\" \\o/"]),
    ("Status", &["", "0", "1", "5", "11", "99"]),
    ("State", &[""]),
    (
        "Backlog",
        &["Power 2; Delay 5; Power 2", "FriendlyName1 a;Power on;Status 0", ";;", "Power2 on;Power1 on"],
    ),
    ("TelePeriod", &["", "x", "99999"]),
    ("PowerRetain", &["1", "0"]),
    ("MqttPassword", &["kanari-3", "****", "kanari-4"]),
    ("Password2", &["kanari-55"]),
    ("Restart", &["1", "9"]),
    ("GroupTopic2", &["hall", "0"]),
    ("Foo", &["", "bar", "{\"a\":1}"]),
    ("SetOption4", &["0", "0", ""]),
    ("Publish", &["house/x hello", "house/# no", "+ no"]),
    ("LedPower", &["1", "0"]),
    ("PulseTime", &[""]),
    ("Interlock", &[""]),
];

fn draw_command(random: &mut Random) -> Event {
    let at = if random.once_in(2) { random.place(5) } else { random.place(COMMANDS.len()) };
    let (word, arguments) = COMMANDS.get(at).copied().unwrap_or(("Power", &[]));
    let argument = arguments.get(random.place(arguments.len())).copied().unwrap_or("");
    let argument =
        if argument == "#" { format!("Lamp {}", random.below(1_000_000)) } else { argument.to_owned() };
    let ways = [To::Own, To::Own, To::Own, To::Group, To::Fallback, To::Console];
    let retained = random.once_in(6);
    let to = if retained { To::Own } else { random.one_of(&ways) };
    Event::Command { to, word, argument, retained }
}
