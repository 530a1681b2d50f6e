//! The worked examples of `docs/protocol/power.md`, by their numbers.

use sonoff_core::Profile;
use sonoff_core::profile::Board;
use sonoff_core::settings::{Number, Settings};
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_testkit::bench::Bench;

const ON: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"];
const OFF: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#, "stat/sonoff/POWER = OFF"];

/// The two lines of one of several relays.
fn pair(relay: u8, text: &str) -> [String; 2] {
    [
        format!(r#"stat/sonoff/RESULT = {{"POWER{relay}":"{text}"}}"#),
        format!("stat/sonoff/POWER{relay} = {text}"),
    ]
}

#[track_caller]
fn sends(bench: &mut Bench, pairs: &[(u8, &str)]) {
    let lines: Vec<_> = pairs.iter().flat_map(|(relay, text)| pair(*relay, text)).collect();
    assert_eq!(bench.sent(), lines);
}

fn with(relays: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    Bench::with(relays, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_number(Number::TELE_PERIOD, 0).unwrap();
        first(settings);
    })
}

#[test]
fn the_state_is_published_even_when_it_did_not_change() {
    let mut bench = Bench::sonoff(1);
    // PX-1, P-1, P-2
    bench.cmnd("POWER", "on").sends(&ON).drives(&[(1, true)]);
    // PX-2, P-4
    bench.cmnd("POWER", "on").sends(&ON).drives(&[]);
}

#[test]
fn power0_acts_on_all_and_publishes_each() {
    // PX-3, P-6, D-25
    let mut bench = Bench::sonoff(2);
    bench.cmnd("POWER0", "1").drives(&[(1, true), (2, true)]);
    sends(&mut bench, &[(1, "ON"), (2, "ON")]);
    bench.cmnd("POWER1", "0").drives(&[(1, false)]).sent();
    bench.cmnd("POWER0", "toggle").drives(&[(2, false), (1, true)]);
    sends(&mut bench, &[(1, "ON"), (2, "OFF")]);
    bench.cmnd("POWER0", "3").drives(&[]);
    sends(&mut bench, &[(1, "ON"), (2, "OFF")]);
}

