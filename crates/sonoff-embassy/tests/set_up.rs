//! The first set-up over two real stacks: a whole device but for its radio, and what a phone has of its own, DHCP and name
//! resolution.
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod cable;

use core::future::pending;
use core::net::{Ipv4Addr, SocketAddr};

use cable::{Side, fixed_v4, over_a_cable};
use edge_nal::TcpConnect;
use embassy_futures::select::{Either, select};
use embassy_net::dns::DnsQueryType;
use embassy_net::{ConfigV4, DhcpConfig, IpAddress, Ipv4Cidr};
use embedded_io_async::{Read, Write};
use sonoff_core::profile::Part;
use sonoff_core::{Device, Profile};
use sonoff_embassy::{EmbassyClock, Uplink, Wire};
use sonoff_hal::none::{NoConsole, NoSensors, NoStore, NoTime, NoTls};
use sonoff_hal::{Access, JoinError, Radio, RadioFacts, RadioStation, Station};
use sonoff_runtime::{Hardware, Memory, Pages, Remote, Silent};
use sonoff_setup::{ADDRESS, IP, dhcp};
use sonoff_testkit::bench::MAC;
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::MockSystem;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages, Part::SetUp], ..Profile::BASIC };
/// The first address that the device gives.
const FIRST: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 50);

/// A radio that does what it is told; its frames go over the cable.
struct Air;

impl Radio for Air {
    async fn renew(&mut self) -> Result<(), JoinError> {
        Ok(())
    }

    async fn join(&mut self, _: &Access<'_>) -> Result<(), JoinError> {
        Ok(())
    }

    fn facts(&self) -> Option<RadioFacts> {
        None
    }

    async fn changed(&mut self) {
        pending().await
    }

    async fn open(&mut self, _: &Access<'_>) -> Result<(), JoinError> {
        Ok(())
    }
}

fn own() -> Access<'static> {
    Access::new("sonoff-123456-5206", "abcdefgh2345").unwrap().with_address(Some(ADDRESS))
}

/// As the stack does it, but it asks again after a fifth of a second, not after ten.
fn by_dhcp() -> ConfigV4 {
    let mut config = DhcpConfig::default();
    config.retry_config.discover_timeout /= 50;
    ConfigV4::Dhcp(config)
}

/// A new device on this network, for one run.
async fn device(net: &'static Uplink<'static>) {
    let mut device = Device::new(PROFILE, MAC);
    let hardware = Hardware {
        pins: MockPins::default(),
        clock: EmbassyClock,
        net,
        station: RadioStation::new(Air, Wire::new(net)),
        store: NoStore::<2560>::new(),
        system: MockSystem::new(MAC),
        console: NoConsole,
        sensors: NoSensors,
        time: NoTime,
        tls: NoTls,
    };
    let (mut memory, mut site) = (Memory::<1280, 1280>::new(), sonoff_web::Memory::<1536, 1024>::new());
    let (buffers, remote) = (memory.buffers(), Remote::new());
    let pages = Pages { port: 80, announced: true, rooms: site.rooms() };
    sonoff_runtime::run_with_pages(&mut device, hardware, buffers, &Silent, &remote, pages).await;
}

/// Runs a phone beside a new device that has no network.
fn beside_a_new_device(phone: impl AsyncFnOnce(Side)) {
    over_a_cable(|near, far| async move {
        near.stack.set_config_v4(by_dhcp());
        far.stack.set_config_v4(by_dhcp());
        let ended = select(device(near.brought()), phone(far)).await;
        assert!(matches!(ended, Either::Second(())), "the device runs on");
    });
}

async fn page(phone: &Side, head: &str) -> String {
    let net = phone.uplink;
    let mut socket = net.connect(SocketAddr::new(IP.into(), 80)).await.unwrap();
    socket.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
    let (mut bytes, mut room) = (Vec::new(), [0; 512]);
    loop {
        match socket.read(&mut room).await.unwrap() {
            0 => return String::from_utf8_lossy(&bytes).into_owned(),
            len => bytes.extend_from_slice(&room[..len]),
        }
    }
}

// SX-50, SX-53, S-105, WX-20, WX-21
#[test]
fn a_phone_gets_an_address_finds_every_name_there_and_is_shown_the_page() {
    beside_a_new_device(async |phone| {
        phone.brought();
        phone.stack.wait_config_up().await;
        let config = phone.stack.config_v4().unwrap();
        assert_eq!((config.address, config.gateway), (Ipv4Cidr::new(FIRST, 24), Some(IP)));
        assert_eq!(config.dns_servers, [IP]);

        let (name, target) = ("connectivitycheck.gstatic.com", "/generate_204");
        let found = phone.stack.dns_query(name, DnsQueryType::A).await.unwrap();
        assert_eq!(found, [IpAddress::Ipv4(IP)]);

        let moved = page(&phone, &format!("GET {target} HTTP/1.1\r\nHost: {name}")).await;
        assert!(moved.starts_with("HTTP/1.1 302 Found\r\n"), "{moved}");
        assert!(moved.contains("\r\nLocation: http://192.168.4.1/\r\n"), "{moved}");
        let home = page(&phone, "GET / HTTP/1.1\r\nHost: 192.168.4.1").await;
        assert!(home.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"), "{home}");
    });
}

// S-104: what it was must not stay; the other end plays the router.
#[test]
fn afterwards_the_device_asks_for_an_address_again() {
    over_a_cable(|near, far| async move {
        far.stack.set_config_v4(fixed_v4(IP));
        let router = far.brought();
        near.stack.wait_link_up().await;
        let mut station = RadioStation::new(Air, Wire::new(near.brought()));
        assert_eq!(station.open(&own()).await, Ok(()));
        assert_eq!(station.facts().unwrap().ip, IP);
        station.close().await;
        let home = Access::new("home", "correct horse").unwrap();
        let joined = select(station.join(&home), dhcp::serve(&router, || 0)).await;
        assert!(matches!(joined, Either::First(Ok(()))));
        assert_eq!(station.facts().unwrap().ip, FIRST);
    });
}

// S-104: a radio that is not there yet fails, and the device tries again; nothing waits for it.
#[test]
fn without_a_stack_it_is_no_access_point() {
    over_a_cable(|near, _far| async move {
        let mut wire = Wire::new(near.uplink);
        assert_eq!(wire.open(&own()).await, Err(JoinError::Radio));
        wire.close().await;
        assert!(wire.facts().is_none());
    });
}
