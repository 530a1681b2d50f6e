//! A broker's side of a secure link, in memory: rustls, which has nothing in common with what is tested.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::task::{Poll, Waker};

use aes_gcm::aead::{AeadInPlace, KeyInit};
use embedded_io_async::{ErrorType, Read, Write};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WantsServerCert;
use rustls::{ConfigBuilder, ConnectionTrafficSecrets, ServerConfig, ServerConnection, version};

/// What stands at the other end.
pub struct Broker {
    far: RefCell<Far>,
    state: RefCell<State>,
}

enum Far {
    Tls(Box<ServerConnection>),
    /// Says this, whatever it hears, and hangs up.
    Plain(&'static [u8]),
    /// Has its keys in its own hands.
    Free(Keys),
}

/// What the next record is encrypted with.
struct Keys {
    number: u64,
    secrets: ConnectionTrafficSecrets,
}

#[derive(Default)]
struct State {
    /// What is on its way to the device.
    sent: VecDeque<u8>,
    /// Text that came over the secure link.
    heard: Vec<u8>,
    /// All bytes that came.
    seen: Vec<u8>,
    hung_up: bool,
    /// The device has said farewell.
    closed: bool,
    /// A read gets no more bytes at once.
    trickle: Option<usize>,
    waker: Option<Waker>,
}

/// Settings of one that speaks TLS 1.3, but for its certificates.
pub fn tls_1_3() -> ConfigBuilder<ServerConfig, WantsServerCert> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    config.with_protocol_versions(&[&version::TLS13]).unwrap().with_no_client_auth()
}

impl Broker {
    /// One that speaks TLS 1.3 with these certificates, its own first.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self::with(tls_1_3().with_single_cert(chain, key).unwrap())
    }

    /// One of these settings.
    pub fn with(config: ServerConfig) -> Self {
        let link = ServerConnection::new(Arc::new(config)).unwrap();
        Self { far: RefCell::new(Far::Tls(Box::new(link))), state: RefCell::default() }
    }

    /// One that knows no TLS.
    pub fn plain(answer: &'static [u8]) -> Self {
        Self { far: RefCell::new(Far::Plain(answer)), state: RefCell::default() }
    }

    /// Its bytes come a few at a time.
    pub fn trickles(self, bytes: usize) -> Self {
        self.state.borrow_mut().trickle = Some(bytes);
        self
    }

    /// Text that came over the secure link.
    pub fn heard(&self) -> Vec<u8> {
        self.state.borrow().heard.clone()
    }

    /// All bytes that came.
    pub fn seen(&self) -> Vec<u8> {
        self.state.borrow().seen.clone()
    }

    /// Whether the device has ended the link as TLS wants it.
    pub fn has_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// Sends a text over the secure link.
    pub fn say(&self, text: &[u8]) {
        let Far::Tls(link) = &mut *self.far.borrow_mut() else { panic!("it has no secure link") };
        link.writer().write_all(text).unwrap();
        self.state.borrow_mut().send(link);
    }

    /// Takes the keys of the link, which `ServerConfig::enable_secret_extraction` allows, into its own hands.
    pub fn breaks_free(&self) {
        let mut far = self.far.borrow_mut();
        let Far::Tls(link) = std::mem::replace(&mut *far, Far::Plain(b"")) else { panic!("it has no link") };
        let (number, secrets) = link.dangerous_extract_secrets().unwrap().tx;
        *far = Far::Free(Keys { number, secrets });
    }

    /// Sends a record of this kind with this text, which no honest broker would.
    pub fn forges(&self, kind: u8, text: &[u8]) {
        let Far::Free(keys) = &mut *self.far.borrow_mut() else { panic!("it is not free") };
        let record = keys.seal(&[text, &[kind]].concat());
        let mut state = self.state.borrow_mut();
        state.sent.extend(record);
        state.wake();
    }

    /// The device's ends of the connection.
    pub fn split(&self) -> (In<'_>, Out<'_>) {
        (In(self), Out(self))
    }
}

impl Keys {
    /// A record as RFC 8446, 5.2 and 5.3 make it.
    fn seal(&mut self, text: &[u8]) -> Vec<u8> {
        let ConnectionTrafficSecrets::Aes128Gcm { key, iv } = &self.secrets else { panic!("another cipher") };
        let cipher = aes_gcm::Aes128Gcm::new_from_slice(key.as_ref()).unwrap();
        let mut nonce = [0; 12];
        nonce.copy_from_slice(iv.as_ref());
        nonce[4..].iter_mut().zip(self.number.to_be_bytes()).for_each(|(at, byte)| *at ^= byte);
        self.number += 1;
        let len = u16::try_from(text.len() + 16).unwrap().to_be_bytes();
        let mut record = vec![23, 3, 3, len[0], len[1]];
        let mut sealed = text.to_vec();
        let tag = cipher.encrypt_in_place_detached(&nonce.into(), &record, &mut sealed).unwrap();
        record.extend(sealed);
        record.extend(tag);
        record
    }
}

impl State {
    fn send(&mut self, link: &mut ServerConnection) {
        while link.wants_write() {
            link.write_tls(&mut self.sent).unwrap();
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn take(&mut self, buf: &mut [u8]) -> Option<usize> {
        if self.sent.is_empty() && !self.hung_up {
            return None;
        }
        let most = self.trickle.unwrap_or(buf.len()).min(buf.len());
        Some(std::io::Read::read(&mut self.sent, &mut buf[..most]).unwrap())
    }
}

/// From the broker.
pub struct In<'b>(&'b Broker);
/// To the broker.
pub struct Out<'b>(&'b Broker);

impl ErrorType for In<'_> {
    type Error = Infallible;
}

impl ErrorType for Out<'_> {
    type Error = Infallible;
}

impl Read for In<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            let mut state = self.0.state.borrow_mut();
            let Some(count) = state.take(buf) else {
                state.waker = Some(context.waker().clone());
                return Poll::Pending;
            };
            Poll::Ready(Ok(count))
        })
        .await
    }
}

impl Write for Out<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        let mut state = self.0.state.borrow_mut();
        state.seen.extend(buf);
        match &mut *self.0.far.borrow_mut() {
            Far::Tls(link) => state.hear(link, buf),
            Far::Plain(answer) => {
                state.sent.extend(*answer);
                state.hung_up = true;
            }
            Far::Free(_) => {}
        }
        state.wake();
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl State {
    fn hear(&mut self, link: &mut ServerConnection, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            link.read_tls(&mut bytes).unwrap();
            match link.process_new_packets() {
                Ok(state) => self.closed |= state.peer_has_closed(),
                Err(_) => self.hung_up = true,
            }
            let mut text = Vec::new();
            // It ends with "would block".
            let _ = link.reader().read_to_end(&mut text);
            self.heard.extend(text);
        }
        self.send(link);
    }
}
