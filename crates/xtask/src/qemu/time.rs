//! A time server for which it is always the same time.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// 2030-01-02T03:04:05Z, in seconds since 1970; a time that no machine has by chance.
const NOW: u32 = 1_893_553_445;
/// The same as Status 7 shows it, but for the seconds.
pub const SHOWN: &str = "\"UTC\":\"2030-01-02T03:04:";
/// From 1900, where the protocol begins, to 1970.
const SINCE_1900: u32 = 2_208_988_800;

/// Answers at this machine's port 123 until it is dropped.
pub struct TimeServer {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TimeServer {
    /// `None` where the port cannot be had: it belongs to the system.
    pub fn start() -> Option<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 123)).ok()?;
        socket.set_read_timeout(Some(Duration::from_millis(100))).ok()?;
        let over = Arc::new(AtomicBool::new(false));
        let flag = over.clone();
        let thread = thread::spawn(move || serve(&socket, &flag));
        Some(Self { over, thread: Some(thread) })
    }
}

impl Drop for TimeServer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // It has nothing to tell.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(socket: &UdpSocket, over: &AtomicBool) {
    let mut question = [0; 48];
    while !over.load(Ordering::Relaxed) {
        if let Ok((48, from)) = socket.recv_from(&mut question) {
            tell(socket, from, &question);
        }
    }
}

/// The question's own time goes back, so that the client knows its answer.
fn tell(socket: &UdpSocket, to: SocketAddr, question: &[u8; 48]) {
    const SERVER: u8 = 0x24;
    const STRATUM: u8 = 1;
    let asked = question.last_chunk::<8>().copied().unwrap_or_default();
    let [s0, s1, s2, s3] = NOW.wrapping_add(SINCE_1900).to_be_bytes();
    let now = [s0, s1, s2, s3, 0, 0, 0, 0];
    let head = [SERVER, STRATUM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'L', b'O', b'C', b'L'];
    let answer = [&head[..], &now, &asked, &now, &now].concat();
    // One that is lost is asked for again.
    let _ = socket.send_to(&answer, to);
}
