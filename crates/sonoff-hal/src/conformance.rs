//! Checks that a port runs against its own parts: the contracts of the traits, as code.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use embedded_io_async::{Read, Write};

use crate::{PinRole, Pins, Slot, Store};

mod cuts;

pub use cuts::{Rig, Script, Survived, store_survives_any_cut};

/// Which promise a part broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// A new store already has a blob.
    NotEmpty,
    /// The store failed.
    Store,
    /// The store tells another blob than the last one saved.
    OtherBlob,
    /// The stream failed or ended early.
    Stream,
    /// Bytes are missing, doubled or out of order.
    OtherBytes,
    /// A pin was driven before it was assigned.
    DrivenEarly,
    /// An assigned output does not have its level.
    WrongLevel,
    /// A pin that has its level from the start made an edge.
    Edge,
}

/// A new `store` is empty, keeps the last blob of each slot, and keeps the slots apart.
///
/// # Errors
/// [`Breach`] for the first promise that is broken.
pub async fn store_keeps_the_last_blob<S: Store>(store: &mut S) -> Result<(), Breach> {
    expect_blob(store, Slot::Settings, None, Breach::NotEmpty).await?;
    expect_blob(store, Slot::State, None, Breach::NotEmpty).await?;
    for blob in [&b"first"[..], b"second, longer", b"3"] {
        store.save(Slot::Settings, blob).await.map_err(|_| Breach::Store)?;
        expect_blob(store, Slot::Settings, Some(blob), Breach::OtherBlob).await?;
    }
    store.save(Slot::State, b"other").await.map_err(|_| Breach::Store)?;
    expect_blob(store, Slot::Settings, Some(b"3"), Breach::OtherBlob).await?;
    expect_blob(store, Slot::State, Some(b"other"), Breach::OtherBlob).await
}

async fn expect_blob<S: Store>(
    store: &mut S,
    slot: Slot,
    want: Option<&[u8]>,
    breach: Breach,
) -> Result<(), Breach> {
    let mut buf = [0; 32];
    let got = store.load(slot, &mut buf).await.map_err(|_| Breach::Store)?;
    if got == want { Ok(()) } else { Err(breach) }
}

/// A `read` that is dropped while it waits loses no byte of what `write` sends; both ends belong to one stream,
/// which buffers at least [`LAG`] bytes.
///
/// # Errors
/// [`Breach::Stream`] or [`Breach::OtherBytes`].
pub async fn dropped_read_loses_nothing<R: Read, W: Write>(
    read: &mut R,
    write: &mut W,
) -> Result<(), Breach> {
    let mut due = 0;
    for byte in 0..=u8::MAX {
        due = poll_and_drop(read, due)?;
        write.write_all(&[byte]).await.map_err(|_| Breach::Stream)?;
        write.flush().await.map_err(|_| Breach::Stream)?;
        due = poll_and_drop(read, due)?;
        if byte.wrapping_add(1).wrapping_sub(due) > LAG {
            due = read_one(read, due).await?;
        }
    }
    Ok(())
}

/// How many bytes may be on their way in [`dropped_read_loses_nothing`].
pub const LAG: u8 = 4;

/// Polls a read once and drops it, as a `select` does; tells which byte must come next.
fn poll_and_drop<R: Read>(read: &mut R, due: u8) -> Result<u8, Breach> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(read_one(read, due)).poll(&mut context) {
        Poll::Pending => Ok(due),
        Poll::Ready(next) => next,
    }
}

async fn read_one<R: Read>(read: &mut R, due: u8) -> Result<u8, Breach> {
    let mut got = [0];
    match read.read(&mut got).await {
        Ok(1) if got == [due] => Ok(due.wrapping_add(1)),
        Ok(1) => Err(Breach::OtherBytes),
        Ok(_) | Err(_) => Err(Breach::Stream),
    }
}

/// What an instrument at the pins sees.
pub trait Probe {
    /// The level that the chip drives; `None` while the pin is an input.
    fn driven(&self, gpio: u8) -> Option<bool>;
    /// How often the driven level changed so far. Starting to drive is no change.
    fn edges(&self, gpio: u8) -> u32;
}

