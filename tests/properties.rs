//! What must hold for every input, at every moment and every buffer size.

mod support;

use proptest::prelude::*;
use sonoff_core::io::{Boot, Link, Slot, Source};
use sonoff_core::{Device, Input, Instant, Profile, Transmit};
use sonoff_testkit::bench::{Bench, MAC, network};
use support::longest;
use support::table::{argument, commands, options, word, words};

/// One thing that happens to a device.
#[derive(Debug, Clone)]
enum Event {
    Message { topic: String, payload: Vec<u8>, retained: bool },
    Line(String),
    Levels(u64),
    Wait(u64),
    Online,
    Lost,
    NetworkDown,
    Clock(u64),
    Shutdown,
}

impl Event {
    /// What `Publish` sends is its owner's, and need not be whole.
    fn says(&self, payload: &[u8]) -> bool {
        let text = match self {
            Self::Message { payload, .. } => payload.as_slice(),
            Self::Line(text) => text.as_bytes(),
            _ => &[],
        };
        text.windows(payload.len()).any(|part| part == payload)
    }
}

fn event() -> impl Strategy<Value = Event> {
    let topics = prop_oneof![Just("cmnd/sonoff"), Just("cmnd/sonoffs"), Just("cmnd/DVES_123456"), Just("")];
    let command = (topics, word(), argument(), any::<bool>());
    let backlog = proptest::collection::vec((word(), argument()), 1..5).prop_map(|parts| {
        parts.iter().map(|(word, argument)| format!("{word} {argument};")).collect::<String>()
    });
    prop_oneof![
        8 => command.prop_map(|(base, word, payload, retained)| Event::Message {
            topic: format!("{base}/{word}"), payload: payload.into_bytes(), retained
        }),
        1 => (".{0,60}", proptest::collection::vec(any::<u8>(), 0..60), any::<bool>())
            .prop_map(|(topic, payload, retained)| Event::Message { topic, payload, retained }),
        2 => backlog.prop_map(|parts| Event::Line(format!("backlog {parts}"))),
        2 => (word(), argument()).prop_map(|(word, argument)| Event::Line(format!("{word} {argument}"))),
        2 => any::<u64>().prop_map(Event::Levels),
        6 => (0..3000u64).prop_map(Event::Wait),
        1 => (0..10_000_000u64).prop_map(Event::Wait),
        1 => Just(Event::Online),
        1 => Just(Event::Lost),
        1 => Just(Event::NetworkDown),
        1 => (1_400_000_000_000..4_400_000_000_000u64).prop_map(Event::Clock),
        1 => Just(Event::Shutdown),
    ]
}

/// A device with a runner that may be slow: it drains what is owed only every so often.
struct World {
    device: Device,
    now: Instant,
    buffer: Vec<u8>,
    /// JSON payloads are judged here.
    sent: Vec<(String, Vec<u8>)>,
}

impl World {
    fn new(relays: u8, buffer: usize) -> Self {
        let mut device = Device::new(Profile::with_relays(relays).with_switches(relays), MAC);
        device.boot(Instant::ZERO, &Boot { cold: true, reason: "Power On", settings: None, state: None });
        device.handle(Instant::ZERO, Input::Link(Link::Up(&network())));
        device.handle(Instant::ZERO, Input::Link(Link::Online));
        Self { device, now: Instant::ZERO, buffer: vec![0; buffer], sent: Vec::new() }
    }

    fn happen(&mut self, event: &Event) {
        let now = self.now;
        match event {
            Event::Message { topic, payload, retained } if self.device.accepts_command() => {
                self.device.handle(now, Input::Message { topic, payload, retained: *retained });
            }
            Event::Line(text) if self.device.accepts_command() => {
                self.device.handle(now, Input::Line { source: Source::Serial, text });
            }
            Event::Message { .. } | Event::Line(_) => {}
            Event::Levels(levels) => self.device.handle(now, Input::Levels(*levels)),
            Event::Wait(ms) => self.wait(*ms),
            Event::Online => self.device.handle(now, Input::Link(Link::Online)),
            Event::Lost => self.device.handle(now, Input::Link(Link::Lost { rc: -3 })),
            Event::NetworkDown => self.device.handle(now, Input::Link(Link::Down)),
            Event::Clock(unix_ms) => self.device.handle(now, Input::WallClock { unix_ms: *unix_ms }),
            Event::Shutdown => self.device.handle(now, Input::Shutdown),
        }
    }

