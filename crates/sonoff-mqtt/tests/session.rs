//! Dialling, greeting, pinging, losing and waiting, in virtual time.

#![allow(clippy::panic, reason = "helpers of tests")]

use std::num::NonZeroU16;

use sonoff_mqtt::session::Phase;
use sonoff_mqtt::{Incoming, Millis, PeerError, Publish, Rc, Received, Session, Timing, Todo};

const TIMING: Timing = Timing { keep_alive_s: 30, timeout_s: 4, retry_s: 10 };
const ACCEPTED: Incoming<'static> = Incoming::ConnAck { session_present: false, code: 0 };
const MESSAGE: Incoming<'static> =
    Incoming::Publish(Publish { topic: "cmnd/sonoff/POWER", payload: b"", retain: false, id: None });

fn online(now: Millis, timing: &Timing) -> Session {
    let mut session = Session::new(now);
    session.dialling(now, timing);
    session.greeting(now, timing);
    assert_eq!(session.received(now, &ACCEPTED), Received::Online { session_present: false });
    session
}

/// The broker that is due at `now`.
#[track_caller]
fn due(session: &mut Session, now: Millis) -> u8 {
    match session.poll(now, &TIMING) {
        Todo::Dial { broker } => broker,
        other => panic!("{other:?} at {now}"),
    }
}

/// Fails the attempt that is due at `now`; gives the shown wait and the moment of the next attempt.
#[track_caller]
fn fail(session: &mut Session, now: Millis, timing: &Timing, brokers: u8, random: u32) -> (u32, Millis) {
    assert!(matches!(session.poll(now, timing), Todo::Dial { .. }), "{:?} at {now}", session.phase());
    session.dialling(now, timing);
    let retry = session.lost(now, Rc::ConnectFailed, timing, brokers, random);
    match session.poll(now, timing) {
        Todo::Wait(Some(at)) => (retry.seconds, at),
        other => panic!("{other:?}"),
    }
}

/// S-31, but without its second: the first attempt is due at once.
#[test]
fn the_first_attempt_is_due_at_once() {
    let mut session = Session::new(77);
    assert_eq!(session.rc(), Rc::Disconnected);
    assert_eq!(due(&mut session, 77), 0);
    assert_eq!(due(&mut session, 78), 0, "until it is made");
    session.dialling(100, &TIMING);
    assert_eq!(session.poll(100, &TIMING), Todo::Wait(Some(4_100)));
    session.greeting(250, &TIMING);
    assert_eq!(session.poll(250, &TIMING), Todo::Wait(Some(4_250)));
    assert!(!session.is_online());
    let kept = Incoming::ConnAck { session_present: true, code: 0 };
    assert_eq!(session.received(300, &kept), Received::Online { session_present: true });
    assert!(session.is_online());
    assert_eq!(session.rc(), Rc::Connected);
}

/// S-13, S-42.
#[test]
fn each_step_has_its_time_limit() {
    let mut session = Session::new(0);
    session.dialling(0, &TIMING);
    assert_eq!(session.poll(3_999, &TIMING), Todo::Wait(Some(4_000)));
    assert_eq!(session.poll(4_000, &TIMING), Todo::Lost(Rc::ConnectFailed));
    session.greeting(4_000, &TIMING);
    assert_eq!(session.poll(7_999, &TIMING), Todo::Wait(Some(8_000)));
    assert_eq!(session.poll(8_000, &TIMING), Todo::Lost(Rc::Timeout));
    assert_eq!(session.lost(8_000, Rc::Timeout, &TIMING, 1, 0).seconds, 10);
    assert_eq!(session.rc(), Rc::Timeout);
}

#[test]
fn no_timeout_counts_as_one_second() {
    let none = Timing { timeout_s: 0, ..TIMING };
    let mut session = Session::new(0);
    session.dialling(0, &none);
    assert_eq!(session.poll(0, &none), Todo::Wait(Some(1_000)));
    session.greeting(0, &none);
    assert_eq!(session.poll(0, &none), Todo::Wait(Some(1_000)));
}

/// S-40, S-35, SX-9 with MqttRetry 10: the log shows the wait without jitter, the first has none.
#[test]
fn the_wait_grows_to_two_minutes() {
    let mut session = Session::new(0);
    let mut now = 0;
    for expected in [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 120, 120] {
        let (seconds, at) = fail(&mut session, now, &TIMING, 1, 0);
        assert_eq!((seconds, at - now), (expected, u64::from(expected) * 1000));
        now = at;
    }
}

