//! Null parts: what a board without the thing puts in its place.

use core::convert::Infallible;
use core::future::pending;
use core::net::Ipv4Addr;

use embedded_io_async::{ErrorType, Read, Write};

use crate::tls::{Conversation, Peer, Tls, TlsError};
use crate::{Access, JoinError, NetworkFacts, Reading, Sensors, Slot, Station, Store, TimeSource};

/// No sensor at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSensors;

impl Sensors for NoSensors {
    async fn next(&mut self) -> Reading {
        pending().await
    }
}

/// Nobody knows the time; the firmware may still tell it, and people may set it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTime;

impl TimeSource for NoTime {
    async fn ask(&mut self, _server: &str, _nonce: u32) -> Option<u64> {
        None
    }
}

/// No secure link: a device that is told to use one does not connect.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTls;

impl Tls for NoTls {
    const IS_THERE: bool = false;

    async fn secure<R: Read, W: Write, C: Conversation>(
        &mut self,
        _reader: R,
        _writer: W,
        _peer: &Peer<'_>,
        _conversation: &mut C,
    ) -> Result<(), TlsError> {
        Err(TlsError::Absent)
    }
}

/// A console on which nobody types.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoConsole;

impl ErrorType for NoConsole {
    type Error = Infallible;
}

impl Read for NoConsole {
    async fn read(&mut self, _buf: &mut [u8]) -> Result<usize, Infallible> {
        pending().await
    }
}

/// A network that is there from the start and stays: a wire, or the host's own.
#[derive(Debug, Clone)]
pub struct Wired(NetworkFacts);

impl Wired {
    /// The network with these facts.
    pub const fn new(facts: NetworkFacts) -> Self {
        Self(facts)
    }

    /// A network of which only the own address is known.
    pub const fn at(ip: Ipv4Addr) -> Self {
        let none = Ipv4Addr::UNSPECIFIED;
        Self(NetworkFacts { ip, mask: none, gateway: none, dns: [none; 2], radio: None })
    }
}

impl Station for Wired {
    async fn join(&mut self, _access: &Access<'_>) -> Result<(), JoinError> {
        Ok(())
    }

    fn facts(&self) -> Option<NetworkFacts> {
        Some(self.0.clone())
    }

    async fn changed(&mut self) {
        pending().await
    }
}

/// Keeps blobs in RAM: they survive a restart of the device, but no power cut. `N` bytes for each slot.
#[derive(Debug, Clone)]
pub struct NoStore<const N: usize> {
    settings: heapless::Vec<u8, N>,
    state: heapless::Vec<u8, N>,
}

/// The blob, or the caller's buffer, is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooSmall;

impl<const N: usize> NoStore<N> {
    /// An empty store, as on a new device.
    pub const fn new() -> Self {
        Self { settings: heapless::Vec::new(), state: heapless::Vec::new() }
    }

    fn slot(&mut self, slot: Slot) -> &mut heapless::Vec<u8, N> {
        match slot {
            Slot::Settings => &mut self.settings,
            Slot::State => &mut self.state,
        }
    }
}

impl<const N: usize> Default for NoStore<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Store for NoStore<N> {
    type Error = TooSmall;

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, TooSmall> {
        let blob = self.slot(slot);
        if blob.is_empty() {
            return Ok(None);
        }
        let out = buf.get_mut(..blob.len()).ok_or(TooSmall)?;
        out.copy_from_slice(blob);
        Ok(Some(out))
    }

    async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), TooSmall> {
        let fresh = heapless::Vec::from_slice(blob).map_err(|_| TooSmall)?;
        *self.slot(slot) = fresh;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::block_on;

    use super::*;
    use crate::conformance::store_keeps_the_last_blob;

    #[test]
    fn the_ram_store_conforms() {
        assert_eq!(block_on(store_keeps_the_last_blob(&mut NoStore::<32>::new())), Ok(()));
    }

    #[test]
    fn a_blob_that_does_not_fit_leaves_the_old_one() {
        let mut store = NoStore::<4>::new();
        let mut buf = [0; 8];
        block_on(store.save(Slot::State, b"old")).unwrap();
        assert_eq!(block_on(store.save(Slot::State, b"too long")), Err(TooSmall));
        assert_eq!(block_on(store.load(Slot::State, &mut buf)), Ok(Some(&b"old"[..])));
        assert_eq!(block_on(store.load(Slot::State, &mut buf[..2])), Err(TooSmall));
    }

    #[test]
    fn a_wire_is_always_up() {
        let mut wire = Wired::at(Ipv4Addr::LOCALHOST);
        assert_eq!(block_on(wire.join(&Access::new("any", "").unwrap())), Ok(()));
        assert_eq!(wire.facts().unwrap().ip, Ipv4Addr::LOCALHOST);
    }
}