    fn wait(&mut self, ms: u64) {
        let end = Instant::from_millis(self.now.as_millis().saturating_add(ms));
        while let Some(due) = self.device.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.device.handle(self.now, Input::Tick);
            let next = self.device.poll_timeout();
            assert!(
                next.is_none_or(|next| next > self.now),
                "after a tick at {:?} another is due at {next:?}",
                self.now
            );
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(action) = self.device.poll_action() {
            if let sonoff_core::Action::Save(slot) = action {
                let mut room = [0; Slot::SETTINGS_BYTES];
                let ok = self.device.encode(slot, &mut room).is_ok();
                assert!(ok, "{slot:?} does not fit");
                self.device.handle(self.now, Input::Saved { slot, ok });
            }
        }
        while self.transmit() {}
        while self.device.poll_log(&mut self.buffer).is_some() {}
    }

    fn transmit(&mut self) -> bool {
        let (topic, whole, len) = match self.device.poll_transmit(self.now, &mut self.buffer) {
            None => return false,
            Some(Transmit::Publish { topic, payload, len, .. }) => {
                (topic.to_owned(), payload.map(<[u8]>::to_vec), len)
            }
            Some(_) => return true,
        };
        let payload = whole.unwrap_or_else(|| {
            let mut payload = Vec::new();
            while let Some(window) = self.device.poll_payload(&mut self.buffer) {
                payload.extend_from_slice(window);
            }
            payload
        });
        assert_eq!(payload.len(), len, "the length announced on {topic}");
        self.sent.push((topic, payload));
        true
    }
}

/// What it does comes later, or after the restart.
fn later(word: &str) -> bool {
    let word = word.to_lowercase();
    ["backlog", "reset", "savedata"].iter().any(|part| word.contains(part))
}

/// Eight relays and switches, so that every setting shows.
fn eight() -> Profile {
    Profile::with_relays(8).with_switches(8)
}

/// They show what happens now, not what is set.
const LIVE: &[&str] =
    &["Power", "Status", "State", "Time", "Backlog", "Delay", "Publish", "Reset", "Restart"];

