//! Home Assistant's own library takes the device in, switches it, and sees it come and go.

use std::process::Command;

use crate::device::Device;
use crate::home::Home;
use crate::installed;
use crate::process::Process;

const OPTIONS: &[&str] = &["--topic", "lamp", "--exec", "FriendlyName Desk", "--exec", "DeviceName Corner"];

/// A button and three switches that switch nothing: they are the owner's to give a meaning.
const DETACHED: &[&str] = &[
    "--switches",
    "3",
    "--exec",
    "Backlog SetOption32 10; SetOption73 1; SetOption114 1; SwitchMode1 1; SwitchMode2 0; SwitchMode3 5",
];

/// A home with the library in it, which watches.
fn watching(options: &[&str]) -> Option<(Home, Process)> {
    let python = installed::hatasmota()?;
    let home = Home::start(options)?;
    let script = format!("{}/tests/peers/hatasmota_home.py", env!("CARGO_MANIFEST_DIR"));
    let mut library = Process::start(Command::new(python).args([&script, &home.broker.port.to_string()]));
    library.lines.find_text("watching");
    Some((home, library))
}

// U-50, U-53, U-54, U-56
#[test]
fn a_device_is_taken_in_and_switched() {
    let Some((mut home, mut library)) = watching(OPTIONS) else { return };
    library.lines.find_text("device 020000123456 Corner / Sonoff Basic / ");
    library.lines.find_text("relay 1 Desk");
    for kind in ["binary_sensor", "cover", "fan", "light"] {
        library.lines.find_text(&format!("entities {kind} 0"));
    }
    // U-57: it asks for the state as soon as the device is there.
    library.lines.find_text("available 1 True");
    library.lines.find_text("state 1 off");
    // U-58, U-59
    for (order, state) in [("on 1", "on"), ("off 1", "off"), ("toggle 1", "on"), ("toggle 1", "off")] {
        library.type_line(order);
        home.device.logs(&format!("RLY: 1 {}", state.to_uppercase()));
        library.lines.find_text(&format!("state 1 {state}"));
    }
    // What a hand does is seen, too.
    home.device.type_line("!press 1");
    library.lines.find_text("state 1 on");
    // U-51: off is gone.
    home.device.type_line("SetOption19 1");
    library.lines.find_text("gone 020000123456");
}

// U-57
#[test]
fn a_device_that_is_cut_off_is_unavailable_and_comes_back() {
    let Some((mut home, mut library)) = watching(OPTIONS) else { return };
    library.lines.find_text("available 1 True");
    home.device.kill();
    library.lines.find_text("available 1 False");
    home.device = Device::on(&home.broker.url(), OPTIONS);
    library.lines.find_text("available 1 True");
    library.type_line("on 1");
    home.device.logs("RLY: 1 ON");
    library.lines.find_text("state 1 on");
}

// U-61
#[test]
fn its_diagnostic_values_arrive() {
    let Some((mut home, mut library)) = watching(OPTIONS) else { return };
    library.lines.find_text("sensors 9");
    let wanted = ["status_ip 127.0.0.1", "status_rssi 100", "status_signal -50", "status_ssid virtual"];
    let mut rest: Vec<String> = wanted.iter().map(|text| format!("sensor {text}")).collect();
    rest.push(format!("sensor status_version {}(sonoff)", env!("CARGO_PKG_VERSION")));
    rest.push("sensor status_restart_reason Power On".to_owned());
    rest.extend(["link_count", "mqtt_count"].map(|kind| format!("sensor status_{kind}")));
    // They come in any order; a session that begins brings them again.
    for _ in 0..200 {
        let line = library.lines.find("value of a sensor", |line| line.starts_with("sensor "));
        rest.retain(|wanted| !line.starts_with(wanted.as_str()));
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(rest, <[String; 0]>::default());
    home.device.logs("STATUS11");
}

// U-56, P-52, P-65
#[test]
fn what_buttons_and_switches_do_triggers() {
    let Some((mut home, mut library)) = watching(DETACHED) else { return };
    // Switch 1 follows its contact: it is a state, no trigger. The push button is both.
    library.lines.find_text("entities binary_sensor 2");
    library.lines.find_text("triggers 9");
    let happens = [
        ("!press 1", "trigger button_1 button_short_press"),
        ("!hold 1", "trigger button_1 button_long_press"),
        ("!switch 1 off", "contact 1 off"),
        ("!switch 1 on", "contact 1 on"),
        ("!switch 2 off", "trigger switch_2 button_short_press"),
    ];
    for (order, event) in happens {
        home.device.type_line(order);
        library.lines.find_text(event);
    }
    // A push button: short, then held.
    home.device.type_line("!switch 3 off");
    library.lines.find_text("trigger switch_3 button_long_press");
    assert!(!home.device.has_logged("RLY: 1 ON"), "detached");
}
