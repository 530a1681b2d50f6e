//! The watchdog gets its food from the loop that reads the buttons: when it hangs the chip is reset. Rule S-88.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use sonoff_core::{Device, Profile};
use sonoff_hal::none::{NoConsole, NoSensors, NoStore, NoTime, NoTls, Wired};
use sonoff_hal::{Clock, System, Wake};
use sonoff_runtime::{Hardware, Memory, Remote, Silent, run};
use sonoff_testkit::bench::MAC;
use sonoff_testkit::clock::VirtualClock;
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::MockSystem;
use sonoff_testkit::world::World;

const PATIENCE_MS: u64 = 8000;
const FEED_EVERY_MS: u64 = 4000;
const SAMPLE_MS: u64 = 10;
const MINUTE_MS: u64 = 60_000;

#[derive(Clone)]
struct StallingClock {
    clock: VirtualClock,
    /// The pause between two samples never ends: the loop that reads the inputs hangs.
    stalled: Rc<Cell<bool>>,
}

impl Clock for StallingClock {
    fn now(&self) -> u64 {
        self.clock.now()
    }

    async fn wait_until(&self, at: u64) {
        if self.stalled.get() && at.saturating_sub(self.now()) <= SAMPLE_MS {
            pending::<()>().await;
        }
        self.clock.wait_until(at).await;
    }
}

/// A chip with a watchdog of eight seconds.
struct Watched {
    chip: MockSystem,
    clock: VirtualClock,
    fed_at: Rc<Cell<u64>>,
}

impl System for Watched {
    fn chip_id(&self) -> [u8; 6] {
        self.chip.chip_id()
    }
    fn random(&mut self) -> u32 {
        self.chip.random()
    }
    fn restart(&mut self) {}
    fn wake(&self) -> Wake {
        self.chip.wake()
    }
    fn keep(&mut self) -> &mut [u8; 32] {
        self.chip.keep()
    }
    fn feed(&mut self) {
        self.fed_at.set(self.clock.now());
    }
    fn feed_every(&self) -> Option<u64> {
        Some(FEED_EVERY_MS)
    }
    fn free_memory(&self) -> u32 {
        0
    }
}

/// Runs a device for a minute, stalls it or not, and tells how long after that the watchdog would have reset the chip.
fn reset_after(stalled: bool) -> Option<u64> {
    let mut world = World::new();
    let clock = world.clock().clone();
    let (now_stalled, fed_at) = (Rc::new(Cell::new(false)), Rc::default());
    let system = Watched { chip: MockSystem::new(MAC), clock: clock.clone(), fed_at: Rc::clone(&fed_at) };
    let hardware = Hardware {
        pins: MockPins::new(clock.clone()),
        clock: StallingClock { clock, stalled: now_stalled.clone() },
        net: world.net().clone(),
        station: Wired::at([10, 0, 0, 2].into()),
        store: NoStore::<4096>::new(),
        system,
        console: NoConsole,
        sensors: NoSensors,
        time: NoTime,
        tls: NoTls,
    };
    world.spawn(async move {
        let mut device = Device::new(Profile::BASIC, MAC);
        run(&mut device, hardware, Memory::<1280, 1280>::new().buffers(), &Silent, &Remote::new()).await;
    });
    world.run_for(MINUTE_MS);
    now_stalled.set(stalled);
    let starved = |world: &mut World| world.now() - fed_at.get() > PATIENCE_MS;
    let begun = world.now();
    let reset = (0..20 * MINUTE_MS / 500).find(|_| {
        world.run_for(500);
        starved(&mut world)
    });
    reset.map(|_| world.now() - begun)
}

// S-88
#[test]
fn a_device_that_is_well_is_never_reset() {
    assert_eq!(reset_after(false), None);
}

// S-88
#[test]
fn a_loop_of_inputs_that_hangs_starves_the_watchdog() {
    let after = reset_after(true).expect("nobody noticed");
    assert!(after <= PATIENCE_MS + FEED_EVERY_MS, "{after} ms");
}
