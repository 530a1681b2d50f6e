//! Settings and relay states, in memory or in an emulated flash file.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;

use futures_lite::future::block_on;
use sonoff_hal::{Slot, Store};
use sonoff_runtime::store::{FlashStore, Pages, StoreError};

use crate::flash::{FileFault, FileFlash, PAGE};

/// Where the settings lie in the file.
const SETTINGS: Pages = Pages { first: 0, size: PAGE, count: 2 };
/// Where the relay states lie.
const STATE: Pages = SETTINGS.then(2);

/// Where one device keeps its records. A clone has the same memory, as a device has that was switched off and on.
#[derive(Debug)]
pub struct HostStore(Place);

#[derive(Debug)]
enum Place {
    Memory(Rc<RefCell<[Option<Vec<u8>>; 2]>>),
    Flash { file: FileFlash, store: FlashStore<FileFlash> },
}

impl Clone for HostStore {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Place::Memory(slots) => Place::Memory(slots.clone()),
            Place::Flash { file, .. } => Place::Flash { file: file.clone(), store: open(file.clone()) },
        })
    }
}

/// The file is as long as the pages reach.
#[allow(clippy::expect_used, reason = "the layout is a constant, and a test opens it")]
fn open(file: FileFlash) -> FlashStore<FileFlash> {
    FlashStore::new(file, SETTINGS, STATE).expect("pages that fit the file")
}

impl HostStore {
    /// Records that are gone with the program.
    pub fn memory() -> Self {
        Self(Place::Memory(Rc::default()))
    }

    /// Records in the flash of a chip that is the file `<name>.flash.bin` in `dir`.
    ///
    /// # Errors
    /// When the file cannot be opened or made.
    pub fn flash(dir: &Path, name: &str) -> io::Result<Self> {
        let file = FileFlash::open(&dir.join(format!("{name}.flash.bin")), STATE.end())?;
        Ok(Self(Place::Flash { file: file.clone(), store: open(file) }))
    }

    /// Reads a record without a device.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        let mut buf = [0; PAGE];
        block_on(self.clone().load(slot, &mut buf)).map(|blob| blob.map(<[u8]>::to_vec))
    }
}

impl Store for HostStore {
    type Error = io::Error;

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> io::Result<Option<&'b [u8]>> {
        match &mut self.0 {
            Place::Memory(slots) => {
                let Some(blob) = slots.borrow().get(index(slot)).cloned().flatten() else { return Ok(None) };
                let room = buf.get_mut(..blob.len()).ok_or(io::ErrorKind::InvalidData)?;
                room.copy_from_slice(&blob);
                Ok(Some(room))
            }
            Place::Flash { store, .. } => store.load(slot, buf).await.map_err(failure),
        }
    }

    /// A power cut of the machine, too, leaves the old record or the new one.
    async fn save(&mut self, slot: Slot, blob: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Place::Memory(slots) => {
                let mut slots = slots.borrow_mut();
                slots.get_mut(index(slot)).into_iter().for_each(|place| *place = Some(blob.to_vec()));
                Ok(())
            }
            Place::Flash { file, store } => {
                store.save(slot, blob).await.map_err(failure)?;
                file.sync().await
            }
        }
    }
}

fn failure(why: StoreError<FileFault>) -> io::Error {
    match why {
        StoreError::Flash(FileFault(kind)) => kind.into(),
        other => io::Error::other(format!("{other:?}")),
    }
}

const fn index(slot: Slot) -> usize {
    match slot {
        Slot::Settings => 0,
        Slot::State => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use futures_lite::future::poll_once;
    use sonoff_hal::conformance::store_keeps_the_last_blob;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("sonoff-sim-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn flash(dir: &Path) -> HostStore {
        HostStore::flash(dir, "a").unwrap()
    }

    #[test]
    fn both_places_conform() {
        assert_eq!(block_on(store_keeps_the_last_blob(&mut HostStore::memory())), Ok(()));
        let dir = folder("conform");
        assert_eq!(block_on(store_keeps_the_last_blob(&mut flash(&dir))), Ok(()));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_outlives_its_store_and_a_clone_reads_it_anew() {
        let dir = folder("outlive");
        let first = flash(&dir);
        block_on(first.clone().save(Slot::State, b"whole")).unwrap();
        assert_eq!(first.read(Slot::State).unwrap().as_deref(), Some(&b"whole"[..]));
        assert_eq!(flash(&dir).read(Slot::State).unwrap().as_deref(), Some(&b"whole"[..]));
        assert_eq!(HostStore::flash(&dir, "b").unwrap().read(Slot::State).unwrap(), None);
        assert_eq!(fs::metadata(dir.join("a.flash.bin")).unwrap().len(), 4 * 4096);
        fs::remove_dir_all(dir).unwrap();
    }

    /// A save of `blob` that ends after so many waits; whether it was done by then.
    fn cut(store: &mut HostStore, blob: &[u8], waits: usize) -> bool {
        let mut save = Box::pin(store.save(Slot::Settings, blob));
        (0..waits).any(|_| block_on(poll_once(&mut save)).is_some())
    }

    // A cut drops the run between any two things that the flash does.
    #[test]
    fn a_save_that_is_cut_leaves_the_old_record_or_the_new_one() {
        let dir = folder("cut");
        let first = flash(&dir);
        let (old, new) = (vec![1; 1500], vec![2; 1500]);
        let mut seen = [0, 0];
        for waits in 0..12 {
            let mut store = first.clone();
            block_on(store.save(Slot::Settings, &old)).unwrap();
            let done = cut(&mut store, &new, waits);
            let left = first.read(Slot::Settings).unwrap().unwrap();
            assert!(left == new || left == old && !done, "after {waits} waits");
            *seen.get_mut(usize::from(left == new)).unwrap() += 1;
        }
        assert!(seen.iter().all(|count| *count > 2), "{seen:?}");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error_and_no_panic() {
        let dir = folder("gone");
        fs::remove_dir_all(&dir).unwrap();
        assert!(HostStore::flash(&dir, "a").is_err());
    }

    #[test]
    fn a_file_that_was_cut_short_is_as_good_as_new() {
        let dir = folder("short");
        fs::write(dir.join("a.flash.bin"), b"short").unwrap();
        let mut store = flash(&dir);
        assert_eq!(store.read(Slot::Settings).unwrap(), None);
        block_on(store.save(Slot::Settings, b"fresh")).unwrap();
        assert_eq!(flash(&dir).read(Slot::Settings).unwrap().as_deref(), Some(&b"fresh"[..]));
        fs::remove_dir_all(dir).unwrap();
    }
}
