//! One life: a device, its network and broker, and everything that a plan does to them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;

use sonoff_hal::Station;
use sonoff_hal::tls::TlsError;
use sonoff_runtime::Remote;

use super::event::{Event, Fault, To};
use super::journal::{Fact, Journal, Wire};
use super::parts::{Parts, live};
use super::plan::{Plan, Setup};
use super::planted::Plant;
use super::scene::Scene;
use super::watch::{Broken, Tally, Watch};
use crate::flash::Torn;
use crate::net::{Faults, Net};
use crate::tls::Handshake;
use crate::world::{TaskId, World};

/// Debounce and one tick.
const ACTS_WITHIN_MS: u64 = 60;
/// A contact that moved more lately than this need not be seen as one that moves.
const APART_MS: u64 = 200;
/// Pin of button 1, and of switch 1.
const FIRST_BUTTON: u8 = 0;
const FIRST_SWITCH: u8 = 21;

/// Something on the agenda.
#[derive(Debug)]
enum Step {
    Begin(Event),
    /// The fault of this number ends.
    Repair(u64),
    /// A contact closes or opens.
    Contact {
        gpio: u8,
        open: bool,
    },
    PowerOn,
    /// The life is over.
    End,
}

/// A fault that lasts.
#[derive(Debug)]
struct Lasting {
    number: u64,
    fault: Fault,
    /// The second device.
    twin: Option<TaskId>,
}

/// A life.
pub struct Life {
    setup: Setup,
    world: World,
    parts: Parts,
    /// The network, with somebody who writes down what the device does there.
    net: Net,
    remote: Rc<Remote>,
    task: Option<TaskId>,
    agenda: BTreeMap<(u64, u64), Step>,
    last: u64,
    lasting: Vec<Lasting>,
    watch: Watch,
    /// How long power stays off after a cut in a flash write.
    off_ms: u64,
    /// Until when each contact is busy, by GPIO.
    busy: BTreeMap<u8, u64>,
    /// When anything last wanted a relay to move.
    stirred: u64,
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Life").finish_non_exhaustive()
    }
}

impl Life {
    /// A life of this plan, of which only the events that `keep` allows happen.
    pub fn new(plan: &Plan, keep: impl Fn(usize) -> bool, loud: bool) -> Self {
        let mut world = World::new();
        world.net().name("broker.lan", Ipv4Addr::new(10, 0, 0, 1));
        let journal = Journal::new(world.clock().clone());
        let parts = Parts::new(plan.setup, journal.clone(), world.clock().clone());
        let net = world.net().tapped(Rc::new(Wire::new(journal.clone(), parts.tls.clone())));
        let remote = Rc::new(Remote::new());
        let task = Some(world.spawn(live(parts.clone(), net.clone(), remote.clone())));
        let mut life = Self {
            setup: plan.setup,
            watch: Watch::new(Scene::new(plan.setup), journal, loud),
            world,
            parts,
            net,
            remote,
            task,
            agenda: BTreeMap::new(),
            last: 0,
            lasting: Vec::new(),
            off_ms: 0,
            busy: BTreeMap::new(),
            stirred: 0,
        };
        let kept = plan.events.iter().enumerate().filter(|(place, _)| keep(*place));
        kept.for_each(|(_, (at, event))| life.plan(*at, Step::Begin(event.clone())));
        life.plan(plan.end, Step::End);
        life
    }

    /// Lives until the end, or until something is broken.
    pub fn run(&mut self) -> Option<Broken> {
        while let Some((&(at, _), _)) = self.agenda.first_key_value() {
            if !self.run_to(at) {
                break;
            }
            // Power may have failed before it.
            if self.now() >= at
                && let Some((_, step)) = self.agenda.pop_first()
            {
                self.take(step);
            }
        }
        self.watch.broken.clone()
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        Tally { ms: self.world.now(), lives: 1, ..self.watch.tally() }
    }

    fn now(&self) -> u64 {
        self.world.now()
    }

    fn plan(&mut self, at: u64, step: Step) {
        self.last += 1;
        self.agenda.insert((at, self.last), step);
    }

