//! The image in QEMU: its console, its pins, its flash, its power.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use super::broker::free_port;
use super::lines::{Lines, PATIENCE};
use super::program::Program;
use crate::{Failure, Outcome};

/// What runs the image.
const QEMU: &str = "qemu-system-riscv32";
/// As large as the machine's flash bank.
const BANK: u64 = 32 << 20;
/// What the image uses of it.
const FLASH: usize = 64 << 10;

/// A flash that lasts as long as its file.
pub struct Flash(PathBuf);

impl Flash {
    /// A new one.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub fn new(path: PathBuf) -> Result<Self, Failure> {
        let made = fs::File::create(&path).and_then(|file| file.set_len(BANK));
        made.map_err(|error| Failure::File(path.clone(), error))?;
        Ok(Self(path))
    }

    /// What is in it now, as a probe on its pins would see.
    ///
    /// # Errors
    /// [`Failure::File`].
    pub fn content(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; FLASH];
        let read = fs::File::open(&self.0).and_then(|mut file| file.read_exact(&mut bytes));
        read.map_err(|error| Failure::File(self.0.clone(), error))?;
        Ok(bytes)
    }
}

/// A machine that runs.
pub struct Machine {
    program: Program,
    pins: TcpStream,
    /// What the pins did.
    pub trace: Lines,
    /// The port of this machine that leads to the device's pages.
    pub pages: u16,
}

impl Machine {
    /// Switches it on.
    ///
    /// # Errors
    /// [`Failure::Step`] when QEMU does not start.
    pub fn start(image: &Path, flash: &Flash, network: bool) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| no_pins(&error))?;
        let port = listener.local_addr().map_err(|error| no_pins(&error))?.port();
        let pages = free_port()?;
        let mut program = Program::start(&mut command(image, &flash.0, port, network.then_some(pages)))?;
        let pins = accept(&listener, &mut program)?;
        let stream = pins.try_clone().map_err(|error| no_pins(&error))?;
        let trace = Lines::of("pins", [Box::new(stream) as Box<dyn Read + Send>]);
        Ok(Self { program, pins, trace, pages })
    }

    /// What the device says at its console.
    pub fn console(&mut self) -> &mut Lines {
        &mut self.program.lines
    }

    /// Types a line at the console.
    ///
    /// # Errors
    /// [`Failure::Step`] when the machine is gone.
    pub fn types(&mut self, line: &str) -> Outcome {
        self.program.types(line)
    }

    /// Says something at the port of the pins: `0 low`.
    ///
    /// # Errors
    /// [`Failure::Step`] when the machine is gone.
    pub fn pin(&mut self, line: &str) -> Outcome {
        self.pins.write_all(format!("{line}\n").as_bytes()).map_err(|error| no_pins(&error))
    }

    /// Cuts the power.
    pub fn cut(&mut self) {
        self.program.kill();
    }

    /// Ends the device in order; tells what the machine hands to its host.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not end.
    pub fn off(&mut self) -> Result<Option<i32>, Failure> {
        self.pin("off")?;
        self.program.ends()
    }
}

/// Waits until a flash is still, longer than the device waits before it saves.
///
/// # Errors
/// [`Failure::Step`] when it never is.
pub fn is_still(flash: &Flash) -> Outcome {
    let until = Instant::now() + PATIENCE;
    let mut last = flash.content()?;
    while Instant::now() < until {
        thread::sleep(Duration::from_millis(1500));
        let now = flash.content()?;
        if now == last {
            return Ok(());
        }
        last = now;
    }
    Err(Failure::Step("the flash is never still".to_owned()))
}

/// Whether QEMU is installed.
pub fn is_installed() -> bool {
    let mut command = Command::new(QEMU);
    command.arg("--version");
    crate::run::works(command)
}

fn command(image: &Path, flash: &Path, pins: u16, pages: Option<u16>) -> Command {
    let mut command = Command::new(QEMU);
    command
        .args(["-machine", "virt", "-m", "8M", "-display", "none", "-monitor", "none", "-serial", "stdio"]);
    command.arg("-bios").arg(image);
    command.arg("-drive").arg(format!("if=pflash,unit=1,format=raw,file={}", flash.display()));
    command.arg("-chardev").arg(format!("socket,id=pins,host=127.0.0.1,port={pins}"));
    command.args(["-device", "pci-serial,chardev=pins,addr=1"]);
    command.args(["-device", "virtio-rng-device"]);
    if let Some(port) = pages {
        command.arg("-netdev").arg(format!("user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-:80"));
        command.args(["-device", "virtio-net-device,netdev=net,mac=02:00:00:12:34:56"]);
    }
    command
}

/// QEMU calls here before it starts the machine.
fn accept(listener: &TcpListener, program: &mut Program) -> Result<TcpStream, Failure> {
    listener.set_nonblocking(true).map_err(|error| no_pins(&error))?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match listener.accept() {
            Ok((pins, _)) => {
                pins.set_nonblocking(false).map_err(|error| no_pins(&error))?;
                return Ok(pins);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1))
            }
            Err(error) => return Err(no_pins(&error)),
        }
    }
    let said = program.lines.so_far().join("\n    ");
    Err(Failure::Step(format!("{QEMU} does not start:\n    {said}")))
}

fn no_pins(error: &io::Error) -> Failure {
    Failure::Step(format!("the pins of the machine: {error}"))
}
