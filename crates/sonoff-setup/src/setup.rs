//! When the access point opens, and when it ends.

/// The longest that it is open, or wanted while the radio fails, milliseconds (S-102).
const OPEN_MS: u64 = 600_000;
/// The rest after a radio that did not open it, milliseconds (S-104).
const REST_MS: u64 = 10_000;

/// Where set-up stands. Times are milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// There is none, and none comes by itself.
    Closed,
    /// The radio is to be told then.
    Wanted {
        /// When.
        at: u64,
        /// After this it is no longer wanted.
        until: u64,
    },
    /// The access point is there.
    Open {
        /// When it ends.
        until: u64,
    },
}

/// Something that matters to set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A run begins of a device that knows no access point and has no network (S-100).
    Lost,
    /// Somebody at the device wants it (S-103).
    Asked,
    /// The radio has opened it.
    Opened,
    /// The radio has not.
    Failed,
    /// The device is in a network: it knows one that is there.
    Joined,
    /// Time has passed.
    Tick,
}

impl Setup {
    /// What becomes of it. That a network is away is no event: it never opens anything.
    #[must_use]
    pub const fn step(self, event: Event, now: u64) -> Self {
        let until = now.saturating_add(OPEN_MS);
        match (self, event) {
            (Self::Closed, Event::Lost | Event::Asked) => Self::Wanted { at: now, until },
            (Self::Open { .. }, Event::Asked) => Self::Open { until },
            (Self::Wanted { at, .. }, Event::Asked) => Self::Wanted { at, until },
            (Self::Wanted { until, .. }, Event::Opened) => Self::Open { until },
            (Self::Wanted { until, .. }, Event::Failed) => {
                Self::Wanted { at: now.saturating_add(REST_MS), until }
            }
            (Self::Wanted { .. } | Self::Open { .. }, Event::Joined) => Self::Closed,
            (Self::Wanted { until, .. } | Self::Open { until }, Event::Tick) if until <= now => Self::Closed,
            (phase @ Self::Closed, Event::Opened | Event::Failed | Event::Joined | Event::Tick)
            | (phase @ Self::Wanted { .. }, Event::Lost | Event::Tick)
            | (phase @ Self::Open { .. }, Event::Lost | Event::Opened | Event::Failed | Event::Tick) => phase,
        }
    }

    /// When [`Self::step`] wants [`Event::Tick`], or the radio is to be told; `u64::MAX` for never.
    pub const fn deadline(self) -> u64 {
        match self {
            Self::Closed => u64::MAX,
            Self::Wanted { at, until } => {
                if at < until {
                    at
                } else {
                    until
                }
            }
            Self::Open { until } => until,
        }
    }

    /// The radio is to be told now.
    pub const fn is_due(self, now: u64) -> bool {
        match self {
            Self::Wanted { at, until } => at <= now && now < until,
            Self::Closed | Self::Open { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(events: &[(u64, Event)]) -> Setup {
        events.iter().fold(Setup::Closed, |setup, (now, event)| setup.step(*event, *now))
    }

    // S-100, S-102
    #[test]
    fn a_device_that_knows_no_network_opens_for_ten_minutes() {
        let wanted = after(&[(5, Event::Lost)]);
        assert!(wanted.is_due(5) && !wanted.is_due(4) && wanted.deadline() == 5);
        let open = wanted.step(Event::Opened, 700);
        assert_eq!((open, open.deadline()), (Setup::Open { until: 600_005 }, 600_005));
        assert_eq!(open.step(Event::Tick, 600_004), open);
        assert_eq!(open.step(Event::Tick, 600_005), Setup::Closed);
    }

    // S-102
    #[test]
    fn joining_ends_it() {
        for events in [&[(0, Event::Lost)][..], &[(0, Event::Lost), (1, Event::Opened)], &[(0, Event::Asked)]]
        {
            assert_eq!(after(events).step(Event::Joined, 9), Setup::Closed);
        }
    }

    // S-103
    #[test]
    fn who_asks_gets_ten_minutes_from_then_on() {
        assert_eq!(after(&[(7, Event::Asked)]), Setup::Wanted { at: 7, until: 600_007 });
        let open = after(&[(0, Event::Lost), (1, Event::Opened), (500_000, Event::Asked)]);
        assert_eq!(open, Setup::Open { until: 1_100_000 });
    }

    // S-104
    #[test]
    fn a_radio_that_fails_is_told_again_until_the_time_is_over() {
        let mut setup = after(&[(0, Event::Lost)]);
        let mut told = Vec::new();
        while setup != Setup::Closed {
            let now = setup.deadline();
            setup = setup.step(Event::Tick, now);
            if setup.is_due(now) {
                told.push(now);
                setup = setup.step(Event::Failed, now);
            }
        }
        assert_eq!(told, (0..60).map(|n| n * 10_000).collect::<Vec<_>>());
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Opened),
            Just(Event::Failed),
            Just(Event::Joined),
            Just(Event::Tick),
            Just(Event::Asked),
        ]
    }

    proptest! {
        // S-102: nothing but a wish opens it, and it never lasts.
        #[test]
        fn left_alone_it_is_closed_within_ten_minutes(events in proptest::collection::vec((event(), 0u64..100_000), 0..50)) {
            let (mut now, mut setup, mut asked) = (0, Setup::Closed, false);
            for (event, ms) in events {
                now += ms;
                setup = setup.step(event, now);
                asked |= event == Event::Asked;
                prop_assert!(asked || setup == Setup::Closed);
                prop_assert!(setup == Setup::Closed || setup.deadline() <= now + OPEN_MS);
            }
            prop_assert_eq!(setup.step(Event::Tick, now + OPEN_MS), Setup::Closed);
        }
    }
}
