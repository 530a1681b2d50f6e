//! A real mosquitto on a free port of this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::folder::{self, Folder};
use crate::installed;
use crate::process::Process;

/// Below what systems give to outgoing connections, so that a port that was free a moment ago still is.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// How often another port is tried.
const TRIES: usize = 10;

/// A running mosquitto, or one that has been stopped for a while.
pub struct Mosquitto {
    program: &'static str,
    folder: Folder,
    access: String,
    /// Its TCP port.
    pub port: u16,
    process: Option<Process>,
}

impl Mosquitto {
    /// Starts one that lets everybody in.
    pub fn start() -> Option<Self> {
        raise_socket_limit();
        Self::with_access(installed::mosquitto()?, Folder::new(), "allow_anonymous true")
    }

    /// Starts one on this port.
    pub fn start_at(port: u16) -> Option<Self> {
        let (program, folder) = (installed::mosquitto()?, Folder::new());
        let mut broker =
            Self { program, folder, access: "allow_anonymous true".to_owned(), port, process: None };
        broker.resume();
        Some(broker)
    }

    /// Starts one that lets in one user only.
    pub fn with_password(user: &str, password: &str) -> Option<Self> {
        let (program, tool) = (installed::mosquitto()?, installed::mosquitto_passwd()?);
        let folder = Folder::new();
        let file = folder.file("passwords");
        Process::start(Command::new(tool).args(["-b", "-c"]).arg(&file).args([user, password])).succeed();
        folder::open(&file, 0o644);
        let access = format!("allow_anonymous false\npassword_file {}", file.display());
        Self::with_access(program, folder, &access)
    }

    /// Starts one that speaks TLS, with this certificate and key.
    pub fn with_tls(papers: &[String; 2]) -> Option<Self> {
        let (program, folder) = (installed::mosquitto()?, Folder::new());
        let [certificate, key] = write_papers(&folder, papers);
        let access = format!("allow_anonymous true\ncertfile {certificate}\nkeyfile {key}");
        Self::with_access(program, folder, &access)
    }

    /// Ends it, and starts it again with other papers.
    #[track_caller]
    pub fn takes_papers(&mut self, papers: &[String; 2]) {
        self.stop();
        write_papers(&self.folder, papers);
        self.resume();
    }

    fn with_access(program: &'static str, folder: Folder, access: &str) -> Option<Self> {
        let mut broker = Self { program, folder, access: access.to_owned(), port: 0, process: None };
        let started = (0..TRIES).any(|_| {
            broker.port = free_port();
            broker.try_to_start()
        });
        assert!(started, "mosquitto does not start");
        Some(broker)
    }

    /// Ends it without a word to its clients.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port; it remembers nothing.
    #[track_caller]
    pub fn resume(&mut self) {
        assert!(self.try_to_start(), "mosquitto does not start on port {}", self.port);
    }

    /// Waits for a line of its log.
    #[track_caller]
    pub fn logs(&mut self, text: &str) -> String {
        self.process.as_mut().unwrap().lines.find_text(text)
    }

    /// `mqtt://127.0.0.1:1883`, with its port.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    fn try_to_start(&mut self) -> bool {
        let config = self.folder.write("mosquitto.conf", &self.config());
        let mut process = Process::start(Command::new(self.program).arg("-c").arg(config));
        let is_up = |line: &str| line.ends_with(" running");
        let is_over = |line: &str| line.starts_with("Error") || line.ends_with(" terminating");
        let line = process.lines.find("sign of life", |line| is_up(line) || is_over(line));
        let up = is_up(&line);
        self.process = up.then_some(process);
        up
    }

    fn config(&self) -> String {
        let log = ["error", "warning", "notice", "information", "subscribe"]
            .map(|kind| format!("log_type {kind}\n"));
        format!(
            "listener {} 127.0.0.1\n{}\npersistence false\nmax_queued_messages 0\n\
             log_dest stderr\nlog_timestamp false\n{}",
            self.port,
            self.access,
            log.concat()
        )
    }
}

fn write_papers(folder: &Folder, [certificate, key]: &[String; 2]) -> [String; 2] {
    [("certificate.pem", certificate), ("key.pem", key)]
        .map(|(name, text)| folder.write(name, text).display().to_string())
}

/// A port that nobody uses now; no two tests get the same one.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let len = u32::from(PORTS.end - PORTS.start);
    // Another run of the tests at the same time begins elsewhere.
    let begin = std::process::id().wrapping_mul(64) % len;
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = || {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        PORTS.start + u16::try_from((begin + step) % len).unwrap()
    };
    (0..len).map(|_| port()).find(is_free).unwrap()
}

/// A broker takes over how many sockets its parent may have.
#[cfg(unix)]
fn raise_socket_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(not(unix))]
fn raise_socket_limit() {}
