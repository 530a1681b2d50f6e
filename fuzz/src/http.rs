//! Any bytes as requests to a device with pages.
//!
//! The first byte says what the device is like: `l` has a password that nobody here knows, `f` gets all requests from
//! another site, whatever they say themselves; any other is open. The rest is requests, one after another, with a zero
//! byte between.
//!
//! Answers are well formed; who has no login, or comes from another site, gets none that is 200 and changes nothing.

use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Settings, Text};
use sonoff_testkit::plug::{HTTP, Parts, Plug};
use sonoff_testkit::world::World;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages, Part::Scan], ..Profile::BASIC };
const RELAY: u8 = 12;
/// Longer than any request may take.
const LIMIT_MS: u64 = 60_000;
/// Requests beyond these are left out.
const MOST: usize = 8;

/// Plays one input.
pub fn run(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    let (locked, foreign) = (*kind == b'l', *kind == b'f');
    let mut world = World::new();
    let settings: fn(&mut Settings) = if locked { with_password } else { |_| () };
    let plug = world.plug(Parts { profile: PROFILE, settings, ..Parts::default() });
    world.run_for(6000);
    plug.log.take();
    for request in rest.split(|byte| *byte == 0).take(MOST) {
        let request = if foreign { from_elsewhere(request) } else { request.to_vec() };
        let answer = exchange(&mut world, &request);
        let status = well_formed(&answer);
        if locked || foreign {
            assert_ne!(status, Some(200), "{}", String::from_utf8_lossy(&answer));
        }
    }
    if locked || foreign {
        world.run_for(3000);
        is_unchanged(&plug);
        let own = exchange(&mut world, b"GET /facts HTTP/1.1\r\nHost: 10.0.0.5\r\n\r\n");
        assert_eq!(well_formed(&own), Some(if locked { 401 } else { 200 }), "it serves on");
    }
}

fn with_password(settings: &mut Settings) {
    let _ = settings.set_text(Text::WEB_PASSWORD, "Yq7#kW2!mZ9&tR4xPb6");
}

/// The same with a line behind the first one that browsers add for another site.
fn from_elsewhere(request: &[u8]) -> Vec<u8> {
    let end = request.iter().position(|byte| *byte == b'\n').map_or(request.len(), |at| at + 1);
    let (first, rest) = request.split_at(end);
    [first, b"Origin: http://evil.example\r\n", rest].concat()
}

/// What comes back until the device ends the stream; empty where nobody listens any more.
fn exchange(world: &mut World, mut bytes: &[u8]) -> Vec<u8> {
    let Some(peer) = world.net().dial(HTTP) else { return Vec::new() };
    let mut heard = Vec::new();
    world.run_until(
        |world| {
            loop {
                let sent = peer.send(bytes);
                bytes = &bytes[sent..];
                let more = peer.take();
                if sent + more.len() == 0 {
                    return peer.is_over();
                }
                heard.extend(more);
                world.settle();
            }
        },
        LIMIT_MS,
    );
    assert!(peer.is_over(), "a connection that never ends");
    peer.close();
    world.settle();
    heard
}

/// The status of an answer that is as it should be; `None` where there was none.
fn well_formed(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        assert!(answer.is_empty(), "{}", String::from_utf8_lossy(answer));
        return None;
    };
    let head = core::str::from_utf8(&answer[..end]).expect("a head is text");
    let body = &answer[end + 4..];
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    assert!(value("Content-Security-Policy: default-src 'none';").is_some(), "{head}");
    let length = value("Content-Length: ").map(|length| length.parse().expect("a number"));
    assert!(length.is_none_or(|length: usize| length == body.len()), "{head}");
    if value("Content-Encoding: ").is_none() {
        let json: Result<serde_json::Value, _> = serde_json::from_slice(body);
        assert!(json.is_ok(), "{}", String::from_utf8_lossy(body));
    }
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    assert!(status.is_some(), "{head}");
    status
}

/// No command was carried out, the relay is off as it was, and the device is in its first run.
fn is_unchanged(plug: &Plug) {
    let lines = plug.log.take();
    assert!(!lines.iter().any(|line| line.contains(" WEB: ")), "{lines:?}");
    assert_eq!((plug.pins.output(RELAY), plug.restarts.get()), (Some(false), 0));
}
