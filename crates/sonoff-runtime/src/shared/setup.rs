//! What the first set-up has of the device.

use heapless::String;
use sonoff_hal::{Clock, Pins, System};

use super::Shared;

impl<P: Pins, C: Clock, Y: System> Shared<'_, P, C, Y> {
    /// The device is an access point itself, or no longer.
    pub fn set_up(&self, open: bool) {
        self.is_set_up.set(open);
        self.due.set_up.signal(());
        self.raise_all();
    }

    /// Waits until the device is an access point itself, or until it is not.
    pub async fn until_set_up(&self, wanted: bool) {
        while self.is_set_up.get() != wanted {
            self.due.set_up.wait().await;
        }
    }

    /// The key of the device's own access point; one that is made now is kept.
    pub fn setup_key(&self) -> String<63> {
        let fresh = sonoff_setup::key([self.random(), self.random()]);
        let mut device = self.device.borrow_mut();
        if device.setup_key().is_empty() {
            device.keep_setup_key(self.now(), &fresh);
        }
        let key = device.setup_key().try_into().unwrap_or_default();
        drop(device);
        self.settle();
        key
    }

    /// The hardware address, or what stands for it.
    pub fn chip_id(&self) -> [u8; 6] {
        self.system.borrow().chip_id()
    }
}