/// An output is not driven before `assign` and has its first level without an edge.
///
/// # Errors
/// [`Breach::DrivenEarly`], [`Breach::WrongLevel`] or [`Breach::Edge`].
pub fn no_edge_before_assign<P: Pins, B: Probe>(
    pins: &P,
    probe: &B,
    gpio: u8,
    high: bool,
) -> Result<(), Breach> {
    pins.write(gpio, high);
    if probe.driven(gpio).is_some() {
        return Err(Breach::DrivenEarly);
    }
    pins.assign(gpio, PinRole::Output, high);
    if probe.driven(gpio) != Some(high) {
        return Err(Breach::WrongLevel);
    }
    pins.write(gpio, high);
    if probe.edges(gpio) == 0 { Ok(()) } else { Err(Breach::Edge) }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::convert::Infallible;

    use embassy_futures::{block_on, yield_now};
    use embassy_sync::blocking_mutex::raw::NoopRawMutex;
    use embassy_sync::pipe::{Pipe, Reader, Writer};
    use embedded_io_async::ErrorType;

    use super::*;

    struct Forgetful;

    impl Store for Forgetful {
        type Error = Infallible;
        async fn load<'b>(&mut self, _: Slot, _: &'b mut [u8]) -> Result<Option<&'b [u8]>, Infallible> {
            Ok(None)
        }
        async fn save(&mut self, _: Slot, _: &[u8]) -> Result<(), Infallible> {
            Ok(())
        }
    }

    #[test]
    fn a_forgetful_store_is_found_out() {
        assert_eq!(block_on(store_keeps_the_last_blob(&mut Forgetful)), Err(Breach::OtherBlob));
    }

    struct In<'p>(Reader<'p, NoopRawMutex, 8>);
    struct Out<'p>(Writer<'p, NoopRawMutex, 8>);
    /// Takes a byte into its own hands and waits once more, as a layer does that reads a header first.
    struct Leaky<'p>(In<'p>);

    impl ErrorType for In<'_> {
        type Error = Infallible;
    }
    impl ErrorType for Out<'_> {
        type Error = Infallible;
    }
    impl ErrorType for Leaky<'_> {
        type Error = Infallible;
    }
    impl Read for In<'_> {
        async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
            Ok(self.0.read(buf).await)
        }
    }
    impl Write for Out<'_> {
        async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
            Ok(self.0.write(buf).await)
        }
        async fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }
    impl Read for Leaky<'_> {
        async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
            let got = self.0.read(buf).await?;
            if buf.first() == Some(&7) {
                yield_now().await;
            }
            Ok(got)
        }
    }

    #[test]
    fn a_pipe_keeps_what_a_dropped_read_did_not_take() {
        let mut pipe = Pipe::<NoopRawMutex, 8>::new();
        let (reader, writer) = pipe.split();
        assert_eq!(block_on(dropped_read_loses_nothing(&mut In(reader), &mut Out(writer))), Ok(()));
    }

    #[test]
    fn a_read_that_drops_what_it_took_is_found_out() {
        let mut pipe = Pipe::<NoopRawMutex, 8>::new();
        let (reader, writer) = pipe.split();
        let check = block_on(dropped_read_loses_nothing(&mut Leaky(In(reader)), &mut Out(writer)));
        assert_eq!(check, Err(Breach::OtherBytes));
    }

    /// A pin that starts low whatever it is told, and shows the level afterwards.
    #[derive(Default)]
    struct Blinker {
        driven: Cell<Option<bool>>,
        edges: Cell<u32>,
        honest: bool,
    }

    impl Pins for Blinker {
        fn assign(&self, _gpio: u8, _role: PinRole, high: bool) {
            self.driven.set(Some(self.honest && high));
            self.write(0, high);
        }
        fn write(&self, _gpio: u8, high: bool) {
            if let Some(old) = self.driven.get() {
                self.edges.set(self.edges.get() + u32::from(old != high));
                self.driven.set(Some(high));
            }
        }
        fn levels(&self) -> u64 {
            0
        }
        async fn changed(&self) {}
    }

    impl Probe for Blinker {
        fn driven(&self, _gpio: u8) -> Option<bool> {
            self.driven.get()
        }
        fn edges(&self, _gpio: u8) -> u32 {
            self.edges.get()
        }
    }

    #[test]
    fn a_relay_that_clicks_at_the_start_is_found_out() {
        let honest = Blinker { honest: true, ..Blinker::default() };
        assert_eq!(no_edge_before_assign(&honest, &honest, 12, true), Ok(()));
        let clicks = Blinker::default();
        assert_eq!(no_edge_before_assign(&clicks, &clicks, 12, true), Err(Breach::Edge));
        let driven = Blinker { driven: Cell::new(Some(false)), ..Blinker::default() };
        assert_eq!(no_edge_before_assign(&driven, &driven, 12, true), Err(Breach::DrivenEarly));
    }
}
