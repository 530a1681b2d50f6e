//! Multicast DNS as bytes: questions, and what is to be learnt from answers. Anybody may have written those.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use edge_mdns::domain::base::iana::{Class, Opcode, Rcode};
use edge_mdns::domain::base::message_builder::{PushError, QuestionBuilder};
use edge_mdns::domain::base::name::ToLabelIter;
use edge_mdns::domain::base::rdata::ParseRecordData;
use edge_mdns::domain::base::{Message, MessageBuilder, ParsedName, Record, Rtype, ToName};
use edge_mdns::domain::rdata::{A, Ptr, Srv};
use edge_mdns::{Buf, NameSlice, set_header};
use heapless::{String, Vec};

/// Where questions go.
pub(crate) const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The port of questions to all, and of everybody who answers.
pub(crate) const PORT: u16 = 5353;
/// Most bytes of a question: room for two names that people give.
pub(crate) const QUESTION: usize = 192;
/// Brokers that are told apart.
const MOST: usize = 4;

/// What brokers are announced as.
const SERVICE: NameSlice<'static> = NameSlice::new(&["_mqtt", "_tcp", "local"]);
/// Set in the class of a record that replaces all others of its name.
pub(crate) const FLUSH: u16 = 0x8000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question<'q> {
    /// Which brokers there are.
    Brokers,
    /// The address of the host of this name.
    Host(&'q str),
}

impl Question<'_> {
    /// Writes the question; its length.
    pub fn write(&self, id: u16, out: &mut [u8]) -> Option<usize> {
        match self {
            Self::Brokers => write(id, out, |to| to.push((SERVICE, Rtype::PTR))),
            Self::Host(name) => {
                let labels = labels(name)?;
                write(id, out, |to| to.push((NameSlice::new(&labels), Rtype::A)))
            }
        }
    }
}

/// The labels of a name that is asked for by multicast DNS: one that ends in `.local`.
pub(crate) fn labels(host: &str) -> Option<Vec<&str, 8>> {
    let mut labels = Vec::new();
    host.split('.').try_for_each(|label| labels.push(label)).ok()?;
    let is_local = labels.len() > 1 && labels.last().is_some_and(|last| last.eq_ignore_ascii_case("local"));
    // Longer or empty ones are none, and would not be survived.
    let are_right = labels.iter().all(|label| (1..=63).contains(&label.len()));
    (is_local && are_right).then_some(labels)
}

fn write(
    id: u16,
    out: &mut [u8],
    ask: impl FnOnce(&mut QuestionBuilder<Buf<'_>>) -> Result<(), PushError>,
) -> Option<usize> {
    let mut message = MessageBuilder::from_target(Buf::new(out)).ok()?;
    set_header(&mut message, id, false);
    let mut questions = message.question();
    ask(&mut questions).ok()?;
    Some(questions.finish().1)
}

/// What was learnt from answers.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// All places, the first one first.
    pub places: Vec<SocketAddrV4, MOST>,
    /// The name of the first one's host.
    pub name: String<48>,
}

impl Findings {
    /// Takes what an answer says to the question.
    pub fn take(&mut self, question: Question<'_>, answer: &Answer<'_>) {
        match question {
            Question::Brokers => answer.brokers().for_each(|(host, at)| self.add(at, || shown(&host))),
            Question::Host(name) => {
                let ip = labels(name).and_then(|labels| answer.address_of(&NameSlice::new(&labels)));
                ip.into_iter().for_each(|ip| self.add(SocketAddrV4::new(ip, 0), String::new));
            }
        }
    }

    /// Of brokers there may be more, a host is there once.
    pub fn are_enough(&self, question: Question<'_>) -> bool {
        matches!(question, Question::Host(_)) && !self.places.is_empty()
    }

    fn add(&mut self, at: SocketAddrV4, name: impl FnOnce() -> String<48>) {
        if self.places.is_empty() {
            self.name = name();
        }
        if !self.places.contains(&at) {
            // One too many is not counted.
            let _ = self.places.push(at);
        }
    }
}

/// A message that answers.
pub(crate) struct Answer<'m> {
    message: &'m Message<[u8]>,
    from: Ipv4Addr,
}

impl<'m> Answer<'m> {
    /// `None` for what is no answer, or comes from where no answer can come from.
    pub fn new(bytes: &'m [u8], from: SocketAddr) -> Option<Self> {
        let SocketAddr::V4(from) = from else { return None };
        let message = Message::from_slice(bytes).ok()?;
        let header = message.header();
        let answers = header.qr() && header.opcode() == Opcode::QUERY && header.rcode() == Rcode::NOERROR;
        (answers && from.port() == PORT).then_some(Self { message, from: *from.ip() })
    }

