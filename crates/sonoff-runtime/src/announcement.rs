//! What a device says of itself by multicast DNS, as bytes: where its pages are, to whoever asks. Anybody may ask.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use edge_mdns::domain::base::iana::{Class, Opcode};
use edge_mdns::domain::base::{
    Message, MessageBuilder, ParsedName, Question, Rtype, ToName, UnknownRecordData,
};
use edge_mdns::domain::rdata::Ptr;
use edge_mdns::{Buf, NameSlice, set_header};
use heapless::Vec;
use sonoff_core::Device;

use crate::mdns::{FLUSH, GROUP, PORT};

/// Most bytes of a question that is heard, and of what is said.
pub(crate) const ROOM: usize = 512;
/// Most bytes of what belongs to a record: an instance's name.
const CONTENT: usize = 64;

const ALL: SocketAddr = SocketAddr::V4(SocketAddrV4::new(GROUP, PORT));
/// Seconds that an address is good for, that a service is, and either for who asks as one asks a name server.
const HOST_S: u32 = 120;
const SERVICE_S: u32 = 4500;
const ONE_SHOT_S: u32 = 10;
/// In the class of a question: the answer may go to the asker alone.
const ALONE: u16 = 0x8000;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// All kinds of services.
    Services,
    /// Pages in general.
    Pages,
    /// The pages of this device.
    Instance,
    /// This device.
    Host,
}

/// A record: whose it is, of which type, how long it is good for, which others go with it, what belongs to it.
struct Fact {
    bit: u8,
    owner: Owner,
    kind: Rtype,
    seconds: u32,
    with: u8,
    content: fn(&Host<'_>, &mut Content) -> Option<()>,
}

type Content = Vec<u8, CONTENT>;

const KIND: u8 = 1;
const OFFER: u8 = 2;
const PLACE: u8 = 4;
const TEXT: u8 = 8;
const ADDRESS: u8 = 16;
const NO_OTHER: u8 = 32;
const EVERYTHING: u8 = 63;

/// All that there is to say. The last one answers whatever else is asked of the host.
const FACTS: [Fact; 6] = [
    fact(KIND, Owner::Services, Rtype::PTR, 0, pages),
    fact(OFFER, Owner::Pages, Rtype::PTR, PLACE | TEXT | ADDRESS, instance),
    fact(PLACE, Owner::Instance, Rtype::SRV, ADDRESS, place),
    fact(TEXT, Owner::Instance, Rtype::TXT, 0, nothing),
    fact(ADDRESS, Owner::Host, Rtype::A, 0, address),
    fact(NO_OTHER, Owner::Host, Rtype::NSEC, ADDRESS, address_alone),
];

const fn fact(
    bit: u8,
    owner: Owner,
    kind: Rtype,
    with: u8,
    content: fn(&Host<'_>, &mut Content) -> Option<()>,
) -> Fact {
    let names_host = bit & (PLACE | ADDRESS | NO_OTHER) != 0;
    let seconds = if names_host { HOST_S } else { SERVICE_S };
    Fact { bit, owner, kind, seconds, with, content }
}

fn pages(host: &Host<'_>, to: &mut Content) -> Option<()> {
    host.write_name(Owner::Pages, to)
}

fn instance(host: &Host<'_>, to: &mut Content) -> Option<()> {
    host.write_name(Owner::Instance, to)
}

fn place(host: &Host<'_>, to: &mut Content) -> Option<()> {
    let [high, low] = host.port.to_be_bytes();
    to.extend_from_slice(&[0, 0, 0, 0, high, low]).ok()?;
    host.write_name(Owner::Host, to)
}

fn nothing(_: &Host<'_>, to: &mut Content) -> Option<()> {
    to.push(0).ok()
}

fn address(host: &Host<'_>, to: &mut Content) -> Option<()> {
    to.extend_from_slice(&host.ip.octets()).ok()
}

/// Of all types the host has the first alone, which is that of addresses.
fn address_alone(host: &Host<'_>, to: &mut Content) -> Option<()> {
    host.write_name(Owner::Host, to)?;
    to.extend_from_slice(&[0, 1, 0x40]).ok()
}

/// What is to be said, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply {
    facts: u8,
    id: u16,
    /// The question, for who asks as one asks a name server.
    asked: Option<(Owner, Rtype)>,
    /// Where it goes.
    pub to: SocketAddr,
}

impl Reply {
    /// Everything, to all.
    pub const NEWS: Self = Self { facts: EVERYTHING, id: 0, asked: None, to: ALL };

