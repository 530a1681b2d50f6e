//! The secure link to the broker, in firmware that has one.

#[cfg(feature = "tls")]
pub use with::open;

/// Nothing makes it secure.
#[cfg(not(feature = "tls"))]
pub const fn open() -> Option<sonoff_hal::none::NoTls> {
    Some(sonoff_hal::none::NoTls)
}

#[cfg(feature = "tls")]
mod with {
    use sonoff_tls::{Memory, Secure};
    use static_cell::ConstStaticCell;

    use crate::virt::rng::{self, Chance};

    static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

    /// TLS by the host's random numbers, which QEMU has on a card; `None` where it was left out.
    pub fn open() -> Option<Secure<'static, Chance>> {
        Some(Secure::from_environment(rng::start()?, MEMORY.take().rooms()))
    }
}
