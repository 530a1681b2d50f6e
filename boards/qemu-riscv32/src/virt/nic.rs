//! The virtio network card, for embassy-net.

use core::cell::RefCell;
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use embassy_sync::waitqueue::AtomicWaker;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::mmio::MmioTransport;

use super::plic;
use super::register::Register;
use super::virtio::{Dma, find, place};

/// Packets that may wait to be received.
const QUEUE: usize = 8;
const MTU: usize = 1514;
/// A packet and virtio's header.
const ROOM: usize = MTU + 12;

type Card = VirtIONetRaw<Dma, MmioTransport<'static>, QUEUE>;

static WAKER: AtomicWaker = AtomicWaker::new();

/// The card, and the memory that it shares.
pub struct Nic {
    card: RefCell<Card>,
    status: Register<u16>,
    rx: &'static mut [[u8; ROOM]; QUEUE],
    tx: &'static mut [u8; MTU],
}

static RX: ConstStaticCell<[[u8; ROOM]; QUEUE]> = ConstStaticCell::new([[0; ROOM]; QUEUE]);
static TX: ConstStaticCell<[u8; MTU]> = ConstStaticCell::new([0; MTU]);

/// Finds the card and sets it up; `None` where there is none. Once in a run.
pub fn start() -> Option<Nic> {
    let (rx, tx) = (RX.take(), TX.take());
    let (irq, transport) = find(DeviceType::Network)?;
    let mut card = Card::new(transport).ok()?;
    for buffer in rx.iter_mut() {
        // SAFETY: the buffers are static, and touched only between their completion and the next begin.
        unsafe { card.receive_begin(buffer) }.ok()?;
    }
    card.enable_interrupts();
    plic::enable(irq);
    // SAFETY: behind the registers is the card's configuration, the address first, then its state.
    let status = unsafe { Register::at(place(irq) + 0x106) };
    Some(Nic { card: RefCell::new(card), status, rx, tx })
}

impl Nic {
    /// The card's own address.
    pub fn address(&self) -> [u8; 6] {
        self.card.borrow().mac_address()
    }
}

/// From the interrupt of a place: says that it was seen.
pub fn interrupted(irq: u32) {
    // SAFETY: every place has these two registers.
    let (why, seen): (Register<u32>, Register<u32>) =
        unsafe { (Register::at(place(irq) + 0x60), Register::at(place(irq) + 0x64)) };
    seen.write(why.read());
    WAKER.wake();
}

/// A packet that has come.
pub struct Rx<'a> {
    card: &'a RefCell<Card>,
    buffer: &'a mut [u8; ROOM],
    from: usize,
    len: usize,
}

impl embassy_net_driver::RxToken for Rx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, f: F) -> R {
        let taken = f(self.buffer.get_mut(self.from..self.from + self.len).unwrap_or_default());
        // SAFETY: as at the start. It has one completed buffer less than it has places, so it takes this one.
        let _ = unsafe { self.card.borrow_mut().receive_begin(self.buffer) };
        taken
    }
}

/// Room for a packet to be sent.
pub struct Tx<'a> {
    card: &'a RefCell<Card>,
    buffer: &'a mut [u8; MTU],
}

impl embassy_net_driver::TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let packet = self.buffer.get_mut(..len).unwrap_or_default();
        let written = f(packet);
        // What is lost is sent again by whom it matters to.
        let _ = self.card.borrow_mut().send(packet);
        written
    }
}

impl Driver for Nic {
    type RxToken<'a> = Rx<'a>;
    type TxToken<'a> = Tx<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Rx<'_>, Tx<'_>)> {
        WAKER.register(cx.waker());
        let token = self.card.get_mut().poll_receive()?;
        // Each packet takes one place of the queue, and buffers went in by order.
        let buffer = self.rx.get_mut(usize::from(token))?;
        // SAFETY: the buffer that was begun with this token.
        let (from, len) = unsafe { self.card.get_mut().receive_complete(token, buffer) }.ok()?;
        Some((Rx { card: &self.card, buffer, from, len }, Tx { card: &self.card, buffer: self.tx }))
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Option<Tx<'_>> {
        WAKER.register(cx.waker());
        Some(Tx { card: &self.card, buffer: self.tx })
    }

    /// Whether the cable is plugged in: QEMU's `set_link`.
    fn link_state(&mut self, cx: &mut Context<'_>) -> LinkState {
        WAKER.register(cx.waker());
        if self.status.read() & 1 == 0 { LinkState::Down } else { LinkState::Up }
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address())
    }
}
