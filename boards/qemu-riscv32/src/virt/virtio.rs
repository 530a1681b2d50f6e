//! Where the machine's virtio devices are, and the memory that they share.

use core::cell::UnsafeCell;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::Ordering;

use portable_atomic::AtomicUsize;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Where the first of the eight places for virtio devices is, and how far it is to the next.
const PLACES: usize = 0x1000_1000;
const PLACE: usize = 0x1000;

/// The registers of the place with this interrupt.
pub const fn place(irq: u32) -> usize {
    PLACES + PLACE * (irq as usize - 1)
}

/// The device of a kind, and its interrupt. Once in a run.
pub fn find(kind: DeviceType) -> Option<(u32, MmioTransport<'static>)> {
    (1..=8).find_map(|irq| Some((irq, device_at(irq, kind)?)))
}

fn device_at(irq: u32, kind: DeviceType) -> Option<MmioTransport<'static>> {
    let header = NonNull::new(with_exposed_provenance_mut::<VirtIOHeader>(place(irq)))?;
    // SAFETY: "virt" has eight places for virtio devices there, empty or not.
    let transport = unsafe { MmioTransport::new(header, PLACE) }.ok()?;
    if transport.device_type() == kind {
        return Some(transport);
    }
    // Its end would reset a device that is another's.
    core::mem::forget(transport);
    None
}

/// Memory for the queues of the devices, two pages each: two of the card, one of chance.
#[repr(align(4096))]
struct Pages(UnsafeCell<[u8; PAGE_SIZE * Pages::COUNT]>);

// SAFETY: nobody looks into them here; each page is given to one queue.
unsafe impl Sync for Pages {}

impl Pages {
    const COUNT: usize = if cfg!(feature = "tls") { 6 } else { 4 };
}

static PAGES: Pages = Pages(UnsafeCell::new([0; PAGE_SIZE * Pages::COUNT]));
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// The memory that devices share with the program.
pub struct Dma;

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
