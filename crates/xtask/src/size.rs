//! What a device costs on a small chip, in bytes, against a budget.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Failure, Outcome, files, run};

/// The program that is linked and measured.
const PROBE: &str = "boards/size-probe";
/// Its target.
const TARGET: &str = "thumbv6m-none-eabi";

/// What is built: a name in the budget, and what cargo is told.
struct Kind {
    name: &'static str,
    args: &'static [&'static str],
}

/// A relay with nothing but what it needs, and with all that the core can do.
const KINDS: &[Kind] =
    &[Kind { name: "tier1", args: &[] }, Kind { name: "all", args: &["--features", "all"] }];

/// A section of the linked program.
#[derive(Debug, PartialEq, Eq)]
struct Section {
    name: String,
    bytes: u64,
}

/// Builds the probe in each kind, prints its sections, and compares them with `size.toml` beside it.
///
/// # Errors
/// [`Failure::Step`] when it does not build; [`Failure::Found`] for each figure above its budget.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    if let Some(wrong) = args.first() {
        return Err(Failure::Usage(format!("{wrong}? This job has no options")));
    }
    let budget = files::read(&root.join(PROBE).join("size.toml"))?;
    let over = KINDS.iter().try_fold(0, |over, kind| Ok(over + measured(root, kind, &budget)?))?;
    if over > 0 { Err(Failure::Found(over, "figures above their budget")) } else { Ok(()) }
}

/// How many figures of one kind are above the budget.
fn measured(root: &Path, kind: &Kind, budget: &str) -> Result<usize, Failure> {
    let sections = sections(&files::read_bytes(&built(root, kind)?)?).ok_or_else(broken)?;
    for section in &sections {
        println!("{:12} {:6}", section.name, section.bytes);
    }
    let figures = [
        (format!("{}.flash", kind.name), sum(&sections, &[".text", ".rodata", ".data"])),
        (format!("{}.ram", kind.name), sum(&sections, &[".data", ".bss"])),
    ];
    Ok(figures.iter().filter(|(name, bytes)| !fits(name, *bytes, most(budget, name))).count())
}

fn broken() -> Failure {
    Failure::Step(format!("{PROBE} is no 32-bit ELF file"))
}

fn fits(name: &str, bytes: u64, most: Option<u64>) -> bool {
    let most = most.unwrap_or(0);
    println!("{name:12} {bytes:6} of {most}");
    bytes <= most
}

fn built(root: &Path, kind: &Kind) -> Result<PathBuf, Failure> {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("size-probe");
    let mut cargo =
        run::cargo(&root.join(PROBE), &["build", "--quiet", "--release", "--locked", "--target-dir"]);
    cargo.arg(&target).args(kind.args);
    run::run(cargo)?;
    Ok(target.join(TARGET).join("release/size-probe"))
}

fn sum(sections: &[Section], names: &[&str]) -> u64 {
    sections
        .iter()
        .filter(|section| names.contains(&section.name.as_str()))
        .map(|section| section.bytes)
        .sum()
}

/// The figure behind `name = ` in a budget.
fn most(budget: &str, name: &str) -> Option<u64> {
    let line = budget.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))?;
    line.split('#').next()?.trim().replace('_', "").parse().ok()
}

/// The sections that take memory, from a 32-bit little-endian ELF file.
fn sections(elf: &[u8]) -> Option<Vec<Section>> {
    elf.strip_prefix(b"\x7fELF\x01\x01")?;
    let (table, size) = (word(elf, 32)?, u32::from(half(elf, 46)?));
    let header = |index: u16| Some(table + u32::from(index) * size);
    let names = word(elf, header(half(elf, 50)?)? + 16)?;
    let all = (0..half(elf, 48)?).map(|index| section(elf, header(index)?, names));
    all.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
}

/// One section; inner `None` for one that takes no memory.
fn section(elf: &[u8], header: u32, names: u32) -> Option<Option<Section>> {
    const TAKES_MEMORY: u32 = 2;
    let bytes = word(elf, header + 20)?;
    if word(elf, header + 8)? & TAKES_MEMORY == 0 || bytes == 0 {
        return Some(None);
    }
    let name =
        elf.get(usize::try_from(names + word(elf, header)?).ok()?..)?.split(|byte| *byte == 0).next()?;
    Some(Some(Section { name: String::from_utf8_lossy(name).into_owned(), bytes: u64::from(bytes) }))
}

fn word(elf: &[u8], at: u32) -> Option<u32> {
    let at = usize::try_from(at).ok()?;
    elf.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn half(elf: &[u8], at: u32) -> Option<u16> {
    let at = usize::try_from(at).ok()?;
    elf.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_read_with_its_separators_and_remarks() {
        let budget = "# bytes\ntier1.flash = 72_000 # opt-level z\ntier1.ram=6008\n";
        assert_eq!(
            (most(budget, "tier1.flash"), most(budget, "tier1.ram"), most(budget, "flash")),
            (Some(72_000), Some(6008), None)
        );
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        assert_eq!(sections(b""), None);
        assert_eq!(sections(b"\x7fELF\x02\x01 a 64-bit one"), None);
        assert_eq!(sections(b"\x7fELF\x01\x01 cut off"), None);
    }
}
