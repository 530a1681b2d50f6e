//! Access points, addresses, pages, the log server, the radio's sleep and the serial port: what commands do with them.

use std::net::Ipv4Addr;

use sonoff_core::io::{AccessPoint, Boot, FixedAddress, Level, Link, Restart};
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_core::{Action, Device, Input, Instant, Profile};
use sonoff_testkit::bench::{Bench, network};

const ERROR: &[&str] = &[r#"stat/sonoff/RESULT = {"Command":"Error"}"#];
/// The reference device with pages.
const WITH_PAGES: Profile = Profile {
    parts: &[Part::Radio, Part::FixedAddress, Part::RadioSleep, Part::Serial, Part::Syslog, Part::Pages],
    ..Profile::BASIC
};
const BARE: Profile = Profile { parts: &[], ..Profile::BASIC };

fn quiet(settings: &mut Settings) {
    settings.set_number(Number::GROUP_STATE, 0).unwrap();
    settings.set_number(Number::TELE_PERIOD, 0).unwrap();
    settings.set_option(19, true);
}

fn of(profile: Profile, first: impl FnOnce(&mut Settings)) -> Bench {
    let mut bench = Bench::of(profile, |settings| {
        quiet(settings);
        first(settings);
    });
    bench.connect().sent();
    bench
}

fn named(settings: &mut Settings) {
    settings.set_nth_text(Text::SSID, 1, "myssid").unwrap();
    settings.set_nth_text(Text::SSID, 2, "barn").unwrap();
}

/// Sends a command and expects this answer behind `stat/sonoff/RESULT = `.
#[track_caller]
fn answers(bench: &mut Bench, word: &str, payload: &str, answer: &str) {
    bench.cmnd(word, payload).sends(&[&format!("stat/sonoff/RESULT = {answer}")]);
}

/// Goes through a restart that the last command began.
#[track_caller]
fn restarted(bench: &mut Bench) {
    bench.wait_ms(1500).lose(-1).restarts(&[Restart::Commanded]);
    bench.reboot(false).connect().sent();
}

#[track_caller]
fn does_not_restart(bench: &mut Bench) {
    bench.wait_ms(4000).restarts(&[]);
}

// CX-85, C-41, C-43, S-55
#[test]
fn an_access_point_that_is_named_becomes_the_first() {
    let mut bench = of(Profile::BASIC, |settings| {
        settings.set_nth_text(Text::SSID, 1, "myssid").unwrap();
    });
    answers(&mut bench, "Ap", "", r#"{"Ap":{"1":"myssid"}}"#);
    answers(&mut bench, "SSId2", "barn", r#"{"SSId2":"barn"}"#);
    restarted(&mut bench);
    answers(&mut bench, "Ap", "", r#"{"Ap":{"2":"barn"}}"#);
    answers(&mut bench, "ssid", "", r#"{"SSId1":"myssid","SSId2":"barn"}"#);
    let point = AccessPoint { ssid: "barn", password: "", address: None };
    assert_eq!(bench.device().access_point(2), Some(point));
    // C-43: 0 is the other one
    answers(&mut bench, "Ap", "0", r#"{"Ap":{"1":"myssid"}}"#);
    restarted(&mut bench);
    answers(&mut bench, "Ap", "2", r#"{"Ap":{"2":"barn"}}"#);
    restarted(&mut bench);
    answers(&mut bench, "Ap", "3", r#"{"Ap":{"2":"barn"}}"#);
    does_not_restart(&mut bench);
}

// C-41
#[test]
fn a_name_without_a_number_sets_nothing_and_shortcuts_clear() {
    let mut bench = of(Profile::BASIC, named);
    answers(&mut bench, "SSId", "home", r#"{"SSId1":"myssid","SSId2":"barn"}"#);
    answers(&mut bench, "SSId1", &"x".repeat(33), r#"{"SSId1":"myssid"}"#);
    bench.cmnd("SSId3", "x").sends(ERROR);
    does_not_restart(&mut bench);
    for (word, shortcut) in [("SSId1", "0"), ("SSId2", "\"")] {
        answers(&mut bench, word, shortcut, &format!(r#"{{"{word}":""}}"#));
    }
    assert!([1, 2].into_iter().all(|place| bench.device().access_point(place).is_none()));
}

// CX-81, C-42, D-54
#[test]
fn a_password_is_never_shown_and_must_have_a_length_that_a_radio_takes() {
    let mut bench = of(Profile::BASIC, named);
    let password = |bench: &mut Bench, place| {
        bench.device().access_point(place).map(|point| point.password.to_owned()).unwrap()
    };
    for wrong in ["abcd", "1234567", &"x".repeat(64)] {
        answers(&mut bench, "Password1", wrong, r#"{"Password1":"****"}"#);
        bench.logs(&["WIF: Password must have 8 to 63 bytes"]);
    }
    does_not_restart(&mut bench);
    answers(&mut bench, "Password1", "top secret", r#"{"Password1":"****"}"#);
    assert_eq!(password(&mut bench, 1), "top secret");
    restarted(&mut bench);
    assert_eq!(password(&mut bench, 1), "top secret");
    answers(&mut bench, "Password", "", r#"{"Password1":"****","Password2":"****"}"#);
    answers(&mut bench, "Password", "12345678", r#"{"Password1":"****","Password2":"****"}"#);
    bench.logs(&["APP: Restarting"]);
    answers(&mut bench, "Password1", "****", r#"{"Password1":"****"}"#);
    bench.logs(&[]);
    does_not_restart(&mut bench);
    assert_eq!(password(&mut bench, 1), "top secret");
    // 3 and 4 are 1 and 2
    answers(&mut bench, "Password4", &"y".repeat(63), r#"{"Password4":"****"}"#);
    assert_eq!(password(&mut bench, 2), "y".repeat(63));
    restarted(&mut bench);
    answers(&mut bench, "Ap", "", r#"{"Ap":{"2":"barn"}}"#);
    answers(&mut bench, "Password3", "1", r#"{"Password3":"****"}"#);
    assert_eq!(password(&mut bench, 1), "");
}

// CX-82, CX-83, C-44
#[test]
fn addresses_are_taken_whole() {
    let mut bench = of(Profile::BASIC, named);
    answers(&mut bench, "IPAddress1", "", r#"{"IPAddress1":"0.0.0.0 (192.168.1.50)"}"#);
    answers(&mut bench, "IPAddress1", "192.168.1.9", r#"{"IPAddress1":"192.168.1.9 (192.168.1.50)"}"#);
    answers(&mut bench, "IPAddress2", "300", r#"{"IPAddress2":"192.168.1.1"}"#);
    answers(&mut bench, "IPAddress5", "9.9.9.9", r#"{"IPAddress5":"9.9.9.9"}"#);
    bench.cmnd("IPAddress6", "1.1.1.1").sends(ERROR);
    let all = r#"{"IPAddress1":"192.168.1.9 (192.168.1.50)","IPAddress2":"192.168.1.1","IPAddress3":"255.255.255.0","IPAddress4":"192.168.1.1","IPAddress5":"9.9.9.9"}"#;
    answers(&mut bench, "IPAddress", "", all);
    answers(&mut bench, "IPAddress", "10.0.0.1", all);
    does_not_restart(&mut bench);
    bench.reboot(false).connect().sent();
    answers(&mut bench, "IPAddress", "", all);
    let ip = Ipv4Addr::from;
    let expected = FixedAddress {
        ip: ip([192, 168, 1, 9]),
        gateway: ip([192, 168, 1, 1]),
        mask: ip([255, 255, 255, 0]),
        dns: [ip([192, 168, 1, 1]), ip([9, 9, 9, 9])],
    };
    assert_eq!(bench.device().access_point(1).unwrap().address, Some(expected));
    answers(&mut bench, "IPAddress1", "0.0.0.0", r#"{"IPAddress1":"0.0.0.0 (192.168.1.50)"}"#);
    assert_eq!(bench.device().access_point(1).unwrap().address, None);
    bench.input(Input::Link(Link::Down));
    answers(&mut bench, "IPAddress1", "", r#"{"IPAddress1":"0.0.0.0 (0.0.0.0)"}"#);
}

// CX-84, C-45
#[test]
fn what_would_restart_or_open_an_access_point_is_refused() {
    let mut bench = of(Profile::BASIC, named);
    answers(&mut bench, "WifiConfig", "", r#"{"WifiConfig":{"4":"Retry"}}"#);
    for refused in ["0", "1", "2", "3", "6", "7"] {
        bench.cmnd("WifiConfig", refused).sends(ERROR);
    }
    answers(&mut bench, "WifiConfig", "8", r#"{"WifiConfig":{"4":"Retry"}}"#);
    answers(&mut bench, "WifiConfig", "5", r#"{"WifiConfig":{"5":"Wait"}}"#);
    does_not_restart(&mut bench);
    let status = bench.cmnd("Status", "5").sent();
    assert!(status[0].contains(r#""WifiConfig":5,"#), "{status:?}");
}

// S-103, C-45
#[test]
fn a_board_that_can_be_an_access_point_is_asked_to_be_one() {
    let parts = &[Part::Radio, Part::SetUp];
    let mut bench = of(Profile { parts, ..Profile::BASIC }, named);
    answers(&mut bench, "WifiConfig", "2", r#"{"WifiConfig":{"4":"Retry"}}"#);
    bench.tells(&[Action::SetUp]).tells(&[]);
    for refused in ["0", "1", "3", "6", "7"] {
        bench.cmnd("WifiConfig", refused).sends(ERROR);
    }
    bench.cmnd("RetainedCommands", "2").sent();
    bench.retained("cmnd/sonoff/WifiConfig", "2").sends(&[]).tells(&[]);
    does_not_restart(&mut bench);
}

// S-78, S-79, S-80, S-82
#[test]
fn joining_goes_on_for_ever_and_says_where_it_is() {
    let mut bench = Bench::of(Profile::BASIC, |settings| {
        quiet(settings);
        named(settings);
    });
    bench.connect().sent();
    bench.input(Input::Link(Link::Down)).wait_ms(1250).tells(&[Action::Join { place: 1 }]);
    bench.input(Input::Joined { ok: false }).tells(&[Action::Join { place: 2 }]);
    bench.input(Input::Joined { ok: false }).tells(&[]);
    bench.wait_ms(6250).tells(&[Action::Join { place: 1 }]);
    bench.input(Input::Joined { ok: false }).tells(&[Action::Join { place: 2 }]);
    bench.input(Input::Joined { ok: true }).input(Input::Link(Link::Up(&network()))).connect().sent();
    let state = bench.cmnd("Status", "11").sent();
    assert!(state[0].contains(r#""Wifi":{"AP":2,"SSId":"home","#), "{state:?}");
    bench.input(Input::Link(Link::Down)).wait_ms(3_600_000).restarts(&[]);
}

// C-45, S-78
// S-78
#[test]
fn the_one_that_has_a_name_is_joined_when_the_chosen_one_has_none() {
    let mut bench = of(Profile::BASIC, |settings| {
        settings.set_nth_text(Text::SSID, 1, "myssid").unwrap();
        settings.set_number(Number::AP, 2).unwrap();
    });
    bench.input(Input::Link(Link::Down)).wait_ms(1250).tells(&[Action::Join { place: 1 }]);
    bench.input(Input::Joined { ok: false }).tells(&[]);
}

#[test]
fn waiting_tries_the_chosen_one_alone() {
    let mut bench = Bench::of(Profile::BASIC, |settings| {
        named(settings);
        settings.set_number(Number::WIFI_CONFIG, 5).unwrap();
        settings.set_number(Number::AP, 2).unwrap();
    });
    bench.input(Input::Link(Link::Down)).wait_ms(1250);
    for _ in 0..3 {
        bench.tells(&[Action::Join { place: 2 }]).input(Input::Joined { ok: false }).wait_ms(82_000);
    }
}

// CX-87, C-46, C-47, CX-88, CX-63, C-48
#[test]
fn pages_have_a_reader_a_password_and_a_log() {
    let mut bench = of(WITH_PAGES, |_| {});
    let admin = r#"{"Webserver":"Active for Admin on sonoff-5206 with IP address 192.168.1.50"}"#;
    answers(&mut bench, "Webserver", "", admin);
    let user = r#"{"Webserver":"Active for User on sonoff-5206 with IP address 192.168.1.50"}"#;
    answers(&mut bench, "Webserver", "1", user);
    answers(&mut bench, "Webserver", "3", user);
    assert_eq!(bench.device().webserver(), 1);
    let status = bench.cmnd("Status", "5").sent();
    assert!(status[0].contains(r#""Webserver":1,"#), "{status:?}");
    answers(&mut bench, "Webserver", "0", r#"{"Webserver":"OFF"}"#);
    answers(&mut bench, "WebPassword", "", r#"{"WebPassword":"****"}"#);
    assert_eq!(bench.device().web_password(), None);
    answers(&mut bench, "WebPassword2", "secret", r#"{"WebPassword":"****"}"#);
    answers(&mut bench, "WebPassword", "****", r#"{"WebPassword":"****"}"#);
    assert_eq!(bench.device().web_password(), Some("secret"));
    answers(&mut bench, "WebPassword", "0", r#"{"WebPassword":"****"}"#);
    assert_eq!(bench.device().web_password(), None);
    let wanted =
        |bench: &mut Bench| [Level::Info, Level::Debug].map(|level| bench.device().wants_page_line(level));
    assert_eq!(wanted(&mut bench), [true, false]);
    answers(&mut bench, "WebLog", "3", r#"{"WebLog":3}"#);
    assert_eq!(wanted(&mut bench), [true, true]);
    answers(&mut bench, "WebLog", "5", r#"{"WebLog":3}"#);
    does_not_restart(&mut bench);
}

// S-25, S-29, SX-30
#[test]
fn info2_tells_of_pages_where_there_are_some() {
    let info2 = |profile, mode| {
        let mut bench = Bench::of(profile, |settings| settings.set_number(Number::WEBSERVER, mode).unwrap());
        let sent = bench.connect().sent();
        sent.into_iter().find(|line| line.contains("INFO2"))
    };
    let told = |mode: &str| {
        let rest = r#""Hostname":"sonoff-5206","IPAddress":"192.168.1.50"}}"#;
        Some(format!(r#"tele/sonoff/INFO2 = {{"Info2":{{"WebServerMode":"{mode}",{rest}"#))
    };
    assert_eq!(info2(WITH_PAGES, 2), told("Admin"));
    assert_eq!(info2(WITH_PAGES, 1), told("User"));
    assert_eq!(info2(WITH_PAGES, 0), None);
    assert_eq!(info2(Profile::BASIC, 2), None);
}

// CX-61, C-51, CX-101, C-52
#[test]
fn the_board_is_told_of_sleep_and_baudrate() {
    let mut bench = of(Profile::BASIC, |_| {});
    answers(&mut bench, "Sleep", "", r#"{"Sleep":{"50":{"Active":"50"}}}"#);
    answers(&mut bench, "Sleep", "250", r#"{"Sleep":{"250":{"Active":"250"}}}"#);
    bench.tells(&[Action::Sleep { ms: 250 }]);
    answers(&mut bench, "Sleep", "251", r#"{"Sleep":{"250":{"Active":"250"}}}"#);
    answers(&mut bench, "Baudrate", "", r#"{"Baudrate":115200}"#);
    bench.tells(&[]);
    answers(&mut bench, "Baudrate", "9650", r#"{"Baudrate":9600}"#);
    bench.tells(&[Action::Baudrate { baud: 9600 }]);
    for wrong in ["1", "299", "3000300", "-300", "2147483647"] {
        answers(&mut bench, "Baudrate", wrong, r#"{"Baudrate":9600}"#);
    }
    bench.tells(&[]);
    does_not_restart(&mut bench);
    // U-10, U-22
    let status = bench.cmnd("Status", "1").sent();
    assert!(status[0].contains(r#""Baudrate":9600,"#) && status[0].contains(r#""Sleep":250,"#), "{status:?}");
    let state = bench.cmnd("State", "").sent();
    assert!(state[0].contains(r#""Sleep":250,"#), "{state:?}");
}

// C-51, C-52
#[test]
fn the_board_is_told_of_sleep_and_baudrate_when_a_run_begins() {
    let mut device = Device::new(Profile::BASIC, [0; 6]);
    device.boot(Instant::ZERO, &Boot { cold: true, reason: "", settings: None, state: None });
    let told: Vec<_> = core::iter::from_fn(|| device.poll_action()).collect();
    for action in [Action::Sleep { ms: 50 }, Action::Baudrate { baud: 115_200 }] {
        assert!(told.contains(&action), "{told:?}");
    }
}

// C-49
#[test]
fn there_is_a_log_server_only_where_lines_are_wanted_and_can_be_sent() {
    for (profile, level, expected) in [
        (Profile::BASIC, 1, Some(("10.0.0.2", 514))),
        (Profile::BASIC, 0, None),
        (Profile { parts: &[], ..Profile::BASIC }, 1, None),
    ] {
        let mut bench = of(profile, |settings| {
            settings.set_text(Text::LOG_HOST, "10.0.0.2").unwrap();
            settings.set_number(Number::SYS_LOG, level).unwrap();
        });
        assert_eq!(bench.device().log_server(), expected);
    }
}

// C-49, C-50, U-12
#[test]
fn the_log_server_has_a_level_a_host_and_a_port() {
    let mut bench = of(Profile::BASIC, named);
    answers(&mut bench, "SysLog", "", r#"{"SysLog":{"0":{"Active":"0"}}}"#);
    answers(&mut bench, "LogHost", "", r#"{"LogHost":""}"#);
    answers(&mut bench, "LogPort", "", r#"{"LogPort":514}"#);
    answers(&mut bench, "SysLog", "2", r#"{"SysLog":{"2":{"Active":"2"}}}"#);
    assert_eq!(bench.device().log_server(), None);
    answers(&mut bench, "LogHost", "10.0.0.2", r#"{"LogHost":"10.0.0.2"}"#);
    answers(&mut bench, "LogPort", "5514", r#"{"LogPort":5514}"#);
    answers(&mut bench, "LogPort", "0", r#"{"LogPort":5514}"#);
    assert_eq!(bench.device().log_server(), Some(("10.0.0.2", 5514)));
    let status = bench.cmnd("Status", "3").sent();
    let told = r#""SerialLog":2,"WebLog":0,"MqttLog":0,"SysLog":2,"LogHost":"10.0.0.2","LogPort":5514,"SSId":["myssid","barn"],"#;
    assert!(status[0].contains(told), "{status:?}");
    answers(&mut bench, "LogPort", "1", r#"{"LogPort":514}"#);
    answers(&mut bench, "LogHost", "1", r#"{"LogHost":""}"#);
    does_not_restart(&mut bench);
}

// D-60, DX-44
#[test]
fn a_line_for_the_log_server_has_priority_time_and_host() {
    let mut bench = of(Profile::BASIC, |settings| {
        settings.set_text(Text::LOG_HOST, "10.0.0.2").unwrap();
        settings.set_number(Number::SYS_LOG, 3).unwrap();
    });
    let line = |bench: &mut Bench, level, text: &str| {
        let (now, mut buf) = (sonoff_core::Instant::from_millis(bench.now_ms()), [0; 320]);
        let line = bench.device().syslog_line(now, level, format_args!("{text}"), &mut buf);
        line.map(|line| String::from_utf8(line.to_vec()).unwrap())
    };
    let text = "MQT: stat/sonoff/POWER = ON";
    let told = |line: &str| Some(format!("{line}sonoff-5206 ESP-{text}"));
    assert_eq!(line(&mut bench, Level::Info, text), told("<134>"));
    bench.clock(1_704_164_645);
    assert_eq!(line(&mut bench, Level::Error, text), told("<131>Jan  2 03:04:05 "));
    assert_eq!(line(&mut bench, Level::Debug, text), told("<135>Jan  2 03:04:05 "));
    let long = line(&mut bench, Level::Info, &"x".repeat(400)).unwrap();
    assert!(long.ends_with("xxx...") && long.len() < 320, "{long}");
    // However many pieces it is written in.
    let (now, x, mut buf) = (Instant::from_millis(bench.now_ms()), "x".repeat(100), [0; 320]);
    let pieces = bench.device().syslog_line(now, Level::Info, format_args!("{x}{x}{x}{x}"), &mut buf);
    assert_eq!(pieces.unwrap(), long.as_bytes());
    bench.cmnd("SysLog", "1");
    assert_eq!(line(&mut bench, Level::Info, text), None);
}

// C-53, D-55
#[test]
fn what_the_board_has_not_is_refused() {
    let mut bench = of(BARE, |_| {});
    let words = [
        ("SSId1", "home"),
        ("Password1", "12345678"),
        ("Ap", "2"),
        ("WifiConfig", "5"),
        ("IPAddress1", "10.0.0.1"),
        ("Sleep", "100"),
        ("Baudrate", "9600"),
        ("SysLog", "2"),
        ("LogHost", "10.0.0.2"),
        ("LogPort", "5514"),
        ("Webserver", "1"),
        ("WebPassword", "secret"),
        ("WebLog", "3"),
    ];
    for (word, payload) in words {
        bench.cmnd(word, payload).sends(ERROR).cmnd(word, "").sends(ERROR);
    }
    let mut bench = of(Profile { parts: &[Part::Radio], ..Profile::BASIC }, |_| {});
    bench.cmnd("IPAddress1", "10.0.0.1").sends(ERROR);
    does_not_restart(&mut bench);
    bench.tells(&[]);
    let mut factory = Settings::default();
    quiet(&mut factory);
    assert_eq!(*bench.device().settings(), factory);
    let status = [bench.cmnd("Status", "1").sent(), bench.cmnd("Status", "5").sent()].concat();
    assert!(status[0].contains(r#""Sleep":0,"#) && status[1].contains(r#""Webserver":0,"#), "{status:?}");
}

// C-44, C-53
#[test]
fn an_address_that_the_network_does_not_take_is_none() {
    let profile = Profile { parts: &[Part::Radio], ..Profile::BASIC };
    let mut bench = of(profile, |settings| {
        named(settings);
        settings.set_nth_number(Number::IP_ADDRESS, 1, 0x0A00).unwrap();
    });
    assert_eq!(bench.device().access_point(1).unwrap().address, None);
}

// D-52
#[test]
fn what_decides_whether_the_device_can_be_reached_is_refused_when_retained() {
    let mut bench = of(Profile::BASIC, named);
    for (word, payload) in
        [("SSId1", "x"), ("Password1", "12345678"), ("Ap", "2"), ("IPAddress1", "10.0.0.1")]
    {
        bench.retained(&format!("cmnd/sonoff/{word}"), payload).sends(&[]);
    }
    bench
        .retained("cmnd/sonoff/Sleep", "0")
        .sends(&[r#"stat/sonoff/RESULT = {"Sleep":{"0":{"Active":"0"}}}"#]);
    does_not_restart(&mut bench);
    assert_eq!(bench.device().access_point(1).unwrap().ssid, "myssid");
}

// C-36, C-37
#[test]
fn some_resets_keep_the_access_points() {
    let after = |payload: &str| {
        let mut bench = of(Profile::BASIC, |settings| {
            named(settings);
            settings.set_nth_text(Text::WIFI_PASSWORD, 2, "12345678").unwrap();
            settings.set_number(Number::SLEEP, 7).unwrap();
        });
        bench.cmnd("Reset", payload);
        restarted(&mut bench);
        let sleep = bench.device().settings().number(Number::SLEEP);
        let point =
            bench.device().access_point(2).map(|point| (point.ssid.to_owned(), point.password.to_owned()));
        (point, sleep)
    };
    let kept = Some(("barn".to_owned(), "12345678".to_owned()));
    for payload in ["4", "5", "6"] {
        assert_eq!(after(payload), (kept.clone(), 50), "Reset {payload}");
    }
    assert_eq!(after("3"), (kept, 7));
    assert_eq!(after("1"), (None, 50));
}

// U-14
#[test]
fn both_name_servers_are_told() {
    let mut bench = of(Profile::BASIC, |_| {});
    let mut network = network();
    network.dns = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
    bench.input(Input::Link(Link::Up(&network)));
    let status = bench.cmnd("Status", "5").sent();
    assert!(status[0].contains(r#""DNSServer1":"10.0.0.1","DNSServer2":"10.0.0.2","#), "{status:?}");
}
