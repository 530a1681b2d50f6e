//! The built-in broker, served on a real socket.

use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use sonoff_sim::listen;

use super::client::{Client, publish};
use super::line;

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
