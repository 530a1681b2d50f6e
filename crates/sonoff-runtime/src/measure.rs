//! The measure loop: hands measured values to the device.

use core::convert::Infallible;

use embassy_futures::yield_now;
use sonoff_core::Input;
use sonoff_core::reading::{Place, Quantity, Reading, Sensor};
use sonoff_hal::{Clock, Pins, Sensors, System};

use crate::shared::Shared;

/// Waits for values, never in a select: dropping the future could break a bus transaction off.
pub(crate) async fn measure<P: Pins, C: Clock, Y: System, E: Sensors>(
    shared: &Shared<'_, P, C, Y>,
    sensors: &mut E,
) -> Infallible {
    loop {
        let reading = sensors.next().await;
        shared.input(Input::Reading(reading_of(reading)));
        // A source that always has more must not keep the other loops from their turn.
        yield_now().await;
    }
}

const fn reading_of(reading: sonoff_hal::Reading) -> Reading {
    let sonoff_hal::Reading { sensor, place, quantity, milli } = reading;
    let sensor = Sensor { name: sensor, place: place_of(place) };
    Reading { sensor, quantity: quantity_of(quantity), milli }
}

const fn place_of(place: sonoff_hal::Place) -> Place {
    match place {
        sonoff_hal::Place::Rom(rom) => Place::Rom(rom),
        sonoff_hal::Place::Pin(pin) => Place::Pin(pin),
        sonoff_hal::Place::Address(address) => Place::Address(address),
        sonoff_hal::Place::Single => Place::Single,
    }
}

const fn quantity_of(quantity: sonoff_hal::Quantity) -> Quantity {
    match quantity {
        sonoff_hal::Quantity::Temperature => Quantity::Temperature,
        sonoff_hal::Quantity::Humidity => Quantity::Humidity,
        sonoff_hal::Quantity::Pressure => Quantity::Pressure,
    }
}
