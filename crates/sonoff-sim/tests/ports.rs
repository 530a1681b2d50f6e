//! The open ports of the virtual Sonoff are those that SECURITY.md lists: every TCP port is knocked at, and the sockets of
//! the program are looked at.
#![cfg(target_os = "linux")]
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use common::Sim;

/// What the sockets of a program are, as `TCP 80`; only those on which it listens, or hears from anybody.
fn sockets_of(pid: u32) -> BTreeSet<String> {
    let links = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|link| fs::read_link(link.ok()?.path()).ok());
    let own: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let mut found = BTreeSet::new();
    // 0A is a stream that listens, 07 a socket for datagrams that is connected to nobody.
    for (kind, state) in [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{kind}")).unwrap();
        for line in table.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, at, ..] = words[..] else { panic!("{line}") };
            let is_own = own.contains(&format!("socket:[{}]", words.get(9).unwrap()));
            if at == state && is_own {
                let port = u16::from_str_radix(local.rsplit(':').next().unwrap(), 16).unwrap();
                found.insert(format!("{} {port}", kind.get(..3).unwrap().to_uppercase()));
            }
        }
    }
    found
}

/// All TCP ports of an address at which somebody answers.
fn open_ports(address: Ipv4Addr) -> BTreeSet<u16> {
    let answers = |port: &u16| {
        let at = SocketAddr::new(address.into(), *port);
        TcpStream::connect_timeout(&at, Duration::from_secs(5)).is_ok()
    };
    (1..=u16::MAX).filter(answers).collect()
}

/// The ports of the list; the pages of the simulator have another one.
fn listed(pages: u16) -> BTreeSet<String> {
    let text = include_str!("../../../SECURITY.md");
    let (_, list) = text.split_once("\n## Open ports\n").unwrap();
    let list = list.split("\n## ").next().unwrap();
    let rows = list.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let ports = rows.filter(|cell| cell.starts_with("TCP ") || cell.starts_with("UDP "));
    ports.map(|port| if port == "TCP 80" { format!("TCP {pages}") } else { port.to_owned() }).collect()
}

/// Addresses of this machine that nobody else uses: one for the device, one to compare with.
fn addresses() -> [Ipv4Addr; 2] {
    let [_, b, c, d] = std::process::id().to_be_bytes();
    [Ipv4Addr::new(127, 128 | b >> 1, c, d | 1), Ipv4Addr::new(127, 128 | b >> 1, c, d & !1)]
}

// S16
#[test]
fn the_open_ports_are_those_of_the_list() {
    const PAGES: u16 = 8099;
    let [own, nobody] = addresses();
    let mut sim = Sim::start(&["--broker", "mqtt://127.0.0.1:1", "--http", &format!("{own}:{PAGES}")]);
    sim.says("CONNECT FAILED");
    let open: BTreeSet<u16> = &open_ports(own) - &open_ports(nobody);
    assert_eq!(open, BTreeSet::from([PAGES]));
    // At such an address it is not announced, and it is no access point.
    let streams: BTreeSet<String> =
        listed(PAGES).into_iter().filter(|port| port.starts_with("TCP")).collect();
    assert_eq!(streams, BTreeSet::from([format!("TCP {PAGES}")]));
    assert_eq!(sockets_of(sim.pid()), streams);
    sim.types("webserver 0");
    sim.says(r#"{"Webserver":"OFF"}"#);
    assert_eq!(open_ports(own).difference(&open_ports(nobody)).count(), 0);
    assert_eq!(sockets_of(sim.pid()), BTreeSet::new());
}

// S16
#[test]
fn without_pages_nothing_is_open() {
    let mut sim = Sim::start(&["--broker", "mqtt://127.0.0.1:1", "--no-web"]);
    sim.says("CONNECT FAILED");
    assert_eq!(sockets_of(sim.pid()), BTreeSet::new());
}