    /// Others hear it, too.
    pub fn is_to_all(&self) -> bool {
        self.to == ALL
    }
}

/// A device whose pages can be seen.
pub(crate) struct Host<'d> {
    name: &'d str,
    /// Its address.
    pub ip: Ipv4Addr,
    mask: Ipv4Addr,
    port: u16,
}

impl<'d> Host<'d> {
    /// `None` for one without a network or with SetOption55 0, and for one whose name is more than one word.
    pub fn of(device: &'d Device, port: u16) -> Option<Self> {
        let (name, network) = (device.hostname(), device.network()?);
        let (ip, mask) = (network.ip, network.mask);
        let can_be_said = device.settings().option(55)
            && !ip.is_loopback()
            && (1..=32).contains(&name.len())
            && !name.contains('.');
        can_be_said.then_some(Self { name, ip, mask, port })
    }

    /// What a message asks of this device; `None` for everything else.
    pub fn hears(&self, bytes: &[u8], from: SocketAddr) -> Option<Reply> {
        let SocketAddr::V4(asker) = from else { return None };
        let message = Message::from_slice(bytes).ok()?;
        let header = message.header();
        let asks = !header.qr() && header.opcode() == Opcode::QUERY && self.is_near(*asker.ip());
        asks.then_some(())?;
        let is_one_shot = asker.port() != PORT;
        let known = if !is_one_shot && self.is_known(message) { OFFER } else { 0 };
        let (mut facts, mut asked, mut alone) = (0, None, true);
        for question in message.question().map_while(Result::ok) {
            if let Some((owner, wanted)) = self.answers(&question, known) {
                facts |= wanted;
                asked.get_or_insert((owner, question.qtype()));
                alone &= question.qclass().to_int() & ALONE != 0;
            }
        }
        let to = if is_one_shot || alone { from } else { ALL };
        let id = if is_one_shot { header.id() } else { 0 };
        (facts != 0).then_some(Reply { facts, id, asked: asked.filter(|_| is_one_shot), to })
    }

    /// Nobody farther away is answered (RFC 6762, 11).
    fn is_near(&self, ip: Ipv4Addr) -> bool {
        (self.ip.to_bits() ^ ip.to_bits()) & self.mask.to_bits() == 0
    }

    /// What is asked about, and what of it answers that is not known.
    fn answers(&self, question: &Question<ParsedName<&[u8]>>, known: u8) -> Option<(Owner, u8)> {
        let class = Class::from_int(question.qclass().to_int() & !ALONE);
        let kind = question.qtype();
        let is_meant = |fact: &Fact| {
            (kind == fact.kind || kind == Rtype::ANY || fact.kind == Rtype::NSEC)
                && question.qname().name_eq(&NameSlice::new(&self.labels(fact.owner)))
        };
        let found =
            FACTS.iter().filter(|fact| fact.bit & known == 0 && is_meant(fact)).fold(None, |found, fact| {
                let before = found.map_or(0, |(_, facts)| facts);
                Some((fact.owner, before | fact.bit | fact.with))
            });
        found.filter(|_| class == Class::IN || class == Class::ANY)
    }

    /// The asker knows already that this device has pages, and for long enough (RFC 6762, 7.1).
    fn is_known(&self, message: &Message<[u8]>) -> bool {
        let labels = self.labels(Owner::Instance);
        let Ok(known) = message.answer() else { return false };
        known.limit_to::<Ptr<_>>().map_while(Result::ok).any(|record| {
            record.data().ptrdname().name_eq(&NameSlice::new(&labels))
                && record.ttl().as_secs() >= SERVICE_S / 2
        })
    }

