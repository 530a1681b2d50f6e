//! Addresses for who joins the access point (S-105).

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};

use edge_dhcp::server::{Server, ServerOptions};
use edge_dhcp::{Options, Packet};
use edge_nal::{UdpBind, UdpReceive, UdpSend};

use crate::IP;

/// The port of servers, and that of clients.
const SERVER: u16 = 67;
const CLIENT: u16 = 68;
/// Clients at a time. A phone that changes its hardware address counts again until its lease is over.
const CLIENTS: usize = 8;
/// As long as set-up lasts, seconds.
const LEASE_S: u32 = 600;
/// Longer requests are passed over; no client needs more.
const PACKET: usize = 768;

/// Gives addresses out until the socket fails. `now` tells seconds from any moment on.
///
/// # Errors
/// What the socket says.
pub async fn serve<N: UdpBind>(net: &N, now: impl FnMut() -> u64) -> Result<Infallible, N::Error> {
    let mut socket = net.bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), SERVER)).await?;
    let mut addresses = Addresses::new(now);
    let mut packet = [0; PACKET];
    loop {
        let (len, _) = socket.receive(&mut packet).await?;
        if let Some((to, len)) = addresses.answer(&mut packet, len)
            && let Some(answer) = packet.get(..len)
        {
            socket.send(SocketAddr::new(to.into(), CLIENT), answer).await?;
        }
    }
}

/// Who has which address.
struct Addresses<F> {
    server: Server<F, CLIENTS>,
}

impl<F: FnMut() -> u64> Addresses<F> {
    const fn new(now: F) -> Self {
        Self { server: Server::new(now, IP) }
    }

    /// Puts the answer in the place of a request; tells where it goes, and its length.
    fn answer(&mut self, packet: &mut [u8], len: usize) -> Option<(Ipv4Addr, usize)> {
        let own = [IP];
        let mut options = ServerOptions::new(IP, None);
        (options.gateways, options.dns, options.lease_duration_secs) = (&own, &own, LEASE_S);
        let request = Packet::decode(packet.get(..len)?).ok()?;
        let to = self.destination(&request);
        let mut room = Options::buf();
        let reply = self.server.handle_request(&mut room, &options, &request)?;
        Some((to, reply.encode(packet).ok()?.len()))
    }

    /// Who has an address of ours hears by it; nobody else can be reached but with all (RFC 2131, 4.1).
    fn destination(&self, request: &Packet<'_>) -> Ipv4Addr {
        let is_ours = (self.server.range_start..=self.server.range_end).contains(&request.ciaddr);
        if is_ours && !request.broadcast { request.ciaddr } else { Ipv4Addr::BROADCAST }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use edge_dhcp::{DhcpOption, MessageType, Settings};
    use proptest::prelude::*;

    use super::*;

    /// What a reply gives.
    struct Given {
        ip: Ipv4Addr,
        server: Option<Ipv4Addr>,
        gateway: Option<Ipv4Addr>,
        mask: Option<Ipv4Addr>,
        dns: Option<Ipv4Addr>,
        lease_s: Option<u32>,
    }

    /// What a client says and hears.
    struct Client<'s, F> {
        addresses: &'s mut Addresses<F>,
        mac: [u8; 6],
        ciaddr: Option<Ipv4Addr>,
    }

    impl<F: FnMut() -> u64> Client<'_, F> {
        fn says(
            &mut self,
            kind: MessageType,
            options: &[DhcpOption<'_>],
        ) -> Option<(MessageType, Given, Ipv4Addr)> {
            // Who does not ask for mask, gateway and name server gets none.
            let asks = DhcpOption::ParameterRequestList(&[1, 3, 6]);
            let options = [&[DhcpOption::MessageType(kind), asks], options].concat();
            let packet = Packet::new_request(self.mac, 7, 0, self.ciaddr, false, Options::new(&options));
            let mut room = [0; PACKET];
            let len = packet.encode(&mut room).unwrap().len();
            let (to, len) = self.addresses.answer(&mut room, len)?;
            let reply = Packet::decode(&room[..len]).unwrap();
            assert!(reply.is_for_us(&self.mac, 7));
            let kind = reply.options.iter().find_map(|option| match option {
                DhcpOption::MessageType(kind) => Some(kind),
                _ => None,
            });
            let told = Settings::new(&reply);
            let given = Given {
                ip: told.ip,
                server: told.server_ip,
                gateway: told.gateway,
                mask: told.subnet,
                dns: told.dns1,
                lease_s: told.lease_time_secs,
            };
            Some((kind.unwrap(), given, to))
        }

        fn joins(&mut self) -> Option<Ipv4Addr> {
            let (kind, offered, _) = self.says(MessageType::Discover, &[])?;
            assert_eq!(kind, MessageType::Offer);
            let wanted = [DhcpOption::RequestedIpAddress(offered.ip), DhcpOption::ServerIdentifier(IP)];
            let (kind, given, to) = self.says(MessageType::Request, &wanted)?;
            assert_eq!(to, Ipv4Addr::BROADCAST);
            (kind == MessageType::Ack).then_some(given.ip)
        }
    }

