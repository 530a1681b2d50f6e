//! The virtio network card, for embassy-net.

use core::cell::{RefCell, UnsafeCell};
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::Ordering;
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use embassy_sync::waitqueue::AtomicWaker;
use portable_atomic::AtomicUsize;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

use super::plic;
use super::register::Register;

/// Where the first of the eight places for virtio devices is, and how far it is to the next.
const PLACES: usize = 0x1000_1000;
const PLACE: usize = 0x1000;

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
    let (irq, transport) = (1..=8).find_map(|irq| Some((irq, card_at(irq)?)))?;
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

const fn place(irq: u32) -> usize {
    PLACES + PLACE * (irq as usize - 1)
}

fn card_at(irq: u32) -> Option<MmioTransport<'static>> {
    let header = NonNull::new(with_exposed_provenance_mut::<VirtIOHeader>(place(irq)))?;
    // SAFETY: "virt" has eight places for virtio devices there, empty or not.
    let transport = unsafe { MmioTransport::new(header, PLACE) }.ok()?;
    if transport.device_type() == DeviceType::Network {
        return Some(transport);
    }
    // Its end would reset a device that is another's.
    core::mem::forget(transport);
    None
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

/// Memory for the card's two queues, two pages each.
#[repr(align(4096))]
struct Pages(UnsafeCell<[u8; PAGE_SIZE * Pages::COUNT]>);

// SAFETY: nobody looks into them here; each page is given to one queue.
unsafe impl Sync for Pages {}

impl Pages {
    const COUNT: usize = 4;
}

static PAGES: Pages = Pages(UnsafeCell::new([0; PAGE_SIZE * Pages::COUNT]));
static TAKEN: AtomicUsize = AtomicUsize::new(0);

struct Dma;

// SAFETY: pages are given once and never again; addresses are the same for the machine and its devices.
unsafe impl Hal for Dma {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let first = TAKEN.fetch_add(pages, Ordering::Relaxed);
        let start = PAGES.0.get().cast::<u8>().wrapping_add(first * PAGE_SIZE);
        match NonNull::new(start).filter(|_| first + pages <= Pages::COUNT) {
            Some(start) => (start.addr().get() as PhysAddr, start),
            None => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(with_exposed_provenance_mut(address as usize)).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().addr().get() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
