//! Modules, templates and free pins: rules and worked examples of `docs/protocol/templates.md`.

use proptest::prelude::*;
use sonoff_core::io::{Action, Boot, Restart, Role};
use sonoff_core::module::Arch;
use sonoff_core::profile::Board;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_core::wiring::Kind;
use sonoff_core::{Device, Instant, Profile};
use sonoff_testkit::bench::{Bench, MAC};

const MINI_R2: &str = r#"{"NAME":"Mini R2","GPIO":[32,0,0,0,160,0,0,0,224,544,0,0,0,0],"FLAG":0,"BASE":1}"#;
const INVALID: &str = r#"stat/sonoff/RESULT = {"Template":"Invalid JSON"}"#;

/// The reference device, online, without telemetry.
fn basic() -> Bench {
    on(Arch::ESP8266, 1)
}

/// The same on any chip.
fn on(arch: &'static Arch, module: u8) -> Bench {
    let board = Board::Open { arch, module };
    let mut bench = Bench::of(Profile { version: "1.0.0", board, ..Profile::BASIC }, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_number(Number::TELE_PERIOD, 0).unwrap();
    });
    bench.connect().sent();
    bench
}

/// What a command is answered, without the topic.
fn answer(bench: &mut Bench, word: &str, payload: &str) -> String {
    bench.sent();
    let sent = bench.cmnd(word, payload).sent();
    assert_eq!(sent.len(), 1, "{word} {payload}: {sent:?}");
    sent[0].trim_start_matches("stat/sonoff/RESULT = ").to_owned()
}

/// Whether the device restarts now, and if it does, it has.
fn restarts(bench: &mut Bench) -> bool {
    bench.wait_ms(3000);
    let restarts = bench.sent().contains(&"DISCONNECT".to_owned());
    if restarts {
        bench.lose(-1).restarts(&[Restart::Commanded]).reboot(false).connect();
    }
    restarts
}

/// Gives the device a template and puts it in force.
fn become_template(bench: &mut Bench, template: &str) {
    answer(bench, "Template", template);
    answer(bench, "Module", "0");
    assert!(restarts(bench));
    bench.sent();
}

/// Every pin that is assigned at a start with this template: GPIO, part, level.
fn assigned(arch: &'static Arch, template: &str) -> Vec<(u8, Role, bool)> {
    let board = Board::Open { arch, module: 0 };
    let mut device = Device::new(Profile { board, ..Profile::BASIC }, MAC);
    device.settings_mut().set_text(Text::PINS, template).unwrap();
    device.boot(Instant::ZERO, &Boot { cold: true, reason: "", settings: None, state: None });
    let mut assigned = Vec::new();
    while let Some(action) = device.poll_action() {
        if let Action::Assign { gpio, role, high } = action {
            assigned.push((gpio, role, high));
        }
    }
    assigned
}

const OUT: Role = Role::Output;
const UP: Role = Role::InputPullUp;

mod the_template {
    use super::*;

