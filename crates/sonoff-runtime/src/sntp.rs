//! The time of day from time servers, over UDP.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use edge_nal::{AddrType, Dns, UdpBind, UdpReceive, UdpSend};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use sntpc::{Error, NtpContext, NtpResult, NtpTimestampGenerator, NtpUdpSocket};
use sonoff_hal::{Clock, TimeSource};

const PORT: u16 = 123;
/// So many datagrams that are no answer are passed over; more look like an attack.
const STRAY: u8 = 8;
/// 2026-01-01T00:00:00Z. The protocol's seconds begin anew every 136 years; the time nearest to this one is meant, so
/// that this works until 2094.
const NEAR: u64 = 1_767_225_600;

/// Asks time servers by SNTP. `net` is the network's or a reference to it, `clock` the device's.
#[derive(Debug, Clone, Copy)]
pub struct Sntp<N, C> {
    net: N,
    clock: C,
}

impl<N: UdpBind + Dns, C: Clock> Sntp<N, C> {
    /// A client that opens a socket for each question.
    pub const fn new(net: N, clock: C) -> Self {
        Self { net, clock }
    }

    async fn resolve(&self, server: &str) -> Option<IpAddr> {
        match server.parse::<Ipv4Addr>() {
            Ok(address) => Some(address.into()),
            Err(_) => self.net.get_host_by_name(server, AddrType::IPv4).await.ok(),
        }
    }
}

impl<N: UdpBind + Dns, C: Clock> TimeSource for Sntp<N, C> {
    /// The answer is taken to have been on its way half the time since the question.
    async fn ask(&mut self, server: &str, nonce: u32) -> Option<u64> {
        let server = SocketAddr::new(self.resolve(server).await?, PORT);
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let socket = Datagrams(Mutex::new(self.net.bind(any).await.ok()?));
        let context = NtpContext::new(Nonce(nonce));
        let asked = self.clock.now();
        let request = sntpc::sntp_send_request(server, &socket, context).await.ok()?;
        for _ in 0..STRAY {
            match sntpc::sntp_process_response(server, &socket, context, request).await {
                Ok(answer) => return Some(unix_ms(&answer) + self.clock.now().saturating_sub(asked) / 2),
                // Somebody else's, or made up by who could not see the question.
                Err(Error::ResponseAddressMismatch | Error::IncorrectOriginTimestamp) => {}
                Err(_) => return None,
            }
        }
        None
    }
}

fn unix_ms(answer: &NtpResult) -> u64 {
    let millis = (u64::from(answer.seconds_fraction) * 1000 + (1 << 31)) >> 32;
    answer.seconds.saturating_mul(1000).saturating_add(millis)
}

/// What stands in a question for its time. A server sends it back and does nothing else with it, so chance serves
/// better than the truth: nobody else can guess it.
#[derive(Clone, Copy)]
struct Nonce(u32);

/// The part of the random number that becomes microseconds.
const MICROS: u32 = 1_000_000;

impl NtpTimestampGenerator for Nonce {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        NEAR + u64::from(self.0 / MICROS)
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        self.0 % MICROS
    }
}

/// A socket for `sntpc`, which sends and receives by a shared reference.
struct Datagrams<S>(Mutex<NoopRawMutex, S>);

impl<S: UdpSend + UdpReceive> NtpUdpSocket for Datagrams<S> {
    async fn send_to(&self, packet: &[u8], to: SocketAddr) -> sntpc::Result<usize> {
        self.0.lock().await.send(to, packet).await.map_err(|_| Error::Network)?;
        Ok(packet.len())
    }

    async fn recv_from(&self, packet: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        self.0.lock().await.receive(packet).await.map_err(|_| Error::Network)
    }
}