/// S-40 with MqttRetry 50, and one above the limit.
#[test]
fn a_long_wait_grows_until_it_is_beyond_two_minutes() {
    let waits = |retry_s, random| {
        let timing = Timing { retry_s, ..TIMING };
        let (mut session, mut now) = (Session::new(0), 0);
        [(); 5].map(|()| {
            let (seconds, at) = fail(&mut session, now, &timing, 1, random);
            let waited = at - now;
            now = at;
            (seconds, waited)
        })
    };
    assert_eq!(waits(50, 0).map(|(seconds, _)| seconds), [50, 100, 150, 150, 150]);
    assert_eq!(waits(600, 0).map(|(seconds, _)| seconds), [600; 5]);
    let jittered = waits(50, u32::MAX).map(|(_, waited)| waited);
    assert_eq!(jittered, [50_000, 110_000, 165_000, 165_000, 165_000]);
    assert_eq!(waits(0, 0)[0], (1, 1_000), "never a storm");
}

/// S-40, S-39: success begins anew.
#[test]
fn success_resets_the_growth() {
    let mut session = Session::new(0);
    let (_, now) = fail(&mut session, 0, &TIMING, 1, 0);
    let (_, now) = fail(&mut session, now, &TIMING, 1, 0);
    assert_eq!(due(&mut session, now), 0);
    session.dialling(now, &TIMING);
    session.greeting(now, &TIMING);
    session.received(now, &ACCEPTED);
    session.lost(now, Rc::Lost, &TIMING, 1, 0);
    assert_eq!(fail(&mut session, now, &TIMING, 1, 0).0, 10);
}

/// S-32, SX-23: thousands of devices come back, each at its own moment.
#[test]
fn after_a_loss_the_first_attempt_comes_within_a_second() {
    for (random, wait) in [(0, 0), (1 << 31, 500), (u32::MAX, 999)] {
        let mut session = online(1_000, &TIMING);
        assert_eq!(session.lost(5_000, Rc::Lost, &TIMING, 3, random).seconds, 1);
        assert_eq!(session.rc(), Rc::Lost);
        if wait > 0 {
            assert_eq!(session.poll(5_000, &TIMING), Todo::Wait(Some(5_000 + wait)));
        }
        assert_eq!(due(&mut session, 5_000 + wait), 0);
    }
}

/// Is online at `now` for `ms`; gives how long it waits then, and whether it thinks that it was pushed out.
fn pushed_out(
    session: &mut Session,
    now: &mut Millis,
    ms: Millis,
    brokers: u8,
    random: u32,
) -> (Millis, bool) {
    if let Phase::Offline { retry_at, .. } = session.phase() {
        *now = retry_at.max(*now);
    }
    due(session, *now);
    session.dialling(*now, &TIMING);
    session.greeting(*now, &TIMING);
    session.received(*now, &ACCEPTED);
    *now += ms;
    let retry = session.lost(*now, Rc::Lost, &TIMING, brokers, random);
    let Phase::Offline { retry_at, .. } = session.phase() else { panic!("{session:?}") };
    assert_eq!(retry.seconds, if retry.is_pushed_out { ((retry_at - *now) / 1000) as u32 } else { 1 });
    (retry_at - *now, retry.is_pushed_out)
}

/// S-90: three are an accident, as when a broker is restarted again and again; then waits grow as after failures.
#[test]
fn who_is_pushed_out_again_and_again_waits_longer_and_longer() {
    let (mut session, mut now) = (Session::new(0), 0);
    let mut waits = [(); 17].map(|()| pushed_out(&mut session, &mut now, 299_999, 1, 0));
    assert_eq!(waits[..3], [(0, false); 3]);
    let grown = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 120, 120];
    assert_eq!(waits[3..], grown.map(|s| (s * 1000, true)));
    assert_eq!(pushed_out(&mut session, &mut now, 300_000, 1, u32::MAX), (999, false), "it had lasted");
    waits = waits.map(|_| pushed_out(&mut session, &mut now, 0, 1, 0));
    assert_eq!(waits[2..5], [(0, false), (10_000, true), (20_000, true)], "it begins anew");
}

/// S-90 with S-40: the first wait is exact, the later ones differ from device to device.
#[test]
fn two_that_push_each_other_out_come_back_at_different_moments() {
    let (mut session, mut now) = (Session::new(0), 0);
    let waits = [(); 6].map(|()| pushed_out(&mut session, &mut now, 10, 1, 1 << 30).0);
    assert_eq!(waits, [250, 250, 250, 10_000, 20_500, 30_750]);
}

