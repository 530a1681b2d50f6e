//! What the programs for chips cost, in bytes, against budgets.

use std::collections::BTreeSet;
use std::path::Path;

use crate::boards::{self, Board};
use crate::elf::{Elf, Section};
use crate::{Failure, Outcome, files};

/// Builds the boards named, or all, prints their sections, and compares them with the `size.toml` beside each.
///
/// Each line of a budget is the most that `flash`, `ram` or one section may take; a word before it, as in `all.flash`,
/// is a kind: the board is built for it with the feature of that name, if it has one.
///
/// # Errors
/// [`Failure::Step`] when a board does not build; [`Failure::Found`] for the figures above their budget.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let names: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut over = 0;
    for board in boards::named(root, &names)? {
        if !board.has_target() {
            println!("== {}\nskipped: target missing", board.name);
            continue;
        }
        let budget = files::read(&board.folder.join("size.toml"))?;
        for kind in kinds(&budget) {
            over += measure(root, &board, kind, &budget)?;
        }
    }
    if over > 0 { Err(Failure::Found(over, "figures above their budget")) } else { Ok(()) }
}

/// Prints the figures of one kind of a board; tells how many are too large.
fn measure(root: &Path, board: &Board, kind: &str, budget: &str) -> Result<usize, Failure> {
    println!("== {} {kind}", board.name);
    let features = files::read(&board.folder.join("Cargo.toml"))?;
    let program = board.build_with(root, boards::RELEASE, |cargo| {
        if has_feature(&features, kind) {
            cargo.args(["--features", kind]);
        }
    })?;
    let file = files::read_bytes(&program)?;
    let sections = Elf::new(&file).and_then(Elf::sections);
    let sections = sections.ok_or_else(|| Failure::Step(format!("{} is no 32-bit ELF file", board.name)))?;
    let counted = sections.iter().filter(|section| counts(section));
    let mut figures: Vec<_> = counted.map(|section| (section.name, section.bytes)).collect();
    figures.push(("flash", sum(&sections, |section| section.is_stored())));
    figures.push(("ram", sum(&sections, |section| section.is_writable())));
    Ok(figures.iter().filter(|(name, bytes)| !fits(name, *bytes, most(budget, kind, name))).count())
}

/// Stack and heap are what is left, not what is needed; a dummy only keeps a place free in a second view of a memory.
fn counts(section: &Section<'_>) -> bool {
    let is_left = [".stack", ".heap"].contains(&section.name) || section.name.ends_with("_dummy");
    section.is_loaded() && !is_left
}

fn sum(sections: &[Section<'_>], kind: impl Fn(&Section<'_>) -> bool) -> u32 {
    sections.iter().filter(|section| counts(section) && kind(section)).map(|section| section.bytes).sum()
}

/// A figure without a budget is for people to know.
fn fits(name: &str, bytes: u32, most: Option<u32>) -> bool {
    match most {
        None => println!("{name:16} {bytes:7}"),
        Some(most) => println!("{name:16} {bytes:7} of {most}"),
    }
    most.is_none_or(|most| bytes <= most)
}

fn has_feature(manifest: &str, kind: &str) -> bool {
    let features = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let mut features = features.take_while(|line| !line.starts_with('['));
    features.any(|line| line.split('=').next().is_some_and(|name| name.trim() == kind))
}

/// The kinds of a budget; one without a name where no line has a kind.
fn kinds(budget: &str) -> BTreeSet<&str> {
    lines(budget).map(|(kind, _, _)| kind).collect()
}

/// The most that a kind's figure may be.
fn most(budget: &str, kind: &str, name: &str) -> Option<u32> {
    lines(budget).find(|line| (line.0, line.1) == (kind, name)).map(|(_, _, most)| most)
}

/// Kind, figure and number of each line.
fn lines(budget: &str) -> impl Iterator<Item = (&str, &str, u32)> {
    budget.lines().filter_map(|line| {
        let (name, rest) = line.split_once('=')?;
        let number = rest.split('#').next()?.trim().replace('_', "").parse().ok()?;
        // A section has a dot of its own in front: `".bss"`, `all.".bss"`.
        let (kind, name) = match name.trim().split_once('"') {
            Some((kind, section)) => (kind.trim_end_matches('.'), section.trim_end_matches('"')),
            None => name.trim().split_once('.').unwrap_or(("", name.trim())),
        };
        Some((kind, name, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_read_with_its_separators_and_remarks() {
        let budget = "# bytes\nflash = 72_000 # opt-level z\nram=6008\n\".bss\" = 70\n";
        assert_eq!((most(budget, "", "flash"), most(budget, "", "ram")), (Some(72_000), Some(6008)));
        assert_eq!((most(budget, "", ".bss"), most(budget, "all", "flash")), (Some(70), None));
        assert_eq!(kinds(budget), BTreeSet::from([""]));
    }

    #[test]
    fn a_budget_may_have_kinds() {
        let budget = "tier1.flash = 9\nall.flash = 10\nall.\".text\" = 8\n";
        assert_eq!(kinds(budget), BTreeSet::from(["all", "tier1"]));
        assert_eq!((most(budget, "all", "flash"), most(budget, "all", ".text")), (Some(10), Some(8)));
        assert!(has_feature("[features]\nall = []\n\n[dependencies]\ntier1 = 1\n", "all"));
        assert!(!has_feature("[features]\nall = []\n\n[dependencies]\ntier1 = 1\n", "tier1"));
    }

    #[test]
    fn a_figure_without_a_budget_fits() {
        assert!(fits("flash", 7, Some(7)) && fits("flash", 7, None) && !fits("flash", 8, Some(7)));
    }

    // What is forgotten in a file must not pass unseen.
    #[test]
    fn every_kind_of_every_board_has_a_budget_for_flash_and_ram() {
        for board in boards::named(&files::root(), &[]).unwrap() {
            let budget = files::read(&board.folder.join("size.toml")).unwrap();
            assert!(!kinds(&budget).is_empty(), "{}", board.name);
            for kind in kinds(&budget) {
                assert!(["flash", "ram"].iter().all(|name| most(&budget, kind, name).is_some()), "{kind}");
            }
        }
    }
}
