//! The settings store on flash: power cuts at every byte, worn and broken pages, odd sizes.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use embassy_futures::block_on;
use proptest::prelude::*;
use sonoff_hal::conformance::{Rig, Script, Survived, store_keeps_the_last_blob, store_survives_any_cut};
use sonoff_hal::{Slot, Store};
use sonoff_runtime::store::{FlashStore, LayoutError, Pages, StoreError};
use sonoff_testkit::flash::{FlashFault, FlashRig, RamFlash, Torn};

/// Flash as in an ESP chip: words of 4 bytes, pages of 4096.
type Esp = RamFlash<4, 4, 4096>;

fn pages(count: usize) -> (Pages, Pages) {
    let settings = Pages { first: 0, size: 4096, count };
    (settings, settings.then(count))
}

fn open(flash: &Esp, count: usize) -> FlashStore<Esp> {
    let (settings, state) = pages(count);
    FlashStore::new(flash.clone(), settings, state).unwrap()
}

fn stored(store: &mut impl Store, slot: Slot) -> Option<Vec<u8>> {
    let mut buf = [0; 4096];
    block_on(store.load(slot, &mut buf)).unwrap().map(<[u8]>::to_vec)
}

#[test]
fn it_conforms_at_all_common_sizes() {
    fn conforms<const READ: usize, const WRITE: usize, const ERASE: usize>() {
        let rig = FlashRig::<READ, WRITE, ERASE>::new(2, 2, Torn::Bytes, 1).unwrap();
        let mut rig = rig;
        assert_eq!(block_on(store_keeps_the_last_blob(&mut rig.open())), Ok(()));
        assert_eq!(rig.flash.faults(), 0);
        let mut buf = [0; 32];
        assert_eq!(block_on(rig.open().load(Slot::State, &mut buf)).unwrap(), Some(&b"other"[..]));
    }
    conforms::<1, 1, 4096>();
    conforms::<4, 1, 4096>();
    conforms::<4, 4, 4096>();
    conforms::<1, 8, 2048>();
    conforms::<32, 32, 8192>();
    conforms::<1, 256, 4096>();
    conforms::<1, 4, 128>();
}

#[test]
fn the_largest_settings_fit_whatever_the_write_size() {
    fn fits<const WRITE: usize>() {
        let mut rig = FlashRig::<1, WRITE, 4096>::new(2, 2, Torn::Bytes, 1).unwrap();
        let mut store = rig.open();
        for round in 0..5 {
            let blob = [round; 4000];
            block_on(store.save(Slot::Settings, &blob)).unwrap();
            assert_eq!(stored(&mut rig.open(), Slot::Settings).as_deref(), Some(&blob[..]));
        }
        assert_eq!(block_on(store.save(Slot::Settings, &[0; 4085])), Err(StoreError::TooLong));
        assert_eq!(rig.flash.faults(), 0);
    }
    fits::<1>();
    fits::<4>();
    fits::<256>();
}

/// Every first cut and random second ones.
fn sweep<const READ: usize, const WRITE: usize, const ERASE: usize>(torn: Torn, script: Script) -> Survived {
    let mut rig = FlashRig::<READ, WRITE, ERASE>::new(2, 2, torn, script.seed).unwrap();
    let survived = block_on(store_survives_any_cut(&mut rig, script)).unwrap();
    assert_eq!(rig.flash.faults(), 0);
    assert!(rig.flash.erases().iter().sum::<u64>() > 2, "{:?}", rig.flash.erases());
    survived
}

fn total(survived: impl IntoIterator<Item = Survived>) -> Survived {
    survived.into_iter().fold(Survived::default(), |sum, more| Survived {
        cuts: sum.cuts + more.cuts,
        recovered: sum.recovered + more.recovered,
    })
}

// Pages of 4096 bytes: each byte of each program and erase of the script.
#[test]
fn a_cut_at_every_byte_leaves_the_old_blob_or_the_new_one() {
    let script = Script { saves: 11, longest: 1024, recovery: 4500, seed: 1 };
    let survived = sweep::<4, 4, 4096>(Torn::Bits, script);
    println!("{} cuts, {} recovered", survived.cuts, survived.recovered);
    assert!(survived.cuts > 10_000);
}

