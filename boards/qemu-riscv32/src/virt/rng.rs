//! The virtio source of chance: the host's own random numbers.

use core::num::NonZeroU32;

use rand_core::{CryptoRng, Error, RngCore, impls};
use virtio_drivers::device::rng::VirtIORng;
use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::mmio::MmioTransport;

use super::power;
use super::virtio::{Dma, find};

/// Random numbers that nobody can guess.
pub struct Chance(VirtIORng<Dma, MmioTransport<'static>>);

/// Finds the source; `None` where there is none. Once in a run.
pub fn start() -> Option<Chance> {
    let (_, transport) = find(DeviceType::EntropySource)?;
    VirtIORng::new(transport).ok().map(Chance)
}

/// What the source says when it has no more.
const DRY: NonZeroU32 = NonZeroU32::MIN.saturating_add(Error::CUSTOM_START);

impl RngCore for Chance {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    /// There is no secret without chance, and no way to say so here.
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        if self.try_fill_bytes(dest).is_err() {
            power::exit(4)
        }
    }

    fn try_fill_bytes(&mut self, mut dest: &mut [u8]) -> Result<(), Error> {
        while !dest.is_empty() {
            let count = self.0.request_entropy(dest).ok().filter(|count| *count > 0).ok_or(DRY)?;
            dest = dest.get_mut(count..).ok_or(DRY)?;
        }
        Ok(())
    }
}

impl CryptoRng for Chance {}
