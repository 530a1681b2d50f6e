//! The HTTP interface of a whole device (rules W-n), in virtual time over a network in memory.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::Seen;
use sonoff_testkit::net::Peer;
use sonoff_testkit::plug::{HTTP, Parts, Plug};
use sonoff_testkit::world::World;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages], ..Profile::BASIC };
/// The longest that any request may take.
const LIMIT_MS: u64 = 30_000;
const PASSWORD: &str = "correct horse";
/// `admin:correct horse`
const LOGIN: &str = "Authorization: Basic YWRtaW46Y29ycmVjdCBob3JzZQ==\r\n";

struct Site {
    world: World,
    plug: Plug,
}

impl Site {
    fn new() -> Self {
        Self::with(|settings| settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap())
    }

    fn with(settings: fn(&mut Settings)) -> Self {
        Self::of(PROFILE, settings)
    }

    fn of(profile: Profile, settings: fn(&mut Settings)) -> Self {
        let mut world = World::new();
        let plug = world.plug(Parts { profile, settings, ..Parts::default() });
        world.run_for(10_000);
        Self { world, plug }
    }

    fn locked() -> Self {
        Self::with(|settings| {
            settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
            settings.set_text(Text::WEB_PASSWORD, PASSWORD).unwrap();
        })
    }

