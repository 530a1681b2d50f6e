//! The worked examples of `docs/protocol/session.md` that the device alone decides, by their numbers.

use sonoff_core::Profile;
use sonoff_core::io::{Greeting, Restart};
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_testkit::bench::Bench;

fn with(relays: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    Bench::with(relays, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        first(settings);
    })
}

#[test]
fn connect_says_who_is_there() {
    // SX-1, S-4, S-5, S-6, S-7, S-8, S-9, S-10, S-11
    let mut buf = [0; 150];
    let mut bench = Bench::sonoff(1);
    let greeting = bench.device().greeting(&mut buf);
    let expected = Greeting {
        client: "DVES_123456",
        user: Some("DVES_USER"),
        password: Some("DVES_PASS"),
        keep_alive: 30,
        clean_session: true,
        will_topic: "tele/sonoff/LWT",
        will_payload: "Offline",
        will_retain: true,
    };
    assert_eq!(greeting, expected);
}

#[test]
fn empty_credentials_are_left_out_and_options_change_the_greeting() {
    let mut buf = [0; 150];
    // SX-10
    let mut bench = with(1, |settings| {
        settings.set_text(Text::MQTT_USER, "").unwrap();
        settings.set_text(Text::MQTT_PASSWORD, "").unwrap();
    });
    let greeting = bench.device().greeting(&mut buf);
    assert_eq!((greeting.user, greeting.password), (None, None));
    // SX-15, S-8
    let mut bench = with(1, |settings| {
        settings.set_option(104, true);
        settings.set_option(140, true);
    });
    let greeting = bench.device().greeting(&mut buf);
    assert!(!greeting.will_retain && !greeting.clean_session);
    assert_eq!(bench.connect().sent()[0], "tele/sonoff/LWT = Online");
}

#[test]
fn a_session_begins_in_this_order() {
    // SX-2, SX-4, SX-6, S-16, S-17, S-18, S-19, S-20, S-21, S-22, S-24, S-26, S-29
    let mut bench = Bench::of(Profile { version: "1.0.0", ..Profile::BASIC }, |_| {});
    bench.connect().sends(&[
        "tele/sonoff/LWT = Online (r)",
        "cmnd/sonoff/POWER = ",
        "SUBSCRIBE cmnd/sonoff/#",
        "SUBSCRIBE cmnd/sonoffs/#",
        "SUBSCRIBE cmnd/DVES_123456/#",
        concat!(
            r#"tele/sonoff/INFO1 = {"Info1":{"Module":"Sonoff Basic","Version":"1.0.0(sonoff)","#,
            r#""FallbackTopic":"cmnd/DVES_123456/","GroupTopic":"cmnd/sonoffs/"}}"#
        ),
        r#"tele/sonoff/INFO3 = {"Info3":{"RestartReason":"Power On","BootCount":1}}"#,
        r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#,
        "stat/sonoff/POWER = OFF",
    ]);
    bench.wait_ms(4999).sends(&[]).wait_ms(1);
    let sent = bench.sent();
    assert!(sent.len() == 1 && sent[0].starts_with("tele/sonoff/STATE = {\"Time\":"), "{sent:?}");
}

#[test]
fn a_later_session_announces_everything_but_info() {
    // SX-3: what was missed while the broker was away is never stale
    let mut bench = Bench::sonoff(2);
    bench.lose(-3).connect().sends(&[
        "tele/sonoff/LWT = Online (r)",
        "cmnd/sonoff/POWER = ",
        "SUBSCRIBE cmnd/sonoff/#",
        "SUBSCRIBE cmnd/sonoffs/#",
        "SUBSCRIBE cmnd/DVES_123456/#",
        r#"stat/sonoff/RESULT = {"POWER1":"OFF"}"#,
        "stat/sonoff/POWER1 = OFF",
        r#"stat/sonoff/RESULT = {"POWER2":"OFF"}"#,
        "stat/sonoff/POWER2 = OFF",
    ]);
    bench.wait_ms(4999).sends(&[]).wait_ms(5001);
    assert!(bench.sent()[0].starts_with("tele/sonoff/STATE = "));
}

