//! The pins by their GPIO numbers.

use core::cell::{Cell, RefCell};
use core::future::pending;

use embassy_futures::select::select_array;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use esp_hal::gpio::{AnyPin, Flex, InputConfig, Pull};
use sonoff_hal::{PinRole, Pins};

use crate::model::FREE;

type Row = [Flex<'static>; FREE.len()];

/// The pins, for one run.
pub struct BoardPins {
    pins: RefCell<Row>,
    /// The same pins: a level is waited for in one task, and others are switched meanwhile.
    watched: Mutex<NoopRawMutex, Row>,
    inputs: Cell<u64>,
    told: Cell<u64>,
}

impl BoardPins {
    /// All are what the chip's reset makes them: inputs. Once in a run.
    pub fn new() -> Self {
        // SAFETY: nobody else has these pins; both rows are used in one task, and the second one only waits.
        let row = || FREE.map(|gpio| Flex::new(unsafe { AnyPin::steal(gpio) }));
        let (pins, watched) = (RefCell::new(row()), Mutex::new(row()));
        Self { pins, watched, inputs: Cell::new(0), told: Cell::new(0) }
    }

    fn at<R>(&self, gpio: u8, act: impl FnOnce(&mut Flex<'static>) -> R) -> Option<R> {
        let place = FREE.iter().position(|free| *free == gpio)?;
        self.pins.borrow_mut().get_mut(place).map(act)
    }
}

fn bit(gpio: u8) -> u64 {
    1 << gpio
}

impl Pins for BoardPins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        let output = role == PinRole::Output;
        let pull = if role == PinRole::InputPullUp { Pull::Up } else { Pull::None };
        let assigned = self.at(gpio, |pin| {
            pin.apply_input_config(&InputConfig::default().with_pull(pull));
            pin.set_level(high.into());
            pin.set_input_enable(!output);
            pin.set_output_enable(output);
        });
        if assigned.is_some() {
            let others = self.inputs.get() & !bit(gpio);
            self.inputs.set(if output { others } else { others | bit(gpio) });
        }
    }

    fn write(&self, gpio: u8, high: bool) {
        self.at(gpio, |pin| pin.set_level(high.into()));
    }

    fn levels(&self) -> u64 {
        let pins = self.pins.borrow();
        let high = FREE.iter().zip(pins.iter()).filter(|(_, pin)| pin.is_high()).map(|(gpio, _)| bit(*gpio));
        self.told.set(high.sum::<u64>() & self.inputs.get());
        self.told.get()
    }

    /// Waits for levels, not for edges: an edge before the wait began would be lost.
    async fn changed(&self) {
        let mut watched = self.watched.lock().await;
        let (inputs, told) = (self.inputs.get(), self.told.get());
        let leaves = async |(gpio, pin): (u8, &mut Flex<'_>)| match (inputs & bit(gpio), told & bit(gpio)) {
            (0, _) => pending().await,
            (_, 0) => pin.wait_for_high().await,
            _ => pin.wait_for_low().await,
        };
        let mut numbers = FREE.into_iter();
        let pins = watched.each_mut().map(|pin| (numbers.next().unwrap_or_default(), pin));
        select_array(pins.map(leaves)).await;
    }
}
