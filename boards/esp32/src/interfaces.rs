//! The two interfaces of the radio as one: to the network that it has joined, and to its own while it is an access point.

use core::task::Context;

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState};
use esp_radio::wifi::Interface;

type Received<'a> = <Interface as Driver>::RxToken<'a>;
type Sent<'a> = <Interface as Driver>::TxToken<'a>;

/// What the network stack sits on. It outlasts any of the radio's drivers.
pub struct Interfaces {
    joined: Interface,
    own: Interface,
    is_own: bool,
}

impl Interfaces {
    /// Once in a run.
    pub fn new() -> Self {
        Self { joined: Interface::station(), own: Interface::access_point(), is_own: false }
    }

    const fn current(&self) -> &Interface {
        if self.is_own { &self.own } else { &self.joined }
    }

    const fn current_mut(&mut self) -> &mut Interface {
        if self.is_own { &mut self.own } else { &mut self.joined }
    }
}

impl Driver for Interfaces {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sent<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sent<'_>)> {
        Driver::receive(self.current_mut(), context)
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Sent<'_>> {
        Driver::transmit(self.current_mut(), context)
    }

    /// The radio is one or the other. What the stack has looked at before in this round was perhaps the wrong one.
    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        let (joined, own) = (self.joined.link_state(context), self.own.link_state(context));
        let is_own = own == LinkState::Up;
        if is_own != self.is_own {
            self.is_own = is_own;
            context.waker().wake_by_ref();
        }
        if is_own { own } else { joined }
    }

    fn capabilities(&self) -> Capabilities {
        self.current().capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.current().hardware_address()
    }
}