// Small pages: many turns of the ring, all write sizes, all ways to tear.
#[test]
fn a_cut_at_every_byte_of_many_turns_of_the_ring() {
    let survived = turns(1);
    println!("{} cuts, {} recovered", survived.cuts, survived.recovered);
}

// Minutes, in release: cargo test --release -p sonoff-testkit --test store -- --ignored --nocapture
#[test]
#[ignore = "takes minutes"]
fn a_cut_at_every_byte_of_many_values() {
    let survived = total((2..=40).map(turns));
    println!("{} cuts, {} recovered", survived.cuts, survived.recovered);
}

fn turns(seed: u32) -> Survived {
    let script = Script { saves: 12, longest: 90, recovery: 300, seed };
    total(Torn::STEADY.map(|torn| {
        total([
            sweep::<1, 1, 256>(torn, script),
            sweep::<4, 4, 256>(torn, script),
            sweep::<4, 32, 256>(torn, script),
            sweep::<1, 256, 512>(torn, script),
        ])
    }))
}

/// What a save leaves when it is cut at `step`, if it is so long.
fn cut_save(rig: &mut FlashRig<4, 4, 64>, step: u64, blob: &[u8]) -> bool {
    let mut store = rig.open();
    rig.cut_at(step);
    assert_eq!(block_on(store.save(Slot::State, blob)).is_err(), rig.is_cut());
    rig.is_cut()
}

// Each pair of cuts: one in a save that erases a page or not, one in the save after it.
#[test]
fn every_second_cut_in_the_recovery_of_every_first_cut() {
    let mut cuts = 0;
    for torn in Torn::STEADY {
        for kept in 1..=4 {
            cuts += pairs(torn, kept);
        }
    }
    println!("{cuts} cuts, {cuts} recovered");
}

fn pairs(torn: Torn, kept: u8) -> u64 {
    let mut rig = FlashRig::<4, 4, 64>::new(2, 2, torn, 5).unwrap();
    let mut cuts = 0;
    for first in 0.. {
        for second in 0.. {
            rig.renew();
            let mut store = rig.open();
            (1..=kept).for_each(|round| block_on(store.save(Slot::State, &[round; 9])).unwrap());
            rig.cut_at(first);
            let saved = block_on(store.save(Slot::State, b"first")).is_ok();
            if saved {
                return cuts;
            }
            let left = stored(&mut rig.open(), Slot::State).unwrap();
            assert!(left == [kept; 9] || left == b"first", "{first}: {left:?}");
            let cut = cut_save(&mut rig, second, b"second");
            cuts += 1 + u64::from(cut);
            let last = stored(&mut rig.open(), Slot::State).unwrap();
            assert!(last == b"second" || cut && last == left, "{first} {second}: {last:?} after {left:?}");
            block_on(rig.open().save(Slot::State, b"third")).unwrap();
            assert_eq!(stored(&mut rig.open(), Slot::State).as_deref(), Some(&b"third"[..]));
            assert_eq!(rig.flash.faults(), 0, "{first} {second}");
            if !cut {
                break;
            }
        }
    }
    cuts
}

// Torn bits that read anew each time: what a later run has saved still wins, whatever they read as.
#[test]
fn bits_that_read_differently_each_time_never_win_over_a_later_save() {
    for seed in 1..60 {
        let mut rig = FlashRig::<4, 4, 128>::new(3, 3, Torn::Shaky, seed).unwrap();
        for step in 0..40 {
            rig.renew();
            let mut store = rig.open();
            block_on(store.save(Slot::State, b"old")).unwrap();
            rig.cut_at(step);
            let _ = block_on(store.save(Slot::State, b"new"));
            block_on(rig.open().save(Slot::State, b"last")).unwrap();
            (0..20).for_each(|_| {
                assert_eq!(
                    stored(&mut rig.open(), Slot::State).as_deref(),
                    Some(&b"last"[..]),
                    "{seed} {step}"
                );
            });
        }
    }
}

