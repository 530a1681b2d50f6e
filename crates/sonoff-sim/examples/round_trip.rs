//! How long a command takes through mosquitto to its answer: this device beside a client that only echoes.
//!
//! `cargo run --release -p sonoff-sim --example round_trip [ROUNDS]`. It needs mosquitto, and starts all else itself.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, QoS};

/// Rounds that are measured with each of both, unless told.
const ROUNDS: usize = 5000;
/// Rounds before that, which warm everything up.
const WARM_UP: usize = 500;
/// The longest that a program may take until it answers.
const START: Duration = Duration::from_secs(10);
/// Time between two looks whether it does.
const LOOK: Duration = Duration::from_millis(100);
/// The longest that an answer may take afterwards.
const ANSWER: Duration = Duration::from_secs(5);
/// What the device is to keep to, as a multiple of the echo's median.
const AIM: f64 = 1.3;

/// Where mosquitto may be when it is not in PATH.
const SYSTEM_FOLDERS: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.as_slice() {
        [word, port] if word == "echo" => echo(port.parse()?),
        [rounds] => compare(rounds.parse()?),
        [] => compare(ROUNDS),
        _ => Err("one number of rounds".into()),
    }
}

fn compare(rounds: usize) -> Outcome<()> {
    if cfg!(debug_assertions) {
        return Err("times of a debug build say nothing: run it with --release".into());
    }
    let simulator = build_simulator()?;
    println!("{rounds} rounds with each, by turns; microseconds from command to answer");
    println!("{:18}{:>8}{:>8}{:>8}", "", "p50", "p90", "p99");
    measure(&simulator, rounds, "any core")?;
    if stay_on_one_core() {
        measure(&simulator, rounds, "one core")?;
    }
    println!("aim: the device's p50 is at most {AIM} of the echo's");
    Ok(())
}

/// Starts all programs anew, and prints two lines and what they come to.
fn measure(simulator: &Path, rounds: usize, place: &str) -> Outcome<()> {
    let broker = Broker::start()?;
    let _device = Running::start(&mut device(simulator, broker.port))?;
    let _echo = Running::start(Command::new(env::current_exe()?).args(["echo", &broker.port.to_string()]))?;
    let peers = [Peer::new("device"), Peer::new("echo")];
    let mut driver = Driver::connect(broker.port)?;
    driver.subscribe(&peers)?;
    peers.iter().try_for_each(|peer| driver.wait_for(peer))?;
    alternate(&mut driver, &peers, WARM_UP)?;
    let [device, echo] = alternate(&mut driver, &peers, rounds)?;
    let ratio = shown(place, "device", device) / shown(place, "echo", echo);
    println!("{place:10}ratio   {ratio:8.2}");
    Ok(())
}

/// Keeps this program, and those that it starts from now on, on the core where it is; false where that is not known.
///
/// On many cores much of a time is where the system wakes each program, which differs from start to start. On one core
/// it is what the programs do.
#[cfg(target_os = "linux")]
fn stay_on_one_core() -> bool {
    use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
    let mut here = CpuSet::new();
    here.set(sched_getcpu());
    sched_setaffinity(None, &here).is_ok()
}

#[cfg(not(target_os = "linux"))]
const fn stay_on_one_core() -> bool {
    false
}

/// Round trips to both by turns, so that whatever else this machine does slows both.
fn alternate(driver: &mut Driver, peers: &[Peer; 2], rounds: usize) -> io::Result<[Vec<Duration>; 2]> {
    let mut times = [Vec::with_capacity(rounds), Vec::with_capacity(rounds)];
    for _ in 0..rounds {
        for (peer, times) in peers.iter().zip(&mut times) {
            times.push(driver.round_trip(peer)?);
        }
    }
    Ok(times)
}

/// Prints one line; returns the median.
fn shown(place: &str, name: &str, mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let at = |percent: usize| {
        times.get(times.len() * percent / 100).map_or(0.0, |time: &Duration| time.as_secs_f64() * 1e6)
    };
    println!("{place:10}{name:8}{:8.1}{:8.1}{:8.1}", at(50), at(90), at(99));
    at(50)
}

/// One that is sent `cmnd/NAME/POWER` and answers on `stat/NAME/POWER`.
struct Peer {
    command: Vec<u8>,
    answer: Vec<u8>,
}

impl Peer {
    fn new(name: &str) -> Self {
        let command = [text(&format!("cmnd/{name}/POWER")), b"TOGGLE".to_vec()].concat();
        Self { command: packet(0x30, &command), answer: text(&format!("stat/{name}/POWER")) }
    }
}

