//! Buttons, switches, key messages and LEDs: rules and worked examples of `docs/protocol/power.md`, sections 5 to 8.

use sonoff_core::command::{Command, Reply, Run, Show};
use sonoff_core::help::help;
use sonoff_core::io::{Action, Boot};
use sonoff_core::profile::Board;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_core::{Device, Input, Instant, Profile};
use sonoff_testkit::bench::Bench;

const ON: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"];

/// The reference device with other first settings.
fn with(relays: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    of(Profile::with_relays(relays), first)
}

/// A device of another kind, online.
fn of(profile: Profile, first: impl FnOnce(&mut Settings)) -> Bench {
    let mut bench = Bench::of(profile, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        first(settings);
    });
    bench.connect().sent();
    bench.wait_ms(6000).sent();
    bench
}

/// One relay and `count` switches, all at level 1, in this mode.
fn switched(count: u8, mode: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    of(Profile::with_relays(1).with_switches(count), |settings| {
        (1..=8).for_each(|n| settings.set_nth_number(Number::SWITCH_MODE, n, mode.into()).unwrap());
        first(settings);
    })
}

/// The same with switch 1 at level 0.
fn switched_low(mode: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    let mut bench = switched(1, mode, first);
    bench.switch(1, false).wait_ms(6000).sent();
    bench.driven();
    bench
}

/// Presses button 1 `count` times, soon after each other.
fn press_often(bench: &mut Bench, count: u8) {
    for _ in 0..count {
        bench.press(1, 60);
    }
}

