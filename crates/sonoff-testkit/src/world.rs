//! A small universe on one thread: devices, a network, a broker, and time that jumps from deadline to deadline.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use sonoff_hal::Clock;

use crate::broker::{Broker, ClientId};
use crate::clock::VirtualClock;
use crate::net::{Net, Peer};

/// Rounds within one moment after which something spins for ever.
const LIVELOCK: u32 = 10_000_000;

/// Remembers that a task wants to be polled.
#[derive(Debug)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A task of a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Woken>,
    /// Moments at which it was polled.
    wakes: u64,
    /// The last of them.
    awake_at: Option<u64>,
}

impl Task {
    fn new(future: impl Future<Output = ()> + 'static) -> Self {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        Self { future: Box::pin(future), woken, wakes: 0, awake_at: None }
    }

    /// Polls it if it was woken; `None` when it was not.
    fn poll(&mut self, now: u64) -> Option<bool> {
        if !self.woken.0.swap(false, Ordering::Relaxed) {
            return None;
        }
        if self.awake_at.replace(now) != Some(now) {
            self.wakes += 1;
        }
        let waker = Waker::from(self.woken.clone());
        Some(self.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready())
    }
}

/// One stream, between the network and the broker.
struct Line {
    peer: Peer,
    client: ClientId,
    /// What the broker sent and the network did not take yet.
    waiting: Vec<u8>,
}

