//! A file that behaves as the flash of a chip.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use futures_lite::future::yield_now;

/// What is erased at once.
pub const PAGE: usize = 4096;
/// What is read or written at once, as in an ESP chip.
const WORD: usize = 4;
const ERASED: u8 = 0xFF;

/// NOR flash in a file: an erase sets all bits of a page, a program only clears bits. Each of them goes to the file at
/// once, and the device may be cut off after each. Clones are the same flash.
#[derive(Debug, Clone)]
pub struct FileFlash {
    file: Arc<File>,
    size: usize,
}

/// Why the file did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFault(pub ErrorKind);

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        Self(error.kind())
    }
}

impl NorFlashError for FileFault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl FileFlash {
    /// Flash of `size` bytes. What the file lacks of that is erased flash.
    ///
    /// # Errors
    /// When the file cannot be opened or made.
    pub fn open(path: &Path, size: usize) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let there = usize::try_from(file.seek(SeekFrom::End(0))?).unwrap_or(size);
        file.write_all(&vec![ERASED; size.saturating_sub(there)])?;
        Ok(Self { file: Arc::new(file), size })
    }

    /// Waits until all that was written survives a power cut of this machine.
    ///
    /// # Errors
    /// When the system cannot promise that.
    pub async fn sync(&self) -> io::Result<()> {
        let file = self.file.clone();
        blocking::unblock(move || file.sync_all()).await
    }

    fn read_at(&self, at: u32, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(at.into()))?;
        file.read_exact(bytes)
    }

    fn write_at(&self, at: u32, bytes: &[u8]) -> io::Result<()> {
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(at.into()))?;
        file.write_all(bytes)
    }
}

impl ErrorType for FileFlash {
    type Error = FileFault;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FileFault> {
        Ok(self.read_at(offset, bytes)?)
    }

    fn capacity(&self) -> usize {
        self.size
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileFault> {
        let len = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        self.write_at(from, &vec![ERASED; len])?;
        yield_now().await;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFault> {
        let mut cells = vec![0; bytes.len()];
        self.read_at(offset, &mut cells)?;
        cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        self.write_at(offset, &cells)?;
        yield_now().await;
        Ok(())
    }
}