fn action(what: &str) -> String {
    format!(r#"stat/sonoff/RESULT = {{"Button1":{{"Action":"{what}"}}}}"#)
}

mod presses {
    use super::*;

    #[test]
    fn px_17_p_43_without_a_binding_a_press_acts_at_its_edge() {
        let mut bench = with(1, |_| {});
        let start = bench.now_ms();
        bench.button(1, true).wait_ms(200).drives_at(&[(start + 40, 1, true)]).sends(&ON);
        bench.button(1, false).wait_ms(5000).sends(&[]).drives(&[]);
    }

    #[test]
    fn p_41_debounce_is_as_long_as_set() {
        let mut bench = with(1, |_| {});
        bench.cmnd("ButtonDebounce", "100").sends(&[r#"stat/sonoff/RESULT = {"ButtonDebounce":100}"#]);
        bench.press(1, 80).drives(&[]).wait_ms(1000);
        let start = bench.now_ms();
        bench.press(1, 200).drives_at(&[(start + 90, 1, true)]);
        // Bounces are no press.
        bench.sent();
        for down in [true, false, true, false, true, false] {
            bench.button(1, down).wait_ms(15);
        }
        bench.wait_ms(1000).drives(&[]).sends(&[]);
        for refused in ["39", "1010", "45", "51"] {
            bench.cmnd("ButtonDebounce", refused).sends(&[r#"stat/sonoff/RESULT = {"ButtonDebounce":100}"#]);
        }
    }

    #[test]
    fn p_67_a_button_that_is_down_at_the_start_is_no_press() {
        let mut bench = with(1, |_| {});
        bench.button(1, true).wait_ms(1000).drives(&[(1, true)]).reboot(true).wait_ms(1000).drives(&[]);
        bench.button(1, false).wait_ms(1000).drives(&[]).press(1, 60).drives(&[(1, true)]);
    }

    #[test]
    fn p_44_p_45_button_1_of_two_relays_counts() {
        let mut bench = with(2, |_| {});
        let start = bench.now_ms();
        // The window runs from the press edge.
        bench.press(1, 60).wait_ms(600).drives_at(&[(start + 540, 1, true)]);
        let start = bench.now_ms();
        bench.press(1, 60).press(1, 60).wait_ms(600).drives_at(&[(start + 700, 2, true)]);
        // Three presses: there is no third relay.
        bench.press(1, 60).press(1, 60).press(1, 60).wait_ms(600).drives(&[]);
        // Button 2 has no binding.
        let start = bench.now_ms();
        bench.press(2, 60).drives_at(&[(start + 40, 2, false)]);
    }

    #[test]
    fn p_43_the_button_must_be_up_before_presses_count() {
        let mut bench = with(2, |_| {});
        let start = bench.now_ms();
        bench.press(1, 1000).wait_ms(600).drives_at(&[(start + 1040, 1, true)]);
    }

    #[test]
    fn p_46_the_double_press_is_the_one_that_is_offered() {
        let mut bench = with(1, |settings| {
            settings.set_option(11, true);
            settings.set_text(Text::BUTTON_TOPIC, "lamp2").unwrap();
        });
        bench.press(1, 60).wait_ms(600).drives(&[(1, true)]).sends(&ON);
        bench.press(1, 60).press(1, 60).wait_ms(600).drives(&[]).sends(&["cmnd/lamp2/POWER = TOGGLE"]);
    }

    #[test]
    fn p_46_one_button_for_two_relays_is_swapped() {
        let mut bench = of(Profile::with_relays(2).with_buttons(1), |settings| settings.set_option(11, true));
        bench.press(1, 60).wait_ms(600).drives(&[(2, true)]);
        bench.press(1, 60).press(1, 60).wait_ms(600).drives(&[(1, true)]);
    }

    #[test]
    fn p_46_nothing_is_swapped_without_set_option_11_or_with_two_buttons() {
        for (buttons, swap) in [(1, false), (2, true)] {
            let mut bench = of(Profile::with_relays(2).with_buttons(buttons), |settings| {
                settings.set_option(11, swap);
            });
            bench.press(1, 60).wait_ms(600).drives(&[(1, true)]);
            bench.press(1, 60).press(1, 60).wait_ms(600).drives(&[(2, true)]);
        }
    }

    #[test]
    fn p_42_set_option_13_acts_at_the_edge_and_ends_after_40_seconds() {
        let mut bench = with(2, |settings| {
            settings.set_option(13, true);
            settings.set_option(73, true);
        });
        let start = bench.now_ms();
        bench.button(1, true).wait_ms(40).sends(&[&action("SINGLE")]);
        bench.wait_ms(39_999).sends(&[]).wait_ms(1).sends(&[r#"stat/sonoff/RESULT = {"SetOption13":"OFF"}"#]);
        assert_eq!(bench.now_ms(), start + 40_040);
        bench.button(1, false).wait_ms(1000).sends(&[]);
        assert!(!bench.device().settings().option(13));
    }

    #[test]
    fn p_49_a_press_that_lasts_too_long_is_none() {
        let mut bench = with(1, |settings| settings.set_option(1, true));
        bench.cmnd("SetOption40", "10").sends(&[r#"stat/sonoff/RESULT = {"SetOption40":10}"#]);
        let start = bench.now_ms();
        // It has to wait for its end.
        bench.press(1, 900).wait_ms(600).drives_at(&[(start + 940, 1, true)]);
        bench.press(1, 1000).wait_ms(600).drives(&[]).press(1, 30_000).drives(&[]);
        // Without SetOption1 it says nothing.
        bench.cmnd("SetOption1", "0").press(1, 2000).drives(&[(1, false)]);
    }

    #[test]
    fn a_press_that_acted_does_not_act_again_when_a_binding_comes() {
        let mut bench = with(1, |_| {});
        bench.button(1, true).wait_ms(60).button(1, false);
        bench.cmnd("ButtonTopic", "lamp2").wait_ms(1000).drives(&[(1, true)]);
        assert!(bench.sent().iter().all(|line| !line.starts_with("cmnd/")));
        // The next press knows of it.
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/lamp2/POWER = TOGGLE"]).drives(&[]);
    }

    const OWN: &[Command] = &[
        Command {
            name: "WifiConfig",
            help: help("For this test."),
            run: Run::Always(|_, _| Ok(Reply::ShowAt(0))),
            show: Show::OneOf(&"own"),
            ..Command::PLAIN
        },
        Command {
            name: "Reset",
            help: help("For this test."),
            run: Run::Always(|_, _| Ok(Reply::ShowAt(0))),
            show: Show::OneOf(&"Reset and Restarting"),
            ..Command::PLAIN
        },
    ];

    /// What was sent, without relays.
    fn told(bench: &mut Bench) -> Vec<String> {
        bench.sent().into_iter().filter(|line| !line.contains("POWER")).collect()
    }

    #[test]
    fn p_47_six_presses_ask_for_an_access_point_and_leave_the_relay_as_it_was() {
        let profile = Profile { commands: OWN, ..Profile::with_relays(1) };
        let mut bench = of(profile, |_| {});
        press_often(&mut bench, 6);
        bench.wait_ms(600);
        assert_eq!(bench.driven().len(), 6);
        assert_eq!(told(&mut bench).len(), 1);
        press_often(&mut bench, 7);
        bench.wait_ms(600);
        assert_eq!(told(&mut bench).len(), 0);
        bench.cmnd("SetOption1", "1").sent();
        press_often(&mut bench, 6);
        bench.wait_ms(600);
        assert_eq!(told(&mut bench).len(), 0);
        // With SetOption13 presses are not counted.
        bench.cmnd("SetOption1", "0").cmnd("SetOption13", "1").sent();
        press_often(&mut bench, 6);
        bench.wait_ms(600);
        assert_eq!(told(&mut bench).len(), 0);
    }

    #[test]
    fn px_23_p_48_ten_times_the_hold_time_resets() {
        let profile = Profile { commands: OWN, ..Profile::with_relays(1) };
        let mut bench = of(profile, |_| {});
        let start = bench.now_ms();
        bench.button(1, true).wait_ms(40_039).sends(&ON);
        bench.wait_ms(1).sends(&[r#"stat/sonoff/RESULT = {"Reset":"Reset and Restarting"}"#]);
        assert_eq!(bench.now_ms(), start + 40_040);
        let mut restricted =
            of(Profile { commands: OWN, ..Profile::BASIC }, |settings| settings.set_option(1, true));
        restricted.button(1, true).wait_ms(50_000).sends(&ON);
    }
}

mod key_messages {
    use super::*;

    fn lamp2(more: impl FnOnce(&mut Settings)) -> Bench {
        with(1, |settings| {
            settings.set_text(Text::BUTTON_TOPIC, "lamp2").unwrap();
            more(settings);
        })
    }

    #[test]
    fn px_18_p_50_a_button_addresses_another_device() {
        let mut bench = lamp2(|_| {});
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/lamp2/POWER = TOGGLE"]).drives(&[]);
        // Without a broker it acts here.
        bench.lose(-3).press(1, 60).wait_ms(600).drives(&[(1, true)]);
    }

    #[test]
    fn px_19_an_own_topic_gets_the_explicit_opposite() {
        let mut bench = with(1, |_| {});
        bench.cmnd("ButtonTopic", "1").sends(&[r#"stat/sonoff/RESULT = {"ButtonTopic":"sonoff"}"#]);
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/sonoff/POWER = ON"]).drives(&[]);
        bench.cmnd("POWER", "ON").sends(&ON).drives(&[(1, true)]);
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/sonoff/POWER = OFF"]);
        // GroupTopic1 is own, too.
        bench.cmnd("ButtonTopic", "sonoffs").sent();
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/sonoffs/POWER = OFF"]);
    }

    #[test]
    fn px_20_a_hold_is_not_kept_with_set_option_62() {
        let mut bench = lamp2(|_| {});
        bench.cmnd("ButtonRetain", "1").sends(&[r#"stat/sonoff/RESULT = {"ButtonRetain":"ON"}"#]);
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/lamp2/POWER = TOGGLE (r)"]);
        bench.button(1, true).wait_ms(4039).sends(&[]).wait_ms(1).sends(&["cmnd/lamp2/POWER = HOLD (r)"]);
        bench.button(1, false).wait_ms(1000).sends(&[]);
        bench.cmnd("SetOption62", "1").sent();
        bench.press(1, 5000).sends(&["cmnd/lamp2/POWER = HOLD"]).drives(&[]);
    }

    #[test]
    fn p_50_with_set_option_61_both_act() {
        let mut bench = lamp2(|settings| settings.set_option(61, true));
        bench.press(1, 60).wait_ms(600).sends(&["cmnd/lamp2/POWER = ON", ON[0], ON[1]]);
    }

    #[test]
    fn p_51_several_presses_publish_no_key_message() {
        let mut bench = lamp2(|_| {});
        bench.press(1, 60).press(1, 60).wait_ms(600).sends(&[]).drives(&[]);
    }

    #[test]
    fn t_54_switches_always_have_their_number_and_buttons_as_the_relays() {
        let profile = Profile::with_relays(2).with_buttons(3).with_switches(4);
        let mut bench = of(profile, |settings| {
            settings.set_text(Text::BUTTON_TOPIC, "a").unwrap();
            settings.set_text(Text::SWITCH_TOPIC, "b").unwrap();
        });
        bench.press(2, 60).wait_ms(600).sends(&["cmnd/a/POWER2 = TOGGLE"]);
        // P-50: a button beyond the relays counts as the first.
        bench.press(3, 60).wait_ms(600).sends(&["cmnd/a/POWER1 = TOGGLE"]);
        bench.switch(4, false).wait_ms(600).sends(&["cmnd/b/POWER4 = TOGGLE"]);
        let mut single = switched(1, 0, |settings| settings.set_text(Text::SWITCH_TOPIC, "b").unwrap());
        single.switch(1, false).wait_ms(600).sends(&["cmnd/b/POWER1 = TOGGLE"]);
    }

    #[test]
    fn t_23_the_topic_commands() {
        let mut bench = with(1, |_| {});
        for word in ["ButtonTopic", "SwitchTopic"] {
            let answer = |text: &str| format!(r#"stat/sonoff/RESULT = {{"{word}":"{text}"}}"#);
            bench.cmnd(word, "").sends(&[&answer("0")]);
            bench.cmnd(word, "my lamp#2").sends(&[&answer("my_lamp_2")]);
            bench.publish(&format!("cmnd/sonoffs/{word}"), "x").sends(&[&answer("my_lamp_2")]);
            bench.cmnd(word, "0").sends(&[&answer("")]).cmnd(word, "1").sends(&[&answer("sonoff")]);
            bench.cmnd(word, "\"").sends(&[&answer("")]).cmnd(word, "2").sends(&[&answer("0")]);
            bench.cmnd(word, &"x".repeat(33)).sends(&[&answer("0")]);
        }
        bench.wait_ms(5000).restarts(&[]);
    }

    #[test]
    fn t_60_a_topic_that_would_become_too_long_is_refused() {
        let mut bench = with(1, |settings| {
            settings.set_text(Text::FULL_TOPIC, "x/%topic%/%topic%/%topic%/%topic%/%prefix%").unwrap();
        });
        bench.publish("x/sonoff/sonoff/sonoff/sonoff/cmnd/ButtonTopic", &"y".repeat(32));
        assert!(bench.sent()[0].ends_with(r#"{"ButtonTopic":"0"}"#));
        // The other way round.
        let mut bench = with(1, |settings| settings.set_text(Text::BUTTON_TOPIC, &"y".repeat(32)).unwrap());
        bench.cmnd("FullTopic", "x/%topic%/%topic%/%topic%/%topic%/%prefix%");
        bench.sends(&[r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/%topic%/"}"#]);
    }

    #[test]
    fn s_61_s_62_s_67_what_was_kept_is_cleared() {
        let profile = Profile::with_relays(2).with_buttons(3).with_switches(3);
        let mut bench = of(profile, |settings| {
            settings.set_text(Text::BUTTON_TOPIC, "a").unwrap();
            settings.set_text(Text::SWITCH_TOPIC, "b").unwrap();
        });
        bench.cmnd("ButtonRetain", "1").cmnd("SwitchRetain", "1").sent();
        bench.cmnd("ButtonRetain", "0").sends(&[
            "cmnd/a/POWER1 =  (r)",
            "cmnd/a/POWER2 =  (r)",
            "cmnd/a/POWER1 =  (r)",
            r#"stat/sonoff/RESULT = {"ButtonRetain":"OFF"}"#,
        ]);
        bench.cmnd("SwitchRetain", "0").sends(&[
            "cmnd/b/POWER1 =  (r)",
            "cmnd/b/POWER2 =  (r)",
            "cmnd/b/POWER3 =  (r)",
            r#"stat/sonoff/RESULT = {"SwitchRetain":"OFF"}"#,
        ]);
        // The retain bit follows the flag.
        assert_eq!(bench.cmnd("SwitchRetain", "0").sent()[0], "cmnd/b/POWER1 = ");
        let mut bare = with(1, |_| {});
        bare.cmnd("ButtonRetain", "0").sends(&[r#"stat/sonoff/RESULT = {"ButtonRetain":"OFF"}"#]);
    }
}

mod detached_buttons {
    use super::*;

    fn detached() -> Bench {
        with(1, |settings| settings.set_option(73, true))
    }

    #[test]
    fn px_21_p_52_each_number_of_presses_has_its_word() {
        let mut bench = detached();
        for (count, word) in (1..).zip(["SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA"]) {
            press_often(&mut bench, count);
            bench.wait_ms(600).sends(&[&action(word)]);
        }
        bench.drives(&[]);
        // SetOption19 1: nobody listens.
        bench.device().settings_mut().set_option(19, true);
        bench.press(1, 60).wait_ms(600).sends(&[]).drives(&[]);
    }

    #[test]
    fn px_22_a_hold_and_its_end() {
        let mut bench = detached();
        bench.cmnd("SetOption4", "1").sent();
        bench.press(1, 4500).sends(&[
            r#"stat/sonoff/BUTTON1 = {"Button1":{"Action":"HOLD"}}"#,
            r#"stat/sonoff/BUTTON1 = {"Button1":{"Action":"CLEAR"}}"#,
        ]);
        // SetOption32 is the hold time.
        bench.cmnd("SetOption32", "10").sent();
        bench.button(1, true).wait_ms(1039).sends(&[]).wait_ms(1);
        bench.sends(&[r#"stat/sonoff/BUTTON1 = {"Button1":{"Action":"HOLD"}}"#]);
        for refused in ["0", "251"] {
            bench.cmnd("SetOption32", refused).sends(&[r#"stat/sonoff/SETOPTION = {"Command":"Error"}"#]);
        }
    }
}

mod switches {
    use super::*;

    #[test]
    fn px_24_switch_topic_1_and_mode_3() {
        let mut bench = switched(1, 3, |_| {});
        bench.cmnd("SwitchTopic", "1").sent();
        bench.switch(1, false).wait_ms(600).sends(&["cmnd/sonoff/POWER1 = ON"]).drives(&[]);
        bench.cmnd("POWER1", "ON").sends(&ON);
        // P-56: the other change says nothing.
        bench.switch(1, true).wait_ms(600).sends(&[]);
    }

    #[test]
    fn px_25_p_63_another_topic_and_mode_1() {
        let mut bench =
            switched_low(1, |settings| settings.set_text(Text::SWITCH_TOPIC, "tasmota02").unwrap());
        bench.cmnd("SwitchRetain", "1").sent();
        let on = ["cmnd/tasmota02/POWER1 = ON (r)"];
        bench.switch(1, true).wait_ms(39).sends(&[]).wait_ms(1).sends(&on).drives(&[]);
    }

    #[test]
    fn px_26_p_61_modes_15_and_16_tell_sensor() {
        let mut bench = switched(1, 15, |_| {});
        bench.clock(1_609_459_200 - 6).wait_ms(5960).sent();
        bench.switch(1, false).wait_ms(40);
        bench.sends(&[r#"tele/sonoff/SENSOR = {"Time":"2021-01-01T00:00:00","Switch1":"OFF"}"#]).drives(&[]);
        bench.cmnd("SwitchMode1", "16").cmnd("SensorRetain", "1").sent();
        bench.wait_ms(1000).switch(1, true).wait_ms(40);
        let sent = bench.sent();
        assert!(sent.len() == 1 && sent[0].ends_with(r#","Switch1":"OFF"} (r)"#), "{sent:?}");
    }

    #[test]
    fn px_27_p_65_a_detached_switch_tells_what_it_does() {
        let mut bench = switched_low(1, |settings| settings.set_option(114, true));
        bench.switch(1, true).wait_ms(600);
        bench.sends(&[r#"stat/sonoff/RESULT = {"Switch1":{"Action":"ON"}}"#]).drives(&[]);
        bench.cmnd("SetOption4", "1").sent();
        bench.switch(1, false).wait_ms(600);
        bench.sends(&[r#"stat/sonoff/SWITCH1 = {"Switch1":{"Action":"OFF"}}"#]);
        // The key message is sent as well.
        bench.cmnd("SwitchTopic", "x").sent();
        bench.switch(1, true).wait_ms(600);
        bench.sends(&["cmnd/x/POWER1 = ON", r#"stat/sonoff/SWITCH1 = {"Switch1":{"Action":"ON"}}"#]);
        bench.device().settings_mut().set_option(19, true);
        bench.switch(1, false).wait_ms(600).sends(&["cmnd/x/POWER1 = OFF"]);
    }

    #[test]
    fn p_65_a_dimmers_button_tells_its_steps() {
        let mut bench = switched(1, 11, |settings| settings.set_option(114, true));
        bench.switch(1, false).wait_ms(4200).switch(1, true).wait_ms(2000);
        let words = ["POWER_INCREMENT", "POWER_RELEASE", "POWER_CLEAR"];
        let lines = words.map(|word| format!(r#"stat/sonoff/RESULT = {{"Switch1":{{"Action":"{word}"}}}}"#));
        bench.sends(&lines.each_ref().map(String::as_str)).drives(&[]);
        // Two short presses; a long one and another behind it.
        let press =
            |bench: &mut Bench, ms| _ = bench.switch(1, false).wait_ms(ms).switch(1, true).wait_ms(200);
        let told = |bench: &mut Bench| {
            let lines = bench.wait_ms(2000).sent();
            let words = lines.iter().filter_map(|line| line.split_once(r#""Action":""#));
            words.map(|(_, word)| word.trim_end_matches("\"}}").to_owned()).collect::<Vec<_>>()
        };
        press(&mut bench, 100);
        press(&mut bench, 100);
        assert_eq!(told(&mut bench), ["TOGGLE", "POWER_100"]);
        press(&mut bench, 4200);
        press(&mut bench, 300);
        assert_eq!(told(&mut bench)[2..], ["POWER_INV", "POWER_RELEASE", "POWER_CLEAR"]);
        press(&mut bench, 100);
        assert_eq!(told(&mut bench), ["TOGGLE", "POWER_DELAYED"]);
        // P-64: only the short press reaches a relay.
        bench.cmnd("SetOption114", "0").sent();
        bench.switch(1, false).wait_ms(4200).switch(1, true).wait_ms(2000).sends(&[]).drives(&[]);
        bench.switch(1, false).wait_ms(100).switch(1, true).wait_ms(2000).drives(&[(1, true)]);
    }

    #[test]
    fn the_last_of_eight_switches_has_a_mode_and_there_is_no_ninth() {
        // D-19
        let mut bench = switched(8, 0, |_| {});
        bench.cmnd("SwitchMode8", "3").sends(&[r#"stat/sonoff/RESULT = {"SwitchMode8":3}"#]);
        bench.cmnd("SwitchMode9", "3").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    }

    #[test]
    fn a_tick_that_comes_late_is_not_lost() {
        // P-58
        let mut bench = switched(1, 9, |_| {});
        bench.switch(1, false).wait_ms(100);
        let device = bench.device();
        let late = Instant::from_millis(device.poll_timeout().unwrap().as_millis() + 1000);
        device.handle(late, Input::Tick);
        assert_eq!(device.poll_timeout().filter(|due| *due <= late), None);
    }

    #[test]
    fn px_29_modes_beyond_16_are_not_taken() {
        let mut bench = switched(1, 0, |_| {});
        bench.cmnd("SwitchMode1", "17").sends(&[r#"stat/sonoff/RESULT = {"SwitchMode1":0}"#]);
        bench.cmnd("SwitchMode", "16").sends(&[r#"stat/sonoff/RESULT = {"SwitchMode1":16}"#]);
        bench.cmnd("SwitchMode9", "1").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
        bench.cmnd("SwitchMode0", "3").sends(&[
            r#"stat/sonoff/RESULT = {"SwitchMode":[3,3,3,3,3,3,3,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}"#,
        ]);
        bench.cmnd("SwitchDebounce", "1000").sends(&[r#"stat/sonoff/RESULT = {"SwitchDebounce":1000}"#]);
        bench.cmnd("SwitchDebounce", "1009").sends(&[r#"stat/sonoff/RESULT = {"SwitchDebounce":1000}"#]);
    }

    #[test]
    fn px_30_p_62_a_switch_beyond_the_relays_acts_on_the_first() {
        let mut bench = of(Profile::with_relays(2).with_switches(4), |_| {});
        bench.switch(4, false).wait_ms(600).drives(&[(1, true)]);
        bench.switch(2, false).wait_ms(600).drives(&[(2, true)]);
    }

    /// The relay's moves as levels follow each other, a second apart.
    fn moves(mode: u8, levels: &[bool]) -> Vec<bool> {
        let mut bench = switched(1, mode, |_| {});
        for &level in levels {
            bench.switch(1, level).wait_ms(1000);
        }
        bench.driven().into_iter().map(|(_, _, on)| on).collect()
    }

    #[test]
    fn p_54_to_p_60_what_each_mode_does() {
        let levels = [false, true, false, true];
        let toggles = [true, false, true, false];
        for mode in [0, 7, 8] {
            assert_eq!(moves(mode, &levels), toggles, "P-54, P-58: SwitchMode {mode}");
        }
        // P-55: the first OFF changes nothing.
        assert_eq!(moves(1, &levels), [true, false, true]);
        assert_eq!(moves(2, &levels), [true, false, true, false]);
        // P-58
        assert_eq!(moves(9, &levels), [true, false, true]);
        assert_eq!(moves(10, &levels), [true, false, true, false]);
        // P-56, P-57, P-59
        for mode in [3, 4, 5, 6, 11, 12] {
            assert_eq!(moves(mode, &levels).len(), if mode % 2 == 0 && mode != 4 { 1 } else { 2 }, "{mode}");
        }
        // P-60
        assert_eq!((moves(13, &levels), moves(14, &levels)), (vec![true], vec![true]));
        // P-61
        assert_eq!((moves(15, &levels), moves(16, &levels)), (vec![], vec![]));
    }

    #[test]
    fn p_57_a_push_button_that_is_held_tells_hold_and_switches_nothing() {
        let mut bench = switched(1, 5, |settings| settings.set_text(Text::SWITCH_TOPIC, "b").unwrap());
        bench.switch(1, false).wait_ms(4039).sends(&[]).wait_ms(1).sends(&["cmnd/b/POWER1 = HOLD"]);
        bench.switch(1, true).wait_ms(1000).sends(&[]).drives(&[]);
        bench.switch(1, false).wait_ms(100).switch(1, true).wait_ms(40).sends(&["cmnd/b/POWER1 = TOGGLE"]);
        // P-64
        bench.cmnd("SwitchTopic", "0").sent();
        bench.switch(1, false).wait_ms(9000).switch(1, true).wait_ms(1000).sends(&[]).drives(&[]);
    }

    #[test]
    fn p_67_the_level_at_the_start_does_nothing() {
        let mut bench = switched_low(1, |_| {});
        bench.reboot(true).connect().wait_ms(6000).drives(&[]);
        assert!(bench.sent().iter().any(|line| line.ends_with(r#""Switch1":"OFF"}"#)));
    }

    #[test]
    fn p_66_u_30_the_shown_value_follows_the_mode() {
        let mut bench = switched(1, 0, |_| {});
        for mode in 0..=16 {
            bench.cmnd("SwitchMode1", &mode.to_string()).sent();
            let word = if matches!(mode, 2 | 4 | 6 | 10 | 12 | 14 | 16) { "OFF" } else { "ON" };
            let sent = bench.cmnd("Status", "10").sent();
            assert!(sent[0].ends_with(&format!(r#""Switch1":"{word}"}}}}"#)), "SwitchMode {mode}: {sent:?}");
        }
    }
}

mod sensor {
    use super::*;

    #[test]
    fn ux_6_u_18_without_switches_there_is_only_the_time() {
        let mut bench = with(1, |_| {});
        bench.clock(1_704_164_645);
        for number in ["8", "10"] {
            let line = r#"{"StatusSNS":{"Time":"2024-01-02T03:04:05"}}"#;
            bench.cmnd("Status", number).sends(&[&format!("stat/sonoff/STATUS{number} = {line}")]);
        }
        // U-29: then there is no SENSOR, either.
        bench.wait_ms(300_000);
        assert_eq!(bench.sent().len(), 1);
    }

    #[test]
    fn u_29_u_35_sensor_follows_state() {
        let mut bench = switched(2, 0, |_| {});
        bench.wait_ms(300_000);
        let sent = bench.sent();
        assert_eq!(sent.len(), 2);
        assert!(sent[0].starts_with("tele/sonoff/STATE = {"), "{sent:?}");
        assert!(sent[1].starts_with("tele/sonoff/SENSOR = {\"Time\":\""), "{sent:?}");
        assert!(sent[1].ends_with(r#"","Switch1":"ON","Switch2":"ON"}"#), "{sent:?}");
        // U-36
        bench.cmnd("TelePeriod", "").wait_ms(1000);
        assert_eq!(bench.sent().len(), 3);
    }

    #[test]
    fn u_8_the_status_shows_what_is_set() {
        let mut bench = with(1, |_| {});
        for line in ["ButtonTopic a", "SwitchTopic b", "LedState 3", "LedMask 0x12", "SwitchMode2 5"] {
            bench.line(line);
        }
        bench.cmnd("ButtonRetain", "1").cmnd("SwitchRetain", "1").sent();
        let sent = bench.cmnd("Status", "").sent();
        for part in [
            r#""ButtonTopic":"a""#,
            r#""SwitchTopic":"b""#,
            r#""LedState":3,"LedMask":"0012""#,
            r#""SwitchMode":[0,5,0,"#,
            r#""ButtonRetain":1,"SwitchRetain":1"#,
        ] {
            assert!(sent[0].contains(part), "{part} in {sent:?}");
        }
    }
}

mod leds {
    use super::*;

    #[test]
    fn p_37_the_led_shows_power() {
        let mut bench = of(Profile::BASIC, |_| {});
        bench.lit();
        let now = bench.now_ms();
        bench.cmnd("POWER", "1").lights(&[(now, 1, true)]).cmnd("POWER", "0").lights(&[(now, 1, false)]);
        // PX-28, P-39
        bench.sent();
        bench.cmnd("LedMask", "0xFFFD").sends(&[r#"stat/sonoff/RESULT = {"LedMask":"65533 (0xFFFD)"}"#]);
        bench.cmnd("LedMask", "0xFFFE").cmnd("POWER", "1").lights(&[]);
        bench
            .cmnd("LedMask", "65535")
            .lights(&[(now, 1, true)])
            .cmnd("LedState", "0")
            .lights(&[(now, 1, false)]);
    }

    #[test]
    fn p_36_p_53_flashes_for_presses_commands_and_messages() {
        let mut bench = of(Profile::BASIC, |settings| settings.set_number(Number::LED_MASK, 0).unwrap());
        bench.lit();
        let start = bench.now_ms();
        bench.press(1, 60).wait_ms(1000).lights(&[(start + 40, 1, true), (start + 290, 1, false)]);
        // Bit 1: commands.
        bench.cmnd("LedState", "2").sent();
        let start = bench.now_ms();
        bench.cmnd("POWER", "").wait_ms(1000).lights(&[(start, 1, true), (start + 250, 1, false)]);
        // Bit 2: messages.
        bench.cmnd("LedState", "4").wait_ms(5000).lit();
        let start = bench.now_ms();
        bench.line("State").wait_ms(1000).lights(&[(start, 1, true), (start + 250, 1, false)]);
        for refused in ["8", "9", "-1", "x"] {
            bench.sent();
            bench.cmnd("LedState", refused).sends(&[r#"stat/sonoff/RESULT = {"LedState":4}"#]).wait_ms(1000);
        }
    }

    #[test]
    fn p_36_without_bit_0_the_led_does_not_show_power() {
        let mut bench = of(Profile::BASIC, |settings| settings.set_number(Number::LED_STATE, 2).unwrap());
        bench.lit();
        let start = bench.now_ms();
        bench.cmnd("POWER", "1").wait_ms(1000).lights(&[(start, 1, true), (start + 250, 1, false)]);
    }

    #[test]
    fn p_38_led_power_takes_the_led_over() {
        let mut bench = of(Profile::BASIC, |_| {});
        bench.lit();
        bench.cmnd("LedPower", "1").sends(&[r#"stat/sonoff/RESULT = {"LedPower1":"ON"}"#]);
        assert_eq!((bench.lit().len(), bench.device().settings().number(Number::LED_STATE)), (1, 8));
        bench.cmnd("POWER", "1").press(1, 60).lose(-3).wait_ms(10_000).lights(&[]).connect().sent();
        // Without a link LED there is one LED.
        bench.cmnd("LedPower3", "2").sends(&[r#"stat/sonoff/RESULT = {"LedPower1":"OFF"}"#]);
        assert_eq!((bench.lit().len(), bench.device().settings().number(Number::LED_STATE)), (1, 0));
        bench.cmnd("LedPower2", "").sends(&[r#"stat/sonoff/RESULT = {"LedPower1":"OFF"}"#]);
        bench.cmnd("LedPower", "2").sends(&[r#"stat/sonoff/RESULT = {"LedPower1":"ON"}"#]);
    }

    #[test]
    fn p_38_a_led_is_lit_from_the_moment_on_at_which_its_pin_is_assigned() {
        let leds = [(Kind::Led, 1, 13), (Kind::Led, 2, 14), (Kind::LinkLed, 1, 15)];
        let wire = |wiring: Wiring, (kind, number, gpio)| wiring.with(kind, number, Pin::new(gpio));
        let board = Board::Fixed { module: "Lamp", wiring: leds.into_iter().fold(Wiring::default(), wire) };
        let mut device = Device::new(Profile { board, ..Profile::BASIC }, [0; 6]);
        device.settings_mut().set_number(Number::LED_STATE, 8).unwrap();
        device.settings_mut().set_number(Number::LED_POWER, 0b10).unwrap();
        device.boot(Instant::ZERO, &Boot { cold: true, reason: "", settings: None, state: None });
        let (mut first, mut later) = (Vec::new(), Vec::new());
        while let Some(action) = device.poll_action() {
            match action {
                Action::Assign { gpio, high, .. } => first.push((gpio, high)),
                Action::Write { gpio, high } => later.push((gpio, high)),
                _ => {}
            }
        }
        assert_eq!((first, later), (vec![(13, false), (14, true), (15, false)], vec![]));
    }

    #[test]
    fn p_38_with_a_link_led_each_led_has_its_own() {
        let leds = [(Kind::Led, 1, 13), (Kind::Led, 2, 14), (Kind::LinkLed, 1, 15), (Kind::Relay, 1, 12)];
        let wire = |wiring: Wiring, (kind, number, gpio)| wiring.with(kind, number, Pin::new(gpio));
        let board = Board::Fixed { module: "Lamp", wiring: leds.into_iter().fold(Wiring::default(), wire) };
        let mut bench = of(Profile { board, ..Profile::BASIC }, |_| {});
        bench.lit();
        let now = bench.now_ms();
        bench
            .cmnd("LedPower2", "1")
            .lights(&[(now, 2, true)])
            .cmnd("LedState", "1")
            .lights(&[(now, 2, false)]);
        // Blinking is the link LED's.
        bench.lose(-3).wait_ms(3500).lights(&[(now + 1750, 0, true), (now + 3500, 0, false)]);
    }

    #[test]
    fn p_38_a_flash_is_the_first_leds_and_leaves_the_others() {
        let leds = [(Kind::Led, 1, 13), (Kind::Led, 2, 14), (Kind::Relay, 1, 12), (Kind::Button, 1, 0)];
        let wire = |wiring: Wiring, (kind, number, gpio)| wiring.with(kind, number, Pin::new(gpio));
        let board = Board::Fixed { module: "Lamp", wiring: leds.into_iter().fold(Wiring::default(), wire) };
        let mut bench = of(Profile { board, ..Profile::BASIC }, |_| {});
        bench.cmnd("POWER", "1").lit();
        let now = bench.now_ms();
        bench.lose(-3).wait_ms(3500);
        bench.lights(&[(now, 1, false), (now + 1750, 1, true), (now + 3500, 1, false)]);
    }

    #[test]
    fn p_40_trouble_blinks() {
        let mut bench = of(Profile::BASIC, |_| {});
        bench.lit();
        let start = bench.now_ms();
        bench.lose(-3).wait_ms(3500).lights(&[(start + 1750, 1, true), (start + 3500, 1, false)]);
        bench.input(Input::Link(sonoff_core::io::Link::Down));
        let start = bench.now_ms();
        bench.wait_ms(1500).lights(&[(start + 750, 1, true), (start + 1500, 1, false)]);
        bench.cmnd("SetOption31", "1").wait_ms(10_000).lights(&[]);
        // A restart is steady light.
        bench.cmnd("Restart", "1").wait_ms(1000).lights(&[(start + 11_500, 1, true)]);
    }

    #[test]
    fn without_a_led_nothing_blinks_and_nobody_is_woken() {
        let board = Board::Fixed {
            module: "Plain",
            wiring: Wiring::default().with(Kind::Relay, 1, Pin::new(12)).with(Kind::Button, 1, Pin::new(0)),
        };
        let mut bench = of(Profile { board, ..Profile::BASIC }, |settings| {
            settings.set_number(Number::TELE_PERIOD, 0).unwrap();
        });
        bench.cmnd("Time", "1704164645").wait_ms(60_000);
        bench.button(1, true).wait_ms(40);
        let pressed = bench.now_ms();
        let due = bench.device().poll_timeout().unwrap().as_millis();
        assert!(due > pressed + 250, "{due}");
    }

    #[test]
    fn a_quiet_led_wakes_nobody() {
        let mut bench = of(Profile::BASIC, |settings| settings.set_number(Number::TELE_PERIOD, 0).unwrap());
        // With the time set by hand nobody is asked for it.
        bench.cmnd("Time", "1704164645").press(1, 60).wait_ms(60_000);
        assert_eq!(bench.device().poll_timeout(), None);
    }
}