    #[test]
    fn mx_10_is_changed_member_by_member() {
        // M-2, M-3, M-4, M-5, M-6, MX-11, MX-12, MX-13
        let mut bench = basic();
        let generic = r#"{"NAME":"Generic","GPIO":[1,1,1,1,1,1,1,1,1,1,1,1,1,1],"FLAG":0,"BASE":18}"#;
        assert_eq!(answer(&mut bench, "Template", ""), generic);
        assert_eq!(answer(&mut bench, "Template", r#"{"BASE":500}"#), generic);
        assert_eq!(answer(&mut bench, "Template", MINI_R2), MINI_R2);
        let renamed = MINI_R2.replace("Mini R2", "X2");
        assert_eq!(answer(&mut bench, "Template", r#"{"NAME":"X2"}"#), renamed);
        let blanks = " {\t\"gpio\" : [ 33 , 1 ] ,\r\n \"Flag\":7 } ";
        let changed = renamed.replace("[32,0", "[33,1").replace("\"FLAG\":0", "\"FLAG\":7");
        assert_eq!(answer(&mut bench, "Template", blanks), changed);
        assert!(!restarts(&mut bench));
        // It is there after a power cut.
        assert_eq!(answer(bench.reboot(true).connect(), "Template", ""), changed);
    }

    const NO_TEMPLATES: [&str; 25] = [
        r#"{"NAME"#,
        r#"{"A":1}"#,
        r#"{"BASE":1"#,
        r#"{"BASE":1,}"#,
        r#"{"BASE":1}}"#,
        r#"{"BASE":1} x"#,
        r#"{"BASE":-1}"#,
        r#"{"BASE":1.5}"#,
        r#"{"BASE":65536}"#,
        r#"{"FLAG":256}"#,
        r#"{"FLAG":"1"}"#,
        r#"{"NAME":12345}"#,
        r#"{"NOTE":"new"}"#,
        r#"{"GPIO":[1,2,]}"#,
        r#"{"GPIO":[,1,2]}"#,
        r#"{"GPIO":[1 2,3]}"#,
        r#"{"GPIO":[[1,2]]}"#,
        r#"{"GPIO":{"0":1}}"#,
        r#"{"GPIO":[65536]}"#,
        r#"{"GPIO":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}"#,
        r#"{"ARCH":"ESP32","BASE":1}"#,
        r#"{"NAME":"a\x"}"#,
        r#"{"NAME":"\ud800"}"#,
        r#"{"NAME":"\u12"}"#,
        "{\"NAME\":\"a\tb\"}",
    ];

    #[test]
    fn mx_14_anything_else_changes_nothing() {
        // M-1, M-3 to M-8
        let long = format!(r#"{{"NAME":"X"{}}}"#, " ".repeat(489));
        let name = |len| format!(r#"{{"NAME":"{}"}}"#, "x".repeat(len));
        let mut bench = basic();
        bench.cmnd("Template", MINI_R2).sent();
        for text in NO_TEMPLATES.into_iter().chain([&*name(61), &long]) {
            bench.cmnd("Template", text).sends(&[INVALID]);
            assert_eq!(answer(&mut bench, "Template", ""), MINI_R2, "{text}");
        }
        // The longest that are taken.
        for text in [name(60), long.replacen(' ', "", 1)] {
            assert_ne!(answer(&mut bench, "Template", &text), INVALID, "{text}");
        }
    }

    #[test]
    fn m_7_commands_are_thirty_at_most() {
        let template = |count| format!(r#"{{"CMND":"{}"}}"#, vec!["SO4"; count].join("|"));
        let mut bench = basic();
        assert!(answer(&mut bench, "Template", &template(30)).ends_with(&template(30)[1..]));
        bench.cmnd("Template", &template(31)).sends(&[INVALID]);
    }

    #[test]
    fn m_8_the_chip_is_named_where_it_is_not_the_first() {
        let mut bench = basic();
        assert_ne!(answer(&mut bench, "Template", r#"{"ARCH":"ESP8266"}"#), INVALID);
        let mut bench = on(Arch::ESP32C3, 1);
        let all = r#"{"NAME":"ESP32C3","ARCH":"ESP32C3","GPIO":[1,1,1,1,1,1,1,1,1,1,1,0,0,0,0,0,0,0,1,1,1,1],"FLAG":0,"BASE":1}"#;
        assert_eq!(answer(&mut bench, "Template", ""), all);
        assert_eq!(answer(&mut bench, "Template", all), all);
        bench.cmnd("Template", MINI_R2.replace('}', r#","ARCH":"ESP8266"}"#).as_str()).sends(&[INVALID]);
    }

    #[test]
    fn mx_16_a_module_is_copied() {
        // M-23
        let mut bench = basic();
        let four =
            r#"{"NAME":"Sonoff 4CH","GPIO":[32,1,1,1,226,225,33,34,224,320,35,227,0,0],"FLAG":0,"BASE":7}"#;
        assert_eq!(answer(&mut bench, "Template", "7"), four);
        assert_eq!(answer(&mut bench, "Template", "99"), four);
        assert_eq!(answer(&mut bench, "Template", "none"), four);
        assert!(answer(&mut bench, "Template", "0").starts_with(r#"{"NAME":"Sonoff Basic","GPIO":[32,1"#));
    }

    #[test]
    fn mx_17_the_module_and_its_free_pins_are_merged() {
        let mut bench = basic();
        answer(&mut bench, "GPIO14", "225");
        let merged = r#"{"NAME":"Merged","GPIO":[32,1,1,1,1,0,0,0,224,320,225,0,0,0],"FLAG":0,"BASE":1}"#;
        assert_eq!(answer(&mut bench, "Template", "255"), merged);
    }

    #[test]
    fn mx_15_a_changed_template_takes_a_restart_while_it_is_in_force() {
        // M-23
        let mut bench = basic();
        become_template(&mut bench, MINI_R2);
        answer(&mut bench, "Template", MINI_R2);
        assert!(!restarts(&mut bench));
        answer(&mut bench, "Template", r#"{"NAME":"X2"}"#);
        assert!(restarts(&mut bench));
    }

    #[test]
    fn mx_26_commands_run_once_when_the_template_has_come_into_force() {
        // M-24; escapes are undone
        let two = r#"{"NAME":"Two","GPIO":[0,0,0,0,0,225,0,0,224],"CMND":"PowerOnState 0|FriendlyName2 \"Fan\" \u00fc\/\\"}"#;
        let mut bench = basic();
        answer(&mut bench, "Template", two);
        bench.wait_ms(10_000);
        assert_eq!(answer(&mut bench, "PowerOnState", ""), r#"{"PowerOnState":3}"#);
        answer(&mut bench, "Module", "0");
        assert!(restarts(&mut bench));
        bench.wait_ms(1000).sent();
        let settings = bench.device().settings();
        assert_eq!(settings.number(Number::POWER_ON_STATE), 0);
        assert_eq!(settings.nth_text(Text::FRIENDLY_NAME, 2), "\"Fan\" ü/\\");
        answer(&mut bench, "PowerOnState", "1");
        bench.wait_ms(2000).reboot(true).connect().wait_ms(5000);
        assert_eq!(bench.device().settings().number(Number::POWER_ON_STATE), 1);
        // New commands for the template in force run after the restart that it takes.
        answer(&mut bench, "Template", r#"{"CMND":"PowerOnState 4"}"#);
        assert!(restarts(&mut bench));
        assert_eq!(bench.wait_ms(1000).device().settings().number(Number::POWER_ON_STATE), 4);
        // A line end within a command is a blank.
        answer(&mut bench, "Template", r#"{"CMND":"FriendlyName1 Hall\nlamp"}"#);
        assert!(restarts(&mut bench));
        let settings = bench.wait_ms(1000).device().settings();
        assert_eq!(settings.nth_text(Text::FRIENDLY_NAME, 1), "Hall lamp");
    }

    #[test]
    fn a_template_and_free_pins_are_kept_together_or_refused_whole() {
        // M-1: 255 bytes are kept
        let template = |len| format!(r#"{{"GPIO":[1],"CMND":"{}"}}"#, "x".repeat(len));
        let mut bench = basic();
        let shown = answer(&mut bench, "Template", &template(10)).len() - 10;
        bench.cmnd("Template", &template(256 - shown)).sends(&[INVALID]);
        answer(&mut bench, "Template", &template(255 - shown));
        assert!(answer(&mut bench, "GPIO4", "1216").contains(r#""GPIO4":{"0":"None"}"#));
        assert!(!restarts(&mut bench));
    }
}

mod chips {
    use super::*;

    #[test]
    fn m_9_each_has_its_pins_in_its_order() {
        // M-10, M-11, M-12, M-29
        let last = |arch: &'static Arch| {
            let zeros = vec!["0"; arch.pins.len() - 1].join(",");
            assigned(arch, &format!(r#"{{"GPIO":[{zeros},224]}}"#))
        };
        assert_eq!(last(Arch::ESP8266), [(17, OUT, false)]);
        assert_eq!(last(Arch::ESP32), [(39, OUT, false)]);
        assert_eq!(last(Arch::ESP32C3), [(21, OUT, false)]);
        assert_eq!(last(Arch::ESP32C6), [(30, OUT, false)]);
        assert_eq!(Arch::ESP32.pins[24..28], [6, 7, 8, 11]);
        assert_eq!(Arch::ESP8266.pins.iter().position(|gpio| *gpio == 12), Some(8));
        for arch in [Arch::ESP8266, Arch::ESP32, Arch::ESP32C3, Arch::ESP32C6, Arch::RP2040] {
            let mut pins = arch.pins.to_vec();
            pins.sort_unstable();
            pins.dedup();
            assert_eq!(pins.len(), arch.pins.len());
            let generic = answer(&mut on(arch, arch.generic), "Module", "");
            assert_ne!(generic, format!(r#"{{"Module":{{"{}":""}}}}"#, arch.generic));
        }
    }

    // M-10, M-11, MX-2, MX-4
    #[test]
    fn the_fourth_revisions_have_modules_of_their_own() {
        let (mut basic, mut mini) = (on(Arch::ESP32C3, 2), on(Arch::ESP32, 2));
        let codes = "[0,0,0,0,224,0,544,0,0,32,0,0,0,0,0,0,0,0,0,0,0,0]";
        assert!(answer(&mut basic, "Template", "2").contains(codes));
        assert_eq!(answer(&mut basic, "Module", ""), r#"{"Module":{"2":"Sonoff Basic R4"}}"#);
        let codes = "[32,0,0,0,0,0,0,0,0,0,0,0,0,0,0,576,0,0,0,0,0,0,224,160,0,0,0,0,0,0,0,0,0,0,0,0]";
        assert!(answer(&mut mini, "Template", "2").contains(codes));
        assert_eq!(answer(&mut mini, "Module", ""), r#"{"Module":{"2":"Sonoff Mini R4"}}"#);
    }

    #[test]
    fn m_12_the_radio_keeps_its_pins() {
        let template = |gpio: usize, code: u16| {
            let mut codes = [0; 30];
            codes[gpio] = code;
            format!(r#"{{"GPIO":{codes:?}}}"#).replace(' ', "")
        };
        let mut bench = on(Arch::RP2040, 1);
        for gpio in [23, 24, 25, 29] {
            bench.cmnd("Template", &template(gpio, 224)).sends(&[INVALID]);
        }
        assert!(answer(&mut bench, "Template", &template(28, 224)).contains("224,0]"));
    }
}

mod components {
    use super::*;

    #[test]
    fn m_16_pins_are_wired_as_their_codes_say() {
        // M-13, M-17, M-18, M-19; relays come first, then LEDs, then inputs.
        let pins = assigned(Arch::ESP8266, r#"{"GPIO":[225,256,33,66,99,132,160,193,288,321,544]}"#);
        let floating = Role::Input;
        let relays = [(1, OUT, true), (0, OUT, false)];
        let leds = [(12, OUT, false), (13, OUT, true), (14, OUT, false)];
        let buttons = [(2, UP, false), (3, floating, false), (4, UP, false), (5, floating, false)];
        let switches = [(9, UP, false), (10, floating, false)];
        assert_eq!(pins, [&relays[..], &leds, &buttons, &switches].concat());
        assert_eq!(assigned(Arch::ESP8266, r#"{"GPIO":[576]}"#), [(0, OUT, true)]);
    }

    #[test]
    fn m_14_what_is_not_driven_is_kept() {
        // M-15
        // A gap after relay 1; a second LED 1; a relay, button and LED with numbers that are too large; other components.
        let text = r#"{"NAME":"Odd","GPIO":[224,226,288,320,232,40,292,1216,416,2272,9999,65535,3840,4704],"FLAG":0,"BASE":18}"#;
        assert_eq!(assigned(Arch::ESP8266, text), [(0, OUT, false), (2, OUT, false)]);
        let mut bench = basic();
        assert_eq!(answer(&mut bench, "Template", text), text);
        answer(&mut bench, "Module", "0");
        assert!(restarts(&mut bench));
        assert_eq!(bench.device().power().count(), 1);
        let all = answer(&mut bench, "GPIO", "255");
        assert!(
            all.contains(r#""GPIO10":{"1216":"AM2301"},"GPIO12":{"416":"PWM1"},"GPIO13":{"2272":"Other"}"#)
        );
    }
}

mod commands {
    use super::*;

    #[test]
    fn cx_64_module() {
        // CX-65
        let mut bench = basic();
        assert_eq!(answer(&mut bench, "Module", ""), r#"{"Module":{"1":"Sonoff Basic"}}"#);
        assert_eq!(answer(&mut bench, "Module", "0"), r#"{"Module":{"0":"Generic"}}"#);
        assert!(restarts(&mut bench));
        assert_eq!(bench.device().power().count(), 0);
    }

    #[test]
    fn four_hex_digits_of_either_case_are_a_character_unless_they_are_none() {
        let taken = |escape: &str| {
            let template = format!(r#"{{"NAME":"x\u{escape}"}}"#);
            basic().cmnd("Template", &template).sent() != [INVALID]
        };
        assert!(taken("00AB") && taken("00cd"));
        assert!(!taken("D800") && !taken("dfff") && !taken("00AG"));
    }

    #[test]
    fn cx_66_gpio() {
        // M-21, MX-22
        let mut bench = basic();
        let free = |pin_4: &str, pin_14: &str| {
            let none = r#"{"0":"None"}"#;
            format!(r#"{{"GPIO1":{none},"GPIO2":{none},"GPIO3":{none},"GPIO4":{pin_4},"GPIO14":{pin_14}}}"#)
        };
        let (none, am2301) = (r#"{"0":"None"}"#, r#"{"1216":"AM2301"}"#);
        assert_eq!(answer(&mut bench, "Gpio4", "1216"), free(am2301, none));
        assert!(restarts(&mut bench));
        bench.sent();
        assert_eq!(answer(&mut bench, "GPIO14", "1216"), free(none, am2301));
        assert!(restarts(&mut bench));
        bench.sent();
        assert_eq!(answer(&mut bench, "GPIO14", "1216"), free(none, am2301));
        // MX-23: no free pin; no such pin; no such component; none for a pin; a number that acts nowhere
        for (word, code) in
            [("GPIO12", "225"), ("GPIO6", "225"), ("GPIO4", "2273"), ("GPIO4", "1"), ("GPIO", "32")]
        {
            assert_eq!(answer(&mut bench, word, code), free(none, am2301), "{word} {code}");
        }
        assert_eq!(answer(&mut bench, "GPIO4", "232"), free(none, am2301));
        assert_eq!(answer(&mut bench, "GPIO4", "70000"), free(none, am2301));
        assert!(!restarts(&mut bench));
    }

    #[test]
    fn a_free_pin_becomes_what_gpio_says() {
        let mut bench = basic();
        answer(&mut bench, "GPIO14", "225");
        assert!(restarts(&mut bench));
        assert_eq!(bench.device().power().count(), 2);
        bench.press(1, 60).wait_ms(500).drives(&[(1, true)]);
        bench.cmnd("Power2", "1").drives(&[(2, true)]);
        let pin = bench.device().wiring().pin(Kind::Relay, 2).unwrap();
        assert_eq!((pin.gpio(), pin.is_inverted()), (14, false));
    }

    #[test]
    fn mx_24_every_pin() {
        let none = r#"{"0":"None"}"#;
        let unused = ["GPIO5", "GPIO9", "GPIO10"].map(|pin| format!(r#""{pin}":{none}"#)).join(",");
        let free = ["GPIO1", "GPIO2", "GPIO3", "GPIO4"].map(|pin| format!(r#""{pin}":{none}"#)).join(",");
        let rest = ["GPIO14", "GPIO15", "GPIO16", "GPIO17"].map(|pin| format!(r#""{pin}":{none}"#)).join(",");
        let all = format!(
            r#"{{"GPIO0":{{"32":"Button1"}},{free},{unused},"GPIO12":{{"224":"Relay1"}},"GPIO13":{{"320":"Led_i1"}},{rest}}}"#
        );
        assert_eq!(answer(&mut basic(), "GPIO", "255"), all);
    }

    #[test]
    fn m_22_lists() {
        let mut bench = basic().buffer(320);
        let modules = answer(&mut bench, "Modules", "");
        assert!(
            modules.starts_with(
                r#"{"Modules":{"0":"Generic","1":"Sonoff Basic","2":"Sonoff RF","3":"Sonoff SV""#
            )
        );
        assert!(modules.ends_with(r#""71":"Sonoff iFan03"}}"#));
        let components = answer(&mut bench, "GPIOs", "255");
        assert!(components.starts_with(r#"{"GPIOs1":{"0":"None","1":"User","32":"Button","64":"Button_n""#));
        assert!(components.ends_with(r#""4704":"ADC Input","5056":"BL0940 Rx","7520":"BL0942 Rx"}}"#));
        assert!(answer(&mut on(Arch::ESP32, 1), "GPIOs", "").ends_with(r#""10560":"MagicSwitch"}}"#));
    }

    #[test]
    fn mx_18_what_is_no_module_and_what_takes_no_restart() {
        // M-20, MX-19
        let mut bench = basic();
        let stored = bench.device().settings().number(Number::MODULE);
        assert_eq!(answer(&mut bench, "Module", "99"), r#"{"Module":{"1":"Sonoff Basic"}}"#);
        assert_eq!(answer(&mut bench, "Module", "1"), r#"{"Module":{"1":"Sonoff Basic"}}"#);
        assert_eq!(bench.device().settings().number(Number::MODULE), stored);
        assert_eq!(answer(&mut bench, "Module2", ""), r#"{"Module2":{"1":"Sonoff Basic"}}"#);
        assert_eq!(answer(&mut bench, "Module2", "18"), r#"{"Module2":{"18":"Generic"}}"#);
        assert_eq!(answer(&mut bench, "Module3", "18"), r#"{"Command":"Error"}"#);
        assert!(!restarts(&mut bench));
        assert_eq!(answer(&mut bench, "Module", ""), r#"{"Module":{"1":"Sonoff Basic"}}"#);
    }

    #[test]
    fn m_20_another_module_forgets_the_free_pins() {
        let mut bench = basic();
        answer(&mut bench, "GPIO4", "1216");
        answer(&mut bench, "Module", "4");
        assert!(restarts(&mut bench));
        bench.sent();
        assert!(answer(&mut bench, "GPIO", "").contains(r#""GPIO4":{"0":"None"}"#));
    }

    #[test]
    fn m_20_module2_is_in_force_where_module_cannot_be() {
        let mut bench = basic();
        answer(&mut bench, "Module2", "7");
        for (module, stored, relays) in
            [(0, r#"{"ARCH":"ESP32","NAME":"Other chip"}"#, 4), (200, "", 4), (1, "", 1)]
        {
            bench.device().settings_mut().set_text(Text::PINS, stored).unwrap();
            bench.device().settings_mut().set_number(Number::MODULE, module).unwrap();
            bench.wait_ms(2000).cmnd("SaveData", "1").wait_ms(2000).reboot(true).connect().sent();
            assert_eq!(bench.device().power().count(), relays, "{module} {stored}");
        }
        // Neither: the module whose pins are all free.
        bench.device().settings_mut().set_number(Number::MODULE, 200).unwrap();
        bench.device().settings_mut().set_nth_number(Number::MODULE, 2, 200).unwrap();
        bench.cmnd("SaveData", "1").wait_ms(2000).reboot(true).connect().sent();
        let status = bench.cmnd("Status", "").sent().join("");
        assert!(status.contains(r#""Module":18,"#), "{status}");
    }

    #[test]
    fn mx_20_pins_that_are_fixed() {
        // M-25, MX-21
        let mut bench = Bench::sonoff(2);
        assert_eq!(answer(&mut bench, "Module", ""), r#"{"Module":{"1":"Sonoff Basic"}}"#);
        assert_eq!(answer(&mut bench, "Module", "0"), r#"{"Command":"Error"}"#);
        for (word, payload, key) in [
            ("GPIO", "", "GPIO"),
            ("GPIO4", "1216", "GPIO"),
            ("GPIOs", "", "GPIOs"),
            ("Template", MINI_R2, "Template"),
            ("Modules", "", "Modules"),
        ] {
            assert_eq!(answer(&mut bench, word, payload), format!(r#"{{"{key}":"Not supported"}}"#));
        }
        assert!(!restarts(&mut bench));
        // A template without a free pin.
        let mut bench = basic();
        become_template(&mut bench, r#"{"GPIO":[0,0,0,0,0,0,0,0,224,0,0,0,0,0]}"#);
        assert_eq!(answer(&mut bench, "GPIO", ""), r#"{"GPIO":"Not supported"}"#);
    }

    #[test]
    fn what_was_retained_changes_no_pins() {
        // D-52
        for (word, payload) in [("Module", "0"), ("GPIO4", "1216"), ("Template", MINI_R2)] {
            let mut bench = basic();
            bench.retained(&format!("cmnd/sonoff/{word}"), payload).sends(&[]);
            assert!(!restarts(&mut bench));
            assert_eq!(bench.device().settings().text(Text::PINS), "");
        }
    }
}

mod after_the_restart {
    use super::*;

    #[test]
    fn m_26_status_discovery_and_buttons_are_those_of_the_new_module() {
        let mut bench = basic().discovery();
        become_template(&mut bench, "7");
        let config = bench.wait_ms(11_000).sent().join("\n");
        assert!(config.contains(r#""md":"Sonoff 4CH","#), "{config}");
        assert!(config.contains(r#""rl":[1,1,1,1,0,"#), "{config}");
        let status = bench.cmnd("Status", "").sent().join("");
        assert!(
            status.contains(r#"{"Status":{"Module":0,"#) && status.contains(r#""Power":"0000""#),
            "{status}"
        );
        bench.press(4, 60).drives(&[(4, true)]);
        assert_eq!(answer(&mut bench, "Module", "1"), r#"{"Module":{"1":"Sonoff Basic"}}"#);
        assert!(restarts(&mut bench));
        let again = bench.wait_ms(11_000).sent().join("\n");
        assert!(again.contains(r#""rl":[1,0,0,"#) && again.contains(r#""Module":"Sonoff Basic""#), "{again}");
        bench.press(4, 60).drives(&[]);
    }

    #[test]
    fn m_26_the_first_level_of_a_new_relay_is_the_restored_one() {
        let mut device = Device::new(Profile::BASIC, MAC);
        device.settings_mut().set_text(Text::PINS, r#"{"GPIO":[0,0,0,0,257,224]}"#).unwrap();
        device.settings_mut().set_number(Number::MODULE, 0).unwrap();
        let state = sonoff_core::state_record::StateRecord { power: 0b11, ..Default::default() };
        let mut buf = [0; 32];
        let state = state.encode(&mut buf).unwrap();
        device.boot(Instant::ZERO, &Boot { cold: false, reason: "", settings: None, state: Some(state) });
        let first = [device.poll_action(), device.poll_action()];
        let assign = |gpio, high| Some(Action::Assign { gpio, role: OUT, high });
        assert_eq!(first, [assign(5, true), assign(4, false)]);
    }

    #[test]
    fn mx_25_retained_states_of_relays_that_are_gone_are_emptied() {
        let mut bench = basic();
        bench.cmnd("PowerRetain", "1").sent();
        answer(&mut bench, "Template", "7");
        answer(&mut bench, "Module", "0");
        assert!(restarts(&mut bench));
        let emptied = |bench: &mut Bench| -> Vec<String> {
            bench.wait_ms(3000).sent().into_iter().filter(|line| line.ends_with(" =  (r)")).collect()
        };
        assert_eq!(emptied(&mut bench), ["stat/sonoff/POWER =  (r)"]);
        answer(&mut bench, "Module", "1");
        assert!(restarts(&mut bench));
        let four = [1, 2, 3, 4].map(|relay| format!("stat/sonoff/POWER{relay} =  (r)"));
        assert_eq!(emptied(&mut bench), four);
        // Once.
        bench.reboot(true).connect();
        assert_eq!(emptied(&mut bench), [""; 0]);
        // From four relays to two: the numbers stay.
        become_template(&mut bench, "7");
        answer(&mut bench, "Template", "29");
        assert!(restarts(&mut bench));
        assert_eq!(emptied(&mut bench), ["stat/sonoff/POWER3 =  (r)", "stat/sonoff/POWER4 =  (r)"]);
    }

    #[test]
    fn m_26_nothing_is_emptied_where_nothing_was_retained() {
        let mut bench = basic();
        answer(&mut bench, "Template", "7");
        answer(&mut bench, "Module", "0");
        assert!(restarts(&mut bench));
        assert!(!bench.wait_ms(3000).sent().iter().any(|line| line.ends_with(" =  (r)")));
    }
}

mod old_templates {
    use super::*;

    #[test]
    fn m_27_the_analog_pin_comes_from_the_flag() {
        let old = |flag| {
            format!(r#"{{"NAME":"Old","GPIO":[17,0,0,0,9,0,0,0,21,157,0,0,0],"FLAG":{flag},"BASE":1}}"#)
        };
        for (flag, analog) in [(0, 0), (1, 4704), (15, 1), (4, 0)] {
            let new = format!(
                r#"{{"NAME":"Old","GPIO":[32,0,0,0,160,0,0,0,224,544,0,0,0,{analog}],"FLAG":0,"BASE":1}}"#
            );
            assert_eq!(answer(&mut basic(), "Template", &old(flag)), new);
        }
        // Other chips never had such codes, nor is it one with a larger code.
        let mut bench = on(Arch::ESP32C3, 1);
        assert!(answer(&mut bench, "Template", &old(0)).contains("[17,0,0,0,9,"));
        let mixed = r#"{"GPIO":[17,0,0,0,9,0,0,0,224,157,0,0,256]}"#;
        assert!(answer(&mut basic(), "Template", mixed).contains("[17,0,0,0,9,"));
        // What the analog pin was before does not count.
        let mut bench = basic();
        answer(&mut bench, "Template", r#"{"GPIO":[0,0,0,0,0,0,0,0,0,0,0,0,0,4704]}"#);
        assert!(answer(&mut bench, "Template", &old(0)).contains("[32,0,0,0,160,"));
    }

    #[test]
    fn m_28_an_unknown_code_becomes_none_with_a_line_in_the_log() {
        let mut bench = basic();
        let text = r#"{"GPIO":[17,51,200,8,255,59,50,36,28,16,89,93,125]}"#;
        let codes = "[32,0,0,1056,1,323,452,263,231,167,199,67,99,0]";
        assert!(answer(&mut bench, "Template", text).contains(codes));
        bench.logs(&["CFG: Template with an unknown component, left out"]);
    }
}

mod published {
    //! Each is taken as it stands, and its relays, buttons and switches are where they are.
    use super::*;

    /// Number, chip, template, codes where they change, and what is wired where.
    type Device =
        (&'static str, &'static Arch, &'static str, Option<&'static str>, &'static [(Kind, u8, u8)]);

    const BUTTON: (Kind, u8, u8) = (Kind::Button, 1, 0);

    const DEVICES: &[Device] = &[
        (
            "MX-1",
            Arch::ESP8266,
            r#"{"NAME":"Sonoff Basic R3","GPIO":[17,255,255,255,255,0,0,0,21,56,255,0,0],"FLAG":0,"BASE":1}"#,
            Some("[32,1,1,1,1,0,0,0,224,320,1,0,0,0]"),
            &[(Kind::Relay, 1, 12), (Kind::Led, 1, 13), BUTTON],
        ),
        (
            "MX-2",
            Arch::ESP32C3,
            r#"{"NAME":"Sonoff Basic R4","GPIO":[0,0,0,0,224,0,544,0,0,32,0,0,0,0,0,0,0,0,0,0,0,0],"FLAG":0,"BASE":1}"#,
            None,
            &[(Kind::Relay, 1, 4), (Kind::LinkLed, 1, 6), (Kind::Button, 1, 9)],
        ),
        (
            "MX-3",
            Arch::ESP8266,
            r#"{"NAME":"Sonoff Mini R2","GPIO":[17,0,0,0,9,0,0,0,21,157,0,0,0],"FLAG":0,"BASE":1}"#,
            Some("[32,0,0,0,160,0,0,0,224,544,0,0,0,0]"),
            &[(Kind::Relay, 1, 12), (Kind::LinkLed, 1, 13), BUTTON, (Kind::Switch, 1, 4)],
        ),
        (
            "MX-4",
            Arch::ESP32,
            r#"{"NAME":"Sonoff Mini R4","GPIO":[32,0,0,0,0,0,0,0,0,0,0,0,0,0,0,576,0,0,0,0,0,0,224,160,0,0,0,0,0,0,0,0,0,0,0,0],"FLAG":0,"BASE":1}"#,
            None,
            &[(Kind::Relay, 1, 26), (Kind::LinkLed, 1, 19), BUTTON, (Kind::Switch, 1, 27)],
        ),
        (
            "MX-5",
            Arch::ESP8266,
            r#"{"NAME":"Sonoff S26","GPIO":[17,255,255,255,0,0,0,0,21,158,0,0,0],"FLAG":0,"BASE":8}"#,
            Some("[32,1,1,1,0,0,0,0,224,576,0,0,0,0]"),
            &[(Kind::Relay, 1, 12), (Kind::LinkLed, 1, 13), BUTTON],
        ),
        (
            "MX-6",
            Arch::ESP32,
            r#"{"NAME":"Sonoff Dual R3","GPIO":[32,0,0,0,0,0,0,0,0,576,225,0,0,0,0,0,0,0,0,0,0,7296,7328,224,0,0,0,0,160,161,0,0,0,0,0,0],"FLAG":0,"BASE":1}"#,
            None,
            &[
                (Kind::Relay, 1, 27),
                (Kind::Relay, 2, 14),
                (Kind::LinkLed, 1, 13),
                BUTTON,
                (Kind::Switch, 1, 32),
                (Kind::Switch, 2, 33),
            ],
        ),
        (
            "MX-7",
            Arch::ESP32,
            r#"{"NAME":"Sonoff THR316D","GPIO":[32,0,0,0,225,9280,0,0,0,321,0,576,320,9184,9216,0,0,224,0,9248,0,1,0,3840,0,0,0,0,0,0,0,0,0,0,0,0],"FLAG":0,"BASE":1}"#,
            None,
            &[
                (Kind::Relay, 1, 21),
                (Kind::Relay, 2, 4),
                (Kind::Led, 1, 16),
                (Kind::Led, 2, 13),
                (Kind::LinkLed, 1, 15),
                BUTTON,
            ],
        ),
        (
            "MX-8",
            Arch::ESP32,
            r#"{"NAME":"Sonoff POWR316D","GPIO":[32,0,0,0,0,576,0,0,0,224,9280,0,3104,0,320,0,0,0,0,0,0,9184,9248,9216,0,0,0,0,0,0,0,0,0,0,0,0],"FLAG":0,"BASE":1}"#,
            None,
            &[(Kind::Relay, 1, 13), (Kind::Led, 1, 18), (Kind::LinkLed, 1, 5), BUTTON],
        ),
        (
            "MX-9",
            Arch::ESP8266,
            r#"{"NAME":"Sonoff TH","GPIO":[17,255,0,255,255,0,0,0,21,56,255,0,0],"FLAG":0,"BASE":4}"#,
            Some("[32,1,0,1,1,0,0,0,224,320,1,0,0,0]"),
            &[(Kind::Relay, 1, 12), (Kind::Led, 1, 13), BUTTON],
        ),
    ];

    #[test]
    fn templates_are_taken_as_they_stand() {
        for (number, arch, template, codes, wired) in DEVICES {
            let mut bench = on(arch, arch.generic);
            let (before, after) = template.split_once('[').unwrap();
            let (old, after) = after.split_once(']').unwrap();
            let codes = codes.map_or(format!("[{old}]"), str::to_owned);
            let arch = match arch.name {
                "ESP8266" => String::new(),
                name => format!(r#""ARCH":"{name}","#),
            };
            let shown = format!("{}{codes}{after}", before.replace(r#""GPIO""#, &format!(r#"{arch}"GPIO""#)));
            become_template(&mut bench, template);
            assert_eq!(answer(&mut bench, "Template", ""), shown, "{number}");
            let pins = bench.device().wiring().pins().map(|(kind, number, pin)| (kind, number, pin.gpio()));
            assert_eq!(&pins.collect::<Vec<_>>(), wired, "{number}");
        }
    }

    #[test]
    fn modules_have_the_relays_and_buttons_of_their_devices() {
        let wiring = |module| {
            let mut settings = Settings::default();
            settings.set_number(Number::MODULE, module).unwrap();
            Profile::BASIC.wiring(&settings)
        };
        for (module, relays, buttons) in [
            (1, 1, 1),
            (2, 1, 1),
            (3, 1, 1),
            (4, 1, 1),
            (5, 0, 0),
            (6, 1, 1),
            (7, 4, 4),
            (8, 1, 1),
            (10, 1, 1),
            (18, 0, 0),
            (23, 4, 4),
            (28, 1, 1),
            (29, 2, 2),
            (30, 3, 3),
            (39, 2, 1),
            (41, 1, 1),
            (43, 1, 1),
            (44, 4, 4),
            (71, 4, 1),
        ] {
            let wiring = wiring(module);
            let found = (wiring.relays(), wiring.mask(Kind::Button).count_ones());
            assert_eq!(found, (relays, buttons), "{module}");
        }
        let ifan = wiring(71).pin(Kind::Relay, 1).unwrap();
        assert_eq!((ifan.gpio(), ifan.is_inverted()), (9, true));
    }
}

/// Texts that are templates, or nearly.
fn template_text() -> impl Strategy<Value = String> {
    let string = "[a-zA-Zäü |;]{0,12}(\\\\\"|\\\\\\\\|\\\\u00e4|\\\\n)?[a-z]{0,4}";
    let code = prop_oneof![0..300u16, any::<u16>()];
    let codes = prop::collection::vec(code, 0..16);
    let member = prop_oneof![
        string.prop_map(|text| format!(r#""NAME":"{text}""#)),
        string.prop_map(|text| format!(r#""CMND":"{text}""#)),
        codes.prop_map(|codes| format!(r#""GPIO":{codes:?}"#)),
        any::<u8>().prop_map(|flag| format!(r#""FLAG":{flag}"#)),
        (0..300u16).prop_map(|base| format!(r#""BASE":{base}"#)),
    ];
    let object = prop::collection::vec(member, 1..6).prop_map(|members| format!("{{{}}}", members.join(",")));
    (object, prop::option::of((any::<prop::sample::Index>(), "\\PC"))).prop_map(|(text, slip)| {
        let Some((at, slip)) = slip else { return text };
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..=at, slip.chars());
        chars.into_iter().collect()
    })
}

proptest! {
    // M-1: whole or not at all; what was taken reads back the same.
    #[test]
    fn a_template_that_is_taken_reads_back_the_same(texts in prop::collection::vec(template_text(), 1..4)) {
        let mut bench = basic();
        let mut last = answer(&mut bench, "Template", "");
        for text in &texts {
            let shown = answer(&mut bench, "Template", text);
            let now = answer(&mut bench, "Template", "");
            prop_assert!(serde_json::from_str::<serde_json::Value>(&now).is_ok(), "{}", now);
            prop_assert_eq!(&now, if shown == r#"{"Template":"Invalid JSON"}"# { &last } else { &shown });
            prop_assert_eq!(&answer(&mut bench, "Template", &now), &now);
            last = now;
        }
        bench.wait_ms(3000).reboot(true).connect().sent();
        prop_assert_eq!(answer(&mut bench, "Template", ""), last);
    }

    // Codes of free pins read back, too, and stay with their template.
    #[test]
    fn free_pins_read_back(pins in prop::collection::vec((0..16u8, prop_oneof![Just(0), Just(1216), 32..40u16, 224..232u16]), 1..12)) {
        let mut bench = basic();
        become_template(&mut bench, r#"{"NAME":"a } b","GPIO":[1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"#);
        let template = answer(&mut bench, "Template", "");
        let mut wired = std::collections::BTreeMap::new();
        for (gpio, code) in pins {
            answer(&mut bench, &format!("GPIO{gpio}"), &code.to_string());
            if Arch::ESP8266.pins.contains(&gpio) {
                wired.retain(|_, other| code == 0 || *other != code);
                wired.insert(gpio, code);
            }
        }
        let shown = answer(&mut bench, "GPIO", "");
        for (gpio, code) in wired {
            let expected = format!(r#""GPIO{gpio}":{{"{code}":"#);
            prop_assert!(shown.contains(&expected));
        }
        prop_assert_eq!(answer(&mut bench, "Template", ""), template);
    }
}