    fn labels(&self, owner: Owner) -> Vec<&'d str, 4> {
        let all: &[&str] = match owner {
            Owner::Services => &["_services", "_dns-sd", "_udp", "local"],
            Owner::Pages => &["_http", "_tcp", "local"],
            Owner::Instance => &[self.name, "_http", "_tcp", "local"],
            Owner::Host => &[self.name, "local"],
        };
        all.iter().copied().collect()
    }

    /// Without a pointer to what stands before: some do not follow one here.
    fn write_name(&self, owner: Owner, to: &mut Content) -> Option<()> {
        for label in self.labels(owner) {
            to.push(u8::try_from(label.len()).ok()?).ok()?;
            to.extend_from_slice(label.as_bytes()).ok()?;
        }
        to.push(0).ok()
    }

    /// Writes what is to be said; its length.
    pub fn write(&self, reply: &Reply, out: &mut [u8]) -> Option<usize> {
        let mut message = MessageBuilder::from_target(Buf::new(out)).ok()?;
        set_header(&mut message, reply.id, true);
        let mut questions = message.question();
        if let Some((owner, kind)) = reply.asked {
            questions.push((NameSlice::new(&self.labels(owner)), kind)).ok()?;
        }
        let mut records = questions.answer();
        for fact in FACTS.iter().filter(|fact| reply.facts & fact.bit != 0) {
            let mut content = Content::new();
            (fact.content)(self, &mut content)?;
            let content = UnknownRecordData::from_octets(fact.kind, &content).ok()?;
            let seconds = if reply.asked.is_some() { ONE_SHOT_S } else { fact.seconds };
            // Of what this device alone can say all else is void; those who ask a name server do not know the sign.
            let flush = if reply.asked.is_none() && fact.kind != Rtype::PTR { FLUSH } else { 0 };
            let class = Class::from_int(Class::IN.to_int() | flush);
            records.push((NameSlice::new(&self.labels(fact.owner)), class, seconds, content)).ok()?;
        }
        Some(records.finish().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Host<'static> = Host {
        name: "sonoff-5206",
        ip: Ipv4Addr::new(10, 0, 0, 5),
        mask: Ipv4Addr::new(255, 255, 255, 0),
        port: 80,
    };

    /// A question for these names and types, of class IN.
    fn question(id: u16, wanted: &[(&[&str], Rtype)]) -> Vec<u8, ROOM> {
        let mut room = [0; ROOM];
        let mut message = MessageBuilder::from_target(Buf::new(&mut room)).unwrap();
        set_header(&mut message, id, false);
        let mut questions = message.question();
        wanted.iter().for_each(|(name, kind)| questions.push((NameSlice::new(name), *kind)).unwrap());
        let len = questions.finish().1;
        Vec::from_slice(&room[..len]).unwrap()
    }

    fn hears(wanted: &[(&[&str], Rtype)], from: &str) -> Option<Reply> {
        HOST.hears(&question(7, wanted), from.parse().unwrap())
    }

    const PAGES: &[&str] = &["_http", "_TCP", "Local"];
    const NAME: &[&str] = &["SONOFF-5206", "local"];

    // W-18
    #[test]
    fn each_question_has_its_records() {
        let instance: &[&str] = &["sonoff-5206", "_http", "_tcp", "local"];
        let services: &[&str] = &["_services", "_dns-sd", "_udp", "local"];
        for (name, kind, facts) in [
            (services, Rtype::PTR, KIND),
            (PAGES, Rtype::PTR, OFFER | PLACE | TEXT | ADDRESS),
            (PAGES, Rtype::ANY, OFFER | PLACE | TEXT | ADDRESS),
            (instance, Rtype::SRV, PLACE | ADDRESS),
            (instance, Rtype::TXT, TEXT),
            (instance, Rtype::ANY, PLACE | TEXT | ADDRESS),
            (NAME, Rtype::A, ADDRESS | NO_OTHER),
            (NAME, Rtype::AAAA, ADDRESS | NO_OTHER),
        ] {
            let reply = hears(&[(name, kind)], "10.0.0.9:5353").unwrap();
            assert_eq!((reply.facts, reply.id, reply.to), (facts, 0, ALL), "{name:?} {kind}");
        }
        for (name, kind) in [
            (PAGES, Rtype::SRV),
            (instance, Rtype::A),
            (&["sonoff-5207", "local"], Rtype::A),
            (&["sonoff-5206"], Rtype::A),
            (&["x", "sonoff-5206", "local"], Rtype::A),
            (&["_mqtt", "_tcp", "local"], Rtype::PTR),
        ] {
            assert_eq!(hears(&[(name, kind)], "10.0.0.9:5353"), None, "{name:?} {kind}");
        }
    }

    // W-19
    #[test]
    fn who_asks_as_one_asks_a_name_server_is_answered_so() {
        let reply = hears(&[(NAME, Rtype::A)], "10.0.0.9:40000").unwrap();
        assert_eq!((reply.id, reply.to), (7, "10.0.0.9:40000".parse().unwrap()));
        let mut out = [0; ROOM];
        let len = HOST.write(&reply, &mut out).unwrap();
        let wire = b"\0\x07\x84\0\0\x01\0\x02\0\0\0\0\x0Bsonoff-5206\x05local\0\0\x01\0\x01\
            \x0Bsonoff-5206\x05local\0\0\x01\0\x01\0\0\0\x0A\0\x04\x0A\0\0\x05";
        assert_eq!(&out[..wire.len()], wire);
        for room in 0..len {
            assert_eq!(HOST.write(&reply, &mut out[..room]), None, "whole or not at all");
        }
    }

    // W-18
    #[test]
    fn everything_fits_and_says_that_it_is_the_devices_own() {
        let longest = Host { name: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ..HOST };
        let mut out = [0; ROOM];
        assert!(longest.write(&Reply::NEWS, &mut out).is_some());
        let len = HOST.write(&Reply::NEWS, &mut out).unwrap();
        let own = b"\x0Bsonoff-5206\x05local\0\0\x01\x80\x01\0\0\0\x78\0\x04\x0A\0\0\x05";
        assert!(out[..len].windows(own.len()).any(|part| part == own));
    }

    // W-19
    #[test]
    fn what_is_no_question_of_a_neighbour_is_passed_over() {
        let asked = question(7, &[(NAME, Rtype::A)]);
        let near: SocketAddr = "10.0.0.9:5353".parse().unwrap();
        assert!(HOST.hears(&asked, near).is_some());
        assert_eq!(HOST.hears(&asked, "10.0.1.9:5353".parse().unwrap()), None, "from another network");
        assert_eq!(HOST.hears(&asked, "[::1]:5353".parse().unwrap()), None);
        let mut answer = asked.clone();
        answer[2] |= 0x80;
        assert_eq!(HOST.hears(&answer, near), None, "an answer");
        for end in 0..asked.len() {
            assert_eq!(HOST.hears(&asked[..end], near), None, "{end}");
        }
    }

    // W-19
    #[test]
    fn who_knows_already_is_not_told_again() {
        let mut out = [0; ROOM];
        let known = Reply { facts: OFFER, ..Reply::NEWS };
        let len = HOST.write(&known, &mut out).unwrap();
        let mut asked = question(0, &[(PAGES, Rtype::PTR)]);
        asked.extend_from_slice(&out[12..len]).unwrap();
        asked[7] = 1;
        let near = "10.0.0.9:5353".parse().unwrap();
        assert_eq!(HOST.hears(&asked, near), None);
        let ttl = asked.len() - 2 - 30 - 4;
        asked[ttl..ttl + 4].copy_from_slice(&2249_u32.to_be_bytes());
        assert!(HOST.hears(&asked, near).is_some(), "not for long enough");
    }

    // W-19
    #[test]
    fn what_is_asked_beside_what_is_known_is_told() {
        let mut out = [0; ROOM];
        let len = HOST.write(&Reply { facts: OFFER, ..Reply::NEWS }, &mut out).unwrap();
        let mut asked = question(0, &[(PAGES, Rtype::PTR), (NAME, Rtype::A)]);
        asked.extend_from_slice(&out[12..len]).unwrap();
        asked[7] = 1;
        let reply = HOST.hears(&asked, "10.0.0.9:5353".parse().unwrap()).unwrap();
        assert_eq!(reply.facts, ADDRESS | NO_OTHER);
    }

    // W-19
    #[test]
    fn who_wants_no_others_to_hear_is_answered_alone() {
        let mut asked = question(7, &[(NAME, Rtype::A)]);
        let class = asked.len() - 2;
        asked[class] = 0x80;
        let near: SocketAddr = "10.0.0.9:5353".parse().unwrap();
        let reply = HOST.hears(&asked, near).unwrap();
        assert_eq!((reply.to, reply.id, reply.asked), (near, 0, None));
    }
}