    fn client<F>(addresses: &mut Addresses<F>, last: u8) -> Client<'_, F> {
        Client { addresses, mac: [2, 0, 0, 0, 0, last], ciaddr: None }
    }

    // S-105
    #[test]
    fn a_client_gets_an_address_and_the_device_as_gateway_and_name_server() {
        let mut addresses = Addresses::new(|| 0);
        let (kind, offered, to) = client(&mut addresses, 1).says(MessageType::Discover, &[]).unwrap();
        assert_eq!((kind, to), (MessageType::Offer, Ipv4Addr::BROADCAST));
        assert_eq!(offered.ip, Ipv4Addr::new(192, 168, 4, 50));
        let own = Some(IP);
        assert_eq!((offered.server, offered.gateway, offered.dns), (own, own, own));
        assert_eq!((offered.mask, offered.lease_s), (Some(Ipv4Addr::new(255, 255, 255, 0)), Some(600)));
    }

    // S-105
    #[test]
    fn each_has_its_own_and_keeps_it() {
        let mut addresses = Addresses::new(|| 0);
        let given: Vec<_> = (1..=9).map(|last| client(&mut addresses, last).joins()).collect();
        let expected: Vec<_> =
            (50..58).map(|last| Some(Ipv4Addr::new(192, 168, 4, last))).chain([None]).collect();
        assert_eq!(given, expected);
        assert_eq!(client(&mut addresses, 3).joins(), expected[2]);
        // One that is known is answered at its address.
        let mut known = client(&mut addresses, 3);
        known.ciaddr = expected[2];
        assert_eq!(
            known.says(MessageType::Request, &[]).map(|(kind, _, to)| (kind, Some(to))),
            Some((MessageType::Ack, expected[2]))
        );
    }

    #[test]
    fn an_address_is_free_again_when_its_lease_is_over() {
        let now = Cell::new(0);
        let mut addresses = Addresses::new(|| now.get());
        let first = client(&mut addresses, 1).joins().unwrap();
        let wants = |addresses: &mut Addresses<_>| {
            let wanted = [DhcpOption::RequestedIpAddress(first), DhcpOption::ServerIdentifier(IP)];
            client(addresses, 2).says(MessageType::Request, &wanted).unwrap().0
        };
        now.set(600);
        assert_eq!(wants(&mut addresses), MessageType::Nak);
        now.set(601);
        assert_eq!(wants(&mut addresses), MessageType::Ack);
    }

    // S-105
    #[test]
    fn what_is_said_to_another_server_or_comes_from_another_network_gets_nothing() {
        let mut addresses = Addresses::new(|| 0);
        let strange = Ipv4Addr::new(10, 0, 0, 1);
        let mut client = client(&mut addresses, 1);
        assert!(client.says(MessageType::Discover, &[DhcpOption::ServerIdentifier(strange)]).is_none());
        client.ciaddr = Some(strange);
        let (kind, _, to) = client.says(MessageType::Request, &[]).unwrap();
        assert_eq!((kind, to), (MessageType::Nak, Ipv4Addr::BROADCAST));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..PACKET), more in 0usize..2000) {
            let mut packet = [0; PACKET];
            packet[..bytes.len()].copy_from_slice(&bytes);
            let mut addresses = Addresses::new(|| 0);
            let _ = addresses.answer(&mut packet, bytes.len());
            let _ = addresses.answer(&mut packet, bytes.len() + more);
        }

        // A request whose head is right reaches the options.
        #[test]
        fn no_options_break_it(options in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut packet = [0; PACKET];
            let head = Packet::new_request([2; 6], 7, 0, None, false, Options::new(&[]));
            let len = head.encode(&mut packet).unwrap().len().min(240);
            packet[len..len + options.len()].copy_from_slice(&options);
            let mut addresses = Addresses::new(|| 0);
            let _ = addresses.answer(&mut packet, len + options.len());
        }
    }
}
