//! The write budget: what ten years of constant switching cost the flash.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use embassy_futures::block_on;
use sonoff_hal::{Slot, Store};
use sonoff_runtime::store::{FlashStore, Pages};
use sonoff_testkit::flash::RamFlash;
use sonoff_testkit::plug::Parts;
use sonoff_testkit::world::World;

/// Words and pages as in an ESP chip.
type Esp = RamFlash<4, 4, 4096>;
const WORD: usize = 4;
const PAGE: Pages = Pages { first: 0, size: 4096, count: 2 };
/// What the makers of such flash promise for each page.
const ENDURANCE: u64 = 100_000;
const SECONDS_OF_TEN_YEARS: u64 = 10 * 365 * 86_400 + 2 * 86_400;

/// Saves in ten years, and the length of the record, when these two commands come in turn, 15 of them in a second.
///
/// A device under this load saves all the time in the same way, so one hour stands for the others.
fn load(commands: [(&str, &str); 2], slot: Slot) -> (u64, usize) {
    const SECONDS: u64 = 3600;
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(20_000);
    let before = plug.store.saves(slot);
    for tick in 0..SECONDS * 15 {
        let (topic, payload) = commands[usize::from(tick % 2 == 1)];
        world.publish(topic, payload);
        world.run_for(if tick % 3 == 0 { 66 } else { 67 });
    }
    let saves = u64::from(plug.store.saves(slot) - before);
    assert!(saves <= SECONDS, "{saves} saves: a burst within a second is one");
    (saves * SECONDS_OF_TEN_YEARS / SECONDS, plug.store.blob(slot).unwrap().len())
}

/// Erases in ten years, and how many pages keep each below what it endures.
fn budget(what: &str, saves: u64, len: usize) -> u64 {
    let records = u64::try_from(PAGE.records(WORD, len)).unwrap();
    let erases = saves.div_ceil(records);
    let pages = erases.div_ceil(ENDURANCE - 1).max(2);
    println!("{what}: {saves} saves of {len} bytes, {records} to a page, {erases} erases in ten years");
    for count in [2, 4, 8, 16, 32, pages] {
        println!("  {count} pages: {} erases each", erases / count);
    }
    println!("  {pages} pages keep each below {ENDURANCE}");
    assert!(erases / pages < ENDURANCE);
    pages
}

// A relay that is switched 15 times a second for ten years.
#[test]
fn ten_years_of_switching() {
    let (saves, len) = load([("cmnd/sonoff/POWER", "ON"), ("cmnd/sonoff/POWER", "OFF")], Slot::State);
    assert!(budget("state", saves, len) <= 16);
    assert!(budget("state, the longest", saves, 32) <= 34);
}

// Settings that are changed 15 times a second for ten years. No household does that: the second figure is a change
// in every minute.
#[test]
fn ten_years_of_changing_settings() {
    let (saves, len) =
        load([("cmnd/sonoff/TelePeriod", "20"), ("cmnd/sonoff/TelePeriod", "30")], Slot::Settings);
    budget("settings", saves, len);
    assert!(budget("settings, once a minute", SECONDS_OF_TEN_YEARS / 60, len) <= 12);
}

// The arithmetic above is what the store does, and no page is worn more than another.
#[test]
fn erases_are_as_reckoned_and_even() {
    for (len, count) in [(8, 2), (8, 5), (32, 3), (300, 4)] {
        let flash = Esp::new(2 + count);
        let pages = PAGE.then(count);
        let mut store = FlashStore::new(flash.clone(), PAGE, pages).unwrap();
        let saves = 40 * pages.records(WORD, len) * count;
        for number in 0..saves {
            let mut blob = vec![7; len];
            blob[..4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
            block_on(store.save(Slot::State, &blob)).unwrap();
        }
        assert_eq!(&flash.erases()[2..], vec![40; count], "{len} bytes");
        assert_eq!(flash.faults(), 0);
    }
}

// Each run that saves begins with a fresh page: 20 power cuts a day for ten years are far from the end of two pages.
#[test]
fn a_run_costs_one_erase() {
    let flash = Esp::new(4);
    for boot in 0..200_u32 {
        let mut store = FlashStore::new(flash.clone(), PAGE, PAGE.then(2)).unwrap();
        block_on(store.save(Slot::State, &boot.to_le_bytes())).unwrap();
    }
    assert_eq!(flash.erases(), [0, 0, 100, 100]);
    let each = 20 * 3652 / 2;
    println!("20 boots a day for ten years: {each} erases for each of two pages");
}
