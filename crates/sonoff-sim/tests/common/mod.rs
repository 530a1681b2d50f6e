//! What the tests of this crate share: a served broker, a raw client, and the mosquitto clients.
// Not every test uses everything.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sonoff_sim::listen;

/// No test waits longer for an event.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A broker on a free port, in a thread of its own.
pub struct Served {
    pub at: SocketAddr,
    stop: async_channel::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves until it is dropped.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = async_channel::bounded::<()>(1);
        let stopped = async move {
            let _ = stopped.recv().await;
        };
        let thread = thread::spawn(move || async_io::block_on(listen::serve(listener, stopped)).unwrap());
        Self { at, stop, thread: Some(thread) }
    }

    /// A connected client.
    pub fn client(&self, name: &str) -> Client {
        Client::at(self.at.port(), name)
    }

    /// A mosquitto client that is told where the broker is.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.at.port().to_string()]);
        command
    }

    /// `mosquitto_sub` that prints topic and payload; it is subscribed when this returns.
    pub fn subscriber(&self, filter: &str) -> (Child, BufReader<ChildStdout>) {
        self.client("ready").send(&publish("ready", "yes", true));
        let mut command = self.command("mosquitto_sub");
        command.args(["-v", "-t", filter, "-t", "ready"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        assert_eq!(line(&mut lines), "ready yes");
        (child, lines)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.close();
        self.thread.take().into_iter().for_each(|thread| thread.join().unwrap());
    }
}

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

/// The next line.
pub fn line(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// The lines of a stream.
pub fn lines(stream: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(stream).lines().map_while(Result::ok)
}

/// Whether the mosquitto clients are here. With `SONOFF_REQUIRE_PEERS=1` they must be.
pub fn mosquitto_clients() -> bool {
    let found = is_installed("mosquitto_pub");
    if !found {
        not_tested("mosquitto_pub");
    }
    found
}

/// Whether a program can be started.
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("-h").output().is_ok()
}

/// Says loudly that a test has tested nothing. With `SONOFF_REQUIRE_PEERS=1` that is a failure.
pub fn not_tested(program: &str) {
    let required = std::env::var_os("SONOFF_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "{program} is required and not installed");
    eprintln!("\n*** NOT TESTED: {program} is not installed ***\n");
}
