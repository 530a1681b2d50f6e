//! The time loop: finds out the time of day whenever the device wants to know it.

use core::convert::Infallible;

use embassy_futures::select::{Either, select};
use sonoff_core::Input;
use sonoff_core::settings::Name;
use sonoff_hal::{Clock, Pins, System, TimeSource};

use crate::shared::Shared;

/// The longest wait for one server, its name's resolution included, milliseconds (U-77).
const ANSWER_MS: u64 = 5000;
/// 2016-01-01T00:00:00Z: a server that tells less does not know the time, milliseconds.
const LEAST_MS: u64 = 1_451_606_400_000;

/// Asks the servers in order, each for a limited time. The device asks again by itself when none answers.
pub(crate) async fn time<P: Pins, C: Clock, Y: System, M: TimeSource>(
    shared: &Shared<'_, P, C, Y>,
    source: &mut M,
) -> Infallible {
    loop {
        shared.due.time.wait().await;
        let mut place = 0;
        while let Some(server) = server(shared, place) {
            if let Some(unix_ms) = ask(shared, source, &server).await {
                shared.input(Input::WallClock { unix_ms });
                shared.debug(format_args!("NTP: Time from {server}"));
                break;
            }
            place += 1;
        }
    }
}

/// The name of the server to ask at this place, counted from 0.
fn server<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, place: usize) -> Option<Name> {
    shared.look(|device| device.time_servers().nth(place).and_then(|name| Name::try_from(name).ok()))
}

async fn ask<P: Pins, C: Clock, Y: System, M: TimeSource>(
    shared: &Shared<'_, P, C, Y>,
    source: &mut M,
    server: &str,
) -> Option<u64> {
    let until = shared.clock.now().saturating_add(ANSWER_MS);
    match select(source.ask(server, shared.random()), shared.clock.wait_until(until)).await {
        Either::First(unix_ms) => unix_ms.filter(|ms| *ms >= LEAST_MS),
        Either::Second(()) => None,
    }
}