    /// Lets time go on to this moment, or until power fails in a flash write; false once something is broken.
    fn run_to(&mut self, at: u64) -> bool {
        let Self { world, watch, parts, task, .. } = self;
        let left = at.saturating_sub(world.now());
        let fails = || task.is_some() && parts.flash.is_off();
        let stopped = world.run_until(|world| fails() || watch.look(world), left);
        if !stopped {
            self.world.clock().advance_to(at);
            self.watch.look(&mut self.world);
        } else if self.watch.broken.is_none() {
            self.cut(self.off_ms);
        }
        self.watch.broken.is_none()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Begin(event) => self.begin(event),
            Step::Repair(number) => self.repair(number),
            Step::Contact { gpio, open } => self.parts.pins.set(gpio, open),
            Step::PowerOn => self.power_on(),
            Step::End => self.agenda.clear(),
        }
    }

    fn begin(&mut self, event: Event) {
        *self.watch.tally.events.entry(event.kind()).or_default() += 1;
        match event {
            Event::Fault(fault, ms) => self.fail(fault, ms),
            Event::Reset => self.reset(),
            Event::Cut(ms) => self.cut(ms),
            Event::CutInWrite { step, torn, off_ms } => {
                let torn = Torn::STEADY.get(usize::from(torn)).copied().unwrap_or(Torn::Bytes);
                self.parts.flash.tear(torn, u32::try_from(step).unwrap_or(1));
                self.parts.flash.cut_at(Some(step));
                self.off_ms = off_ms;
            }
            Event::Clock(seconds) => self.remote.set_wall_clock(seconds),
            Event::Command { to, word, argument, retained } => self.command(to, word, &argument, retained),
            Event::Flood(count) => self.flood(count),
            Event::Press { button, ms, bounces } => self.press(button, ms, bounces.into()),
            Event::Switch(number) => self.turn(number),
        }
    }

    fn fail(&mut self, fault: Fault, ms: u64) {
        if fault == Fault::Twin && self.lasting.iter().any(|lasting| lasting.twin.is_some()) {
            return;
        }
        if let Fault::BrokerDown { keeps_retained } = fault {
            self.world.broker().restart(keeps_retained);
            self.net.cut_all();
        }
        let twin = (fault == Fault::Twin).then(|| self.plug_twin());
        self.last += 1;
        let number = self.last;
        self.lasting.push(Lasting { number, fault, twin });
        self.plan(self.now() + ms, Step::Repair(number));
        self.let_fail();
    }

    fn repair(&mut self, number: u64) {
        let over = self.lasting.iter().position(|lasting| lasting.number == number);
        if let Some(twin) = over.and_then(|place| self.lasting.remove(place).twin) {
            self.world.cut(twin);
        }
        self.let_fail();
    }

    /// Makes everything fail that is to fail now, and nothing else.
    fn let_fail(&mut self) {
        let mut faults = Faults::default();
        self.lasting.iter().for_each(|lasting| add(lasting.fault, &mut faults));
        self.net.break_it(|now| *now = faults);
        let code = self.lasting.iter().find_map(|lasting| match lasting.fault {
            Fault::Refused(code) => Some(code),
            _ => None,
        });
        self.world.broker().refuse_with(code);
        let wifi = !self.lasting.iter().any(|lasting| lasting.fault == Fault::WifiLost);
        let stuck = self.setup.plant == Some(Plant::NeverReconnects) && self.parts.station.facts().is_none();
        self.parts.station.set_up(wifi && !stuck);
        self.parts.tls.handshakes(self.handshake());
        self.watch.scene.calm_since = self.lasting.is_empty().then_some(self.now());
    }

    /// Handshakes go wrong in one way or another while anything else does.
    fn handshake(&self) -> Handshake {
        const WAYS: [Handshake; 4] = [
            Handshake::Succeeds,
            Handshake::Fails(TlsError::UnknownIssuer),
            Handshake::Stalls,
            Handshake::Fails(TlsError::NotTls),
        ];
        let way = WAYS.get(self.last as usize % WAYS.len()).copied().unwrap_or_default();
        if self.lasting.is_empty() { Handshake::Succeeds } else { way }
    }

    fn reset(&mut self) {
        self.net.cut_all();
        if self.lasting.is_empty() {
            self.watch.scene.calm_since = Some(self.now());
        }
    }

    /// A second device with the same names, which nobody judges.
    fn plug_twin(&mut self) -> TaskId {
        let clock = self.world.clock().clone();
        let parts = Parts::new(self.setup, Journal::deaf(clock.clone()), clock);
        self.world.spawn(live(parts, self.world.net().clone(), Rc::new(Remote::new())))
    }

    fn cut(&mut self, off_ms: u64) {
        let Some(task) = self.task.take() else { return };
        self.world.cut(task);
        self.parts.pins.power_cut();
        self.parts.console.forget();
        self.parts.journal.note(Fact::Cut);
        self.plan(self.now() + off_ms, Step::PowerOn);
    }

    fn power_on(&mut self) {
        self.parts.flash.power_on();
        self.remote = Rc::new(Remote::new());
        self.task = Some(self.world.spawn(live(self.parts.clone(), self.net.clone(), self.remote.clone())));
    }

    fn command(&mut self, to: To, word: &str, argument: &str, retained: bool) {
        self.stirred = self.now();
        let topic = match to {
            To::Own => "cmnd/sonoff",
            To::Group => "cmnd/sonoffs",
            To::Fallback => "cmnd/DVES_123456",
            To::Console => return self.type_line(&format!("{word} {argument}")),
        };
        self.world.broker().publish(&format!("{topic}/{word}"), argument.as_bytes(), retained);
    }

    fn type_line(&mut self, line: &str) {
        if self.watch.scene.running_since.is_some() {
            let line = line.trim_end();
            self.parts.console.type_bytes(format!("{line}\n").as_bytes());
            self.parts.journal.note(Fact::Typed(line.to_owned()));
        }
    }

    fn flood(&mut self, count: u16) {
        self.stirred = self.now();
        let words: &[(&str, &[u8])] = &[
            ("Power", b"toggle"),
            ("Fo\u{f6}", b"1"),
            ("Power", b"\xFF\xFE"),
            ("Status", b"0"),
            ("", b""),
            ("FriendlyName1", b"0123456789012345678901234567890123456789"),
        ];
        for (word, payload) in words.iter().cycle().take(count.into()) {
            self.world.broker().publish(&format!("cmnd/sonoff/{word}"), payload, false);
        }
    }

    fn press(&mut self, button: u8, ms: u64, bounces: u64) {
        let gpio = FIRST_BUTTON + button - 1;
        if self.busy.get(&gpio).is_some_and(|until| self.now() <= *until) {
            return;
        }
        let at_once = self.setup.acts_at_once(button);
        let settled = self.now() + 6 * bounces;
        let until = if at_once { settled + 2 * ACTS_WITHIN_MS + 70 } else { settled + ms + 700 };
        let must = (at_once && ms >= ACTS_WITHIN_MS && self.is_calm_at(gpio)).then(|| self.within(settled));
        self.parts.journal.note(Fact::Contact { relay: button, until, must_by: must });
        self.parts.pins.set(gpio, false);
        for bounce in 0..bounces {
            self.plan(self.now() + 6 * bounce + 3, Step::Contact { gpio, open: true });
            self.plan(self.now() + 6 * bounce + 6, Step::Contact { gpio, open: false });
        }
        self.plan(settled + ms, Step::Contact { gpio, open: true });
        self.moved(gpio, settled + ms);
    }

    fn turn(&mut self, number: u8) {
        let gpio = FIRST_SWITCH + number - 1;
        if self.busy.get(&gpio).is_some_and(|until| self.now() <= *until) {
            return;
        }
        let until = self.now() + 2 * ACTS_WITHIN_MS + 70;
        let must_by = self.is_calm_at(gpio).then(|| self.within(self.now()));
        self.parts.journal.note(Fact::Contact { relay: number, until, must_by });
        let open = sonoff_hal::Pins::levels(&self.parts.pins) >> gpio & 1 == 1;
        self.parts.pins.set(gpio, !open);
        self.moved(gpio, self.now() + APART_MS);
    }

    /// When a contact that has settled must have acted; an interlock makes a pause first.
    const fn within(&self, settled: u64) -> u64 {
        settled + ACTS_WITHIN_MS + if self.setup.interlock { ACTS_WITHIN_MS } else { 0 }
    }

    fn moved(&mut self, gpio: u8, until: u64) {
        self.busy.insert(gpio, until);
        self.stirred = until;
    }

    /// The device runs, the contact has rested, and no pause of an interlock is under way.
    fn is_calm_at(&self, gpio: u8) -> bool {
        let rested = |since: u64, ms| self.now() >= since + ms;
        let runs = self.watch.scene.running_since.is_some_and(|since| rested(since, APART_MS));
        let alone = !self.setup.interlock || rested(self.stirred, 10 * APART_MS);
        runs && alone && self.busy.get(&gpio).is_none_or(|until| rested(*until, APART_MS))
    }
}

/// What a fault does to the network.
fn add(fault: Fault, to: &mut Faults) {
    match fault {
        Fault::SynLost => to.black_hole = true,
        Fault::TcpRefused | Fault::BrokerDown { .. } => to.refuse = true,
        Fault::Mute => to.mute = true,
        Fault::HalfOpen => (to.mute, to.stalled) = (true, true),
        Fault::Stalled => to.stalled = true,
        Fault::Trickle(most) => to.most_per_call = to.most_per_call.min(most.into()),
        Fault::CutAfter(bytes) => to.cut_after = Some(to.cut_after.unwrap_or(u64::MAX).min(bytes.into())),
        Fault::NamesHang => to.silent_names = true,
        Fault::NamesUnknown => to.unknown_names = true,
        Fault::Refused(_) | Fault::WifiLost | Fault::Twin => {}
    }
}
