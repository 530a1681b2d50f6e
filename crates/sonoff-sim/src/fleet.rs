//! The whole program: a broker if need be, the devices on all cores, standard input, and a clean end.

use std::error::Error;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_executor::LocalExecutor;
use async_io::Timer;
use async_signal::{Signal, Signals};
use embassy_futures::select::select;
use futures_lite::StreamExt;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::Slot;

use crate::args::{Args, HTTP_PORT, Http, Listen};
use crate::banner::{self, Upstream};
use crate::console::{self, Order};
use crate::journal::{Journal, print};
use crate::listen;
use crate::net::Plug;
use crate::plan::Plan;
use crate::unit::{Unit, store_of};
use crate::url::BrokerUrl;

/// The longest that devices may take for a clean end.
const LAST: Duration = Duration::from_secs(4);
/// Time between the starts of two devices: a thousand do not knock at one door at once.
const STAGGER: Duration = Duration::from_micros(500);

/// Runs until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the command line cannot be carried out on this machine.
pub fn run(args: Args) -> Result<(), Box<dyn Error>> {
    raise_socket_limit();
    let brings_one = args.broker.is_empty() && !args.search;
    let broker = brings_one.then(|| BuiltIn::open(args.listen.unwrap_or_default())).transpose()?;
    let brokers = broker.as_ref().map_or_else(|| args.broker.clone(), |broker| vec![broker.url()]);
    let plan = Plan::new(&args, &brokers)?;
    let pages = open_pages(&args)?;
    let first = stored_settings(&plan, &args)?;
    if !args.quiet {
        let at = pages.as_ref().map(TcpListener::local_addr).transpose()?;
        print(&banner::text(&plan, &first, &upstream(&plan, &first, broker.as_ref()), at));
    }
    let broker = broker.map(BuiltIn::start).transpose()?;
    let ended = run_devices(&args, &plan, pages);
    broker.map_or(Ok(()), Serving::stop)?;
    ended
}

/// Opens the port of the pages, if there are any: on this machine only, unless it is said otherwise, since a new device
/// asks for no password.
fn open_pages(args: &Args) -> io::Result<Option<TcpListener>> {
    let opened = match args.http {
        _ if !args.has_pages() => return Ok(None),
        Some(Http(at)) => TcpListener::bind(at),
        None => listen::bind_from((Ipv4Addr::LOCALHOST, HTTP_PORT).into()),
    };
    opened.map(Some).map_err(|error| io::Error::new(error.kind(), format!("--http: {error}")))
}

/// The settings that device 1 starts with: the stored ones over the first ones.
fn stored_settings(plan: &Plan, args: &Args) -> Result<Settings, Box<dyn Error>> {
    let mut settings = plan.settings(1)?;
    let stored = store_of(plan, 1, args.state_dir.as_deref())?.read(Slot::Settings)?;
    // What cannot be read is the device's to tell.
    let _ = stored.map(|document| settings.decode(&document));
    Ok(settings)
}

/// The broker that device 1 uses first.
fn upstream<'a>(plan: &Plan, first: &'a Settings, broker: Option<&BuiltIn>) -> Upstream<'a> {
    let kept = plan.settings(1).is_ok_and(|new| !brokers(&new).eq(brokers(first)));
    match broker {
        Some(broker) if !kept => Upstream::BuiltIn { at: broker.at, taken: broker.taken },
        _ if brokers(first).all(|(host, _)| host.is_empty()) => Upstream::Unknown,
        _ => {
            let (host, port) = (first.text(Text::MQTT_HOST), first.number(Number::MQTT_PORT));
            // The factory's user stands for none.
            let user = Some(first.text(Text::MQTT_USER)).filter(|&user| user != Text::MQTT_USER.factory(1));
            Upstream::Other { host, port, user, kept }
        }
    }
}

fn brokers(settings: &Settings) -> impl Iterator<Item = (&str, u16)> {
    let ports = (1..).map(|n| settings.nth_number(Number::MQTT_PORT, n));
    settings.all_texts(Text::MQTT_HOST).zip(ports)
}

/// The built-in broker before it serves.
struct BuiltIn {
    listener: TcpListener,
    at: SocketAddr,
    taken: Option<u16>,
}

