//! What someone at the serial port types and sees.

use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

/// A device with its first session behind it.
fn plugged() -> (World, Plug) {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(20_000);
    plug.log.take();
    (world, plug)
}

/// What the console shows when these bytes are typed, without its stamps.
fn shown(world: &mut World, plug: &Plug, bytes: &[u8]) -> Vec<String> {
    plug.console.type_bytes(bytes);
    world.settle();
    let lines = plug.log.take();
    lines.iter().map(|line| line.split_once(' ').map_or("", |(_, text)| text).to_owned()).collect()
}

// DX-45, D-61
#[test]
fn a_tab_or_a_question_mark_shows_what_a_word_may_become() {
    let (mut world, plug) = plugged();
    let names = ["CMD: Power PowerOnState PowerRetain"];
    assert_eq!(shown(&mut world, &plug, b"powe\t"), names);
    // The line goes on, and nobody but the console has heard of it.
    let lines = shown(&mut world, &plug, b"r on\n");
    assert_eq!(lines[..2], ["CMD: power on", r#"MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#]);
    // A terminal that sends whole lines.
    assert_eq!(shown(&mut world, &plug, b"powe\t\r\n"), names);
    assert_eq!(shown(&mut world, &plug, b"powe?\n"), names);
    assert_eq!(shown(&mut world, &plug, b"zz\t\n"), ["CMD: No such command"]);
}

// D-61
#[test]
fn the_only_command_is_shown_with_its_arguments() {
    let (mut world, plug) = plugged();
    let only =
        ["CMD: BlinkTime: 2..3600, tenths of a second - Time between two changes of a blinking relay."];
    for typed in [&b"blinkt\t\n"[..], b"blinkt?\n", b"BlinkTime \t\n", b"backlog power on; blinktime 1\t\n"] {
        assert_eq!(shown(&mut world, &plug, typed), only);
    }
    // With a question mark it is asked (D-9).
    let lines = shown(&mut world, &plug, b"blinktime?\n");
    assert_eq!(lines, ["CMD: blinktime?", r#"MQT: stat/sonoff/RESULT = {"BlinkTime":10}"#]);
}

// D-61
#[test]
fn a_lone_question_mark_shows_all_commands() {
    let (mut world, plug) = plugged();
    let lines = shown(&mut world, &plug, b"?\n");
    let names: Vec<_> = lines.iter().flat_map(|line| line.trim_start_matches("CMD: ").split(' ')).collect();
    let all = sonoff_core::command::TABLES.iter().map(|table| table.len()).sum::<usize>();
    assert_eq!(names.len(), all, "{lines:#?}");
    assert!(lines.iter().all(|line| line.len() < 120));
}

// D-61: it is for whoever is at the console alone
#[test]
fn help_is_not_published_as_log_lines_are() {
    let (mut world, plug) = plugged();
    let lines = shown(&mut world, &plug, b"mqttlog 4\n");
    assert!(lines.iter().any(|line| line.contains(r#"{"MqttLog":4}"#)), "{lines:?}");
    let sent = world.net().tally().writes;
    shown(&mut world, &plug, b"powe?\npowe\t\n");
    assert_eq!(world.net().tally().writes, sent);
}

// D-3: noise of a terminal that is plugged in or out
#[test]
fn noise_breaks_nothing() {
    let (mut world, plug) = plugged();
    let noise: Vec<u8> = (0..20_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    shown(&mut world, &plug, &noise);
    let lines = shown(&mut world, &plug, b"\xFF\npower on\n");
    assert!(lines.contains(&"CMD: power on".to_owned()), "{lines:?}");
}