#[test]
fn devices_do_not_speak_at_once_after_a_broker_restart() {
    // S-22: up to 5 s of jitter, different for each session
    let mut bench = Bench::sonoff(1);
    let mut moments = Vec::new();
    for _ in 0..20 {
        bench.lose(-3).connect().sent();
        let start = bench.now_ms();
        while bench.wait_ms(10).sent().is_empty() {}
        moments.push(bench.now_ms() - start);
    }
    moments.sort_unstable();
    assert!(moments[0] >= 5000 && moments[19] <= 10_000 && moments[19] - moments[0] > 2000, "{moments:?}");
}

#[test]
fn without_telemetry_no_state_follows_the_session() {
    // S-22
    let mut bench = with(1, |settings| settings.set_number(Number::TELE_PERIOD, 0).unwrap());
    bench.wait_ms(3_600_000).sends(&[]);
}

#[test]
fn each_group_topic_is_subscribed_to_by_its_own_number() {
    // T-37
    let mut bench = Bench::offline(1, |settings| {
        settings.set_nth_text(Text::GROUP_TOPIC, 4, "attic").unwrap();
    });
    let mut sent = bench.connect().sent();
    sent.retain(|line| line.starts_with("SUBSCRIBE"));
    let all = ["sonoff", "sonoffs", "attic", "DVES_123456"].map(|name| format!("SUBSCRIBE cmnd/{name}/#"));
    assert_eq!(sent, all);
}

#[test]
fn the_period_runs_without_a_session_too() {
    // U-35
    let mut bench = Bench::offline(1, |_| {});
    bench.wait_ms(299_999).sends(&[]).wait_ms(1);
    assert!(bench.sent()[0].starts_with("tele/sonoff/STATE = "));
}

#[test]
fn a_restart_waits_for_a_save_that_fails() {
    // P-16
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(11_000).lose(-3).restarts(&[]);
    bench.saves_fail(true).line("Power 1").line("Restart 1").wait_ms(2500).restarts(&[]);
    bench.saves_fail(false).wait_ms(2000).restarts(&[Restart::Commanded]).reboot(false);
    assert!(bench.device().power().is_on(1));
}

