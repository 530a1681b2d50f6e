//! One virtual device: started, restarted, cut off and ended.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use async_channel::Receiver;
use embassy_futures::select::{Either, select};
use sonoff_core::Device;
use sonoff_core::io::Restart;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings};
use sonoff_hal::{Slot, Wake};
use sonoff_runtime::{Hardware, Memory, Pages, Remote};

use crate::console::Order;
use crate::fingers::Fingers;
use crate::host::{COLD, Chip, HostClock, HostTime, Kept, RESET, RESTARTED};
use crate::journal::{Journal, print};
use crate::keyboard::Keyboard;
use crate::net::Plug;
use crate::notice::Notice;
use crate::pins::Board;
use crate::plan::{Plan, PlanError};
use crate::probes::Probes;
use crate::store::HostStore;

/// Browsers send the cookies of everything on this machine: the request has more room than on a chip.
type PageMemory = sonoff_web::Memory<8192, 16384>;

/// `!press` holds a button so long.
const PRESS: Duration = Duration::from_millis(60);
/// `!hold` holds a button so much longer than the hold time that the device has seen it, too.
const HOLD_MARGIN: Duration = Duration::from_millis(100);

/// A device and the world around it.
#[derive(Debug)]
pub struct Unit {
    plan: Rc<Plan>,
    number: u32,
    journal: Journal,
    board: Board,
    kept: Kept,
    plug: Plug,
    store: HostStore,
    keyboard: Keyboard,
    fingers: Fingers,
    probes: Probes,
    remote: Remote,
    jolt: Notice<Jolt>,
    halted: Cell<bool>,
    stopping: Cell<bool>,
}

/// What befalls a device from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jolt {
    Cut,
    Reset,
    /// Only for a device that has halted.
    Stop,
}

impl Unit {
    /// Device 1, 2 and so on of the plan.
    pub fn new(plan: Rc<Plan>, number: u32, journal: Journal, store: HostStore, plug: Plug) -> Self {
        let keyboard = Keyboard::default();
        plan.exec.iter().for_each(|line| keyboard.type_line(line.as_bytes()));
        Self {
            board: Board::new(journal.clone()),
            kept: Kept::default(),
            plug,
            fingers: Fingers::default(),
            probes: Probes::default(),
            remote: Remote::new(),
            jolt: Notice::default(),
            halted: Cell::new(false),
            stopping: Cell::new(false),
            plan,
            number,
            journal,
            store,
            keyboard,
        }
    }

    /// Lives until [`Self::stop`]; a restart goes on in here.
    ///
    /// # Errors
    /// When the plan has no settings for it.
    pub async fn live(&self) -> Result<(), PlanError> {
        let mut memory = Box::new((Memory::new(), PageMemory::new()));
        let mut wake = COLD;
        while !self.stopping.get() {
            wake = match select(self.run(wake, &mut memory), self.jolt.wait()).await {
                Either::First(ended) => self.wake_after_end(ended?).await,
                Either::Second(jolt) => self.wake_after(jolt),
            };
        }
        Ok(())
    }

    /// One run, from boot to restart. Dropping it is a power cut.
    async fn run(&self, wake: Wake, memory: &mut (Memory, PageMemory)) -> Result<Restart, PlanError> {
        let (mac, clock) = (self.plan.mac(self.number), HostClock::start());
        let mut device = Box::new(Device::new(self.plan.profile, mac.0));
        *device.settings_mut() = self.plan.settings(self.number)?;
        self.board.start(clock, self.plan.profile.wiring(&self.saved_settings()));
        let hardware = Hardware {
            pins: self.board.clone(),
            clock,
            net: self.plug.clone(),
            station: self.plug.clone(),
            store: self.store.clone(),
            system: Chip::new(mac, wake, self.kept.clone()),
            console: self.keyboard.clone(),
            sensors: self.probes.clone(),
            time: HostTime,
            tls: self.plan.tls.clone(),
        };
        let (journal, remote) = (&self.journal, &self.remote);
        let (buffers, rooms) = (memory.0.buffers(), memory.1.rooms());
        let Some(at) = self.plug.pages().filter(|_| self.plan.profile.parts.contains(&Part::Pages)) else {
            return Ok(sonoff_runtime::run(&mut device, hardware, buffers, journal, remote).await);
        };
        let pages = Pages { port: at.port(), announced: !at.ip().is_loopback(), rooms };
        Ok(sonoff_runtime::run_with_pages(&mut device, hardware, buffers, journal, remote, pages).await)
    }

