//! Settings and relay states, in memory or in files.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sonoff_hal::{Slot, Store};

/// Where one device keeps its records. Clones share them.
#[derive(Debug, Clone)]
pub struct HostStore(Rc<Place>);

#[derive(Debug)]
enum Place {
    Memory(RefCell<[Option<Vec<u8>>; 2]>),
    Files { dir: PathBuf, name: String },
}

impl HostStore {
    /// Records that are gone with the program.
    pub fn memory() -> Self {
        Self(Rc::new(Place::Memory(RefCell::default())))
    }

    /// Records in `dir`, in two files that begin with `name`.
    pub fn files(dir: &Path, name: &str) -> Self {
        Self(Rc::new(Place::Files { dir: dir.to_owned(), name: name.to_owned() }))
    }

    /// Reads a record without a device.
    ///
    /// # Errors
    /// When its file is there and cannot be read.
    pub fn read(&self, slot: Slot) -> io::Result<Option<Vec<u8>>> {
        match &*self.0 {
            Place::Memory(slots) => Ok(slots.borrow().get(index(slot)).cloned().flatten()),
            Place::Files { dir, name } => read_file(&dir.join(file_name(name, slot))),
        }
    }
}

impl Store for HostStore {
    type Error = io::Error;

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> io::Result<Option<&'b [u8]>> {
        let Some(blob) = self.read(slot)? else { return Ok(None) };
        let room = buf.get_mut(..blob.len()).ok_or(ErrorKind::InvalidData)?;
        room.copy_from_slice(&blob);
        Ok(Some(room))
    }

    async fn save(&mut self, slot: Slot, blob: &[u8]) -> io::Result<()> {
        let blob = blob.to_vec();
        match &*self.0 {
            Place::Memory(slots) => {
                slots
                    .borrow_mut()
                    .get_mut(index(slot))
                    .into_iter()
                    .for_each(|place| *place = Some(blob.clone()));
                Ok(())
            }
            Place::Files { dir, name } => {
                let (dir, file) = (dir.clone(), file_name(name, slot));
                blocking::unblock(move || replace_file(&dir, &file, &blob)).await
            }
        }
    }
}

const fn index(slot: Slot) -> usize {
    match slot {
        Slot::Settings => 0,
        Slot::State => 1,
    }
}

fn file_name(name: &str, slot: Slot) -> String {
    match slot {
        Slot::Settings => format!("{name}.settings"),
        Slot::State => format!("{name}.state"),
    }
}

fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// After a power cut the old file or the new one is there, whole.
fn replace_file(dir: &Path, name: &str, blob: &[u8]) -> io::Result<()> {
    let fresh = dir.join(format!("{name}.new"));
    let mut file = File::create(&fresh)?;
    file.write_all(blob)?;
    file.sync_all()?;
    fs::rename(&fresh, dir.join(name))?;
    // The name is in the folder; not every system can open one.
    File::open(dir).map_or(Ok(()), |dir| dir.sync_all())
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use sonoff_hal::conformance::store_keeps_the_last_blob;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("sonoff-sim-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn both_places_conform() {
        assert_eq!(block_on(store_keeps_the_last_blob(&mut HostStore::memory())), Ok(()));
        let dir = folder("conform");
        assert_eq!(block_on(store_keeps_the_last_blob(&mut HostStore::files(&dir, "a"))), Ok(()));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_outlives_its_store_and_a_half_written_one_is_never_read() {
        let dir = folder("outlive");
        block_on(HostStore::files(&dir, "a").save(Slot::State, b"whole")).unwrap();
        fs::write(dir.join("a.state.new"), b"ha").unwrap();
        assert_eq!(HostStore::files(&dir, "a").read(Slot::State).unwrap().as_deref(), Some(&b"whole"[..]));
        assert_eq!(HostStore::files(&dir, "b").read(Slot::State).unwrap(), None);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error_and_no_panic() {
        let dir = folder("gone");
        fs::remove_dir_all(&dir).unwrap();
        assert!(block_on(HostStore::files(&dir, "a").save(Slot::State, b"x")).is_err());
    }
}