/// S-90: a link that dies by itself, or with the network, was not ended by somebody else.
#[test]
fn only_what_the_other_side_ends_counts_as_pushed_out() {
    let (mut session, mut now) = (Session::new(0), 0);
    for _ in 0..8 {
        assert_eq!(pushed_out(&mut session, &mut now, 10, 0, 0), (0, false), "no network");
    }
    for _ in 0..3 {
        pushed_out(&mut session, &mut now, 10, 1, 0);
    }
    session.dialling(now, &TIMING);
    session.greeting(now, &TIMING);
    session.received(now, &ACCEPTED);
    assert!(!session.lost(now, Rc::Timeout, &TIMING, 1, 0).is_pushed_out);
    for _ in 0..3 {
        assert_eq!(pushed_out(&mut session, &mut now, 10, 1, 0), (0, false), "it begins anew");
    }
    assert_eq!(pushed_out(&mut session, &mut now, 10, 1, 0), (10_000, true));
}

/// S-90: an attempt that fails on the way to the broker where somebody else is changes nothing.
#[test]
fn a_failed_attempt_does_not_excuse_the_connections_before() {
    let (mut session, mut now) = (Session::new(0), 0);
    for _ in 0..3 {
        pushed_out(&mut session, &mut now, 10, 2, 0);
        (_, now) = fail(&mut session, now, &TIMING, 2, 0);
    }
    assert_eq!(pushed_out(&mut session, &mut now, 10, 2, 0), (10_000, true));
}

/// More brokers are tried in order, from the first at every loss.
/// S-72
#[test]
fn each_broker_of_the_list_gets_its_turn() {
    let mut session = Session::new(0);
    let mut now = 0;
    for (broker, seconds) in [(0, 1), (1, 1), (2, 10), (0, 1), (1, 1), (2, 20), (0, 1)] {
        assert_eq!(due(&mut session, now), broker);
        let (shown, at) = fail(&mut session, now, &TIMING, 3, u32::MAX);
        let jitter = if seconds == 20 { 2_000 } else { 0 };
        assert_eq!((shown, at - now), (seconds, u64::from(seconds) * 1000 + jitter));
        now = at;
    }
    assert_eq!(due(&mut session, now), 1);
    session.dialling(now, &TIMING);
    session.greeting(now, &TIMING);
    session.received(now, &ACCEPTED);
    session.lost(now, Rc::Lost, &TIMING, 3, 0);
    assert_eq!(due(&mut session, now), 0);
}

/// A list that became shorter, or empty, while the second broker was tried.
#[test]
fn a_shorter_list_starts_again_at_its_front() {
    for brokers in [0, 1] {
        let mut session = Session::new(0);
        let (_, now) = fail(&mut session, 0, &TIMING, 2, 0);
        assert_eq!(due(&mut session, now), 1);
        let (seconds, now) = fail(&mut session, now, &TIMING, brokers, 0);
        assert_eq!((seconds, due(&mut session, now)), (10, 0));
    }
}

/// S-42 -5: the attempt fails before TCP is opened.
#[test]
fn a_name_that_is_not_resolved_is_a_failed_attempt() {
    let mut session = Session::new(0);
    assert_eq!(session.lost(0, Rc::NotResolved, &TIMING, 1, 0).seconds, 10);
    assert_eq!(session.poll(0, &TIMING), Todo::Wait(Some(10_000)));
    assert_eq!(session.rc().to_string(), "-5");
}

/// S-41.
#[test]
fn mqtt_retry_resets_a_countdown_that_runs() {
    let mut session = Session::new(0);
    fail(&mut session, 0, &TIMING, 1, 0);
    session.retry_now_in(2_000, 3);
    assert_eq!(session.poll(2_000, &TIMING), Todo::Wait(Some(5_000)));
    assert_eq!(fail(&mut session, 5_000, &TIMING, 1, 0).0, 20, "the growth goes on");
    let mut session = online(0, &TIMING);
    let before = session;
    session.retry_now_in(1_000, 3);
    assert_eq!(session, before);
}

