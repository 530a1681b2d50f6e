//! Which access point is joined, and when: two are tried in turn, and one that is lost is joined again, for ever.

use crate::time::Instant;

/// The wait after the first round that failed; it doubles four times (S-79), milliseconds.
const FIRST_WAIT_MS: u32 = 5000;
const DOUBLINGS: u8 = 4;

/// Where joining stands. Access points are numbered 1 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Joining {
    /// No access point is named: the station is left alone.
    #[default]
    Idle,
    /// This one is to be joined then.
    Waiting { attempt: Attempt, at: Instant },
    /// The runner is to be told.
    Due(Attempt),
    /// The runner was told.
    Trying(Attempt),
    /// It took the device.
    Joined { place: u8 },
}

/// One try, and how many have failed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    place: u8,
    failures: u8,
}

/// Something that matters to joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A run begins.
    Boot,
    Tick,
    /// The runner is back from an attempt.
    Ended {
        ok: bool,
    },
    /// There is a network.
    Up,
    /// There is none any more.
    Down,
}

/// The access points to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The one that is tried first.
    pub first: u8,
    /// The one that is tried when that fails.
    pub other: Option<u8>,
}

impl Joining {
    /// `spread_ms` differs from device to device, so that a thousand do not come back at one moment.
    pub(crate) fn step(&mut self, event: Event, choice: Option<Choice>, now: Instant, spread_ms: u32) {
        let Some(choice) = choice else { return *self = Self::Idle };
        *self = match (*self, event) {
            (_, Event::Boot) => Self::Due(choice.first_attempt()),
            (Self::Waiting { attempt, at }, Event::Tick) if at <= now => Self::Due(attempt),
            (Self::Trying(attempt), Event::Ended { ok: true }) => Self::Joined { place: attempt.place },
            (Self::Trying(attempt), Event::Ended { ok: false }) => attempt.failed(choice, now, spread_ms),
            // A station may come back by itself.
            (Self::Waiting { attempt, .. } | Self::Due(attempt), Event::Up) => {
                Self::Joined { place: attempt.place }
            }
            (Self::Joined { .. }, Event::Down) => {
                Self::Waiting { attempt: choice.first_attempt(), at: now.plus_millis(spread_ms) }
            }
            (
                Self::Idle | Self::Waiting { .. } | Self::Due(_) | Self::Trying(_) | Self::Joined { .. },
                Event::Tick | Event::Ended { .. } | Event::Up | Event::Down,
            ) => return,
        };
    }

    /// When [`Self::step`] wants [`Event::Tick`].
    pub(crate) const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Waiting { at, .. } => Some(at),
            Self::Idle | Self::Due(_) | Self::Trying(_) | Self::Joined { .. } => None,
        }
    }

    /// The place that the runner is to join, told once.
    pub(crate) const fn tell(&mut self) -> Option<u8> {
        let Self::Due(attempt) = *self else { return None };
        *self = Self::Trying(attempt);
        Some(attempt.place)
    }

    /// The one that is joined; the first while none was chosen here.
    pub(crate) const fn place(self) -> u8 {
        match self {
            Self::Joined { place } => place,
            Self::Idle | Self::Waiting { .. } | Self::Due(_) | Self::Trying(_) => 1,
        }
    }
}

impl Choice {
    const fn first_attempt(self) -> Attempt {
        Attempt { place: self.first, failures: 0 }
    }
}

