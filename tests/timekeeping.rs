//! Time, time zones and time servers: section 6 of `docs/protocol/status.md`, by its numbers.

use sonoff_core::settings::Number;
use sonoff_core::{Action, Input, Instant, Profile};
use sonoff_testkit::bench::{Bench, network};

/// 2024-01-02T03:04:05Z
const THEN: u64 = 1_704_164_645;

fn reference() -> Bench {
    let mut bench = Bench::sonoff(1);
    bench.clock(THEN).sent();
    bench
}

/// The one message, without its topic.
#[track_caller]
fn answer(bench: &mut Bench, word: &str, payload: &str) -> String {
    let sent = bench.cmnd(word, payload).sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent[0].strip_prefix("stat/sonoff/RESULT = ").unwrap().to_owned()
}

#[track_caller]
fn answers(bench: &mut Bench, word: &str, rows: &[(&str, &str)]) {
    for (payload, expected) in rows {
        assert_eq!(answer(bench, word, payload), *expected, "{word} {payload}");
    }
}

#[test]
fn u_40_four_formats() {
    let mut bench = reference();
    bench.wait_ms(250);
    // UX-16 is the second row, U-45 the empty one
    answers(
        &mut bench,
        "Time",
        &[
            ("", r#"{"Time":"2024-01-02T03:04:05"}"#),
            ("2", r#"{"Time":"2024-01-02T03:04:05","Epoch":1704164645}"#),
            ("", r#"{"Time":"2024-01-02T03:04:05","Epoch":1704164645}"#),
            ("3", r#"{"Time":1704164645}"#),
            ("4", r#"{"Time":"2024-01-02T03:04:05.250"}"#),
            ("1", r#"{"Time":"2024-01-02T03:04:05"}"#),
        ],
    );
}

#[test]
fn u_40_the_format_is_that_of_telemetry_and_survives_a_restart() {
    // U-27, UX-14
    let mut bench = reference();
    bench.cmnd("Time", "2").wait_ms(1500).sent();
    bench.reboot(true).connect().clock(THEN).sent();
    let sent = bench.cmnd("State", "").sent();
    assert!(sent[0].contains(r#" = {"Time":"2024-01-02T03:04:05","Epoch":1704164645,"Uptime":"#), "{sent:?}");
    bench.cmnd("Time", "3").sent();
    let sent = bench.cmnd("Status", "11").sent();
    assert!(sent[0].contains(r#"{"StatusSTS":{"Time":1704164645,"Uptime":"#), "{sent:?}");
}

#[test]
fn u_45_other_numbers_change_nothing_and_words_count() {
    let mut bench = reference();
    let unchanged = r#"{"Time":"2024-01-02T03:04:05"}"#;
    answers(
        &mut bench,
        "Time",
        &[
            ("5", unchanged),
            ("1451602799", unchanged),
            ("-1", unchanged),
            ("x", unchanged),
            ("99999999999", unchanged),
            ("toggle", r#"{"Time":"2024-01-02T03:04:05","Epoch":1704164645}"#),
        ],
    );
}

#[test]
fn u_45_a_time_set_by_hand_stays_until_time_0() {
    let mut bench = reference();
    // Beyond 2038, and the least that is taken
    answers(
        &mut bench,
        "Time",
        &[
            ("4102444800", r#"{"Time":"2100-01-01T00:00:00","Epoch":4102444800}"#),
            ("1451602800", r#"{"Time":"2015-12-31T23:00:00","Epoch":1451602800}"#),
        ],
    );
    bench.clock(THEN);
    answers(
        &mut bench,
        "Time",
        &[
            ("", r#"{"Time":"2015-12-31T23:00:00"}"#),
            ("0", r#"{"Time":"2015-12-31T23:00:00","Epoch":1451602800}"#),
        ],
    );
    bench.clock(THEN);
    answers(&mut bench, "Time", &[("", r#"{"Time":"2024-01-02T03:04:05"}"#)]);
}

#[test]
fn u_45_a_retained_time_is_an_old_one() {
    // D-48
    let mut bench = reference();
    bench.retained("cmnd/sonoff/Time", "1704000000").sends(&[]);
    bench.logs(&["MQT: Retained command Time refused"]);
    bench.retained("cmnd/sonoff/Time", "3").sends(&[r#"stat/sonoff/RESULT = {"Time":1704164645}"#]);
}

#[test]
fn u_41_set_option_52_appends_the_offset() {
    let mut bench = reference();
    bench.cmnd("SetOption52", "1").cmnd("Timezone", "-3:30").sent();
    answers(
        &mut bench,
        "Time",
        &[
            ("", r#"{"Time":"2024-01-01T23:34:05-03:30"}"#),
            ("4", r#"{"Time":"2024-01-01T23:34:05.000-03:30"}"#),
            ("3", r#"{"Time":1704164645}"#),
            ("2", r#"{"Time":"2024-01-01T23:34:05-03:30","Epoch":1704164645}"#),
        ],
    );
}

#[test]
fn u_42_without_a_time_there_is_no_zone() {
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(1000).cmnd("SetOption52", "1").cmnd("Timezone", "5").sent();
    answers(&mut bench, "Time", &[("", r#"{"Time":"1970-01-01T00:00:01+00:00"}"#)]);
}

#[test]
fn u_46_u_70_offsets() {
    let mut bench = reference();
    // UX-40, UX-41
    answers(
        &mut bench,
        "Timezone",
        &[
            ("", r#"{"Timezone":"+00:00"}"#),
            ("5:30", r#"{"Timezone":"+05:30"}"#),
            ("99", r#"{"Timezone":99}"#),
            ("1", r#"{"Timezone":"+01:00"}"#),
            ("-13", r#"{"Timezone":"-13:00"}"#),
            ("14", r#"{"Timezone":"+14:00"}"#),
            // The answer is an argument: no octal numbers here
            ("+08:00", r#"{"Timezone":"+08:00"}"#),
            ("-09:30", r#"{"Timezone":"-09:30"}"#),
            ("-0:30", r#"{"Timezone":"-00:30"}"#),
            ("1:99", r#"{"Timezone":"+01:59"}"#),
            ("-14", r#"{"Timezone":"+01:59"}"#),
            ("x", r#"{"Timezone":"+01:59"}"#),
            ("15", r#"{"Timezone":99}"#),
        ],
    );
}

#[test]
fn u_71_u_73_the_rules_of_summer_time() {
    let mut bench = reference();
    // UX-42 is the second row
    answers(
        &mut bench,
        "TimeStd",
        &[
            ("", r#"{"TimeStd":{"Hemisphere":0,"Week":0,"Month":10,"Day":1,"Hour":3,"Offset":60}}"#),
            (",,,,4", r#"{"TimeStd":{"Hemisphere":0,"Week":0,"Month":10,"Day":1,"Hour":4,"Offset":60}}"#),
            (
                "1, 2,03 , 4 ,5, -120",
                r#"{"TimeStd":{"Hemisphere":1,"Week":2,"Month":3,"Day":4,"Hour":5,"Offset":-120}}"#,
            ),
            (
                "-1,-1,-1,-1,-1,-1000",
                r#"{"TimeStd":{"Hemisphere":1,"Week":0,"Month":1,"Day":1,"Hour":0,"Offset":-900}}"#,
            ),
            (",,,,,", r#"{"TimeStd":{"Hemisphere":1,"Week":0,"Month":1,"Day":1,"Hour":0,"Offset":-900}}"#),
            ("7", r#"{"TimeStd":{"Hemisphere":1,"Week":0,"Month":1,"Day":1,"Hour":0,"Offset":-900}}"#),
            ("0", r#"{"TimeStd":{"Hemisphere":0,"Week":0,"Month":10,"Day":1,"Hour":3,"Offset":60}}"#),
        ],
    );
    // UX-43 is the second row
    answers(
        &mut bench,
        "TimeDst",
        &[
            ("", r#"{"TimeDst":{"Hemisphere":0,"Week":0,"Month":3,"Day":1,"Hour":2,"Offset":120}}"#),
            (
                "0,9,13,0,25,1000",
                r#"{"TimeDst":{"Hemisphere":0,"Week":4,"Month":12,"Day":1,"Hour":23,"Offset":900}}"#,
            ),
            ("0", r#"{"TimeDst":{"Hemisphere":0,"Week":0,"Month":3,"Day":1,"Hour":2,"Offset":120}}"#),
        ],
    );
}

#[test]
fn u_73_an_offset_far_outside_is_brought_to_the_nearer_end() {
    let mut bench = reference();
    for (offset, shown) in [("-40000", "-900"), ("40000", "900"), ("-901", "-900")] {
        let answer = answer(&mut bench, "TimeStd", &format!("0,0,10,1,3,{offset}"));
        assert!(answer.contains(&format!(r#""Offset":{shown}"#)), "{answer}");
    }
}

#[test]
fn u_70_u_74_clocks_change_by_themselves() {
    let mut bench = reference();
    // UX-47: 2024-03-31T00:59:59.500Z
    bench.cmnd("Timezone", "99").sent();
    bench.input(Input::WallClock { unix_ms: 1_711_846_799_500 });
    answers(&mut bench, "Time", &[("", r#"{"Time":"2024-03-31T01:59:59"}"#)]);
    let now = Instant::from_millis(bench.now_ms());
    assert_eq!(bench.device().stamp(now).to_string(), "01:59:59.500");
    assert_eq!(bench.device().stamp(now.plus_millis(500)).to_string(), "03:00:00.000");
    bench.wait_ms(500);
    answers(&mut bench, "Time", &[("", r#"{"Time":"2024-03-31T03:00:00"}"#)]);
}

#[test]
fn u_75_a_zone_survives_a_restart() {
    let mut bench = reference();
    bench.cmnd("Timezone", "99").cmnd("TimeStd", "1,1,4,1,3,600").cmnd("TimeDst", "1,1,10,1,2,660");
    bench.cmnd("NtpServer2", "10,0,0,9").wait_ms(1500).sent();
    let zone = bench.device().settings().zone;
    bench.reboot(true).connect().clock(THEN).sent();
    assert_eq!(bench.device().settings().zone, zone);
    answers(&mut bench, "Time", &[("", r#"{"Time":"2024-01-02T14:04:05"}"#)]);
    answers(&mut bench, "NtpServer2", &[("", r#"{"NtpServer2":"10.0.0.9"}"#)]);
}

#[test]
fn u_76_three_servers() {
    let mut bench = reference();
    let factory = r#"{"NtpServer1":"2.pool.ntp.org","NtpServer2":"2.europe.pool.ntp.org","NtpServer3":"2.nl.pool.ntp.org"}"#;
    // UX-44; a name without a number sets nothing
    answers(&mut bench, "NtpServer", &[("", factory), ("a.example", factory)]);
    // UX-45 is the first row; D-16, U-76
    answers(
        &mut bench,
        "NtpServer1",
        &[
            ("0", r#"{"NtpServer1":""}"#),
            ("10,0,0,1", r#"{"NtpServer1":"10.0.0.1"}"#),
            ("123456789012345678901234567890123", r#"{"NtpServer1":"10.0.0.1"}"#),
            ("1", r#"{"NtpServer1":"2.pool.ntp.org"}"#),
        ],
    );
    answers(&mut bench, "NtpServer4", &[("x", r#"{"Command":"Error"}"#)]);
    // An unused place is passed over
    bench.cmnd("NtpServer2", "\"");
    let servers: Vec<_> = bench.device().time_servers().map(str::to_owned).collect();
    assert_eq!(servers, ["2.pool.ntp.org", "2.nl.pool.ntp.org"]);
}

#[test]
fn u_16_the_block_of_status_7() {
    let mut bench = reference();
    bench.cmnd("Status", "7").sends(&[concat!(
        r#"stat/sonoff/STATUS7 = {"StatusTIM":{"UTC":"2024-01-02T03:04:05Z","Local":"2024-01-02T03:04:05","#,
        r#""StartDST":"2024-03-31T02:00:00","EndDST":"2024-10-27T03:00:00","Timezone":"+00:00"}}"#
    )]);
    // UX-46, U-74
    bench.cmnd("Timezone", "99").cmnd("TimeStd", "1,1,4,1,3,600").cmnd("TimeDst", "1,1,10,1,2,660").sent();
    bench.cmnd("Status", "7").sends(&[concat!(
        r#"stat/sonoff/STATUS7 = {"StatusTIM":{"UTC":"2024-01-02T03:04:05Z","Local":"2024-01-02T14:04:05","#,
        r#""StartDST":"2024-10-06T02:00:00","EndDST":"2024-04-07T03:00:00","Timezone":99}}"#
    )]);
}

/// A device by itself, to see when it asks.
struct Asker(sonoff_core::Device);

impl Asker {
    fn new() -> Self {
        let mut device = sonoff_core::Device::new(Profile::BASIC, [2, 0, 0, 0, 0, 1]);
        let boot = sonoff_core::io::Boot { cold: true, reason: "Power On", settings: None, state: None };
        device.boot(Instant::ZERO, &boot);
        Self(device)
    }

    /// Asks for the time after this input, so many seconds after the start.
    fn asks(&mut self, seconds: u64, input: Input<'_>) -> bool {
        self.0.handle(Instant::from_millis(seconds * 1000), input);
        std::iter::from_fn(|| self.0.poll_action()).any(|action| action == Action::SyncTime)
    }

    fn command(&mut self, seconds: u64, text: &str) -> bool {
        let source = sonoff_core::io::Source::Serial;
        let asks = self.asks(seconds, Input::Line { source, text });
        let mut buf = [0; 1200];
        while self.0.poll_transmit(Instant::from_millis(seconds * 1000), &mut buf).is_some() {}
        asks
    }
}

const UP: u64 = 10;

fn up(asker: &mut Asker) -> bool {
    asker.asks(UP, Input::Link(sonoff_core::io::Link::Up(&network())))
}

#[test]
fn u_77_asks_when_the_network_comes_and_then_every_hour() {
    let mut asker = Asker::new();
    assert!(!asker.asks(5, Input::Tick), "no network");
    assert!(up(&mut asker));
    assert!(!up(&mut asker), "a fact about a network is no new network");
    assert!(!asker.asks(11, Input::WallClock { unix_ms: THEN * 1000 }));
    // An hour, and up to five seconds more so that many devices do not ask at once: 3,090 ms for this one
    assert!(!asker.asks(3611 + 3, Input::Tick));
    assert!(asker.asks(3611 + 4, Input::Tick));
    asker.asks(3617, Input::Link(sonoff_core::io::Link::Down));
    assert!(!asker.asks(9999, Input::Tick), "no network");
}

#[test]
fn u_77_asks_again_after_a_minute_then_ever_later() {
    let mut asker = Asker::new();
    assert!(up(&mut asker));
    let mut at = UP;
    for wait in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
        assert!(!asker.asks(at + wait - 1, Input::Tick), "{wait}");
        at += wait;
        assert!(asker.asks(at, Input::Tick), "{wait}");
    }
}

#[test]
fn u_77_the_next_question_wakes_the_device() {
    let mut bench = Bench::with(1, |settings| settings.set_number(Number::TELE_PERIOD, 0).unwrap());
    bench.wait_ms(20_000);
    let now = bench.now_ms();
    let due = bench.device().poll_timeout().unwrap().as_millis();
    assert!((now..=now + 120_000).contains(&due), "{due}");
}

#[test]
fn u_75_what_concerns_time_asks_at_once() {
    let mut asker = Asker::new();
    for text in ["Timezone 2", "NtpServer1 10.0.0.1", "TimeStd 0", "TimeDst ,1", "Time 0"] {
        assert!(!asker.command(1, text), "{text}: no network");
    }
    up(&mut asker);
    for text in ["Timezone 2", "NtpServer1 10.0.0.1", "TimeStd 0", "TimeDst ,1", "Time 0"] {
        assert!(asker.command(20, text), "{text}");
    }
    for text in
        ["Timezone", "Timezone -14", "NtpServer", "NtpServer1", "TimeStd", "TimeDst 7", "Time", "Time 2"]
    {
        assert!(!asker.command(21, text), "{text}");
    }
}

#[test]
fn u_45_by_hand_nobody_is_asked() {
    let mut asker = Asker::new();
    up(&mut asker);
    asker.command(12, "Time 1704164645");
    assert!(!asker.command(13, "Timezone 3"));
    assert!(!asker.asks(100_000, Input::Tick));
    assert_eq!(asker.0.poll_timeout().map(Instant::as_secs).filter(|at| *at < 100_000), None);
    assert!(asker.command(100_001, "Time 0"));
}

#[test]
fn u_78_a_time_before_2016_is_not_believed() {
    let mut bench = Bench::sonoff(1);
    bench.clock(1_451_602_799).clock(u64::from(u32::MAX) + 1);
    answers(&mut bench, "Time", &[("", r#"{"Time":"1970-01-01T00:00:00"}"#)]);
    bench.clock(THEN);
    answers(&mut bench, "Time", &[("", r#"{"Time":"2024-01-02T03:04:05"}"#)]);
}

#[test]
fn u_43_u_44_uptime_follows_the_time_of_day() {
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(100_000).clock(THEN).wait_ms(3_600_000).clock(THEN + 3590).sent();
    let sent = bench.cmnd("State", "").sent();
    assert!(sent[0].contains(r#""Uptime":"0T01:01:30","UptimeSec":3690"#), "{sent:?}");
    let sent = bench.cmnd("Status", "1").sent();
    assert!(sent[0].contains(r#""Uptime":"0T01:01:30","StartupUTC":"2024-01-02T03:02:25""#), "{sent:?}");
    // A clock that is set anew leaves the uptime and moves the start
    bench.cmnd("Time", "1800000000").sent();
    let sent = bench.cmnd("Status", "1").sent();
    assert!(sent[0].contains(r#""Uptime":"0T01:01:40","StartupUTC":"2027-01-15T06:58:20""#), "{sent:?}");
}