    /// Everything that answers these bytes, until the device ends the stream.
    fn exchange(&mut self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.world.exchange(HTTP, bytes, LIMIT_MS).unwrap()).into_owned()
    }

    fn get(&mut self, target: &str) -> String {
        self.get_with(target, "")
    }

    fn get_with(&mut self, target: &str, lines: &str) -> String {
        self.exchange(format!("GET {target} HTTP/1.1\r\nHost: 10.0.0.5\r\n{lines}\r\n").as_bytes())
    }

    fn post(&mut self, form: &str, lines: &str) -> String {
        let head = "POST /run HTTP/1.1\r\nHost: 10.0.0.5\r\nContent-Type: application/x-www-form-urlencoded";
        let length = form.len();
        self.exchange(format!("{head}\r\nContent-Length: {length}\r\n{lines}\r\n{form}").as_bytes())
    }

    fn token(&mut self) -> String {
        self.token_with("")
    }

    fn token_with(&mut self, lines: &str) -> String {
        let facts = self.get_with("/facts", lines);
        body(&facts).split('"').nth(3).unwrap().to_owned()
    }

    fn relay_is_on(&self) -> bool {
        self.plug.pins.output(12) == Some(true)
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

// W-1, W-2, W-3, WX-1
#[test]
fn a_command_is_carried_out_and_answered() {
    let mut site = Site::new();
    for (command, answer, on) in [
        ("Power%20on", r#"{"POWER":"ON"}"#, true),
        ("Power", r#"{"POWER":"ON"}"#, true),
        ("power+toggle", r#"{"POWER":"OFF"}"#, false),
        ("cmnd/sonoff/POWER1%20%201", r#"{"POWER":"ON"}"#, true),
        ("Foo", r#"{"Command":"Unknown"}"#, true),
        ("Power9%20off", r#"{"Command":"Error"}"#, true),
        ("_DeviceName%20x", r#"{}"#, true),
        ("", r#"{"WARNING":"Enter command cmnd="}"#, true),
        ("WebPassword", r#"{"WebPassword":"****"}"#, true),
    ] {
        let heard = site.get(&format!("/cm?cmnd={command}"));
        assert_eq!((status(&heard), body(&heard), site.relay_is_on()), (200, answer, on), "{command}");
    }
    let heard = site.get("/cm");
    assert_eq!(body(&heard), r#"{"WARNING":"Enter command cmnd="}"#);
}

// W-1: MQTT hears of it as ever
#[test]
fn the_broker_gets_the_answer_too() {
    let mut site = Site::new();
    site.plug.log.take();
    site.get("/cm?cmnd=Power%20on");
    let log = site.plug.log.take().join("\n");
    for line in
        ["WEB: Power on", r#"MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#, "MQT: stat/sonoff/POWER = ON"]
    {
        assert!(log.contains(line), "{log}");
    }
    site.world.net().break_it(|faults| faults.refuse = true);
    site.world.net().cut_all();
    site.world.run_for(1000);
    assert_eq!(body(&site.get("/cm?cmnd=Power")), r#"{"POWER":"ON"}"#, "without a broker");
}

// W-1, WX-2
#[test]
fn a_backlog_runs_after_its_answer() {
    let mut site = Site::new();
    assert_eq!(body(&site.get("/cm?cmnd=Backlog%20Power%20on%3BFriendlyName%20Hall")), "{}");
    site.world.run_for(2000);
    assert!(site.relay_is_on());
    assert_eq!(body(&site.get("/cm?cmnd=FriendlyName1")), r#"{"FriendlyName1":"Hall"}"#);
    assert_eq!(body(&site.get("/cm?cmnd=Backlog")), r#"{"Backlog":"Empty"}"#);
}

// W-1: all parts of an answer in one object, of any length
#[test]
fn several_answers_are_one_object() {
    let mut site = Site::of(Profile { parts: PROFILE.parts, ..Profile::with_relays(2) }, |settings| {
        settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
    });
    assert_eq!(body(&site.get("/cm?cmnd=Power0%20on")), r#"{"POWER1":"ON","POWER2":"ON"}"#);
    for status in ["Status%200", "Status0"] {
        let heard = site.get(&format!("/cm?cmnd={status}"));
        let length: usize =
            heard.split("Content-Length: ").nth(1).unwrap().split('\r').next().unwrap().parse().unwrap();
        assert!(length > 1500 && body(&heard).len() == length, "{heard}");
        for key in ["\"Status\":{", "\"StatusNET\":{", "\"StatusSTS\":{"] {
            assert_eq!(body(&heard).matches(key).count(), 1, "{heard}");
        }
        assert!(body(&heard).ends_with("}}"), "{heard}");
    }
}

// W-9, WX-3
#[test]
fn a_form_runs_commands_with_the_token_of_this_run() {
    let mut site = Site::new();
    let token = site.token();
    let heard = site.post(&format!("cmnd=Power+on&token={token}&cmnd=DeviceName+%C3%9C%26"), "");
    assert_eq!((status(&heard), body(&heard)), (200, r#"[{"POWER":"ON"},{"DeviceName":"Ü&"}]"#));
    for wrong in ["", "0", &token[1..], &format!("{token}0"), &token.to_lowercase()] {
        let heard = site.post(&format!("cmnd=Power+off&token={wrong}"), "");
        assert_eq!((status(&heard), site.relay_is_on()), (403, true), "{wrong}");
    }
    assert_eq!(status(&site.post("cmnd=Power+off", "")), 403);
    assert_eq!(body(&site.post(&format!("token={token}"), "")), "[]");
    site.get("/cm?cmnd=Restart%201");
    site.world.run_for(10_000);
    assert_eq!(status(&site.post(&format!("cmnd=Power+off&token={token}"), "")), 403, "another run's");
}

// W-5, W-6, WX-4
#[test]
fn nothing_that_comes_from_elsewhere_changes_anything() {
    let mut site = Site::new();
    let token = site.token();
    let evil = [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://10.0.0.5.evil.example\r\n",
        "Referer: http://evil.example/cm?x=10.0.0.5\r\n",
        "Referer: http://10.0.0.5@evil.example/\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://10.0.0.5\r\nReferer: http://evil.example/\r\n",
    ];
    for lines in evil {
        let heard = site.get_with("/cm?cmnd=Power%20on", lines);
        assert_eq!((status(&heard), site.relay_is_on()), (403, false), "{lines}");
        let heard = site.post(&format!("cmnd=Power+on&token={token}"), lines);
        assert_eq!((status(&heard), site.relay_is_on()), (403, false), "{lines}");
        assert!(!heard.contains(&token), "{heard}");
    }
    for host in ["evil.example", "sonoff-5206.evil.example", "evil.example:80"] {
        let heard =
            site.exchange(format!("GET /cm?cmnd=Power%20on HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        assert_eq!((status(&heard), site.relay_is_on()), (403, false), "{host}");
    }
    for lines in
        ["", "Origin: http://10.0.0.5\r\nReferer: http://10.0.0.5/\r\nSec-Fetch-Site: same-origin\r\n"]
    {
        assert_eq!(status(&site.get_with("/cm?cmnd=Power", lines)), 200, "{lines}");
    }
}

// W-7, W-16, WX-5
#[test]
fn a_password_closes_everything() {
    let mut site = Site::locked();
    for target in
        ["/", "/app.js", "/facts", "/cm?cmnd=Power%20on", "/show?list=State", "/log", "/nothing", "/cm"]
    {
        let heard = site.get(target);
        assert_eq!(status(&heard), 401, "{target}");
        assert_eq!(body(&heard), r#"{"WARNING":"Need user=<username>&password=<password>"}"#, "{target}");
    }
    let query = "user=admin&password=correct%20horse&cmnd=Power%20on";
    assert_eq!(body(&site.get(&format!("/cm?{query}"))), r#"{"POWER":"ON"}"#);
    assert_eq!(status(&site.get("/show?user=admin&password=correct%20horse")), 401, "only for commands");
    assert_eq!(status(&site.get_with("/", LOGIN)), 200);
    let token = site.token_with(LOGIN);
    assert_eq!(status(&site.post(&format!("cmnd=Power+off&token={token}"), "")), 401);
    assert_eq!(body(&site.post(&format!("cmnd=Power+off&token={token}"), LOGIN)), r#"[{"POWER":"OFF"}]"#);
}

// W-7, W-8
#[test]
fn credentials_that_are_nearly_right_are_refused_and_limited() {
    let mut site = Site::locked();
    let mut judged = 0;
    for end in 0..LOGIN.len() - 25 {
        let line = format!("{}\r\n", &LOGIN[..23 + end].trim_end());
        let heard = site.get_with("/cm?cmnd=Power%20on", &line);
        judged += u32::from(status(&heard) == 401);
        assert!(matches!(status(&heard), 401 | 429) && !site.relay_is_on(), "{line}");
    }
    assert_eq!(judged, 10, "tries in less than a minute");
    assert_eq!(status(&site.get_with("/cm?cmnd=Power%20on", LOGIN)), 429);
    site.world.run_for(60_000);
    assert_eq!(status(&site.get_with("/cm?cmnd=Power%20on", LOGIN)), 200);
}

// W-10, WX-6
#[test]
fn a_user_may_switch_and_nothing_else() {
    let mut site = Site::with(|settings| settings.set_number(Number::WEBSERVER, 1).unwrap());
    let token = site.token();
    assert_eq!(body(&site.get("/cm?cmnd=Power%20on")), r#"{"POWER":"ON"}"#);
    for target in ["/cm?cmnd=Restart%201", "/cm?cmnd=Backlog%20Restart%201", "/log", "/complete?line=p"] {
        assert_eq!(status(&site.get(target)), 403, "{target}");
    }
    let heard = site.post(&format!("token={token}&cmnd=Power+off&cmnd=DeviceName+x"), "");
    assert_eq!((status(&heard), site.relay_is_on()), (403, true), "all or nothing");
    assert_eq!(body(&site.get("/show?list=DeviceName,MqttHost")), "{}");
    assert_eq!(body(&site.get("/show?list=DeviceName")), r#"{"DeviceName":"Sonoff"}"#);
}

// W-11, WX-7
#[test]
fn what_is_shown_is_not_carried_out() {
    let mut site = Site::new();
    site.plug.log.take();
    let heard = site.get("/show?list=MqttHost,Topic,MqttPassword,SetOption3,Foo,Power,Restart,Status6");
    let start = r#"{"MqttHost":"10.0.0.1","Topic":"sonoff","MqttPassword":"****","SetOption3":"ON","#;
    assert!(body(&heard).starts_with(start), "{heard}");
    assert!(body(&heard).contains(r#""StatusMQT":{"MqttHost":"10.0.0.1","#), "{heard}");
    assert!(body(&site.get("/show?list=State")).contains(r#""POWER":"OFF""#));
    assert_eq!(site.plug.log.take(), [""; 0], "nobody else hears of it");
}

// W-12, WX-8
#[test]
fn the_log_is_shown_without_secrets() {
    let mut site = Site::new();
    let next = |heard: &str| body(heard).split([':', ',']).nth(1).unwrap().to_owned();
    let heard = site.get("/log?after=0");
    assert!(body(&heard).contains("MQT: Connected\""), "{heard}");
    let after = next(&heard);
    assert_eq!(body(&site.get(&format!("/log?after={after}"))), format!(r#"{{"next":{after},"lines":[]}}"#));
    site.get("/cm?cmnd=MqttPassword%20hidden%20word");
    let heard = site.get(&format!("/log?after={after}"));
    assert!(body(&heard).contains("WEB: MqttPassword ****\"") && !heard.contains("hidden"), "{heard}");
}

// W-13, WX-9
#[test]
fn a_command_is_completed() {
    let mut site = Site::new();
    let heard = site.get("/complete?line=backlog%20powe");
    assert!(body(&heard).starts_with(r#"{"Power":{"takes":""#), "{heard}");
    for name in ["PowerOnState", "PowerRetain"] {
        assert!(body(&heard).contains(&format!("\"{name}\":")), "{heard}");
    }
    assert_eq!(body(&site.get("/complete?line=zzz")), "{}");
}

// W-14, WX-10
#[test]
fn the_facts_tell_the_state_of_mqtt() {
    let mut site = Site::new();
    let facts = site.get("/facts");
    let rest = body(&facts).split_once("\",").unwrap().1;
    assert_eq!(rest, r#""user":2,"setup":0,"locked":0,"scan":0,"mqtt":1,"broker":1,"online":1,"rc":-1}"#);
    site.world.net().break_it(|faults| faults.refuse = true);
    site.world.net().cut_all();
    site.world.run_for(2000);
    assert!(body(&site.get("/facts")).ends_with(r#""online":0,"rc":-2}"#), "{}", site.get("/facts"));
}

/// A device whose radio can look around, and two access points in the air.
fn with_scan(settings: fn(&mut Settings)) -> Site {
    const PARTS: &[Part] = &[Part::Radio, Part::Pages, Part::Scan];
    let site = Site::of(Profile { parts: PARTS, ..Profile::BASIC }, settings);
    let seen = |ssid, channel, dbm, is_open| Seen { ssid, channel, dbm, is_open };
    site.plug.station.air(&[seen("barn", 11, -71, true), seen("home", 6, -50, false)]);
    site
}

// W-21, WX-16
#[test]
fn wx_16_access_points_in_the_air_are_listed() {
    let mut site = with_scan(|_| ());
    let heard = site.get("/scan");
    let wanted = r#"{"ssid":["home","barn"],"channel":[6,11],"dbm":[-50,-71],"open":[0,1]}"#;
    assert_eq!((status(&heard), body(&heard)), (200, wanted));
    assert!(site.get("/facts").contains(r#""scan":1"#));
    site.plug.station.air(&[]);
    assert!(site.get("/scan").ends_with(r#"{"ssid":[],"channel":[],"dbm":[],"open":[]}"#), "what is gone");
    assert_eq!(status(&Site::new().get("/scan")), 404, "a radio that cannot");
    let user = |settings: &mut Settings| settings.set_number(Number::WEBSERVER, 1).unwrap();
    assert_eq!(status(&with_scan(user).get("/scan")), 403);
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: 10.0.0.5\r\n\r\n")
}

fn post(lines: &str, body: &str) -> String {
    format!("POST /run HTTP/1.1\r\nHost: 10.0.0.5\r\n{lines}\r\n{body}")
}

/// Each request has its status and changes nothing, and the device goes on.
#[track_caller]
fn are_refused(site: &mut Site, corpus: &[(String, u16)]) {
    for (request, code) in corpus {
        let heard = site.exchange(request.as_bytes());
        let shown = request.get(..120).unwrap_or(request);
        assert_eq!((status(&heard), site.relay_is_on()), (*code, false), "{shown}");
        assert_eq!(site.plug.restarts.get(), 0, "{shown}");
    }
    assert_eq!(body(&site.get("/cm?cmnd=Power")), r#"{"POWER":"OFF"}"#, "and goes on");
}

// W-9, WX-11
#[test]
fn what_is_too_long_has_its_status_and_changes_nothing() {
    let (long, nested) = ("a".repeat(1_000_000), "[".repeat(400) + "Power%20on" + &"]".repeat(400));
    let of_length = |length: &str| post(&format!("{FORM}Content-Length: {length}\r\n"), "");
    let head = |lines: &str| format!("GET /cm?cmnd=Power%20on HTTP/1.1\r\nHost: 10.0.0.5\r\n{lines}\r\n");
    are_refused(
        &mut Site::new(),
        &[
            (head(&format!("X: {long}\r\n")), 431),
            (head(&"X: y\r\n".repeat(33)), 431),
            (format!("GET /cm?cmnd=Power%20on&x={long} HTTP/1.1\r\n"), 431),
            (of_length("1073741824"), 413),
            (of_length("65600"), 413),
            (of_length("99999999999999999999999"), 413),
            (of_length("1537") + &"a".repeat(1537), 413),
            (get(&format!("/cm?cmnd={nested}")), 200),
        ],
    );
}

// W-4, WX-11
#[test]
fn what_is_no_right_http_has_its_status_and_changes_nothing() {
    let mut site = Site::new();
    let switch = format!("token={}&cmnd=Power+on", site.token());
    let (len, longer) = (switch.len(), switch.len() + 3);
    are_refused(
        &mut site,
        &[
            (post(&format!("{FORM}Content-Length: -1\r\n"), &switch), 400),
            (post(&format!("{FORM}Content-Length: 10\r\nContent-Length: 40\r\n"), &switch), 400),
            (post(&format!("{FORM}Transfer-Encoding: chunked\r\n"), &format!("28\r\n{switch}")), 501),
            (post(&format!("Content-Length: {len}\r\n"), &switch), 415),
            (post(&format!("Content-Type: text/plain\r\nContent-Length: {len}\r\n"), &switch), 415),
            (post(&format!("{FORM}Content-Length: {longer}\r\n"), &(switch.clone() + "%0A")), 400),
            ("GET /cm?cmnd=Power%20on HTTP/1.1\r\n\r\n".into(), 400),
            (get("/cm?cmnd=Power%2"), 400),
            (get("/cm?cmnd=Power%20on%0ARestart%201"), 400),
            (get("/cm?cmnd=%FF"), 400),
            ("\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".into(), 400),
            (get("/cm?cmnd=Power%20on").replace("GET", "PUT"), 405),
            (get("/cm?cmnd=Power%20on").replace("GET", "POST"), 405),
            (get("/run?cmnd=Power%20on"), 405),
            (get("/cm/../x?cmnd=Power%20on"), 404),
        ],
    );
}

/// Sends a byte each so many milliseconds, for at most so long; what was heard and when the stream was over.
fn drip(site: &mut Site, bytes: &[u8], every_ms: u64) -> (String, u64) {
    let peer = site.world.net().dial(HTTP).unwrap();
    let start = site.world.now();
    let mut heard = Vec::new();
    for byte in bytes {
        if peer.is_over() {
            break;
        }
        peer.send(&[*byte]);
        site.world.run_for(every_ms);
        heard.extend(peer.take());
    }
    peer.close();
    site.world.settle();
    (String::from_utf8_lossy(&heard).into_owned(), site.world.now() - start)
}

// W-17, WX-12
#[test]
fn a_slow_sender_is_sent_away_and_keeps_nobody_out_for_long() {
    let mut site = Site::new();
    let request =
        format!("GET /cm?cmnd=Power%20on HTTP/1.1\r\nHost: 10.0.0.5\r\nX: {}\r\n\r\n", "a".repeat(100));
    let (heard, took) = drip(&mut site, request.as_bytes(), 100);
    assert_eq!((status(&heard), site.relay_is_on()), (408, false));
    assert!((5000..7000).contains(&took), "{took}");
    // Three that say nothing, and one that says a little.
    let silent: Vec<Peer> = (0..2).map(|_| site.world.net().dial(HTTP).unwrap()).collect();
    site.world.run_for(10);
    let start = site.world.now();
    assert_eq!(body(&site.get("/cm?cmnd=Power")), r#"{"POWER":"OFF"}"#);
    assert_eq!(site.world.now(), start, "whoever says nothing keeps nobody waiting");
    site.world.run_for(12_000);
    assert!(silent.iter().all(Peer::is_over), "they are sent away");
    let slow = site.world.net().dial(HTTP).unwrap();
    slow.send(b"GET /");
    site.world.run_for(10);
    let start = site.world.now();
    assert_eq!(body(&site.get("/cm?cmnd=Power")), r#"{"POWER":"OFF"}"#);
    assert!(site.world.now() - start <= 6000);
}

// W-17: nobody reads the answer
#[test]
fn a_reader_that_stands_still_is_left() {
    let mut site = Site::new();
    site.world.net().break_it(|faults| faults.window = 100);
    let peer = site.world.net().dial(HTTP).unwrap();
    let request = b"GET /cm?cmnd=Status%200 HTTP/1.1\r\nHost: 10.0.0.5\r\n\r\n";
    let mut rest = &request[..];
    for _ in 0..10 {
        rest = &rest[peer.send(rest)..];
        site.world.run_for(1);
    }
    assert!(rest.is_empty() && !peer.is_over());
    let gone = site.world.run_until(|_| peer.is_over(), 20_000);
    assert!(gone, "left after its time");
    site.world.net().repair();
    assert_eq!(body(&site.get("/cm?cmnd=Power")), r#"{"POWER":"OFF"}"#);
}

// W-17, WX-13
#[test]
fn the_port_is_open_only_while_there_are_pages() {
    let mut site = Site::new();
    assert_eq!(site.world.net().listening(), [HTTP]);
    site.get("/cm?cmnd=Webserver%200");
    site.world.run_for(2000);
    assert!(site.world.net().listening().is_empty());
    site.world.publish("cmnd/sonoff/Webserver", "2");
    site.world.run_for(10);
    assert_eq!(site.world.net().listening(), [HTTP]);
    site.plug.station.set_up(false);
    site.world.run_for(10);
    assert!(site.world.net().listening().is_empty(), "without a network");
    let none = Site::of(Profile::BASIC, |_| {});
    assert!(none.world.net().listening().is_empty(), "a profile without pages");
}

// W-15, W-16
#[test]
fn every_answer_has_its_policy_and_names_no_version() {
    let mut site = Site::locked();
    for (target, lines) in [("/", ""), ("/", LOGIN), ("/cm", LOGIN), ("/nothing", LOGIN)] {
        let heard = site.get_with(target, lines);
        for line in [
            "Content-Security-Policy: default-src 'none'; script-src 'self';",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: same-origin",
            "Cache-Control: no-store",
            "Connection: close",
        ] {
            assert!(heard.contains(line), "{heard}");
        }
        assert!(!heard.contains(env!("CARGO_PKG_VERSION")) && !heard.contains("Access-Control"), "{heard}");
    }
}