/// A deterministic universe: nothing in it depends on real time, threads or chance.
///
/// It polls every task until none wants more, moves bytes between network and broker, and then jumps to the next
/// deadline. So a day takes as long as its events.
pub struct World {
    clock: VirtualClock,
    net: Net,
    broker: Broker,
    lines: BTreeMap<u64, Line>,
    streams: BTreeMap<ClientId, u64>,
    tasks: BTreeMap<TaskId, Task>,
    last: u64,
    /// Without it, streams are left to the test: see [`Net::next_touched`].
    has_broker: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock, net, tasks, .. } = self;
        f.debug_struct("World")
            .field("clock", clock)
            .field("net", net)
            .field("tasks", &tasks.len())
            .finish_non_exhaustive()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A universe with a broker behind every address.
    pub fn new() -> Self {
        Self {
            clock: VirtualClock::new(),
            net: Net::new(),
            broker: Broker::new(),
            lines: BTreeMap::new(),
            streams: BTreeMap::new(),
            tasks: BTreeMap::new(),
            last: 0,
            has_broker: true,
        }
    }

    /// A universe in which the test itself is the server.
    pub fn without_broker() -> Self {
        Self { has_broker: false, ..Self::new() }
    }

    /// The time.
    pub const fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// The network.
    pub const fn net(&self) -> &Net {
        &self.net
    }

    /// The broker.
    pub const fn broker(&mut self) -> &mut Broker {
        &mut self.broker
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Adds a task; it is polled at the next run.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> TaskId {
        self.last += 1;
        let id = TaskId(self.last);
        self.tasks.insert(id, Task::new(future));
        id
    }

    /// Drops a task where it stands: a power cut.
    pub fn cut(&mut self, task: TaskId) {
        self.tasks.remove(&task);
    }

    /// The task has not ended.
    pub fn is_running(&self, task: TaskId) -> bool {
        self.tasks.contains_key(&task)
    }

    /// At how many moments a task was polled: how often a chip would have left its sleep.
    pub fn wakes(&self, task: TaskId) -> u64 {
        self.tasks.get(&task).map_or(0, |task| task.wakes)
    }

    /// Publishes as if from another client.
    pub fn publish(&mut self, topic: &str, payload: &str) {
        self.broker.publish(topic, payload.as_bytes(), false);
    }

    /// Runs until nothing is left to do at this moment.
    ///
    /// # Panics
    /// When the tasks never come to rest.
    pub fn settle(&mut self) {
        for _ in 0..LIVELOCK {
            if !self.step() {
                return;
            }
        }
        assert!(!self.tasks.values().any(|task| task.woken.0.load(Ordering::Relaxed)), "tasks never rest");
    }

    /// Polls each task that was woken once and moves bytes once; false when nothing happened.
    pub fn step(&mut self) -> bool {
        self.poll_tasks() | self.pump()
    }

    /// Runs for so long, from deadline to deadline.
    pub fn run_for(&mut self, ms: u64) {
        let end = self.now().saturating_add(ms);
        self.settle();
        while self.jump(end) {
            self.settle();
        }
        self.clock.advance_to(end);
        self.settle();
    }

    /// Runs until `done`, at most `limit` milliseconds; tells whether it was done. It is asked after each moment.
    pub fn run_until(&mut self, mut done: impl FnMut(&mut Self) -> bool, limit: u64) -> bool {
        let end = self.now().saturating_add(limit);
        loop {
            self.settle();
            if done(self) {
                return true;
            }
            if !self.jump(end) {
                return false;
            }
        }
    }

    /// All that a device on this port says to these bytes until it ends the stream, in `limit` milliseconds at most.
    /// `None`: nobody listens there.
    pub fn exchange(&mut self, port: u16, mut bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
        let peer = self.net.dial(port)?;
        let mut heard = Vec::new();
        self.run_until(|world| world.pass(&peer, &mut bytes, &mut heard), limit);
        peer.close();
        self.settle();
        Some(heard)
    }

    /// Lets bytes go to and fro as long as any move; tells whether the stream has ended.
    fn pass(&mut self, peer: &Peer, bytes: &mut &[u8], heard: &mut Vec<u8>) -> bool {
        loop {
            let (sent, taken) = (peer.send(bytes), peer.take());
            *bytes = bytes.get(sent..).unwrap_or_default();
            heard.extend_from_slice(&taken);
            if sent + taken.len() == 0 {
                return peer.is_over();
            }
            self.settle();
        }
    }

    /// Jumps to the next deadline if it is not after `end`.
    fn jump(&mut self, end: u64) -> bool {
        let deadlines = [self.clock.next_deadline(), self.broker.next_deadline()];
        let Some(next) = deadlines.into_iter().flatten().min().filter(|&at| at <= end) else { return false };
        self.clock.advance_to(next);
        self.broker.tick(self.now());
        true
    }

    fn poll_tasks(&mut self) -> bool {
        let now = self.now();
        let mut busy = false;
        self.tasks.retain(|_, task| match task.poll(now) {
            None => true,
            Some(ended) => {
                busy = true;
                !ended
            }
        });
        busy
    }

    /// Moves bytes between network and broker.
    fn pump(&mut self) -> bool {
        if !self.has_broker {
            return false;
        }
        let mut busy = false;
        while let Some(peer) = self.net.next_touched() {
            busy = true;
            self.serve(peer);
        }
        while let Some(client) = self.broker.next_ready() {
            busy = true;
            if let Some(id) = self.streams.get(&client) {
                self.answer(*id);
            }
        }
        busy
    }

    fn serve(&mut self, peer: Peer) {
        let id = peer.id();
        let client = match self.lines.get(&id) {
            Some(line) => line.client,
            None if peer.is_over() => return peer.forget(),
            None => self.open(peer.clone()),
        };
        let bytes = peer.take();
        if !bytes.is_empty() {
            self.broker.receive(self.now(), client, &bytes);
        }
        if peer.is_over() {
            self.lines.remove(&id);
            self.streams.remove(&client);
            self.broker.closed(client);
            peer.forget();
        } else {
            self.answer(id);
        }
    }

    fn open(&mut self, peer: Peer) -> ClientId {
        let client = self.broker.connect();
        self.broker.tick(self.now());
        self.streams.insert(client, peer.id());
        self.lines.insert(peer.id(), Line { peer, client, waiting: Vec::new() });
        client
    }

    fn answer(&mut self, id: u64) {
        let Some(Line { peer, client, waiting }) = self.lines.get_mut(&id) else { return };
        while waiting.len() < peer.room() && self.broker.has_output(*client) {
            let enough = peer.room();
            self.broker.poll_output(*client, waiting, enough);
        }
        let sent = peer.send(waiting);
        waiting.drain(..sent);
        if waiting.is_empty() && self.broker.wants_close(*client) {
            peer.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn tasks_run_in_virtual_time_and_in_order() {
        let mut world = World::new();
        let seen = Rc::new(RefCell::new(Vec::new()));
        for (name, ms) in [("late", 86_400_000), ("soon", 5)] {
            let (clock, seen) = (world.clock().clone(), seen.clone());
            world.spawn(async move {
                clock.wait_until(ms).await;
                seen.borrow_mut().push((name, clock.now()));
            });
        }
        world.run_for(86_400_000);
        assert_eq!(*seen.borrow(), [("soon", 5), ("late", 86_400_000)]);
    }

    #[test]
    fn run_until_stops_at_the_moment_and_at_the_limit() {
        let mut world = World::new();
        let clock = world.clock().clone();
        let task = world.spawn(async move {
            for at in [10, 20, 30] {
                clock.wait_until(at).await;
            }
        });
        assert!(world.run_until(|world| world.now() >= 20, 100));
        assert_eq!((world.now(), world.wakes(task)), (20, 3));
        assert!(!world.run_until(|_| false, 5));
        assert!(world.is_running(task));
        assert!(world.run_until(|world| !world.is_running(task), 100));
    }
}