/// S-54: no attempt while a restart is pending.
#[test]
fn after_a_clean_end_it_stays_off_until_it_is_woken() {
    let mut session = online(0, &TIMING);
    session.hang_up(1_000);
    assert_eq!(session.rc().code(), -1);
    assert_eq!(session.poll(u64::MAX, &TIMING), Todo::Wait(None));
    assert_eq!(session.lost(1_001, Rc::Disconnected, &TIMING, 1, 0).seconds, 0);
    session.dialling(1_002, &TIMING);
    assert_eq!(session.phase(), Phase::Off);
    session.wake(2_000);
    assert_eq!(due(&mut session, 2_000), 0);
    let mut session = online(0, &TIMING);
    session.wake(1);
    assert!(session.is_online());
}

/// S-42, CONNACK codes.
#[test]
fn a_refusal_has_its_code() {
    for code in 1..=5 {
        let mut session = Session::new(0);
        session.dialling(0, &TIMING);
        session.greeting(0, &TIMING);
        let refusal = Incoming::ConnAck { session_present: false, code };
        let Received::Refused { rc } = session.received(9, &refusal) else { panic!("{code}") };
        assert_eq!(i16::from(rc.code()), i16::from(code));
        assert!(!session.is_online());
        assert_eq!(session.lost(9, rc, &TIMING, 1, 0).seconds, 10);
    }
}

/// S-74
#[test]
fn a_packet_before_connack_breaks_the_connection() {
    let early = Received::Broken(PeerError::BeforeConnAck);
    let id = NonZeroU16::MIN;
    let others = [
        MESSAGE,
        Incoming::PubAck { id },
        Incoming::SubAck { id, refused: false },
        Incoming::UnsubAck { id },
        Incoming::PingResp,
    ];
    let mut session = Session::new(0);
    assert_eq!(session.received(0, &ACCEPTED), early);
    session.dialling(0, &TIMING);
    assert_eq!(session.received(0, &ACCEPTED), early);
    session.greeting(0, &TIMING);
    for packet in &others {
        assert_eq!(session.received(0, packet), early, "{packet:?}");
    }
    session.hang_up(0);
    assert_eq!(session.received(0, &MESSAGE), early);
}

#[test]
fn a_second_connack_breaks_the_connection() {
    let mut session = online(0, &TIMING);
    assert_eq!(session.received(1, &ACCEPTED), Received::Broken(PeerError::SecondConnAck));
    assert_eq!(PeerError::SecondConnAck.to_string(), "second CONNACK");
    let refusal = Incoming::ConnAck { session_present: false, code: 5 };
    assert_eq!(session.received(1, &refusal), Received::Broken(PeerError::SecondConnAck));
}

#[test]
fn online_only_messages_are_for_the_device() {
    let id = NonZeroU16::MIN;
    let mut session = online(0, &TIMING);
    assert_eq!(session.received(1, &MESSAGE), Received::Message);
    assert_eq!(session.received(1, &Incoming::SubAck { id, refused: true }), Received::Nothing);
    assert_eq!(session.received(1, &Incoming::PubAck { id }), Received::Nothing);
    assert_eq!(session.received(1, &Incoming::UnsubAck { id }), Received::Nothing);
    assert_eq!(session.received(1, &Incoming::PingResp), Received::Nothing);
}

/// S-7, S-75: one second before the keepalive ends, for the way to the broker.
#[test]
fn a_quiet_link_is_pinged() {
    let mut session = online(0, &TIMING);
    session.sent(10_000);
    session.received(11_000, &MESSAGE);
    assert_eq!(session.poll(11_000, &TIMING), Todo::Wait(Some(39_000)));
    assert_eq!(session.poll(39_000, &TIMING), Todo::Ping);
    assert_eq!(session.poll(39_000, &TIMING), Todo::Wait(Some(43_000)), "said once");
    session.sent(39_001);
    session.received(39_200, &Incoming::PingResp);
    assert_eq!(session.poll(39_200, &TIMING), Todo::Wait(Some(68_001)));
}

/// A link that swallows what is sent is noticed by what does not come.
#[test]
fn telemetry_does_not_hide_a_dead_peer() {
    let mut session = online(0, &TIMING);
    for now in (0..29_000).step_by(1_000) {
        assert!(matches!(session.poll(now, &TIMING), Todo::Wait(Some(29_000))));
        session.sent(now);
    }
    assert_eq!(session.poll(29_000, &TIMING), Todo::Ping);
    session.sent(29_000);
    session.sent(32_000);
    assert_eq!(session.poll(32_999, &TIMING), Todo::Wait(Some(33_000)));
    assert_eq!(session.poll(33_000, &TIMING), Todo::Lost(Rc::Timeout));
    assert_eq!(session.poll(33_000, &TIMING), Todo::Lost(Rc::Timeout), "until it is ended");
}