/// The one that sends commands: MQTT by hand, so that its own cost is small and always the same.
struct Driver {
    socket: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Driver {
    fn connect(port: u16) -> io::Result<Self> {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_nodelay(true)?;
        let mut driver = Self { socket: BufReader::new(socket), body: Vec::new() };
        driver.patience(ANSWER)?;
        driver.send(&packet(0x10, &[text("MQTT"), vec![4, 2, 0, 0], text("driver")].concat()))?;
        driver.expect(&[0, 0])?;
        Ok(driver)
    }

    fn subscribe(&mut self, peers: &[Peer; 2]) -> io::Result<()> {
        let filters = peers.iter().map(|peer| [&peer.answer[..], &[0]].concat());
        let subscribe = [vec![0, 1], filters.collect::<Vec<_>>().concat()].concat();
        self.send(&packet(0x82, &subscribe))?;
        self.expect(&[0, 1])
    }

    /// Sends commands until the peer answers, then hears the answers that are still to come.
    fn wait_for(&mut self, peer: &Peer) -> io::Result<()> {
        self.patience(LOOK)?;
        let deadline = Instant::now() + START;
        while let Err(error) = self.round_trip(peer) {
            if !is_timeout(&error) || Instant::now() > deadline {
                return Err(error);
            }
        }
        while self.receive().is_ok() {}
        self.patience(ANSWER)
    }

    /// From the first byte of the command to the last byte of the answer.
    fn round_trip(&mut self, peer: &Peer) -> io::Result<Duration> {
        let start = Instant::now();
        self.send(&peer.command)?;
        self.expect(&peer.answer)?;
        Ok(start.elapsed())
    }

    fn patience(&mut self, limit: Duration) -> io::Result<()> {
        self.socket.get_ref().set_read_timeout(Some(limit))
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        self.socket.get_mut().write_all(packet)
    }

    /// The next packet's body must begin like this.
    fn expect(&mut self, beginning: &[u8]) -> io::Result<()> {
        let right = self.receive()?.starts_with(beginning);
        right.then_some(()).ok_or_else(|| io::Error::other("the broker sent something else"))
    }

    /// The body of the next packet; none here has more than 127 bytes.
    fn receive(&mut self) -> io::Result<&[u8]> {
        let mut head = [0; 2];
        self.socket.read_exact(&mut head)?;
        let [_, len] = head;
        self.body.resize(usize::from(len), 0);
        self.socket.read_exact(&mut self.body)?;
        Ok(&self.body)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A packet of less than 128 bytes.
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).unwrap_or(u8::MAX);
    [&[kind, len], body].concat()
}

/// A text with its length before it.
fn text(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
    [&[0, len], text.as_bytes()].concat()
}

/// The bare client: it answers each command and does nothing else.
fn echo(port: u16) -> Outcome<()> {
    let (client, mut events) = AsyncClient::new(MqttOptions::new("echo", "127.0.0.1", port), 10);
    let mut options = NetworkOptions::new();
    options.set_tcp_nodelay(true);
    events.set_network_options(options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(answer(&client, &mut events))
}

async fn answer(client: &AsyncClient, events: &mut EventLoop) -> Outcome<()> {
    client.subscribe("cmnd/echo/POWER", QoS::AtMostOnce).await?;
    loop {
        if let Event::Incoming(Packet::Publish(publish)) = events.poll().await? {
            client.publish_bytes("stat/echo/POWER", QoS::AtMostOnce, false, publish.payload).await?;
        }
    }
}

/// A program that ends with its owner.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).spawn().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the simulator like this program, into the same target folder; tells where it is.
fn build_simulator() -> Outcome<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("cargo has not built this")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--release", "--package", "sonoff-sim", "--bin", "sonoff-sim"];
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(build).arg("--target-dir").arg(target);
    if !command.status()?.success() {
        return Err("the simulator does not build".into());
    }
    Ok(target.join("release").join("sonoff-sim").with_extension(env::consts::EXE_EXTENSION))
}

/// The device: one answer topic, and no log, since the echo writes none either.
fn device(simulator: &Path, port: u16) -> Command {
    let mut command = Command::new(simulator);
    command.args(["--quiet", "--topic", "device", "--exec", "GroupState 0"]);
    command.args(["--broker", &format!("mqtt://127.0.0.1:{port}")]);
    command
}

/// A mosquitto for this run only.
struct Broker {
    port: u16,
    settings: PathBuf,
    _program: Running,
}

impl Broker {
    fn start() -> Outcome<Self> {
        let program = mosquitto().ok_or("mosquitto is missing: apt install mosquitto, or brew install it")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let settings = env::temp_dir().join(format!("round-trip-{port}.conf"));
        let lines = ["allow_anonymous true", "set_tcp_nodelay true", "log_type error"];
        fs::write(&settings, format!("listener {port} 127.0.0.1\n{}\n", lines.join("\n")))?;
        let program = Running::start(Command::new(program).arg("-c").arg(&settings))?;
        let broker = Self { port, settings, _program: program };
        broker.wait()?;
        Ok(broker)
    }

    fn wait(&self) -> io::Result<()> {
        let deadline = Instant::now() + START;
        while let Err(error) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
            if Instant::now() > deadline {
                return Err(error);
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // What stays is one small file in the folder for such.
        let _ = fs::remove_file(&self.settings);
    }
}

fn mosquitto() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(SYSTEM_FOLDERS.iter().map(PathBuf::from));
    let name = Path::new("mosquitto").with_extension(env::consts::EXE_EXTENSION);
    folders.map(|folder| folder.join(&name)).find(|program| program.is_file())
}