    /// A device that has halted stays off until something befalls it.
    async fn wake_after_end(&self, why: Restart) -> Wake {
        if why != Restart::Halt || self.stopping.get() {
            return RESTARTED;
        }
        self.halted.set(true);
        let jolt = self.jolt.wait().await;
        self.halted.set(false);
        self.wake_after(jolt)
    }

    fn wake_after(&self, jolt: Jolt) -> Wake {
        match jolt {
            Jolt::Reset => RESET,
            Jolt::Cut | Jolt::Stop => {
                self.board.cut();
                self.kept.scramble();
                COLD
            }
        }
    }

    /// Ends it cleanly: LWT `Offline`, DISCONNECT.
    pub fn stop(&self) {
        self.stopping.set(true);
        if self.halted.get() {
            self.jolt.give(Jolt::Stop);
        } else {
            self.remote.shut_down();
        }
    }

    /// Does what standard input orders, until that ends.
    pub async fn obey(&self, orders: Receiver<Order>) {
        let obeying = async {
            while let Ok(order) = orders.recv().await {
                self.carry_out(order);
            }
            std::future::pending::<()>().await;
        };
        select(obeying, self.fingers.let_go(&self.board)).await;
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::Line(line) => self.keyboard.type_line(&line),
            Order::Down(button) => self.told(button, self.board.push(button, true)),
            Order::Up(button) => self.told(button, self.board.push(button, false)),
            Order::Press(button) => self.told(button, self.fingers.hold(&self.board, button, PRESS)),
            Order::Hold(button) => {
                self.told(button, self.fingers.hold(&self.board, button, self.hold_time()))
            }
            Order::Switch { switch, high } => {
                if !self.board.switch(switch, high) {
                    print(&format!("switch {switch}: this device has {}\n", self.board.switches()));
                }
            }
            Order::Net { up } => self.plug.set(up),
            Order::Reading(reading) => self.probes.measure(reading),
            Order::Cut => self.jolt.give(Jolt::Cut),
            Order::Reset => self.jolt.give(Jolt::Reset),
            Order::Unknown(text) => print(&format!(
                "{text}: not known; there are !press 1, !hold 1, !down 1, !up 1, !switch 1 on, !net down, !net up, \
                 !cut, !reset, !reading DS18B20 Temperature 21.3\n"
            )),
        }
    }

    /// The settings, as the device has saved them.
    fn saved_settings(&self) -> Settings {
        let mut settings = self.plan.settings(self.number).unwrap_or_default();
        if let Ok(Some(document)) = self.store.read(Slot::Settings) {
            // What cannot be read leaves the first settings, in the device as here.
            let _ = settings.decode(&document);
        }
        settings
    }

    /// Until the hold event: ButtonDebounce and SetOption32.
    fn hold_time(&self) -> Duration {
        let settings = self.saved_settings();
        let debounce = Duration::from_millis(settings.number(Number::BUTTON_DEBOUNCE).into());
        debounce + Duration::from_millis(settings.gesture_limits().hold_ms.into()) + HOLD_MARGIN
    }

    fn told(&self, button: u8, there: bool) {
        if !there {
            print(&format!("button {button}: this device has {}\n", self.board.buttons()));
        }
    }
}

/// The store of one device: a flash file named after its hardware address, or memory.
///
/// # Errors
/// When the folder or the file cannot be made.
pub fn store_of(plan: &Plan, number: u32, dir: Option<&std::path::Path>) -> io::Result<HostStore> {
    let Some(dir) = dir else { return Ok(HostStore::memory()) };
    std::fs::create_dir_all(dir)?;
    HostStore::flash(dir, &plan.mac(number).to_string())
}