// A save whose future is dropped half-way is a power cut for its blob alone.
#[test]
fn the_old_blob_saved_again_after_a_failed_save_is_the_last() {
    let mut whole = 0;
    for fail in 0..16 {
        let flash = Esp::new(4);
        let mut store = open(&flash, 2);
        block_on(store.save(Slot::State, b"old")).unwrap();
        // What was cut may read as whole.
        flash.tear(Torn::Done, 1);
        flash.cut_at(Some(fail));
        assert!(block_on(store.save(Slot::State, b"new")).is_err());
        flash.power_on();
        whole += u32::from(stored(&mut open(&flash, 2), Slot::State).unwrap() == b"new");
        // The same run goes on.
        block_on(store.save(Slot::State, b"old")).unwrap();
        assert_eq!(stored(&mut open(&flash, 2), Slot::State).as_deref(), Some(&b"old"[..]), "{fail}");
        assert_eq!(flash.faults(), 0);
    }
    assert!(whole > 0);
}

#[test]
fn a_page_that_no_longer_works_is_passed_over() {
    let flash = Esp::new(8);
    let mut store = open(&flash, 4);
    flash.break_page(5);
    for round in 0..20 {
        block_on(store.save(Slot::State, &[round; 1500])).unwrap();
        assert_eq!(stored(&mut open(&flash, 4), Slot::State), Some(vec![round; 1500]));
    }
    (4..8).for_each(|page| flash.break_page(page));
    assert_eq!(block_on(store.save(Slot::State, b"new")), Err(StoreError::Flash(FlashFault::Broken)));
    assert_eq!(stored(&mut store, Slot::State), Some(vec![19; 1500]));
}

// A word that takes a wrong value without a word of warning: the record goes to another page.
#[test]
fn what_does_not_read_back_is_not_saved() {
    let flash = Esp::new(4);
    let mut store = open(&flash, 2);
    flash.stick(2 * 4096 + 32 + 12 + 5, 0x02);
    block_on(store.save(Slot::State, &[0xFF; 20])).unwrap();
    block_on(store.save(Slot::State, &[0xFE; 20])).unwrap();
    block_on(store.save(Slot::State, &[0xFD; 20])).unwrap();
    assert_eq!(stored(&mut open(&flash, 2), Slot::State), Some(vec![0xFD; 20]));
    assert_eq!(flash.erases(), [0, 0, 1, 1]);
    flash.stick(2 * 4096, 0xFF);
    assert_eq!(block_on(open(&flash, 2).save(Slot::State, &[1; 20])), Err(StoreError::Worn));
}

// Bits that flip with the years cost the blob in which they lie, and none that was saved after it.
#[test]
fn a_spoilt_record_hides_no_later_one() {
    let flash = Esp::new(4);
    let mut store = open(&flash, 2);
    for round in 0..3 {
        block_on(store.save(Slot::State, &[round; 20])).unwrap();
    }
    flash.spoil(2 * 4096 + 12 + 3, 0x10);
    flash.spoil(2 * 4096 + 32 + 12 + 3, 0x10);
    assert_eq!(stored(&mut open(&flash, 2), Slot::State), Some(vec![2; 20]));
    flash.spoil(2 * 4096 + 64 + 12 + 3, 0x10);
    assert_eq!(block_on(store.load(Slot::State, &mut [0; 32])), Err(StoreError::Faded));
    assert_eq!(stored(&mut open(&flash, 2), Slot::State), None);
}

#[test]
fn foreign_bytes_are_an_empty_store() {
    let flash = Esp::new(4);
    (0..4 * 4096).for_each(|at| flash.spoil(at, (at % 251) as u8));
    assert_eq!(stored(&mut open(&flash, 2), Slot::Settings), None);
    block_on(open(&flash, 2).save(Slot::Settings, b"own")).unwrap();
    assert_eq!(stored(&mut open(&flash, 2), Slot::Settings).as_deref(), Some(&b"own"[..]));
}

#[test]
fn what_is_saved_already_costs_nothing() {
    let flash = Esp::new(4);
    let mut store = open(&flash, 2);
    block_on(store.save(Slot::Settings, b"same")).unwrap();
    let steps = flash.steps();
    (0..100).for_each(|_| block_on(store.save(Slot::Settings, b"same")).unwrap());
    assert_eq!(flash.steps(), steps);
}

