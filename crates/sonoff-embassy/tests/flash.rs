//! Parts of one flash, with the store that lies in one of them.
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used)]

use core::pin::pin;
use core::task::{Context, Waker};

use embassy_futures::block_on;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use embedded_storage_async::nor_flash::{NorFlash as _, ReadNorFlash as _};
use sonoff_embassy::flash::{part, share};

/// Eight pages of 64 bytes that a driver blocks upon.
struct Chip(Vec<u8>);

impl ErrorType for Chip {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = 1;
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let at = offset as usize;
        let cells = self.0.get(at..at + bytes.len()).ok_or(NorFlashErrorKind::OutOfBounds)?;
        bytes.copy_from_slice(cells);
        Ok(())
    }
    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 64;
    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0.get_mut(from as usize..to as usize).ok_or(NorFlashErrorKind::OutOfBounds)?.fill(0xFF);
        Ok(())
    }
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let cells = self.0.get_mut(offset as usize..).ok_or(NorFlashErrorKind::OutOfBounds)?;
        cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }
}

#[test]
fn a_part_begins_at_zero_and_ends_where_it_ends() {
    let flash = share(Chip(vec![0xFF; 512]));
    let mut first = part(&flash, 0..128).unwrap();
    let mut second = part(&flash, 128..512).unwrap();
    assert_eq!((first.capacity(), second.capacity()), (128, 384));
    block_on(second.write(0, b"mine")).unwrap();
    let mut seen = [0; 4];
    block_on(first.read(0, &mut seen)).unwrap();
    assert_eq!(seen, [0xFF; 4]);
    block_on(second.read(0, &mut seen)).unwrap();
    assert_eq!(&seen, b"mine");
    assert!(block_on(first.write(128, b"mine")).is_err());
    assert!(block_on(first.erase(0, 192)).is_err());
}

#[test]
fn a_part_that_no_erase_would_fit_is_none() {
    let flash = share(Chip(vec![0xFF; 512]));
    for wrong in [0..100, 32..96, 64..65] {
        assert!(part(&flash, wrong.clone()).is_none(), "{wrong:?}");
    }
    #[allow(clippy::reversed_empty_ranges, reason = "that is the point")]
    let reversed = 128..64;
    assert!(part(&flash, reversed).is_none());
}

// A button must not wait until a whole slot is erased.
#[test]
fn others_have_their_turn_between_two_pages() {
    let flash = share(Chip(vec![0; 512]));
    let mut all = part(&flash, 0..512).unwrap();
    let mut erase = pin!(all.erase(0, 256));
    let mut context = Context::from_waker(Waker::noop());
    let mut turns = 0;
    while erase.as_mut().poll(&mut context).is_pending() {
        turns += 1;
    }
    assert_eq!(turns, 4);
}
