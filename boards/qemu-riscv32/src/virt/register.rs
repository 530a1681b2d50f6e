//! Memory-mapped registers.

/// A register of one width at one address.
#[derive(Debug, Clone, Copy)]
pub struct Register<T>(*mut T);

// SAFETY: the machine has one hart, and an access is one instruction.
unsafe impl<T> Sync for Register<T> {}

impl<T: Copy> Register<T> {
    /// The register at an address.
    ///
    /// # Safety
    /// The machine has a device there that takes accesses of this width, and none of them harms memory safety.
    pub const unsafe fn at(address: usize) -> Self {
        Self(address as *mut T)
    }

    /// Its value.
    pub fn read(self) -> T {
        // SAFETY: whoever made it promised that the device is there.
        unsafe { self.0.read_volatile() }
    }

    /// Sets it.
    pub fn write(self, value: T) {
        // SAFETY: as for reading.
        unsafe { self.0.write_volatile(value) }
    }
}
