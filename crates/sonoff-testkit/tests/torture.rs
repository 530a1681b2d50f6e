//! Some hundred lives under every fault, and those that once found something.

use sonoff_testkit::torture::plan::Plan;
use sonoff_testkit::torture::planted::Plant;
use sonoff_testkit::torture::{Case, run};

const SEEDS: u64 = 80;

/// Lives that broke an invariant once: seed, hours, places of the events that it took.
const FOUND: &[(u64, u64, &[usize])] = &[
    // A toggle made a retained value count as new: the relay moved by itself at the next session (DX-46).
    (144, 3, &[79, 84, 94]),
    (162, 3, &[31, 55, 56, 58, 59, 60, 62, 63]),
    // A short pulse that was saved with another relay's state came back after a restart (PX-35).
    (58, 3, &[40, 41]),
    // A restart soon after a cold boot brought back what was stored, not what PowerOnState had made of it (P-16).
    (871, 12, &[3, 5, 10, 13]),
    (2966, 12, &[44, 48, 50, 51]),
    // A button pressed while a restart waited for a link that was stuck: the restart undid it.
    (3207, 12, &[84, 85, 86]),
    (5172, 12, &[16, 18, 20]),
];

/// What a life breaks, and how to repeat it.
fn broken(case: &Case) -> Option<String> {
    let (_, broken) = case.run(false);
    broken.map(|broken| {
        format!("{broken}\nagain: cargo xtask torture {} --loud", case.shrunk(&broken).options())
    })
}

#[test]
fn everything_holds_for_some_hundred_seeds() {
    (0..SEEDS).for_each(|seed| assert_eq!(broken(&Case::whole(seed, 2)), None));
}

#[test]
fn what_was_found_once_stays_mended() {
    for &(seed, hours, keep) in FOUND {
        assert_eq!(broken(&Case { keep: Some(keep.to_vec()), ..Case::whole(seed, hours) }), None);
    }
}

#[test]
fn every_planted_fault_is_found() {
    for plant in Plant::ALL {
        assert!(Case::find(plant, 300, 2).is_some(), "{plant:?}");
    }
}

#[test]
fn a_seed_is_lived_in_the_same_way_every_time() {
    let lives = [(); 2].map(|()| Case::whole(7, 3).run(false));
    assert_eq!(lives[0], lives[1]);
    assert_eq!(Plan::draw(7, 3), Plan::draw(7, 3));
    assert_ne!(Plan::draw(7, 3), Plan::draw(8, 3));
}

// P7: a year without network changes nothing, and at its end the session comes back.
#[test]
fn a_year_without_network_changes_nothing() {
    for seed in 0..4 {
        let (tally, broken) = run(&Plan::lonely_year(seed), |_| true, false);
        assert_eq!(broken, None, "seed {seed}");
        assert_eq!(tally.boots, 1);
        assert!(tally.saves <= 5, "{} records saved", tally.saves);
        assert_eq!(tally.sessions, 2);
    }
}