#[test]
fn the_boot_count_is_one_more_than_the_stored_one() {
    // SX-6, S-28: a boot counts after 10 s
    let mut bench = Bench::sonoff(1);
    for (run_ms, count) in [(11_000, 2), (5000, 2), (11_000, 3)] {
        bench.wait_ms(run_ms).reboot(true).connect();
        let info = format!(r#""BootCount":{count}}}}}"#);
        assert!(bench.sent().iter().any(|line| line.ends_with(&info)), "{info}");
    }
}

#[test]
fn s_28_a_boot_that_did_not_last_is_not_counted() {
    // The relay's state is saved, the boot is not.
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(11_000).reboot(true).connect().sent();
    for payload in ["1", "0"] {
        bench.cmnd("POWER", payload).wait_ms(3000).reboot(true).connect();
        assert!(bench.sent().iter().any(|line| line.ends_with(r#""BootCount":2}}"#)));
    }
}

#[test]
fn t_17_another_client_id_is_in_force_after_the_restart() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttClient", "lamp").sends(&[r#"stat/sonoff/RESULT = {"MqttClient":"lamp"}"#]);
    bench.wait_ms(3000).lose(-1);
    assert_eq!(bench.restarted().len(), 1);
    bench.reboot(false);
    assert_eq!(bench.device().greeting(&mut [0; 150]).client, "lamp");
}

#[test]
fn a_restart_says_goodbye() {
    // SX-12, S-54, S-57, S-58: answer, LWT, DISCONNECT, restart
    Bench::sonoff(1)
        .cmnd("Restart", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"Restart":"Restarting"}"#])
        .wait_ms(999)
        .sends(&[])
        .wait_ms(1001)
        .sends(&["tele/sonoff/LWT = Offline (r)", "DISCONNECT"])
        .logs(&["APP: Restarting"])
        .restarts(&[])
        .lose(-1)
        .restarts(&[Restart::Commanded]);
}

#[test]
fn a_restart_does_not_wait_for_a_broker_for_ever() {
    // S-54
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Restart", "1").wait_ms(3499).restarts(&[]).wait_ms(1).restarts(&[Restart::Commanded]);
    Bench::offline(1, |_| {}).line("Restart 1").wait_ms(1500).restarts(&[Restart::Commanded]);
}

#[test]
fn settings_that_restart_name_no_broker_at_the_end() {
    // SX-21, S-54, S-55
    let mut bench = with(1, |settings| settings.set_nth_text(Text::MQTT_HOST, 1, "10.0.0.1").unwrap());
    assert_eq!(bench.device().broker(0).unwrap().host, "10.0.0.1");
    bench.cmnd("MqttHost", "10.0.0.2").sends(&[r#"stat/sonoff/RESULT = {"MqttHost":"10.0.0.2"}"#]);
    assert_eq!(bench.device().broker(0), None, "from the countdown on");
    bench.wait_ms(2000).lose(-1);
    assert_eq!(bench.device().broker(0), None);
    bench.restarts(&[Restart::Commanded]).reboot(false);
    assert_eq!(bench.device().broker(0).unwrap().host, "10.0.0.2");
}

#[test]
fn brokers_are_listed_in_order_without_the_empty_ones() {
    // S-1
    let mut bench = Bench::sonoff(1);
    assert_eq!(bench.device().broker(0), None);
    bench.cmnd("Backlog0", "MqttHost3 c; MqttPort3 1884; MqttHost a").sends(&[
        r#"stat/sonoff/RESULT = {"MqttHost3":"c"}"#,
        r#"stat/sonoff/RESULT = {"MqttPort3":1884}"#,
        r#"stat/sonoff/RESULT = {"MqttHost":"a"}"#,
    ]);
    bench.wait_ms(2000).lose(-1).reboot(false);
    let brokers: Vec<_> =
        (0..3).map_while(|index| bench.device().broker(index).map(|b| (b.host.to_owned(), b.port))).collect();
    assert_eq!(brokers, [("a".to_owned(), 1883), ("c".to_owned(), 1884)]);
    let mut off = with(1, |settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "a").unwrap();
        settings.set_option(3, false);
    });
    assert_eq!(off.device().broker(0), None);
}

#[test]
fn retain_flags() {
    let mut bench = Bench::sonoff(2);
    // SX-13, S-60
    bench.cmnd("PowerRetain", "1").sends(&[r#"stat/sonoff/RESULT = {"PowerRetain":"ON"}"#]);
    bench
        .cmnd("Power1", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER1":"ON"}"#, "stat/sonoff/POWER1 = ON (r)"]);
    // SX-14, S-67
    bench.cmnd("PowerRetain", "0").sends(&[
        "stat/sonoff/POWER1 =  (r)",
        "stat/sonoff/POWER2 =  (r)",
        r#"stat/sonoff/RESULT = {"PowerRetain":"OFF"}"#,
    ]);
    // SX-19, S-63
    bench.cmnd("SensorRetain", "0").sends(&[
        "tele/sonoff/SENSOR =  (r)",
        "tele/sonoff/ENERGY =  (r)",
        r#"stat/sonoff/RESULT = {"SensorRetain":"OFF"}"#,
    ]);
    // S-64
    bench
        .cmnd("StateRetain", "0")
        .sends(&["tele/sonoff/STATE =  (r)", r#"stat/sonoff/RESULT = {"StateRetain":"OFF"}"#]);
    // S-65
    bench.cmnd("InfoRetain", "0").sends(&[
        "tele/sonoff/INFO1 =  (r)",
        "tele/sonoff/INFO2 =  (r)",
        "tele/sonoff/INFO3 =  (r)",
        r#"stat/sonoff/RESULT = {"InfoRetain":"OFF"}"#,
    ]);
    // S-66
    let sent = bench.cmnd("StatusRetain", "0").sent();
    assert_eq!(
        (sent[0].as_str(), sent[14].as_str()),
        ("stat/sonoff/STATUS =  (r)", "stat/sonoff/STATUS13 =  (r)")
    );
    assert_eq!(sent.len(), 16);
}

#[test]
fn what_is_retained_carries_the_flag() {
    // S-64 to S-66, S-68
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog0", "InfoRetain 1; StateRetain 1; StatusRetain 1").sent();
    bench.reboot(false).sent();
    let retained = |sent: Vec<String>| sent.into_iter().filter(|line| line.ends_with(" (r)")).count();
    let mut bench2 = with(1, |_| {});
    bench2.cmnd("Backlog0", "InfoRetain 1; StateRetain 1; StatusRetain 1").wait_ms(2000).reboot(false);
    assert_eq!(retained(bench2.connect().sent()), 3);
    assert_eq!(retained(bench2.wait_ms(5000).sent()), 1);
    assert_eq!(retained(bench2.cmnd("Status", "6").sent()), 1);
}

#[test]
fn setoption90_leaves_out_plain_texts_and_power_retain_ends_it() {
    // SX-16, S-18, S-60
    let mut bench = with(1, |settings| settings.set_option(90, true));
    let sent = bench.connect().sent();
    assert!(!sent.iter().any(|line| line.contains("/POWER = ")), "{sent:?}");
    assert!(sent.contains(&r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#.to_owned()));
    bench.cmnd("PowerRetain", "1").sent();
    bench.cmnd("SetOption90", "").sends(&[r#"stat/sonoff/RESULT = {"SetOption90":"OFF"}"#]);
}

#[test]
fn keep_alive_is_used_from_the_next_connection_on() {
    // SX-18, S-56
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttKeepAlive", "60").sends(&[r#"stat/sonoff/RESULT = {"MqttKeepAlive":60}"#]);
    bench.wait_ms(3000).restarts(&[]);
    assert_eq!(bench.device().greeting(&mut [0; 150]).keep_alive, 60);
}

#[test]
fn the_timeout_is_what_it_was_set_to() {
    // C-27, S-13
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttTimeout", "10").sends(&[r#"stat/sonoff/RESULT = {"MqttTimeout":10}"#]);
}

#[test]
fn a_new_retry_time_resets_the_running_countdown() {
    // S-41
    let mut bench = Bench::offline(1, |_| {});
    bench.device().handle(
        sonoff_core::Instant::ZERO,
        sonoff_core::Input::Line { source: sonoff_core::io::Source::Serial, text: "MqttRetry 20" },
    );
    assert_eq!(bench.device().poll_action(), Some(sonoff_core::Action::RetryIn { seconds: 20 }));
}

#[test]
fn a_shutdown_is_a_clean_end() {
    // S-57
    Bench::sonoff(1)
        .cmnd("Power", "1")
        .input(sonoff_core::Input::Shutdown)
        .lose(-1)
        .restarts(&[Restart::Halt])
        .logs(&["APP: Halting"])
        .reboot(true)
        .drives(&[]);
}

#[test]
fn commands_go_on_after_a_broken_long_answer() {
    let mut bench = Bench::sonoff(8).buffer(320);
    let now = sonoff_core::Instant::from_millis(bench.now_ms());
    let mut buf = [0; 320];
    let device = bench.device();
    device.handle(
        now,
        sonoff_core::Input::Message { topic: "cmnd/sonoff/Status0", payload: b"", retained: false },
    );
    assert!(device.poll_transmit(now, &mut buf).is_some() && device.poll_payload(&mut buf).is_some());
    assert!(!device.accepts_command());
    bench.lose(-3).connect();
    assert!(bench.device().accepts_command());
}
