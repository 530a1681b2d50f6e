//! A radio that is made anew when it has failed too often; the device never restarts for it.

use embassy_futures::select::select;

use crate::{Access, JoinError, NetworkFacts, RadioFacts, Seen, Station};

/// So many attempts in a row fail before the radio is made anew (S-87): two rounds, where there are two access points.
const MOST_FAILURES: u8 = 4;

/// A radio's driver that can be made anew while the device runs on.
pub trait Radio {
    /// Takes the driver down if it is up, and starts it afresh. It is called before the first attempt, too.
    ///
    /// # Errors
    /// [`JoinError::Radio`] when it does not start; it is called again before the next attempt.
    async fn renew(&mut self) -> Result<(), JoinError>;

    /// Leaves where it is and joins an access point. Dropping the future ends the attempt.
    ///
    /// # Errors
    /// [`JoinError`] when it is not joined.
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError>;

    /// The link as it is now; `None` while there is none, or where the driver does not tell.
    fn facts(&self) -> Option<RadioFacts>;

    /// Waits until [`Self::facts`] may tell something else. Dropping the future loses nothing.
    async fn changed(&mut self);

    /// As [`Station::scan`].
    async fn scan(&mut self, _seen: &mut dyn FnMut(Seen<'_>)) {}

    /// As [`Station::sleep`].
    fn sleep(&mut self, _ms: u8) {}

    /// Leaves where it is and is an access point itself, as [`Station::open`]; the address is not the radio's matter.
    ///
    /// # Errors
    /// [`JoinError`] when it is none.
    async fn open(&mut self, _own: &Access<'_>) -> Result<(), JoinError> {
        Err(JoinError::Radio)
    }

    /// Is an access point no longer.
    async fn close(&mut self) {}
}

/// A station of a radio, and of the network that comes up with it: another station, which knows of addresses alone.
#[derive(Debug)]
pub struct RadioStation<R, N> {
    radio: R,
    network: N,
    health: Health,
}

impl<R: Radio, N: Station> RadioStation<R, N> {
    /// The radio is made when the device first wants to join.
    pub const fn new(radio: R, network: N) -> Self {
        Self { radio, network, health: Health::Down }
    }

    async fn attempt(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        self.start().await?;
        self.radio.join(access).await?;
        self.network.join(access).await
    }

    async fn attempt_to_open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        self.start().await?;
        self.radio.open(own).await?;
        self.network.open(own).await
    }

    async fn start(&mut self) -> Result<(), JoinError> {
        if self.health == Health::Down {
            self.radio.renew().await?;
            self.health = self.health.step(Event::Renewed);
        }
        Ok(())
    }

    fn ended<T>(&mut self, attempt: &Result<T, JoinError>) {
        self.health = self.health.step(if attempt.is_ok() { Event::Joined } else { Event::Failed });
    }
}

impl<R: Radio, N: Station> Station for RadioStation<R, N> {
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        self.health = self.health.step(Event::Begun);
        let joined = self.attempt(access).await;
        self.ended(&joined);
        joined
    }

    fn facts(&self) -> Option<NetworkFacts> {
        let facts = self.network.facts()?;
        Some(NetworkFacts { radio: self.radio.facts(), ..facts })
    }

    async fn changed(&mut self) {
        select(self.network.changed(), self.radio.changed()).await;
    }

    async fn scan(&mut self, seen: &mut dyn FnMut(Seen<'_>)) {
        self.radio.scan(seen).await;
    }

    fn sleep(&mut self, ms: u8) {
        self.radio.sleep(ms);
    }

    /// A radio with which this fails is as little to be trusted as one that cannot join.
    async fn open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        self.health = self.health.step(Event::Begun);
        let opened = self.attempt_to_open(own).await;
        self.ended(&opened);
        opened
    }

    async fn close(&mut self) {
        self.network.close().await;
        self.radio.close().await;
    }
}

