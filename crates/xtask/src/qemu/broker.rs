//! A mosquitto on a free port of this machine, and its clients.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::papers::Papers;
use super::program::Program;
use crate::{Failure, Outcome, files, run};

/// Debian puts it where not everybody looks.
const PROGRAMS: [&str; 2] = ["mosquitto", "/usr/sbin/mosquitto"];

/// A broker that runs, or has been stopped for a while.
pub struct Broker {
    program: &'static str,
    config: PathBuf,
    process: Option<Program>,
    /// Its port.
    pub port: u16,
    /// That of its secure links, where it has papers for them.
    pub secure_port: u16,
    papers: Option<Papers>,
}

/// Whether broker and clients are installed.
pub fn is_installed() -> bool {
    program().is_some() && has("mosquitto_pub", "--help") && has("mosquitto_sub", "--help")
}

fn program() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| has(program, "-h"))
}

/// It starts; what it says of its version, and how it ends then, does not matter.
fn has(program: &str, option: &str) -> bool {
    Command::new(program).arg(option).output().is_ok()
}

impl Broker {
    /// Starts one.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        Self::start_with(folder, None)
    }

    /// Starts one that speaks TLS, too, at a port of its own.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn start_secure(folder: &Path, papers: &Papers) -> Result<Self, Failure> {
        Self::start_with(folder, Some(papers.clone()))
    }

    fn start_with(folder: &Path, papers: Option<Papers>) -> Result<Self, Failure> {
        let program = program().ok_or_else(|| Failure::Step("mosquitto is not installed".to_owned()))?;
        let config = folder.join("mosquitto.conf");
        let (port, secure_port) = (free_port()?, free_port()?);
        let mut broker = Self { program, config, process: None, port, secure_port, papers };
        broker.resume()?;
        Ok(broker)
    }

    /// Starts it again with other papers.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn resume_with(&mut self, papers: &Papers) -> Outcome {
        self.papers = Some(papers.clone());
        self.resume()
    }

    /// What it has said since it was asked last.
    pub fn said(&mut self) -> Vec<String> {
        self.process.as_mut().map(|process| process.lines.so_far()).unwrap_or_default()
    }

    /// Starts it again on its port; it remembers nothing.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn resume(&mut self) -> Outcome {
        // Whom root starts would become somebody else, who may not read the key.
        let mut text = "user root\nallow_anonymous true\npersistence false\n".to_owned();
        text += &format!("listener {} 127.0.0.1\n", self.port);
        if let Some(Papers { certificate, key }) = &self.papers {
            let (certificate, key) = (certificate.display(), key.display());
            let port = self.secure_port;
            text += &format!("listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n");
        }
        files::write(&self.config, &text)?;
        let mut process = Program::start(Command::new(self.program).arg("-v").arg("-c").arg(&self.config))?;
        process.lines.hears(" running")?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it without a word to its clients.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Publishes once.
    ///
    /// # Errors
    /// [`Failure::Step`] when it cannot.
    pub fn publish(&self, topic: &str, payload: &str) -> Outcome {
        let mut command = self.client("mosquitto_pub");
        command.args(["-t", topic, "-m", payload]);
        run::run(command)
    }

    /// A client that publishes every line that is typed at it.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn publisher(&self, topic: &str) -> Result<Program, Failure> {
        Program::start(self.client("mosquitto_pub").args(["-l", "-t", topic]))
    }

    /// A client that prints topic and payload of what it hears.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not start.
    pub fn subscriber(&self, filter: &str) -> Result<Program, Failure> {
        let mut client =
            Program::start(self.client("mosquitto_sub").args(["-v", "-t", filter, "-t", "ready"]))?;
        let mut command = self.client("mosquitto_pub");
        command.args(["-r", "-t", "ready", "-m", "yes"]);
        run::run(command)?;
        client.lines.hears("ready yes")?;
        Ok(client)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command
    }
}

/// A port that nobody uses now.
///
/// # Errors
/// [`Failure::Step`] when there is none.
pub fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let port = listener.and_then(|listener| listener.local_addr()).map(|address| address.port());
    port.map_err(|error| Failure::Step(format!("no port is free: {error}")))
}