impl Attempt {
    /// The other one is tried at once; after both, the first again once the wait is over.
    fn failed(self, choice: Choice, now: Instant, spread_ms: u32) -> Joining {
        let failures = self.failures.saturating_add(1);
        match choice.other {
            Some(other) if self.place == choice.first => Joining::Due(Attempt { place: other, failures }),
            Some(_) | None => {
                let rounds = if choice.other.is_some() { failures / 2 } else { failures };
                let wait_ms = FIRST_WAIT_MS << rounds.saturating_sub(1).min(DOUBLINGS);
                let attempt = Attempt { place: choice.first, failures };
                Joining::Waiting { attempt, at: now.plus_millis(wait_ms + spread_ms) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: Option<Choice> = Some(Choice { first: 1, other: Some(2) });
    const ONE: Option<Choice> = Some(Choice { first: 2, other: None });

    fn booted(choice: Option<Choice>) -> Joining {
        after(Joining::Idle, Event::Boot, choice, Instant::ZERO, 0)
    }

    fn after(
        mut joining: Joining,
        event: Event,
        choice: Option<Choice>,
        at: Instant,
        spread_ms: u32,
    ) -> Joining {
        joining.step(event, choice, at, spread_ms);
        joining
    }

    /// Fails every attempt for a while: what was tried, at which second.
    fn tried(choice: Option<Choice>, attempts: usize) -> Vec<(u32, u8)> {
        let (mut now, mut joining) = (Instant::ZERO, booted(choice));
        let mut tried = Vec::new();
        while tried.len() < attempts {
            if let Some(place) = joining.tell() {
                tried.push((now.as_secs(), place));
                joining.step(Event::Ended { ok: false }, choice, now, 0);
            }
            now = joining.deadline().unwrap_or(now);
            joining.step(Event::Tick, choice, now, 0);
        }
        tried
    }

    #[test]
    fn s_78_and_s_79_two_are_tried_in_turn_and_waits_grow() {
        let expected = [(0, 1), (0, 2), (5, 1), (5, 2), (15, 1), (15, 2), (35, 1), (35, 2), (75, 1), (75, 2)];
        assert_eq!(tried(TWO, 14), [&expected[..], &[(155, 1), (155, 2), (235, 1), (235, 2)]].concat());
        assert_eq!(tried(ONE, 4), [(0, 2), (5, 2), (15, 2), (35, 2)]);
        assert_eq!(tried(TWO, 1000).last(), Some(&(75 + 80 * 495, 2)), "however many failed");
        let mut asked = booted(ONE);
        assert_eq!((asked.tell(), asked.tell()), (Some(2), None), "told once");
        let failed = after(asked, Event::Ended { ok: false }, ONE, Instant::ZERO, 700);
        assert_eq!(failed.deadline(), Some(Instant::from_millis(5700)), "not all devices at once");
    }

    #[test]
    fn s_80_a_lost_one_is_joined_again_from_the_first_on() {
        let at = Instant::from_millis(9000);
        let second = Joining::Joined { place: 2 };
        let waiting = after(second, Event::Down, TWO, at, 700);
        assert_eq!(waiting.deadline(), Some(Instant::from_millis(9700)));
        assert_eq!(after(waiting, Event::Tick, TWO, at, 0), waiting);
        let mut due = after(waiting, Event::Tick, TWO, Instant::from_millis(9700), 0);
        assert_eq!(due.tell(), Some(1));
        assert_eq!(after(waiting, Event::Up, TWO, at, 0), Joining::Joined { place: 1 });
    }

    #[test]
    fn without_an_access_point_nothing_is_joined() {
        let mut idle = booted(None);
        assert_eq!((idle, idle.tell(), idle.deadline()), (Joining::Idle, None, None));
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Tick),
            any::<bool>().prop_map(|ok| Event::Ended { ok }),
            Just(Event::Up),
            Just(Event::Down),
        ]
    }

    proptest! {
        // Whatever happens, it waits for something that comes: a deadline, the runner, or the loss of the network.
        #[test]
        fn it_never_gives_up(events in proptest::collection::vec((event(), 0u32..100_000), 0..200)) {
            let (mut now, mut joining) = (Instant::ZERO, booted(TWO));
            for (event, ms) in events {
                now = now.plus_millis(ms);
                joining.tell();
                joining.step(event, TWO, now, 1000);
                prop_assert_ne!(joining, Joining::Idle);
                let soon = now.plus_millis(81_001);
                prop_assert!(joining.deadline().is_none_or(|at| at < soon));
            }
        }
    }
}
