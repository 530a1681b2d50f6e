//! The network loop: joins what the device wants joined, and tells it what the station knows.

use core::convert::Infallible;

use embassy_futures::select::{Either, select, select3};
use heapless::String;
use sonoff_core::Input;
use sonoff_core::io::{AccessPoint, Network, Ssid, Wifi};
use sonoff_hal::{Access, Clock, FixedAddress, JoinError, NetworkFacts, Pins, Station, System};

use crate::setup::SetUp;
use crate::shared::Shared;

/// The longest that joining may take, its address included.
const JOIN_MS: u64 = 30_000;

/// What is dropped half-way here: an attempt to join, when the time is up; `changed`.
pub(crate) async fn network<P: Pins, C: Clock, Y: System, T: Station>(
    shared: &Shared<'_, P, C, Y>,
    station: &mut T,
) -> Infallible {
    let mut set_up = SetUp::begin(shared, station);
    loop {
        if let Some(ms) = shared.sleep.take() {
            station.sleep(ms);
        }
        set_up.run(shared, station).await;
        #[cfg(feature = "pages")]
        shared.due.scan.look(shared, station).await;
        if let Some(place) = shared.join.take() {
            let ok = leave_and_join(shared, station, place).await;
            set_up.joined(shared, ok);
            shared.input(Input::Joined { ok });
        }
        shared.network(station.facts().map(network_of).as_ref());
        select3(station.changed(), shared.due.network.wait(), set_up.wait(shared)).await;
    }
}

async fn leave_and_join<P: Pins, C: Clock, Y: System, T: Station>(
    shared: &Shared<'_, P, C, Y>,
    station: &mut T,
    place: u8,
) -> bool {
    let Some(wanted) = shared.look(|device| device.access_point(place).and_then(Wanted::new)) else {
        return false;
    };
    if shared.has_network() {
        shared.network(None);
    }
    shared.info(format_args!("WIF: Connecting to AP{place} {}", wanted.ssid));
    let joined = join(shared, station, &wanted).await;
    match joined {
        Ok(()) => shared.info(format_args!("WIF: Connected")),
        Err(why) => shared.info(format_args!("WIF: Connect failed, {why}")),
    }
    joined.is_ok()
}

async fn join<P: Pins, C: Clock, Y: System, T: Station>(
    shared: &Shared<'_, P, C, Y>,
    station: &mut T,
    wanted: &Wanted,
) -> Result<(), JoinError> {
    let access = Access::new(&wanted.ssid, &wanted.password)?.with_address(wanted.address);
    let until = shared.clock.now().saturating_add(JOIN_MS);
    match select(station.join(&access), shared.clock.wait_until(until)).await {
        Either::First(joined) => joined,
        Either::Second(()) => Err(JoinError::Timeout),
    }
}

/// An access point while it is being joined: the device is not borrowed so long.
struct Wanted {
    ssid: String<32>,
    password: String<64>,
    address: Option<FixedAddress>,
}

impl Wanted {
    fn new(point: AccessPoint<'_>) -> Option<Self> {
        let (ssid, password) = (String::try_from(point.ssid).ok()?, String::try_from(point.password).ok()?);
        let address = point.address.map(|fixed| FixedAddress {
            ip: fixed.ip,
            mask: fixed.mask,
            gateway: fixed.gateway,
            dns: fixed.dns,
        });
        Some(Self { ssid, password, address })
    }
}

fn network_of(facts: NetworkFacts) -> Network {
    let NetworkFacts { ip, mask, gateway, dns, radio } = facts;
    let wifi = radio.map(|radio| Wifi {
        ssid: Ssid::new(&radio.ssid),
        bssid: radio.bssid,
        channel: radio.channel,
        dbm: radio.dbm,
    });
    Network { ip, mask, gateway, dns, wifi }
}
