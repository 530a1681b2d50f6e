//! The first set-up: the device's own access point, opened when it is wanted, and ended.

use embassy_futures::select::{Either, select};
use heapless::String;
use sonoff_hal::{Access, Clock, JoinError, Pins, Station, System};
use sonoff_setup::{ADDRESS, Event, IP, Setup, name};

use crate::environment;
use crate::shared::Shared;

/// The longest that opening may take.
const OPEN_MS: u64 = 30_000;
/// Where a device without an access point to join looks for one.
const PLACES: [u8; 2] = [1, 2];

/// Where set-up stands, in one run.
pub(crate) struct SetUp {
    setup: Setup,
}

impl SetUp {
    /// A run begins: a device that can be set up, and knows no network and has none, wants it (S-100).
    pub fn begin<P: Pins, C: Clock, Y: System, T: Station>(
        shared: &Shared<'_, P, C, Y>,
        station: &T,
    ) -> Self {
        let is_lost = shared.look(|device| {
            device.can_be_set_up() && PLACES.iter().all(|place| device.access_point(*place).is_none())
        });
        let mut set_up = Self { setup: Setup::Closed };
        if is_lost && station.facts().is_none() {
            set_up.step(shared, Event::Lost);
        }
        set_up
    }

    /// Opens the access point if that is due, and comes back when it is not.
    pub async fn run<P: Pins, C: Clock, Y: System, T: Station>(
        &mut self,
        shared: &Shared<'_, P, C, Y>,
        station: &mut T,
    ) {
        self.look(shared);
        while self.setup.is_due(shared.clock.now()) {
            self.open(shared, station).await;
            self.look(shared);
        }
    }

    /// An attempt to join has ended.
    pub fn joined<P: Pins, C: Clock, Y: System>(&mut self, shared: &Shared<'_, P, C, Y>, ok: bool) {
        if ok {
            self.step(shared, Event::Joined);
        }
    }

    /// Waits for the moment at which [`Self::run`] has something to do, but for a wish.
    pub async fn wait<P: Pins, C: Clock, Y: System>(&self, shared: &Shared<'_, P, C, Y>) {
        shared.clock.wait_until(self.setup.deadline()).await;
    }

    fn step<P: Pins, C: Clock, Y: System>(&mut self, shared: &Shared<'_, P, C, Y>, event: Event) {
        self.setup = self.setup.step(event, shared.clock.now());
    }

    /// Looks at the clock, and whether somebody wants it.
    fn look<P: Pins, C: Clock, Y: System>(&mut self, shared: &Shared<'_, P, C, Y>) {
        self.step(shared, Event::Tick);
        if shared.wants_set_up.take() {
            self.step(shared, Event::Asked);
        }
    }

    /// S-104: the network is left meanwhile.
    async fn open<P: Pins, C: Clock, Y: System, T: Station>(
        &mut self,
        shared: &Shared<'_, P, C, Y>,
        station: &mut T,
    ) {
        if shared.has_network() {
            shared.network(None);
        }
        let (name, key) = (name(shared.chip_id()), key(shared));
        match be_access_point(shared, station, &name, &key).await {
            Ok(()) => {
                self.step(shared, Event::Opened);
                shared.info(format_args!("WIF: Set-up at access point {name}, page http://{IP}/"));
                shared.tell(format_args!("WIF: Its key is {key}"));
                self.stay(shared).await;
                shared.info(format_args!("WIF: Set-up ended"));
            }
            Err(why) => {
                self.step(shared, Event::Failed);
                shared.error(format_args!("WIF: No set-up, {why}"));
            }
        }
        station.close().await;
    }

    /// The access point is open until its time is over.
    async fn stay<P: Pins, C: Clock, Y: System>(&mut self, shared: &Shared<'_, P, C, Y>) {
        shared.set_up(true);
        while let Setup::Open { until } = self.setup {
            select(shared.clock.wait_until(until), shared.due.network.wait()).await;
            self.look(shared);
        }
        shared.set_up(false);
    }
}

async fn be_access_point<P: Pins, C: Clock, Y: System, T: Station>(
    shared: &Shared<'_, P, C, Y>,
    station: &mut T,
    name: &str,
    key: &str,
) -> Result<(), JoinError> {
    let own = Access::new(name, key)?.with_address(Some(ADDRESS));
    let until = shared.clock.now().saturating_add(OPEN_MS);
    match select(station.open(&own), shared.clock.wait_until(until)).await {
        Either::First(opened) => opened,
        Either::Second(()) => Err(JoinError::Timeout),
    }
}

/// That of the build; else the device's own, which it makes when it first needs one (S-101).
fn key<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>) -> String<63> {
    let built_in = environment::SETUP_KEY.filter(|_| cfg!(feature = "environment"));
    match built_in.and_then(|key| String::try_from(key).ok()) {
        Some(key) => key,
        None => shared.setup_key(),
    }
}
