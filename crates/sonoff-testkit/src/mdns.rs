//! Multicast DNS from the other side: messages byte by byte, and a host that announces services.

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use edge_nal::{MulticastV4, UdpBind, UdpReceive, UdpSend};

use crate::world::World;

/// Where questions go.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// The common port.
pub const PORT: u16 = 5353;

/// What brokers are announced as.
const BROKERS: &str = "_mqtt._tcp.local";

const A: u16 = 1;
const PTR: u16 = 12;
const SRV: u16 = 33;

/// An answer under construction. Names are text with points, and are written out in full.
#[derive(Debug, Clone)]
pub struct Message {
    bytes: Vec<u8>,
    /// Seconds that the next records live.
    ttl: u32,
}

impl Message {
    /// An answer with this number: that of the question, or 0 for one that all hear.
    pub fn answer(id: u16) -> Self {
        let mut bytes = vec![0; 12];
        bytes.splice(..4, id.to_be_bytes().into_iter().chain([0x84, 0]));
        Self { bytes, ttl: 120 }
    }

    /// The next records live so many seconds; 0 says goodbye.
    #[must_use]
    pub fn ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// A pointer from a service to one that offers it.
    #[must_use]
    pub fn ptr(self, service: &str, instance: &str) -> Self {
        self.record(service, PTR, &name(instance))
    }

    /// Where an instance is.
    #[must_use]
    pub fn srv(self, instance: &str, port: u16, host: &str) -> Self {
        let place = [0, 0, 0, 0].into_iter().chain(port.to_be_bytes()).chain(name(host));
        self.record(instance, SRV, &place.collect::<Vec<u8>>())
    }

    /// A host's address.
    #[must_use]
    pub fn a(self, host: &str, ip: Ipv4Addr) -> Self {
        self.record(host, A, &ip.octets())
    }

    /// Any record.
    #[must_use]
    pub fn record(self, owner: &str, kind: u16, data: &[u8]) -> Self {
        let mut bytes = self.bytes;
        let count = bytes.iter().skip(6).take(2).fold(0, |count, byte| count << 8 | u16::from(*byte)) + 1;
        bytes.splice(6..8, count.to_be_bytes());
        bytes.extend(name(owner));
        bytes.extend(kind.to_be_bytes());
        // Class IN, and all former ones of this name are void.
        bytes.extend([0x80, 1]);
        bytes.extend(self.ttl.to_be_bytes());
        bytes.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(data);
        Self { bytes, ttl: self.ttl }
    }

    /// All of it.
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap_or(0x3F));
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}

/// A question as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its number.
    pub id: u16,
    /// Who asks.
    pub from: SocketAddr,
    /// Names, with points, and kinds of records.
    pub wanted: Vec<(String, u16)>,
}

impl Question {
    /// `None` for what is no question.
    fn read(bytes: &[u8], from: SocketAddr) -> Option<Self> {
        let (head, mut rest) = bytes.split_first_chunk::<12>()?;
        let [a, b, 0, 0, c, d, ..] = *head else { return None };
        let mut wanted = Vec::new();
        for _ in 0..u16::from_be_bytes([c, d]) {
            let mut labels = Vec::new();
            while let Some((len, after)) = rest.split_first().filter(|(len, _)| **len > 0) {
                let (label, after) = after.split_at_checked(usize::from(*len))?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                rest = after;
            }
            let ([_, high, low, _, _], after) = rest.split_first_chunk()?;
            wanted.push((labels.join("."), u16::from_be_bytes([*high, *low])));
            rest = after;
        }
        Some(Self { id: u16::from_be_bytes([a, b]), from, wanted })
    }
}

/// A broker to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name, without points: `house`.
    pub name: String,
    /// The host's name: `hub.local`.
    pub host: String,
    /// The host's address.
    pub ip: Ipv4Addr,
    /// The broker's port.
    pub port: u16,
}

impl Service {
    fn instance(&self) -> String {
        format!("{}.{BROKERS}", self.name)
    }

    /// What it answers to one thing that is wanted.
    fn say(&self, message: Message, name: &str, kind: u16, is_terse: bool) -> Message {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        match kind {
            PTR if is(BROKERS) && is_terse => message.ptr(BROKERS, &self.instance()),
            PTR if is(BROKERS) => {
                let message = message.ptr(BROKERS, &self.instance());
                message.srv(&self.instance(), self.port, &self.host).a(&self.host, self.ip)
            }
            SRV if is(&self.instance()) => message.srv(&self.instance(), self.port, &self.host),
            A if is(&self.host) => message.a(&self.host, self.ip),
            _ => message,
        }
    }
}

/// A host that announces brokers. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Responder(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    services: RefCell<Vec<Service>>,
    questions: RefCell<Vec<Question>>,
    is_terse: Cell<bool>,
    is_deaf: Cell<bool>,
}

impl Responder {
    /// Announces these from now on, and none else.
    pub fn announce(&self, services: &[Service]) {
        self.0.services.replace(services.to_vec());
    }

    /// Says from now on only what it is asked for, and leaves the rest to more questions.
    pub fn be_terse(&self) {
        self.0.is_terse.set(true);
    }

    /// Hears from now on only what is asked from the common port.
    pub fn be_deaf_to_one_shots(&self) {
        self.0.is_deaf.set(true);
    }

    /// The questions since the last call.
    pub fn take_questions(&self) -> Vec<Question> {
        self.0.questions.take()
    }

    fn answer(&self, question: &Question) -> Option<(SocketAddr, Vec<u8>)> {
        let is_one_shot = question.from.port() != PORT;
        let (id, to) =
            if is_one_shot { (question.id, question.from) } else { (0, SocketAddr::new(GROUP.into(), PORT)) };
        if is_one_shot && self.0.is_deaf.get() {
            return None;
        }
        let services = self.0.services.borrow();
        let mut message = Message::answer(id);
        for (service, (name, kind)) in
            services.iter().flat_map(|service| question.wanted.iter().map(move |wanted| (service, wanted)))
        {
            message = service.say(message, name, *kind, self.0.is_terse.get());
        }
        let bytes = message.bytes();
        (bytes.len() > 12).then_some((to, bytes))
    }
}

impl World {
    /// Brings a host that announces brokers, none yet.
    pub fn responder(&mut self, ip: Ipv4Addr) -> Responder {
        let responder = Responder::default();
        let it = responder.clone();
        self.answer_questions(ip, move |question| {
            it.0.questions.borrow_mut().push(question.clone());
            it.answer(question).into_iter().collect()
        });
        responder
    }

    /// Brings a host that answers questions in its own manner: with datagrams to these places.
    pub fn answer_questions(
        &mut self,
        ip: Ipv4Addr,
        mut manner: impl FnMut(&Question) -> Vec<(SocketAddr, Vec<u8>)> + 'static,
    ) {
        let net = self.net().clone();
        self.spawn(async move {
            let Ok(mut socket) = net.bind(SocketAddr::new(ip.into(), PORT)).await else { return };
            let _ = socket.join_v4(GROUP, ip).await;
            let mut buf = [0; 1500];
            while let Ok((len, from)) = socket.receive(&mut buf).await {
                let question = buf.get(..len).and_then(|bytes| Question::read(bytes, from));
                for (to, bytes) in question.iter().flat_map(&mut manner) {
                    let _ = socket.send(to, &bytes).await;
                }
            }
        });
    }
}