// With power off nothing can be read: that is an error, not an empty store.
#[test]
fn a_flash_that_cannot_be_read_is_no_new_device() {
    let flash = Esp::new(4);
    block_on(open(&flash, 2).save(Slot::Settings, b"mine")).unwrap();
    let mut store = open(&flash, 2);
    flash.cut_at(Some(0));
    let _ = block_on(open(&flash, 2).save(Slot::State, b"x"));
    assert_eq!(block_on(store.load(Slot::Settings, &mut [0; 8])), Err(StoreError::Flash(FlashFault::Off)));
    flash.power_on();
    assert_eq!(stored(&mut store, Slot::Settings).as_deref(), Some(&b"mine"[..]));
    assert_eq!(block_on(store.load(Slot::Settings, &mut [0; 3])), Err(StoreError::Buffer));
}

#[test]
fn pages_that_do_not_fit_the_flash_are_refused() {
    let (settings, state) = pages(2);
    let error = |settings, state| FlashStore::new(Esp::new(4), settings, state).unwrap_err();
    assert_eq!(error(settings, settings), LayoutError::Overlap);
    assert_eq!(error(settings, Pages { count: 1, ..state }), LayoutError::TooFew);
    assert_eq!(error(settings, Pages { count: 3, ..state }), LayoutError::Outside);
    assert_eq!(error(Pages { first: 4, ..settings }, state), LayoutError::Unaligned);
    assert_eq!(error(Pages { size: 1000, ..settings }, state), LayoutError::Unaligned);
    assert_eq!(error(settings, Pages { first: usize::MAX - 4095, ..state }), LayoutError::Outside);
    assert!(FlashStore::new(Esp::new(4), settings, state).is_ok());
}

// 256 bytes at once, and little else.
#[test]
fn a_save_needs_little_stack() {
    let flash = Esp::new(4);
    let mut store = open(&flash, 2);
    let save = store.save(Slot::Settings, b"x");
    let size = size_of_val(&save);
    println!("save: {size} bytes");
    assert!(size <= 1024, "{size} bytes");
    // A first poll is enough in RAM.
    assert!(pin!(save).poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// Something that happens to a device.
#[derive(Debug, Clone)]
enum Event {
    Save(Slot, Vec<u8>),
    CutSave(Slot, Vec<u8>, u64),
    Restart,
}

fn slot() -> impl Strategy<Value = Slot> {
    prop_oneof![Just(Slot::Settings), Just(Slot::State)]
}

fn event() -> impl Strategy<Value = Event> {
    let blob = || prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(0xFF)], 0..200);
    prop_oneof![
        5 => (slot(), blob()).prop_map(|(slot, blob)| Event::Save(slot, blob)),
        3 => (slot(), blob(), 0u64..800).prop_map(|(slot, blob, step)| Event::CutSave(slot, blob, step)),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    // The plain map is two variables.
    #[test]
    fn it_is_a_map_that_survives(
        events in prop::collection::vec(event(), 1..60),
        seed in any::<u32>(),
        torn in 0usize..4,
        count in 2usize..5,
    ) {
        let mut rig = FlashRig::<4, 4, 512>::new(count, count, Torn::STEADY[torn], seed).unwrap();
        rig.renew();
        let mut store = rig.open();
        let mut map: [Option<Vec<u8>>; 2] = [None, None];
        for event in events {
            match event {
                Event::Save(slot, blob) => {
                    prop_assert_eq!(block_on(store.save(slot, &blob)), Ok(()));
                    map[slot as usize] = Some(blob);
                }
                Event::CutSave(slot, blob, step) => {
                    rig.cut_at(step);
                    let saved = block_on(store.save(slot, &blob)).is_ok();
                    store = rig.open();
                    let now = stored(&mut store, slot);
                    if saved || now.as_ref() == Some(&blob) {
                        map[slot as usize] = Some(blob);
                    }
                }
                Event::Restart => store = rig.open(),
            }
            for slot in [Slot::Settings, Slot::State] {
                prop_assert_eq!(&stored(&mut store, slot), &map[slot as usize]);
            }
        }
        prop_assert_eq!(rig.flash.faults(), 0);
    }
}
