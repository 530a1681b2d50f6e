//! The way of text from the link to whoever reads it: a read there may be dropped, one of a record may not.

use core::convert::Infallible;
use core::future::pending;

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_sync::signal::Signal;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_tls::{TlsError as Failure, TlsReader, TlsWriter};

use crate::suite::Suite;
use crate::wire::Wire;

/// Text that has come and waits to be read.
pub(crate) struct Tap {
    pipe: Pipe<NoopRawMutex, 256>,
    /// No more will come.
    dry: Signal<NoopRawMutex, ()>,
}

impl Tap {
    pub const fn new() -> Self {
        Self { pipe: Pipe::new(), dry: Signal::new() }
    }

    /// Lets in what comes, until the link ends; then waits.
    pub async fn fill<S: Read>(&self, mut reader: TlsReader<'_, S, Suite>) -> Infallible {
        while let Ok(mut text) = reader.read_buffered().await {
            self.pipe.write_all(text.pop_all()).await;
        }
        self.dry.signal(());
        pending().await
    }
}

/// The end from which is read. Dropping a read loses nothing.
pub(crate) struct Outflow<'t>(pub &'t Tap);

impl ErrorType for Outflow<'_> {
    type Error = Infallible;
}

impl Read for Outflow<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        match select(self.0.pipe.read(buf), self.0.dry.wait()).await {
            Either::First(count) => Ok(count),
            Either::Second(()) => {
                // It stays dry.
                self.0.dry.signal(());
                Ok(0)
            }
        }
    }
}

/// Sends each text at once.
pub(crate) struct Sender<'s, R: Read, W: Write>(pub TlsWriter<'s, &'s Wire<R, W>, Suite>, pub &'s Wire<R, W>);

impl<R: Read, W: Write> ErrorType for Sender<'_, R, W> {
    type Error = Failure;
}

impl<R: Read, W: Write> Write for Sender<'_, R, W> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Failure> {
        self.1.writing.set(true);
        let count = self.0.write(buf).await?;
        self.0.flush().await?;
        self.1.writing.set(false);
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        (&*self.1).flush().await.map_err(|_| Failure::IoError)
    }
}