/// What a query answers, without its topic and without what is left of a running PulseTime.
fn stored(bench: &mut Bench, query: &str) -> Vec<String> {
    let answers = bench.line(query).sent();
    let payloads = answers.iter().filter_map(|line| line.split_once(" = "));
    payloads.map(|(_, payload)| payload.split(r#","Remaining""#).next().unwrap_or("").to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_a_device(relays in 0..=8u8, buffer in 320usize..900, events in proptest::collection::vec(event(), 1..60)) {
        let mut world = World::new(relays, buffer);
        for event in &events {
            world.happen(event);
            world.drain();
        }
        for (topic, payload) in &world.sent {
            prop_assert!(topic.len() <= 150 && !topic.contains(['#', '+']), "{}", topic);
            if payload.first() == Some(&b'{') && !events.iter().any(|event| event.says(payload)) {
                let judged = serde_json::from_slice::<serde_json::Value>(payload);
                prop_assert!(judged.is_ok(), "{topic} = {}: {judged:?}", String::from_utf8_lossy(payload));
            }
        }
    }

    #[test]
    fn a_runner_that_does_not_drain_breaks_nothing(relays in 0..=8u8, events in proptest::collection::vec(event(), 1..60)) {
        let mut world = World::new(relays, 320);
        for event in &events {
            world.happen(event);
        }
        world.drain();
        prop_assert!(world.device.accepts_command() || world.device.poll_timeout().is_some());
    }

    #[test]
    fn left_alone_it_comes_to_rest(events in proptest::collection::vec(event(), 1..40)) {
        let mut world = World::new(2, 600);
        for event in &events {
            world.happen(event);
            world.drain();
        }
        // No telemetry, no question for the time, no Backlog, no blinking: then a day passes without a single wish.
        let quiet = ["SetOption31 1", "TelePeriod 0", "Time 1704164645", "Backlog", "BlinkCount 1", "Power0 0"];
        for line in quiet.into_iter().chain(["PowerOnState 0"]) {
            world.wait(100_000);
            world.drain();
            world.happen(&Event::Line(line.to_owned()));
            world.drain();
        }
        world.wait(70_000_000);
        prop_assert_eq!(world.device.poll_timeout(), None);
    }

    #[test]
    fn what_was_set_is_there_after_a_restart(events in proptest::collection::vec((word(), argument()), 1..30)) {
        let mut bench = Bench::sonoff(3);
        for (word, argument) in events.iter().filter(|(word, _)| !later(word)) {
            bench.line(&format!("{word} {argument}")).sent();
        }
        bench.wait_ms(5000);
        let before = bench.device().settings().clone();
        bench.reboot(true);
        prop_assert_eq!(bench.device().settings(), &before);
    }

    #[test]
    fn no_sequence_of_power_cuts_resets_anything(events in proptest::collection::vec((word(), argument()), 1..20), waits in proptest::collection::vec(0..12_000u64, 1..40)) {
        // D-63
        let mut bench = Bench::sonoff(2);
        for (word, argument) in events.iter().filter(|(word, _)| !later(word)) {
            bench.line(&format!("{word} {argument}")).sent();
        }
        bench.wait_ms(5000);
        let before = bench.device().settings().clone();
        for wait in waits {
            bench.reboot(true).wait_ms(wait);
        }
        prop_assert_eq!(bench.device().settings(), &before);
    }

    #[test]
    fn any_stored_bytes_give_a_device_that_works(settings in proptest::collection::vec(any::<u8>(), 0..120), state in proptest::collection::vec(any::<u8>(), 0..32)) {
        let mut device = Device::new(Profile::BASIC, MAC);
        device.boot(Instant::ZERO, &Boot { cold: true, reason: "", settings: Some(&settings), state: Some(&state) });
        device.handle(Instant::ZERO, Input::Link(Link::Online));
        let mut buffer = [0; 320];
        prop_assert!(device.poll_transmit(Instant::ZERO, &mut buffer).is_some());
    }
}

/// Saves the device and loads what was saved into a new one, which must give the same answers.
#[track_caller]
fn answers_are_those_of(old: &mut Bench, profile: Profile) {
    let mut room = [0; Slot::SETTINGS_BYTES];
    let document = old.device().encode(Slot::Settings, &mut room).unwrap();
    let mut new = Bench::of(profile, |settings| settings.decode(document).unwrap());
    // Some answers have the address in force.
    old.input(Input::Link(Link::Up(&network())));
    // A relay may be waiting for its interlock's pause (P-34).
    old.wait_ms(200).sent();
    new.sent();
    for query in queries() {
        assert_eq!(stored(&mut new, &query), stored(old, &query), "{query}");
    }
    // What is never shown, too.
    assert_eq!(new.device().settings(), old.device().settings());
}

/// Every question about a setting.
fn queries() -> impl Iterator<Item = String> {
    let commands = commands().filter(|command| !LIVE.contains(&command.name));
    commands.flat_map(words).chain(options())
}

#[test]
fn a_new_device_with_what_was_saved_of_the_longest_configuration_answers_as_the_old_one() {
    let mut old = longest::bench(1024);
    answers_are_those_of(&mut old, longest::profile());
    let mut factory = Bench::of(longest::profile(), |_| {});
    // Nothing is left out: every setting differs from the factory's, but for those that are never shown.
    for query in queries() {
        let answer = stored(&mut old, &query).concat();
        // The pins of this board are fixed.
        let says_nothing =
            ["Error", "****", "Not supported", r#""Module"#].iter().any(|text| answer.contains(text));
        assert!(says_nothing || answer != stored(&mut factory, &query).concat(), "{query}: {answer}");
    }
}

proptest! {
    // Each case asks some 250 questions twice.
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_new_device_with_what_was_saved_answers_as_the_old_one(events in proptest::collection::vec((word(), argument()), 1..60)) {
        let mut old = Bench::of(eight(), |_| {});
        for (word, argument) in events.iter().filter(|(word, _)| !later(word)) {
            old.line(&format!("{word} {argument}")).sent();
        }
        answers_are_those_of(&mut old, eight());
    }
}
