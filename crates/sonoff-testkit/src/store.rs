//! A settings memory in RAM that outlives its device.

use std::cell::RefCell;
use std::rc::Rc;

use sonoff_hal::{Slot, Store};

/// Keeps blobs in RAM. Clones are the same memory: one goes into a device, one stays with the test.
#[derive(Debug, Clone, Default)]
pub struct RamStore(Rc<RefCell<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    blobs: [Option<Vec<u8>>; 2],
    saves: [u32; 2],
    fail_saves: bool,
    fail_loads: bool,
}

/// A failure that a test asked for, or a buffer that is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFailure;

const fn place(slot: Slot) -> usize {
    match slot {
        Slot::Settings => 0,
        Slot::State => 1,
    }
}

impl RamStore {
    /// An empty memory, as of a new device.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets every save fail from now on, or no more.
    pub fn fail_saves(&self, fail: bool) {
        self.0.borrow_mut().fail_saves = fail;
    }

    /// Lets every load fail from now on, or no more.
    pub fn fail_loads(&self, fail: bool) {
        self.0.borrow_mut().fail_loads = fail;
    }

    /// How often a slot was saved.
    pub fn saves(&self, slot: Slot) -> u32 {
        self.0.borrow().saves.get(place(slot)).copied().unwrap_or(0)
    }

    /// What a slot has.
    pub fn blob(&self, slot: Slot) -> Option<Vec<u8>> {
        self.0.borrow().blobs.get(place(slot)).cloned().flatten()
    }
}

impl Store for RamStore {
    type Error = StoreFailure;

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, StoreFailure> {
        if self.0.borrow().fail_loads {
            return Err(StoreFailure);
        }
        let Some(blob) = self.blob(slot) else { return Ok(None) };
        let out = buf.get_mut(..blob.len()).ok_or(StoreFailure)?;
        out.copy_from_slice(&blob);
        Ok(Some(out))
    }

    async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), StoreFailure> {
        let mut inner = self.0.borrow_mut();
        if inner.fail_saves {
            return Err(StoreFailure);
        }
        if let Some(kept) = inner.blobs.get_mut(place(slot)) {
            *kept = Some(blob.to_vec());
        }
        if let Some(count) = inner.saves.get_mut(place(slot)) {
            *count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::block_on;
    use sonoff_hal::conformance::store_keeps_the_last_blob;

    use super::*;

    #[test]
    fn it_conforms_and_outlives_its_device() {
        let store = RamStore::new();
        assert_eq!(block_on(store_keeps_the_last_blob(&mut store.clone())), Ok(()));
        assert_eq!(store.blob(Slot::Settings).as_deref(), Some(&b"3"[..]));
        assert_eq!((store.saves(Slot::Settings), store.saves(Slot::State)), (3, 1));
    }

    #[test]
    fn a_failed_save_leaves_the_old_blob() {
        let mut store = RamStore::new();
        block_on(store.save(Slot::State, b"old")).unwrap();
        store.fail_saves(true);
        assert_eq!(block_on(store.save(Slot::State, b"new")), Err(StoreFailure));
        assert_eq!(store.blob(Slot::State).as_deref(), Some(&b"old"[..]));
        store.fail_loads(true);
        assert_eq!(block_on(store.load(Slot::State, &mut [0; 8])), Err(StoreFailure));
    }
}