/// How far the radio can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// It has to be made before the next attempt.
    Down,
    /// It runs; so many attempts in a row have failed.
    Up { failures: u8 },
    /// An attempt is under way. One that nobody waits for any more ends without a word.
    Trying { failures: u8 },
}

/// Something that matters to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Begun,
    Renewed,
    Joined,
    Failed,
}

impl Health {
    #[must_use]
    const fn step(self, event: Event) -> Self {
        match (self, event) {
            (Self::Down, Event::Renewed) => Self::Trying { failures: 0 },
            (Self::Up { failures }, Event::Begun) => Self::Trying { failures },
            (Self::Trying { failures }, Event::Begun) => match Self::after(failures + 1) {
                Self::Up { failures } => Self::Trying { failures },
                other => other,
            },
            (Self::Trying { failures }, Event::Failed) => Self::after(failures + 1),
            (Self::Trying { .. }, Event::Joined) => Self::Up { failures: 0 },
            (phase @ Self::Down, Event::Begun | Event::Joined | Event::Failed)
            | (phase @ Self::Up { .. }, Event::Renewed | Event::Joined | Event::Failed)
            | (phase @ Self::Trying { .. }, Event::Renewed) => phase,
        }
    }

    const fn after(failures: u8) -> Self {
        if failures < MOST_FAILURES { Self::Up { failures } } else { Self::Down }
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use embassy_futures::block_on;

    use super::*;

    fn after(events: &[Event]) -> Health {
        events.iter().fold(Health::Down, |health, event| health.step(*event))
    }

    const FAILED: [Event; 2] = [Event::Begun, Event::Failed];

    // S-87
    #[test]
    fn the_fourth_failure_in_a_row_takes_the_radio_down() {
        let begun = [Event::Begun, Event::Renewed, Event::Failed];
        let three = [&begun[..], &FAILED, &FAILED].concat();
        assert_eq!(after(&three), Health::Up { failures: 3 });
        assert_eq!(after(&[&three[..], &FAILED].concat()), Health::Down);
        let joined = [&three[..], &[Event::Begun, Event::Joined]].concat();
        assert_eq!(after(&joined), Health::Up { failures: 0 });
    }

    // S-87
    #[test]
    fn an_attempt_that_never_ended_is_a_failure() {
        let unanswered = [Event::Begun, Event::Renewed, Event::Begun, Event::Begun, Event::Begun];
        assert_eq!(after(&unanswered), Health::Trying { failures: 3 });
        assert_eq!(after(&[&unanswered[..], &[Event::Begun]].concat()), Health::Down);
    }

    #[test]
    fn a_radio_that_does_not_start_is_tried_again() {
        assert_eq!(after(&[&FAILED[..], &FAILED].concat()), Health::Down);
        assert_eq!(after(&[Event::Begun, Event::Renewed]), Health::Trying { failures: 0 });
    }

    /// It never is an access point.
    #[derive(Default)]
    struct Deaf {
        renewed: u8,
    }

    impl Radio for Deaf {
        async fn renew(&mut self) -> Result<(), JoinError> {
            self.renewed += 1;
            Ok(())
        }

        async fn join(&mut self, _: &Access<'_>) -> Result<(), JoinError> {
            Ok(())
        }

        fn facts(&self) -> Option<RadioFacts> {
            None
        }

        async fn changed(&mut self) {}

        async fn open(&mut self, _: &Access<'_>) -> Result<(), JoinError> {
            Err(JoinError::Radio)
        }
    }

    // S-87, S-104
    #[test]
    fn a_radio_that_cannot_be_an_access_point_is_made_anew_too() {
        let mut station = RadioStation::new(Deaf::default(), crate::none::Wired::at(Ipv4Addr::LOCALHOST));
        let own = Access::new("sonoff-123456-5206", "abcdefgh2345").unwrap();
        for renewed in [1, 1, 1, 1, 2] {
            assert_eq!(block_on(station.open(&own)), Err(JoinError::Radio));
            assert_eq!(station.radio.renewed, renewed);
        }
    }
}
