//! The secure link: a handshake with both ways of knowing the broker, and a conversation.

use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Waker};

use embassy_futures::yield_now;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use rand_core::{CryptoRng, RngCore};
use sonoff_core::{Device, Input, Instant, io};
use sonoff_hal::tls::{Conversation, Fingerprint, Peer, Proof, Tls};
use sonoff_tls::{Memory, Secure};

static mut MEMORY: Memory = Memory::new();

/// One step of a connection.
pub fn connect(device: &mut Device, now: u64) {
    // SAFETY: the chip has one core, and nobody else takes it.
    let memory = unsafe { &mut *core::ptr::addr_of_mut!(MEMORY) };
    let mut secure = Secure::new(Chance, memory.rooms()).with_authority(black_box(&[]));
    let now = Instant::from_millis(now);
    let proof = match device.proof() {
        None => return,
        Some(io::Proof::Authority) => Proof::Authority,
        Some(io::Proof::Keys(keys)) => Proof::Keys(keys),
    };
    let peer = Peer { host: black_box("hub.local"), proof, now: device.unix_time(now) };
    let mut talk = Talk { device, now };
    let link = pin!(secure.secure(Wire, Wire, &peer, &mut talk));
    let _ = black_box(link.poll(&mut Context::from_waker(Waker::noop())));
}

struct Talk<'d> {
    device: &'d mut Device,
    now: Instant,
}

impl Conversation for Talk<'_> {
    async fn patience(&mut self) {
        yield_now().await;
    }

    fn learned(&mut self, key: &Fingerprint) {
        self.device.handle(self.now, Input::Learned(key));
    }

    async fn talk<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) {
        let mut bytes = [0; 16];
        while black_box(writer.write_all(&bytes).await).is_ok() && black_box(writer.flush().await).is_ok() {
            let _ = black_box(reader.read(&mut bytes).await);
        }
    }
}

/// Bytes that the linker knows nothing about.
struct Wire;

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        yield_now().await;
        Ok(black_box(buf.len()))
    }
}

impl Write for Wire {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        yield_now().await;
        Ok(black_box(buf).len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// A chip's source of random numbers, as far as it is not the chip's own.
struct Chance;

impl RngCore for Chance {
    fn next_u32(&mut self) -> u32 {
        black_box(4)
    }

    fn next_u64(&mut self) -> u64 {
        black_box(4)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        black_box(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Chance {}
