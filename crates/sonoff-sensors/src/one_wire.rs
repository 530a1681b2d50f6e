//! The 1-Wire bus: presence, bits, bytes and the search for who is there (N-30).

use embassy_futures::yield_now;
use embedded_hal::delay::DelayNs as Spend;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs as Wait;

use crate::Delay;

const SEARCH: u8 = 0xF0;

/// The wire for as long as one conversation. Nobody there, a line that is stuck and a pin that fails are all `None`.
pub(crate) struct Wire<'w, P, D> {
    pin: &'w mut P,
    delay: &'w mut D,
}

impl<'w, P: InputPin + OutputPin, D: Delay> Wire<'w, P, D> {
    pub(crate) const fn new(pin: &'w mut P, delay: &'w mut D) -> Self {
        Self { pin, delay }
    }

    /// Begins anew: everybody on the wire listens for a command, if there is anybody.
    pub(crate) async fn reset(&mut self) -> Option<()> {
        self.pin.set_low().ok()?;
        Spend::delay_us(self.delay, 480);
        self.pin.set_high().ok()?;
        Spend::delay_us(self.delay, 70);
        let is_present = self.pin.is_low().ok()?;
        Wait::delay_us(self.delay, 410).await;
        let is_free = self.pin.is_high().ok()?;
        (is_present && is_free).then_some(())
    }

    /// Writes a byte. Others may have their turn after it: the wire may rest between bits as long as it likes.
    pub(crate) async fn write(&mut self, byte: u8) -> Option<()> {
        for bit in 0..8 {
            self.slot(byte >> bit & 1 == 1)?;
        }
        yield_now().await;
        Some(())
    }

    /// Reads a byte.
    pub(crate) async fn read(&mut self) -> Option<u8> {
        let mut byte = 0;
        for bit in 0..8 {
            byte |= u8::from(self.slot(true)?) << bit;
        }
        yield_now().await;
        Some(byte)
    }

    /// One bit: writes it, and tells the level. To write a one is to read, since only the start of the slot is low.
    fn slot(&mut self, bit: bool) -> Option<bool> {
        self.pin.set_low().ok()?;
        Spend::delay_us(self.delay, 2);
        if bit {
            self.pin.set_high().ok()?;
        }
        // Who sends a zero holds the line for 15 µs from the start of the slot at least.
        Spend::delay_us(self.delay, 9);
        let level = self.pin.is_high().ok()?;
        Spend::delay_us(self.delay, 52);
        self.pin.set_high().ok()?;
        Spend::delay_us(self.delay, 5);
        Some(level)
    }

    /// Finds the ROM code after `code`: the same up to bit number `fork`, and a one there. Tells the fork of the one
    /// after that; 0 when there is none. A search begins with fork 0.
    pub(crate) async fn search(&mut self, code: &mut [u8; 8], fork: u8) -> Option<u8> {
        self.reset().await?;
        self.write(SEARCH).await?;
        let mut next = 0;
        for number in 1..=64_u8 {
            let byte = code.get_mut(usize::from((number - 1) / 8))?;
            let mask = 1 << ((number - 1) % 8);
            let wanted = number == fork || (number < fork && *byte & mask != 0);
            let (bit, was_fork) = self.branch(wanted)?;
            if was_fork && !bit {
                next = number;
            }
            *byte = if bit { *byte | mask } else { *byte & !mask };
            yield_now().await;
        }
        Some(next)
    }

    /// All who are still in the search tell their bit, then its opposite; those who have the one that is written back
    /// stay. Tells that bit, and whether there was a choice: then it is the `wanted` one.
    fn branch(&mut self, wanted: bool) -> Option<(bool, bool)> {
        let (only_ones, only_zeros) = (self.slot(true)?, self.slot(true)?);
        let bit = match (only_ones, only_zeros) {
            (true, true) => return None,
            (true, false) => true,
            (false, true) => false,
            (false, false) => wanted,
        };
        self.slot(bit)?;
        Some((bit, !only_ones && !only_zeros))
    }
}