/// Any packet shows that the peer lives.
#[test]
fn a_message_answers_a_ping_too() {
    let mut session = online(0, &TIMING);
    assert_eq!(session.poll(29_000, &TIMING), Todo::Ping);
    session.received(32_999, &MESSAGE);
    assert_eq!(session.poll(33_000, &TIMING), Todo::Wait(Some(58_000)));
}

/// The broker would give up at one and a half times the keepalive, although the answer may take longer.
#[test]
fn an_unanswered_ping_is_repeated_while_there_is_time() {
    let timing = Timing { keep_alive_s: 10, timeout_s: 25, retry_s: 10 };
    let mut session = online(0, &timing);
    for now in [9_000, 18_000, 27_000] {
        assert_eq!(session.poll(now - 1, &timing), Todo::Wait(Some(now)));
        assert_eq!(session.poll(now, &timing), Todo::Ping);
    }
    assert_eq!(session.poll(27_000, &timing), Todo::Wait(Some(34_000)), "25 s after the first");
    assert_eq!(session.poll(34_000, &timing), Todo::Lost(Rc::Timeout));
}

/// S-56: the keepalive is used from the next CONNECT.
#[test]
fn a_new_keepalive_waits_for_the_next_connect() {
    let mut session = online(0, &TIMING);
    let shorter = Timing { keep_alive_s: 2, ..TIMING };
    assert_eq!(session.poll(5_000, &shorter), Todo::Wait(Some(29_000)));
    let mut session = online(0, &shorter);
    assert_eq!(session.poll(0, &TIMING), Todo::Wait(Some(1_500)));
}

#[test]
fn the_shortest_keepalive_leaves_a_quarter_for_the_way() {
    for keep_alive_s in [0, 1] {
        let timing = Timing { keep_alive_s, ..TIMING };
        assert_eq!(online(0, &timing).poll(0, &timing), Todo::Wait(Some(750)));
    }
}

/// A device that slept, or was stopped, asks before it gives up.
#[test]
fn a_long_pause_is_followed_by_a_ping() {
    let mut session = online(0, &TIMING);
    assert_eq!(session.poll(10_000_000, &TIMING), Todo::Ping);
    assert_eq!(session.poll(10_000_000, &TIMING), Todo::Wait(Some(10_004_000)));
}

/// A quiet device wakes for its pings alone.
#[test]
fn an_idle_day_has_two_wake_ups_per_ping() {
    let mut session = online(0, &TIMING);
    let (mut now, mut polls, mut pings) = (0, 0, 0);
    while now < 86_400_000 {
        polls += 1;
        match session.poll(now, &TIMING) {
            Todo::Wait(Some(at)) => now = at,
            Todo::Ping => {
                pings += 1;
                session.sent(now);
                now += 20;
                session.received(now, &Incoming::PingResp);
            }
            other => panic!("{other:?} at {now}"),
        }
    }
    assert_eq!((pings, polls), (2_979, 2 * 2_979 + 1));
}

#[test]
fn the_end_of_time_is_no_overflow() {
    let end = u64::MAX;
    let mut session = online(end, &TIMING);
    session.poll(end, &TIMING);
    session.lost(end, Rc::Lost, &TIMING, 1, u32::MAX);
    session.dialling(end, &TIMING);
    let slow = Timing { retry_s: u16::MAX, timeout_s: u16::MAX, keep_alive_s: u16::MAX };
    session.lost(end, Rc::Lost, &slow, 1, u32::MAX);
    session.retry_now_in(end, u16::MAX);
}

/// S-42.
#[test]
fn the_return_codes_have_their_numbers() {
    let all = [
        Rc::NotResolved,
        Rc::Timeout,
        Rc::Lost,
        Rc::ConnectFailed,
        Rc::Disconnected,
        Rc::Connected,
        Rc::BadProtocol,
        Rc::BadClientId,
        Rc::Unavailable,
        Rc::BadCredentials,
        Rc::NotAuthorized,
    ];
    assert!(all.iter().map(|rc| rc.code()).eq(-5..=5));
    assert!(all[5..].iter().zip(0..).all(|(&rc, code)| Rc::from_connack(code) == rc));
    assert_eq!(Rc::from_connack(6), Rc::Unavailable);
}
