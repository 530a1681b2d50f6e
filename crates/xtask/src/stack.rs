//! How much stack the image for QEMU needs: its largest frames, and how deep it went while it worked.

use std::path::Path;

use crate::elf::Elf;
use crate::qemu::{self, Lab};
use crate::{Failure, Outcome, boards, files};

/// So many frames are printed.
const SHOWN: usize = 10;

/// A function and what it takes of the stack.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    bytes: u64,
    name: String,
}

/// Prints both figures and compares them with the board's `stack.toml`.
///
/// # Errors
/// [`Failure::Step`] when something does not build or run; [`Failure::Found`] for the figures above their budget.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let strict = qemu::is_strict(args)?;
    let boards = boards::named(root, &[qemu::BOARD])?;
    let board = boards.first().ok_or_else(|| Failure::Step(format!("no board {}", qemu::BOARD)))?;
    let budget = files::read(&board.folder.join("stack.toml"))?;
    // The flag is not stable, and the frames must be those of the compiler that builds what is shipped.
    let flags = "target.riscv32imc-unknown-none-elf.rustflags=[\"-Zemit-stack-sizes\"]";
    let program = board.build_with(root, "stack", |cargo| {
        cargo.env("RUSTC_BOOTSTRAP", "1").args(["--config", flags]);
    })?;
    let frames = frames(&files::read_bytes(&program)?);
    let frames = frames.ok_or_else(|| Failure::Step("the image tells nothing of its frames".to_owned()))?;
    frames.iter().take(SHOWN).for_each(|frame| println!("{:6} {}", frame.bytes, frame.name));
    let largest = frames.first().map_or(0, |frame| frame.bytes);
    let mut over = usize::from(!fits("frame", largest, &budget));
    if qemu::can_run(strict)? {
        let lab = Lab::new(root, qemu::image(root)?)?;
        let (deepest, size) = qemu::home::deepest(&lab)?;
        over += usize::from(!fits("deepest", deepest, &budget));
        println!("{:8} {size:7}", "room");
    }
    if over > 0 { Err(Failure::Found(over, "figures above their budget")) } else { Ok(()) }
}

fn fits(name: &str, bytes: u64, budget: &str) -> bool {
    let most = budget.lines().find_map(|line| {
        let number = line.strip_prefix(name)?.trim_start().strip_prefix('=')?;
        number.split('#').next()?.trim().replace('_', "").parse::<u64>().ok()
    });
    println!("{name:8} {bytes:7} of {}", most.unwrap_or(0));
    most.is_some_and(|most| bytes <= most)
}

/// All frames that the compiler told of, the largest first.
fn frames(file: &[u8]) -> Option<Vec<Frame>> {
    let elf = Elf::new(file)?;
    let sections = elf.sections()?;
    let told = elf.content(sections.iter().find(|section| section.name == ".stack_sizes")?)?;
    let symbols = elf.symbols()?;
    let name = |address: u32| {
        let symbol = symbols.iter().find(|symbol| symbol.address == address && symbol.bytes > 0);
        symbol.map_or_else(|| format!("{address:#x}"), |symbol| plain(symbol.name))
    };
    let mut frames: Vec<Frame> =
        entries(told)?.into_iter().map(|(address, bytes)| Frame { bytes, name: name(address) }).collect();
    frames.sort_by_key(|frame| std::cmp::Reverse(frame.bytes));
    Some(frames)
}

fn plain(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Address and frame of each entry.
fn entries(mut told: &[u8]) -> Option<Vec<(u32, u64)>> {
    let mut entries = Vec::new();
    while !told.is_empty() {
        let (address, rest) = told.split_first_chunk()?;
        let (bytes, rest) = leb128(rest)?;
        entries.push((u32::from_le_bytes(*address), bytes));
        told = rest;
    }
    Some(entries)
}

/// A number of seven bits in each byte, the lowest first, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let len = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at_checked(len.min(9))?;
    let value = number.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F));
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_addresses_and_numbers_of_any_length() {
        let told = [0, 0, 0, 0x80, 16, 4, 0, 0, 0x80, 0xB0, 0x20];
        assert_eq!(entries(&told).unwrap(), [(0x8000_0000, 16), (0x8000_0004, 0x1030)]);
        assert_eq!(entries(&told[..10]), None);
        assert_eq!(entries(&[]).unwrap(), []);
    }

    #[test]
    fn a_figure_without_a_budget_does_not_fit() {
        assert!(fits("frame", 7, "frame = 7\n") && !fits("frame", 8, "frame = 7\n") && !fits("frame", 7, ""));
    }
}