#[test]
fn setoption59_sends_state_before_the_pair() {
    // PX-4, P-3
    let mut bench = with(1, |settings| settings.set_option(59, true));
    let sent = bench.cmnd("POWER", "1").sent();
    assert!(sent[0].starts_with("tele/sonoff/STATE = {") && sent[0].contains(r#""POWER":"ON""#), "{sent:?}");
    assert_eq!(sent[1..], ON);
}

#[test]
fn pulse_time_starts_at_once_and_at_every_switch_on() {
    // PX-5, P-26, P-27, P-28
    with(1, |_| {})
        .cmnd("PulseTime1", "113")
        .sends(&[r#"stat/sonoff/RESULT = {"PulseTime1":{"Set":113,"Remaining":113}}"#])
        .wait_ms(12_999)
        .sends(&[])
        .wait_ms(1)
        .sends(&OFF)
        .drives(&[])
        .wait_ms(7000)
        .cmnd("POWER", "1")
        .sends(&ON)
        .drives(&[(1, true)])
        .wait_ms(12_999)
        .drives(&[])
        .wait_ms(1)
        .sends(&OFF)
        .drives(&[(1, false)]);
}

#[test]
fn a_short_pulse_is_in_tenths_of_a_second() {
    // PX-6, P-25
    with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap())
        .cmnd("POWER", "1")
        .sends(&ON)
        .wait_ms(999)
        .sends(&[])
        .wait_ms(1)
        .sends(&OFF);
}

#[test]
fn showing_the_state_leaves_the_pulse_running() {
    // P-5
    with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap())
        .cmnd("POWER", "1")
        .wait_ms(500)
        .cmnd("POWER", "")
        .wait_ms(499)
        .drives(&[(1, true)])
        .wait_ms(1)
        .drives(&[(1, false)]);
}

#[test]
fn switching_off_ends_the_pulse() {
    // P-3
    with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap())
        .cmnd("POWER", "1")
        .cmnd("POWER", "0")
        .sends(&[ON, OFF].concat())
        .wait_ms(5000)
        .sends(&[]);
}

#[test]
fn pulse_time_without_a_number_lists_all() {
    // P-28: one for each of the eight channels
    Bench::sonoff(2).cmnd("PulseTime2", "20").cmnd("PulseTime", "").sends(&[
        r#"stat/sonoff/RESULT = {"PulseTime2":{"Set":20,"Remaining":20}}"#,
        r#"stat/sonoff/RESULT = {"PulseTime":{"Set":[0,20,0,0,0,0,0,0],"Remaining":[0,20,0,0,0,0,0,0]}}"#,
    ]);
}

#[test]
fn blinking_changes_the_output_and_not_the_state() {
    // PX-7, P-20, P-21, P-22, P-23
    let mut bench = with(1, |settings| settings.set_number(Number::BLINK_COUNT, 2).unwrap());
    bench.cmnd("POWER", "blink").sends(&[r#"stat/sonoff/RESULT = {"POWER":"Blink ON"}"#]).drives(&[]);
    bench.wait_ms(99).drives(&[]).wait_ms(1).drives(&[(1, true)]);
    bench.cmnd("State", "");
    assert!(bench.sent()[0].contains(r#""POWER":"OFF""#));
    bench.wait_ms(1000).drives(&[(1, false)]).wait_ms(1000).drives(&[(1, true)]);
    bench.wait_ms(1000).drives(&[(1, false)]).wait_ms(999).sends(&[]).wait_ms(1).sends(&[
        r#"stat/sonoff/RESULT = {"POWER":"Blink OFF"}"#,
        OFF[0],
        OFF[1],
    ]);
    bench.wait_ms(60_000).drives(&[]);
}

#[test]
fn blink_off_restores_the_state() {
    // PX-8, P-24
    let mut bench = Bench::sonoff(1);
    bench.cmnd("POWER", "1").cmnd("POWER", "3").wait_ms(100).drives(&[(1, true), (1, false)]).sent();
    bench.cmnd("POWER", "4").drives(&[(1, true)]).sends(&[
        r#"stat/sonoff/RESULT = {"POWER":"Blink OFF"}"#,
        ON[0],
        ON[1],
    ]);
    // PX-9
    bench.cmnd("POWER", "blinkoff").sends(&[r#"stat/sonoff/RESULT = {"POWER":"Blink OFF"}"#]);
}

#[test]
fn switching_ends_a_blink_first() {
    // PX-10
    Bench::sonoff(1).cmnd("POWER", "blink").cmnd("POWER", "0").sends(&[
        r#"stat/sonoff/RESULT = {"POWER":"Blink ON"}"#,
        r#"stat/sonoff/RESULT = {"POWER":"Blink OFF"}"#,
        OFF[0],
        OFF[1],
    ]);
}

#[test]
fn the_others_blink_on_when_one_is_switched() {
    // P-29
    let mut bench = Bench::sonoff(2);
    bench.cmnd("POWER1", "blink").cmnd("POWER2", "blink").wait_ms(400).driven();
    bench.cmnd("POWER1", "on").driven();
    let moved: Vec<u8> = bench.wait_ms(5000).driven().iter().map(|(_, relay, _)| *relay).collect();
    assert!(moved.len() > 2 && moved.iter().all(|relay| *relay == 2), "{moved:?}");
}

#[test]
fn with_setoption4_blink_is_told_on_power_without_a_number() {
    // P-20
    with(2, |settings| settings.set_option(4, true))
        .cmnd("POWER2", "blink")
        .sends(&[r#"stat/sonoff/POWER = {"POWER2":"Blink ON"}"#]);
}

#[test]
fn all_blinking_relays_share_one_phase() {
    // P-21
    let mut bench = with(2, |settings| settings.set_number(Number::BLINK_COUNT, 1).unwrap());
    bench.cmnd("POWER1", "3").wait_ms(50).cmnd("POWER2", "3").drives(&[]);
    bench.wait_ms(100).drives(&[(1, true), (2, true)]).wait_ms(1000).drives(&[(1, false), (2, false)]);
}

#[test]
fn changing_the_count_reloads_it() {
    // P-29
    let mut bench = with(1, |settings| settings.set_number(Number::BLINK_COUNT, 1).unwrap());
    bench.cmnd("POWER", "3").wait_ms(1100).cmnd("BlinkCount", "1").sent();
    bench.wait_ms(3000).drives(&[(1, true), (1, false), (1, true), (1, false)]);
}

#[test]
fn interlocked_relays_are_never_on_together() {
    // PX-11, P-34
    let mut bench = with(2, |settings| {
        settings.set_option(14, true);
        settings.set_number(Number::INTERLOCK_GROUP, 0b11).unwrap();
    });
    bench.cmnd("POWER2", "1").drives(&[(2, true)]).sent();
    bench.cmnd("POWER1", "1").drives(&[(2, false)]);
    sends(&mut bench, &[(2, "OFF")]);
    bench.wait_ms(49).drives(&[]).sends(&[]).wait_ms(1).drives(&[(1, true)]);
    sends(&mut bench, &[(1, "ON")]);
    // P-35
    bench.cmnd("POWER0", "1").drives(&[(1, false)]);
    sends(&mut bench, &[(1, "OFF"), (2, "OFF")]);
}

#[test]
fn a_button_in_an_interlock_pause_acts_at_once() {
    // P-34; local input never waits
    let mut bench = with(3, |settings| settings.set_option(14, true));
    bench.cmnd("POWER3", "1").sent();
    bench.button(2, true).wait_ms(35).cmnd("POWER1", "1").wait_ms(10);
    bench.wait_ms(100).drives(&[(3, true), (3, false), (2, true)]);
    sends(&mut bench, &[(3, "OFF"), (1, "OFF"), (2, "ON")]);
}

#[test]
fn groups_are_read_and_shown() {
    let groups = r#"stat/sonoff/RESULT = {"Interlock":"OFF","Groups":"1,2 3,4"}"#;
    // PX-12, P-31, P-32
    let mut bench = Bench::sonoff(4);
    bench.cmnd("Interlock", "1,2 3,4").sends(&[groups]);
    bench.cmnd("Interlock", "on").sends(&[&groups.replace("OFF", "ON")]);
    // P-33
    Bench::sonoff(3)
        .cmnd("Interlock", "")
        .sends(&[r#"stat/sonoff/RESULT = {"Interlock":"OFF","Groups":"1,2,3"}"#]);
    // PX-13, P-30
    Bench::sonoff(1).cmnd("Interlock", "1").sends(&[r#"stat/sonoff/RESULT = {"Interlock":"OFF"}"#]);
}

#[test]
fn switching_interlock_on_separates_what_is_lit() {
    // P-35
    let mut bench = Bench::sonoff(2);
    bench.cmnd("POWER0", "1").drives(&[(1, true), (2, true)]).sent();
    bench.cmnd("Interlock", "1").drives(&[(1, false), (2, false)]);
    let answer = r#"stat/sonoff/RESULT = {"Interlock":"ON","Groups":"1,2"}"#.to_owned();
    assert_eq!(bench.sent(), [pair(1, "OFF").to_vec(), pair(2, "OFF").to_vec(), vec![answer]].concat());
}

#[test]
fn p_23_the_pulse_of_the_relay_that_blinked_starts_anew_and_no_other() {
    let mut bench = with(2, |settings| {
        (1..=2).for_each(|n| settings.set_nth_number(Number::PULSE_TIME, n, 20).unwrap());
    });
    bench.cmnd("POWER1", "1").cmnd("POWER2", "1").cmnd("POWER1", "3").wait_ms(50);
    bench.cmnd("POWER1", "4").driven();
    let start = bench.now_ms();
    bench.wait_ms(5000).drives_at(&[(start + 1950, 2, false), (start + 2000, 1, false)]);
}

#[test]
fn p_20_a_relay_that_blinks_can_be_told_to_blink_again() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("POWER", "3").wait_ms(100).cmnd("POWER", "3").driven();
    bench.wait_ms(1100).drives(&[(1, true), (1, false)]);
}

#[test]
fn p_21_a_count_of_0_is_32000_blinks() {
    let mut settings = Settings::default();
    assert_eq!((settings.blink().period_ms, settings.blink().changes), (1000, 20));
    settings.set_number(Number::BLINK_COUNT, 0).unwrap();
    assert_eq!(settings.blink().changes, 64_000);
}

/// Relays of which one of a group at most is on.
fn interlocked(relays: u8, groups: &[u16]) -> Bench {
    with(relays, |settings| {
        settings.set_option(14, true);
        (1..).zip(groups).for_each(|(n, group)| {
            settings.set_nth_number(Number::INTERLOCK_GROUP, n, *group).unwrap();
        });
    })
}

#[test]
fn p_34_relays_of_another_group_stay_on() {
    let mut bench = interlocked(4, &[0b11, 0b1100]);
    bench.cmnd("POWER1", "1").cmnd("POWER3", "1").cmnd("POWER4", "1").wait_ms(100);
    bench.drives(&[(1, true), (3, true), (3, false), (4, true)]);
}

#[test]
fn p_34_a_partner_that_goes_off_ends_its_pulse_and_no_other() {
    let mut bench = interlocked(3, &[0b11, 0]);
    for n in [2, 3] {
        bench.cmnd(&format!("PulseTime{n}"), "10").cmnd(&format!("POWER{n}"), "1");
    }
    bench.cmnd("POWER1", "1").wait_ms(100).sent();
    bench.driven();
    bench.wait_ms(2000).drives(&[(3, false)]);
    sends(&mut bench, &[(3, "OFF")]);
}

#[test]
fn p_34_a_command_waits_for_the_end_of_the_pause() {
    let mut bench = interlocked(2, &[0b11]);
    bench.cmnd("POWER2", "1").cmnd("POWER1", "1").cmnd("POWER1", "0").wait_ms(100);
    bench.drives(&[(2, true), (2, false), (1, true), (1, false)]);
}

#[test]
fn p_35_a_single_relay_stays_on_when_interlock_comes() {
    let mut bench = Bench::sonoff(2);
    bench.cmnd("POWER2", "1").sent();
    bench.driven();
    bench.cmnd("Interlock", "1").drives(&[]);
    bench.sends(&[r#"stat/sonoff/RESULT = {"Interlock":"ON","Groups":"1,2"}"#]);
    bench.wait_ms(2000).reboot(true).drives(&[]);
    assert!(bench.device().power().is_on(2));
}

#[test]
fn p_33_groups_of_relays_that_are_not_there_are_not_shown() {
    for group in [0b11_0000, 0b10_0001] {
        interlocked(3, &[group, 0])
            .cmnd("Interlock", "")
            .sends(&[r#"stat/sonoff/RESULT = {"Interlock":"ON","Groups":"1,2,3"}"#]);
    }
}

#[test]
fn the_eighth_relay_is_one_like_the_others() {
    // T-44, D-19
    let mut bench = Bench::sonoff(8);
    bench.cmnd("POWER8", "1").drives(&[(8, true)]);
    sends(&mut bench, &[(8, "ON")]);
    // So is the eighth button.
    bench.press(8, 60).drives(&[(8, false)]).sent();
    bench.cmnd("POWER9", "1").drives(&[]).sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
}

#[test]
fn without_relays_there_is_nothing_to_switch() {
    // D-19
    for word in ["POWER0", "POWER1"] {
        Bench::sonoff(0).cmnd(word, "1").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    }
}

#[test]
fn relays_that_are_on_at_a_low_level_are_driven_the_other_way_round() {
    let wiring = Wiring::default().with(Kind::Relay, 1, Pin::new(12).inverted()).with(
        Kind::Relay,
        2,
        Pin::new(13).inverted(),
    );
    let board = Board::Fixed { module: "two", wiring };
    let mut bench = Bench::of(Profile { board, ..Profile::BASIC }, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
    });
    bench.connect().sent();
    bench.cmnd("POWER2", "1").drives(&[(2, false)]);
    // Off before on, at these levels, too.
    bench.cmnd("POWER0", "2").drives(&[(2, true), (1, false)]);
}

#[test]
fn p_19_a_short_pulse_writes_nothing_to_flash() {
    let saves = |pulse: u16| {
        let mut bench = with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, pulse).unwrap());
        bench.wait_ms(15_000).cmnd("POWER", "1").wait_ms(2000).cmnd("POWER", "0").wait_ms(2000).sent();
        let status = bench.cmnd("Status", "1").sent().concat();
        let count = status.split_once(r#""SaveCount":"#).unwrap().1;
        count.split_once(|byte: char| !byte.is_ascii_digit()).unwrap().0.parse::<u32>().unwrap()
    };
    assert_eq!(saves(30), saves(29) + 2);
}

#[test]
fn power_on_state_4_is_always_on() {
    // PX-14, P-14
    let mut bench = Bench::sonoff(1);
    bench
        .cmnd("PowerOnState", "4")
        .sends(&[ON[0], ON[1], r#"stat/sonoff/RESULT = {"PowerOnState":4}"#])
        .drives(&[(1, true)]);
    // PX-15, P-8
    bench.cmnd("POWER", "0").sends(&ON).drives(&[]);
}

#[test]
fn power_on_state_5_inverts_the_pulse() {
    // P-15
    let mut bench = with(1, |settings| {
        settings.set_number(Number::POWER_ON_STATE, 5).unwrap();
        settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap();
    });
    bench.wait_ms(1000).drives(&[(1, true)]);
    bench.cmnd("POWER", "0").drives(&[(1, false)]).wait_ms(999).drives(&[]).wait_ms(1).drives(&[(1, true)]);
}

/// The relays' state after a start, when 1 of 2 was on before it.
fn after_start(power_on_state: u8, cold: bool, keep: bool) -> [bool; 2] {
    let mut bench = with(2, |settings| {
        settings.set_number(Number::POWER_ON_STATE, power_on_state.into()).unwrap();
        settings.set_option(0, keep);
    });
    bench.cmnd("POWER0", "0").cmnd("POWER1", "1").wait_ms(2000);
    bench.cmnd("BlinkTime", "11").wait_ms(2000).reboot(cold);
    [bench.device().power().is_on(1), bench.device().power().is_on(2)]
}

#[test]
fn power_on_states_at_a_cold_and_a_warm_start() {
    // P-10, P-11, P-12, P-13, P-14
    let cold = [[false, false], [true, true], [false, true], [true, false], [true, true]];
    for (power_on_state, relays) in (0..).zip(cold) {
        assert_eq!(after_start(power_on_state, true, true), relays, "PowerOnState {power_on_state}");
    }
    // P-16
    for power_on_state in [0, 1, 2, 3, 5] {
        assert_eq!(after_start(power_on_state, false, true), [true, false], "PowerOnState {power_on_state}");
    }
    assert_eq!(after_start(4, false, true), [true, true]);
    // P-17
    for power_on_state in [2, 3] {
        assert_eq!(after_start(power_on_state, true, false), [false, false]);
    }
}

#[test]
fn the_restored_state_is_announced_at_the_first_session() {
    // PX-16, S-21
    let mut bench = Bench::sonoff(1);
    bench.cmnd("POWER", "1").wait_ms(2000).reboot(true).sent();
    let sent = bench.connect().sent();
    assert_eq!(sent[sent.len() - 2..], ON);
}

#[test]
fn a_change_is_saved_soon_but_not_a_short_pulse() {
    // P-19
    let mut bench = with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 29).unwrap());
    bench.wait_ms(15_000).cmnd("POWER", "1").wait_ms(2000).reboot(true);
    assert!(!bench.device().power().is_on(1));
    let mut bench = with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 30).unwrap());
    bench.wait_ms(15_000).cmnd("POWER", "1").wait_ms(2000).reboot(true);
    assert!(bench.device().power().is_on(1));
}

#[test]
fn a_restart_soon_after_power_came_back_moves_nothing() {
    // P-16: PowerOnState had set the relay otherwise than it was stored.
    let mut bench = with(1, |settings| settings.set_number(Number::POWER_ON_STATE, 1).unwrap());
    bench.wait_ms(15_000).cmnd("POWER", "0").wait_ms(2000).reboot(true).connect();
    bench.cmnd("Restart", "1").wait_ms(3000).reboot(false);
    assert!(bench.device().power().is_on(1));
}

#[test]
fn px_35_a_short_pulse_does_not_come_back_after_a_power_cut() {
    // P-19: the state is saved while the pulse of relay 1 lasts.
    let mut bench = with(2, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap());
    bench.wait_ms(15_000).cmnd("POWER2", "1").wait_ms(900).cmnd("POWER1", "1").wait_ms(2000).reboot(true);
    assert_eq!([1, 2].map(|relay| bench.device().power().is_on(relay)), [false, true]);
}

#[test]
fn a_failed_save_is_tried_again() {
    // Not by the save that counts the boot.
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(15_000);
    bench.saves_fail(true).cmnd("POWER", "1").wait_ms(5000).saves_fail(false).wait_ms(5000).reboot(true);
    assert!(bench.device().power().is_on(1));
}

#[test]
fn a_press_acts_at_its_debounced_edge() {
    // PX-17, P-41: five samples, the first at the edge
    Bench::sonoff(1)
        .wait_ms(1000)
        .button(1, true)
        .wait_ms(39)
        .drives(&[])
        .wait_ms(1)
        .drives(&[(1, true)])
        .sends(&ON)
        .wait_ms(160)
        .button(1, false)
        .wait_ms(1000)
        .sends(&[]);
}

#[test]
fn a_button_beyond_the_relays_acts_on_the_first() {
    // P-7
    let profile = sonoff_core::Profile::BASIC.with_buttons(2);
    let mut bench = Bench::of(profile, |_| {});
    bench.press(2, 60).drives(&[(1, true)]);
}

#[test]
fn a_button_works_while_the_broker_is_away() {
    // S-36
    Bench::offline(1, |_| {}).press(1, 60).drives(&[(1, true)]);
}

mod retained_commands {
    //! A command that the broker had kept acts only where repeating it does no harm (T-48, D-48 to D-53).
    use super::*;

    const TOPIC: &str = "cmnd/sonoff/POWER";
    const REFUSED: &[&str] = &["MQT: Retained command Power refused"];

    #[test]
    fn on_and_off_act_in_the_first_session() {
        Bench::sonoff(1)
            .retained(TOPIC, "ON")
            .drives(&[(1, true)])
            .retained(TOPIC, "0")
            .drives(&[(1, false)]);
    }

    #[test]
    fn what_is_not_idempotent_is_refused() {
        for payload in ["TOGGLE", "2", "blink", "4"] {
            Bench::sonoff(1).retained(TOPIC, payload).drives(&[]).sends(&[]).logs(REFUSED);
        }
        with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap())
            .retained(TOPIC, "1")
            .drives(&[])
            .logs(REFUSED);
        with(1, |settings| settings.set_number(Number::POWER_ON_STATE, 5).unwrap())
            .retained(TOPIC, "0")
            .drives(&[])
            .logs(REFUSED);
    }

    #[test]
    fn later_in_a_boot_only_a_new_value_acts() {
        let mut bench = Bench::sonoff(1);
        bench.retained(TOPIC, "ON").drives(&[(1, true)]);
        bench.press(1, 60).drives(&[(1, false)]);
        bench.lose(-3).connect().retained(TOPIC, "ON").drives(&[]).logs(REFUSED);
        bench.retained(TOPIC, "OFF").logs(&[]).retained(TOPIC, "ON").drives(&[(1, true)]);
    }

    #[test]
    fn d_51_a_value_that_was_sent_twice_or_first_is_known_too() {
        for (payload, moves) in [("ON", [(1, false)].as_slice()), ("OFF", &[(1, true)])] {
            let mut bench = Bench::sonoff(1);
            bench.cmnd("POWER", payload).cmnd("POWER", payload).press(1, 60).lose(-3).connect().driven();
            bench.retained(TOPIC, payload).drives(&[]).logs(REFUSED);
            let mut once = Bench::sonoff(1);
            once.cmnd("POWER", payload).driven();
            once.press(1, 60).drives(moves).lose(-3).connect();
            once.retained(TOPIC, payload).drives(&[]).logs(REFUSED);
        }
    }

    #[test]
    fn d_51_each_relay_has_its_own_last_value() {
        let mut bench = Bench::sonoff(2);
        bench.cmnd("POWER1", "ON").lose(-3).connect().driven();
        bench.retained("cmnd/sonoff/POWER2", "ON").drives(&[(2, true)]);
        bench.retained("cmnd/sonoff/POWER1", "ON").drives(&[]).logs(REFUSED);
        // Nothing was sent for it: OFF is news, too.
        let mut bench = Bench::sonoff(1);
        bench.press(1, 60).lose(-3).connect().driven();
        bench.retained(TOPIC, "OFF").drives(&[(1, false)]);
    }

    #[test]
    fn d_49_another_relays_pulse_does_no_harm() {
        let mut bench = with(2, |settings| settings.set_nth_number(Number::PULSE_TIME, 2, 10).unwrap());
        bench.retained("cmnd/sonoff/POWER1", "ON").drives(&[(1, true)]);
        bench.retained("cmnd/sonoff/POWER0", "OFF").drives(&[]).logs(REFUSED);
    }

    #[test]
    fn commands_that_restart_are_refused() {
        let mut bench = Bench::sonoff(1);
        for (word, payload) in [("Topic", "x"), ("MqttHost", "x"), ("Restart", "1"), ("Backlog", "Power 1")] {
            bench.retained(&format!("cmnd/sonoff/{word}"), payload);
            bench.logs(&[&format!("MQT: Retained command {word} refused")]);
        }
        bench.retained("cmnd/sonoff/SetOption3", "0").sent();
        bench.wait_ms(5000).lose(-1).restarts(&[]).drives(&[]);
    }

    #[test]
    fn harmless_settings_act() {
        Bench::sonoff(1)
            .retained("cmnd/sonoff/BlinkTime", "20")
            .sends(&[r#"stat/sonoff/RESULT = {"BlinkTime":20}"#]);
    }

    #[test]
    fn the_owner_decides() {
        let mut none = with(1, |settings| settings.set_number(Number::RETAINED_COMMANDS, 0).unwrap());
        none.retained(TOPIC, "ON").drives(&[]).logs(REFUSED);
        let mut all = with(1, |settings| settings.set_number(Number::RETAINED_COMMANDS, 2).unwrap());
        all.retained(TOPIC, "TOGGLE").drives(&[(1, true)]).retained(TOPIC, "TOGGLE").drives(&[(1, false)]);
    }
}
