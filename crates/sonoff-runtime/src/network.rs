//! The network loop: tells the device what the station knows.

use core::convert::Infallible;

use sonoff_core::io::{Network, Wifi};
use sonoff_hal::{Clock, NetworkFacts, Pins, Station, System};

use crate::shared::Shared;

pub(crate) async fn network<P: Pins, C: Clock, Y: System, T: Station>(
    shared: &Shared<'_, P, C, Y>,
    station: &mut T,
) -> Infallible {
    loop {
        shared.network(station.facts().map(network_of).as_ref());
        station.changed().await;
    }
}

fn network_of(facts: NetworkFacts) -> Network {
    let NetworkFacts { ip, mask, gateway, dns, radio } = facts;
    let wifi = radio.map(|radio| Wifi {
        ssid: radio.ssid,
        bssid: radio.bssid,
        channel: radio.channel,
        dbm: radio.dbm,
    });
    Network { ip, mask, gateway, dns, wifi }
}