    /// The number of the question; answers to all have none.
    pub fn id(&self) -> u16 {
        self.message.header().id()
    }

    /// The brokers that can be reached by what stands here: their hosts, and where they are.
    fn brokers(&self) -> impl Iterator<Item = (ParsedName<&'m [u8]>, SocketAddrV4)> {
        self.services().filter_map(|service| {
            let host = *service.data().target();
            Some((host, SocketAddrV4::new(self.address_of(&host)?, service.data().port())))
        })
    }

    /// The address of a host. Of several the one is best that answered itself: it can be reached from here.
    fn address_of(&self, host: &impl ToName) -> Option<Ipv4Addr> {
        let addresses = self.records::<A>().filter(|a| a.owner().name_eq(host));
        let addresses = addresses.map(|a| Ipv4Addr::from(a.data().addr().octets())).filter(is_usable);
        addresses.fold(None, |best, ip| if best.is_none() || ip == self.from { Some(ip) } else { best })
    }

    /// Writes the question for what a broker was announced without: its port, its address.
    pub fn follow_up(&self, id: u16, out: &mut [u8]) -> Option<usize> {
        if let Some(service) = self.services().next() {
            let target = service.data().target();
            self.address_of(target).is_none().then_some(())?;
            return write(id, out, |to| {
                to.push((service.owner(), Rtype::SRV))?;
                to.push((target, Rtype::A))
            });
        }
        let instance = self.records::<Ptr<_>>().find(|ptr| ptr.owner().name_eq(&SERVICE))?;
        write(id, out, |to| to.push((instance.data().ptrdname(), Rtype::SRV)))
    }

    fn services(&self) -> impl Iterator<Item = Record<ParsedName<&'m [u8]>, Srv<ParsedName<&'m [u8]>>>> {
        let services = self.records::<Srv<_>>();
        services.filter(|service| is_broker(service.owner()) && service.data().port() > 0)
    }

    /// The records of one kind that are not on their way out.
    fn records<D: ParseRecordData<'m, [u8]>>(&self) -> impl Iterator<Item = Record<ParsedName<&'m [u8]>, D>> {
        let records = self.message.iter().map_while(Result::ok);
        let records = records.filter_map(|(record, _)| record.into_record::<D>().ok().flatten());
        records.filter(|record| {
            record.class().to_int() & !FLUSH == Class::IN.to_int() && record.ttl().as_secs() > 0
        })
    }
}

/// One label before the service's name.
fn is_broker(name: &impl ToName) -> bool {
    name.iter_labels().skip(1).eq(SERVICE.iter_labels())
}

const fn is_usable(ip: &Ipv4Addr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast()
}

/// As text with points. What a log cannot show is a question mark; the end of a long name is left out.
fn shown(name: &ParsedName<&[u8]>) -> String<48> {
    let mut text = String::new();
    for label in name.iter_labels().filter(|label| !label.is_root()) {
        let point = if text.is_empty() { "" } else { "." };
        let shown = label.iter().map(|byte| if byte.is_ascii_graphic() { char::from(byte) } else { '?' });
        let _ = point.chars().chain(shown).try_for_each(|char| text.push(char));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-86
    #[test]
    fn names_end_in_local_and_have_labels_of_a_right_length() {
        assert_eq!(labels("hub.local").unwrap(), ["hub", "local"]);
        assert_eq!(labels("a.b.LOCAL").unwrap(), ["a", "b", "LOCAL"]);
        let long = "x".repeat(64) + ".local";
        for name in ["", "local", "hub", "hub.lan", "hub.local.", ".local", "a..local", long.as_str()] {
            assert_eq!(labels(name), None, "{name}");
        }
    }

    // S-84
    #[test]
    fn a_question_is_written_whole_or_not_at_all() {
        let mut out = [0; QUESTION];
        let len = Question::Brokers.write(0x1234, &mut out).unwrap();
        let wire = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x05_mqtt\x04_tcp\x05local\0\0\x0C\0\x01";
        assert_eq!(out.get(..len), Some(&wire[..]));
        for room in 0..len {
            assert_eq!(Question::Brokers.write(1, out.get_mut(..room).unwrap()), None);
        }
    }

    // S-85
    #[test]
    fn answers_come_from_the_common_port_over_ipv4() {
        let answer = [0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let from = |ip: &str| ip.parse::<SocketAddr>().unwrap();
        assert!(Answer::new(&answer, from("10.0.0.9:5353")).is_some());
        assert!(Answer::new(&answer, from("10.0.0.9:5354")).is_none());
        assert!(Answer::new(&answer, from("[::1]:5353")).is_none());
        assert!(Answer::new(answer.get(..11).unwrap(), from("10.0.0.9:5353")).is_none());
    }
}
