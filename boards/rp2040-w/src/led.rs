//! The LED, which sits on the radio.

use core::cell::Cell;

use cyw43::Control;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;

/// The radio's own number for it.
const PIN: u8 = 0;

/// What the LED should show. The radio switches it when it has time: not before it runs, nor while it joins.
#[derive(Default)]
pub struct Led {
    lit: Cell<bool>,
    shown: Cell<bool>,
    due: Signal<NoopRawMutex, ()>,
}

impl Led {
    /// It should be lit, or not.
    pub fn set(&self, lit: bool) {
        self.lit.set(lit);
        self.due.signal(());
    }

    /// Shows what it should, for ever. Dropping the future loses nothing.
    pub async fn show(&self, radio: &mut Control<'_>) {
        loop {
            let lit = self.lit.get();
            if lit == self.shown.get() {
                self.due.wait().await;
            } else {
                radio.gpio_set(PIN, lit).await;
                self.shown.set(lit);
            }
        }
    }
}
