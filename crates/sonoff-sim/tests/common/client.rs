//! An MQTT client that sends and expects raw bytes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use super::PATIENCE;

/// A client that sends and expects raw bytes.
pub struct Client(pub TcpStream);

impl Client {
    /// A client that is connected to the broker at this port.
    pub fn at(port: u16, name: &str) -> Self {
        let mut client = Self(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap());
        client.0.set_read_timeout(Some(PATIENCE)).unwrap();
        client
            .send(&[b"\x10", &[12 + name.len() as u8][..], b"\0\x04MQTT\x04\x02\0\0", &field(name)].concat());
        client.expect(&[0x20, 2, 0, 0]);
        client
    }

    /// The next message is this one, kept by the broker or fresh.
    #[track_caller]
    pub fn hears(&mut self, topic: &str, payload: &str) {
        assert_eq!(self.message(), (topic.to_owned(), payload.to_owned()));
    }

    /// Topic and payload of the next message, which must be a small one at QoS 0.
    pub fn message(&mut self) -> (String, String) {
        let mut head = [0; 4];
        self.0.read_exact(&mut head).unwrap();
        let [first, len, _, topic_len] = head;
        assert!(first & 0xfe == 0x30 && len < 128, "{head:x?}");
        let mut rest = vec![0; usize::from(len) - 2];
        self.0.read_exact(&mut rest).unwrap();
        let (topic, payload) = rest.split_at(usize::from(topic_len));
        (String::from_utf8(topic.to_vec()).unwrap(), String::from_utf8(payload.to_vec()).unwrap())
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    pub fn subscribe(&mut self, filter: &str) {
        self.send(&[b"\x82", &[5 + filter.len() as u8][..], b"\0\x01", &field(filter), &[0]].concat());
        self.expect(&[0x90, 3, 0, 1, 0]);
    }

    #[track_caller]
    pub fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        self.0.read_exact(&mut got).unwrap();
        assert_eq!(got, bytes);
    }

    /// The stream is over.
    #[track_caller]
    pub fn ends(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    }
}

/// A text with its length.
pub fn field(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// A PUBLISH packet at QoS 0.
pub fn publish(topic: &str, payload: &str, retain: bool) -> Vec<u8> {
    let len = u8::try_from(2 + topic.len() + payload.len()).unwrap();
    assert!(len < 128);
    [&[0x30 | u8::from(retain), len][..], &field(topic), payload.as_bytes()].concat()
}