/// The built-in broker in a thread of its own.
struct Serving {
    stop: Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl BuiltIn {
    fn open(listen: Listen) -> io::Result<Self> {
        let opened = if listen.exact { TcpListener::bind(listen.at) } else { listen::bind_from(listen.at) };
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", listen.at));
        let listener = opened.map_err(named)?;
        let at = listener.local_addr()?;
        let taken = Some(listen.at.port()).filter(|&port| port != 0 && port != at.port());
        Ok(Self { listener, at, taken })
    }

    fn url(&self) -> BrokerUrl {
        let host = Upstream::BuiltIn { at: self.at, taken: None }.host();
        BrokerUrl { secure: false, host, port: self.at.port(), user: None, password: None }
    }

    fn start(self) -> io::Result<Serving> {
        let (stop, stopped) = async_channel::bounded::<()>(1);
        let stopped = async move {
            // Nothing is ever sent: the channel is closed.
            let _ = stopped.recv().await;
        };
        let serve = move || async_io::block_on(listen::serve(self.listener, stopped));
        Ok(Serving { stop, thread: thread::Builder::new().name("broker".to_owned()).spawn(serve)? })
    }
}

impl Serving {
    /// Stops once what waits is sent.
    fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the broker's thread ended badly")))
    }
}

/// Devices on every core; the first is on this thread, with standard input.
fn run_devices(args: &Args, plan: &Plan, pages: Option<TcpListener>) -> Result<(), Box<dyn Error>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = u32::try_from(cores)?.min(plan.count);
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let orders = console::read_stdin()?;
    let mut threads = Vec::new();
    for worker in 2..=workers {
        let (args, plan, stopped) = (args.clone(), plan.clone(), stopped.clone());
        let work =
            move || Worker::new(&args, plan, worker, workers, None).map(|worker| worker.work(stopped, None));
        threads.push(thread::Builder::new().name(format!("devices {worker}")).spawn(work)?);
    }
    Worker::new(args, plan.clone(), 1, workers, pages)?.work(stopped, Some((orders, stop)));
    for thread in threads {
        thread.join().map_err(|_| "a thread of devices ended badly")??;
    }
    Ok(())
}

/// The devices of one thread.
struct Worker {
    units: Vec<(u32, Unit)>,
}

impl Worker {
    /// Takes every `workers`th device from `first` on; its first one has the pages.
    fn new(
        args: &Args,
        plan: Plan,
        first: u32,
        workers: u32,
        mut pages: Option<TcpListener>,
    ) -> io::Result<Self> {
        let plan = Rc::new(plan);
        let numbers = (first..=plan.count).step_by(usize::try_from(workers).unwrap_or(usize::MAX));
        let unit = |number| {
            let name = (plan.count > 1).then(|| plan.topic(number));
            let store = store_of(&plan, number, args.state_dir.as_deref())?;
            let (journal, plug) = (Journal::new(name, args.level()), Plug::new(pages.take(), args.set_up)?);
            Ok((number, Unit::new(plan.clone(), number, journal, store, plug)))
        };
        Ok(Self { units: numbers.map(unit).collect::<io::Result<_>>()? })
    }

    fn work(self, stopped: Receiver<()>, master: Option<(Receiver<Order>, Sender<()>)>) {
        let executor = LocalExecutor::new();
        let units: Vec<_> =
            self.units.iter().map(|(number, unit)| executor.spawn(start(*number, unit))).collect();
        if let Some((orders, stop)) = master {
            executor.spawn(stop_at_signal(stop)).detach();
            let first = self.units.first();
            first.into_iter().for_each(|(_, unit)| executor.spawn(unit.obey(orders.clone())).detach());
        }
        let ended = async {
            for unit in units {
                unit.await;
            }
        };
        let stop = async {
            // Nothing is ever sent: the channel is closed.
            let _ = stopped.recv().await;
            self.units.iter().for_each(|(_, unit)| unit.stop());
            Timer::after(LAST).await;
        };
        async_io::block_on(executor.run(select(ended, stop)));
    }
}

async fn start(number: u32, unit: &Unit) {
    Timer::after(STAGGER * (number - 1)).await;
    if let Err(error) = unit.live().await {
        eprintln!("sonoff-sim: device {number}: {error}");
    }
}

/// The first signal ends the devices cleanly, the second one the program.
async fn stop_at_signal(stop: Sender<()>) {
    // Some systems know Ctrl-C only.
    let signals = Signals::new([Signal::Int, Signal::Term]).or_else(|_| Signals::new([Signal::Int]));
    let Ok(mut signals) = signals else { return pending().await };
    signals.next().await;
    drop(stop);
    signals.next().await;
    std::process::exit(130);
}

/// A socket for each device and each client of the broker is more than many systems allow at first.
#[cfg(unix)]
fn raise_socket_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is not allowed, fewer devices connect, and their logs tell.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(not(unix))]
fn raise_socket_limit() {}
