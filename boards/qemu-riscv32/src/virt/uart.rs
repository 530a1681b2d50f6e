//! Two serial ports: the machine's own, and one on a PCI card in slot 1.

use core::cell::Cell;
use core::convert::Infallible;
use core::fmt;
use core::future::poll_fn;
use core::task::Poll;

use critical_section::Mutex;
use embassy_sync::waitqueue::AtomicWaker;
use embedded_io_async::{ErrorType, Read, Write};

use super::plic;
use super::register::Register;

/// Where the card's registers are put: in the window of the PCI bus for ports.
const PORT: u32 = 0x100;

/// The console: `-serial`.
// SAFETY: "virt" has its own there.
pub static CONSOLE: Uart = unsafe { Uart::at(0x1000_0000) };
/// The second one: `-device pci-serial,addr=1`.
// SAFETY: the window of the PCI bus. Without a card, reads give 0xFF and writes do nothing.
pub static SECOND: Uart = unsafe { Uart::at(0x0300_0000 + PORT as usize) };

const DATA_READY: u8 = 1;
const ROOM: u8 = 0x20;
/// What is read where there is no port.
const NOBODY: u8 = 0xFF;
const WANT_DATA: u8 = 1;
const WANT_ROOM: u8 = 2;
const FIFO_ON: u8 = 1;

/// A 16550. An interrupt wakes who waits and is then off until someone waits again: nothing is lost, since the host
/// waits with what the port has no room for.
pub struct Uart {
    data: Register<u8>,
    interrupts: Register<u8>,
    fifo: Register<u8>,
    status: Register<u8>,
    wanted: Mutex<Cell<u8>>,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Uart {
    /// # Safety
    /// A 16550 is there, or nothing that minds.
    const unsafe fn at(base: usize) -> Self {
        // SAFETY: by the caller's promise.
        let (data, interrupts, fifo, status) = unsafe {
            (Register::at(base), Register::at(base + 1), Register::at(base + 2), Register::at(base + 5))
        };
        Self {
            data,
            interrupts,
            fifo,
            status,
            wanted: Mutex::new(Cell::new(0)),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        }
    }

    fn is(&self, bit: u8) -> bool {
        let status = self.status.read();
        status != NOBODY && status & bit != 0
    }

    fn want(&self, change: impl FnOnce(u8) -> u8) {
        critical_section::with(|cs| {
            let wanted = self.wanted.borrow(cs);
            wanted.set(change(wanted.get()));
            self.interrupts.write(wanted.get());
        });
    }

    /// From the interrupt.
    pub fn interrupted(&self) {
        self.want(|_| 0);
        self.reader.wake();
        self.writer.wake();
    }

    async fn wait(&self, status: u8, want: u8, waker: &AtomicWaker) {
        poll_fn(|cx| {
            waker.register(cx.waker());
            if self.is(status) {
                return Poll::Ready(());
            }
            self.want(|wanted| wanted | want);
            Poll::Pending
        })
        .await;
    }
}

/// Starts both ports.
pub fn start() {
    set_card_up();
    for port in [&CONSOLE, &SECOND] {
        port.fifo.write(FIFO_ON);
    }
    plic::enable(plic::UART);
    plic::enable(plic::PCI_SLOT_1);
}

/// Text on the console without interrupts, for a program that has nothing else left to do.
pub fn last_words(text: fmt::Arguments<'_>) {
    // It cannot fail.
    let _ = fmt::Write::write_fmt(&mut Patient, text);
}

/// Writes to the console and waits for each byte.
struct Patient;

impl fmt::Write for Patient {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while !CONSOLE.is(ROOM) {}
            CONSOLE.data.write(byte);
        }
        Ok(())
    }
}

/// Gives the card its place and lets it answer there.
fn set_card_up() {
    const SLOT_1: usize = 0x3000_0000 + (1 << 15);
    const ANSWER_PORTS: u32 = 1;
    // SAFETY: "virt" has the configuration of its PCI bus there; without a card, writes do nothing.
    let (command, place): (Register<u32>, Register<u32>) =
        unsafe { (Register::at(SLOT_1 + 4), Register::at(SLOT_1 + 0x10)) };
    place.write(PORT);
    command.write(ANSWER_PORTS);
}

impl ErrorType for &Uart {
    type Error = Infallible;
}

impl Read for &Uart {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        self.wait(DATA_READY, WANT_DATA, &self.reader).await;
        let mut count = 0;
        while let (true, Some(place)) = (self.is(DATA_READY), buf.get_mut(count)) {
            *place = self.data.read();
            count += 1;
        }
        Ok(count)
    }
}

impl Write for &Uart {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let Some(&first) = bytes.first() else { return Ok(0) };
        self.wait(ROOM, WANT_ROOM, &self.writer).await;
        self.data.write(first);
        Ok(1)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        self.wait(ROOM, WANT_ROOM, &self.writer).await;
        Ok(())
    }
}
