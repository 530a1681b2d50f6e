//! A station without a radio: the network is there when the cable and the address are.

use core::cell::RefCell;

use sonoff_hal::{Access, JoinError, NetworkFacts, Station};

use crate::Uplink;

/// A wired network. A station with a radio may keep one inside and add the radio's facts.
#[derive(Debug)]
pub struct Wire<'u, 'd> {
    uplink: &'u Uplink<'d>,
    told: RefCell<Option<NetworkFacts>>,
}

impl<'u, 'd> Wire<'u, 'd> {
    /// The wire on which this stack sits, or will sit.
    pub const fn new(uplink: &'u Uplink<'d>) -> Self {
        Self { uplink, told: RefCell::new(None) }
    }
}

impl Station for Wire<'_, '_> {
    /// There is nothing to join; waits for an address.
    async fn join(&mut self, _access: &Access<'_>) -> Result<(), JoinError> {
        while self.uplink.facts().is_none() {
            self.uplink.changes_from(None).await;
        }
        Ok(())
    }

    fn facts(&self) -> Option<NetworkFacts> {
        let facts = self.uplink.facts();
        self.told.borrow_mut().clone_from(&facts);
        facts
    }

    async fn changed(&mut self) {
        self.uplink.changes_from(self.told.get_mut().as_ref()).await;
    }

    /// As the network of a radio that is an access point: it has the address of `own`.
    async fn open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        if self.uplink.set_address(own.address()) { Ok(()) } else { Err(JoinError::Radio) }
    }

    async fn close(&mut self) {
        // Without a stack there is nothing to close.
        self.uplink.set_address(None);
    }
}
