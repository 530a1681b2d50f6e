//! The file that the Pico W's boot loader takes: a flash image in blocks of 512 bytes that may come in any order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::elf::Elf;
use crate::{Failure, Outcome, boards, files};

/// The board that is flashed this way.
pub const BOARD: &str = "rp2040-w";

/// What the boot loader erases at once; it leaves a part that is not written neither old nor empty (RP2040-E14).
const SECTOR: usize = 4096;
/// What a block carries.
const PAYLOAD: usize = 256;
/// The RP2040, as the boot loader knows itself.
const FAMILY: u32 = 0xE48B_FF56;

/// Builds the image and writes the file.
///
/// # Errors
/// [`Failure::Step`] when it does not build.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    if let Some(wrong) = args.first() {
        return Err(Failure::Usage(format!("{wrong}? This job has no options")));
    }
    let path = make(root)?;
    println!("{} {} bytes", path.display(), files::read_bytes(&path)?.len());
    Ok(())
}

/// Builds the image and writes the file beside it; tells where.
///
/// # Errors
/// [`Failure::Step`] when it does not build.
pub fn make(root: &Path) -> Result<PathBuf, Failure> {
    let boards = boards::named(root, &[BOARD])?;
    let board = boards.first().ok_or_else(|| Failure::Step(format!("no board {BOARD}")))?;
    let program = board.build(root)?;
    let file = files::read_bytes(&program)?;
    let segments = Elf::new(&file).and_then(Elf::segments);
    let segments = segments.ok_or_else(|| Failure::Step(format!("{BOARD} is no 32-bit ELF file")))?;
    let path = program.with_extension("uf2");
    fs::write(&path, blocks(&sectors(&segments))).map_err(|error| Failure::File(path.clone(), error))?;
    Ok(path)
}

/// The sectors in which these bytes lie, by their addresses.
fn sectors(segments: &[(u32, &[u8])]) -> BTreeMap<u32, [u8; SECTOR]> {
    let mut sectors = BTreeMap::new();
    for (address, bytes) in segments {
        for (address, byte) in (*address..).zip(*bytes) {
            let offset = address % SECTOR as u32;
            let sector: &mut [u8; SECTOR] = sectors.entry(address - offset).or_insert([0xFF; SECTOR]);
            if let Some(place) = sector.get_mut(offset as usize) {
                *place = *byte;
            }
        }
    }
    sectors
}

fn blocks(sectors: &BTreeMap<u32, [u8; SECTOR]>) -> Vec<u8> {
    let count = (sectors.len() * SECTOR / PAYLOAD) as u32;
    let pages = sectors
        .iter()
        .flat_map(|(address, sector)| (*address..).step_by(PAYLOAD).zip(sector.chunks(PAYLOAD)));
    (0..).zip(pages).flat_map(|(number, (address, page))| block(number, count, address, page)).collect()
}

fn block(number: u32, count: u32, address: u32, page: &[u8]) -> Vec<u8> {
    const BEGIN: [u32; 2] = [0x0A32_4655, 0x9E5D_5157];
    const END: u32 = 0x0AB1_6F30;
    const HAS_FAMILY: u32 = 0x2000;
    const END_AT: usize = 508;
    let [first, second] = BEGIN;
    let head = [first, second, HAS_FAMILY, address, PAYLOAD as u32, number, count, FAMILY];
    let mut block: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    block.extend(page);
    block.resize(END_AT, 0);
    block.extend(END.to_le_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(file: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn a_program_becomes_whole_sectors() {
        let sectors = sectors(&[(0x1000_0FFE, &[1, 2, 3]), (0x1000_3000, &[4])]);
        let addresses: Vec<u32> = sectors.keys().copied().collect();
        assert_eq!(addresses, [0x1000_0000, 0x1000_1000, 0x1000_3000]);
        assert_eq!(sectors[&0x1000_0000][4093..], [0xFF, 1, 2]);
        assert_eq!(sectors[&0x1000_1000][..2], [3, 0xFF]);
    }

    #[test]
    fn each_block_tells_its_place_and_how_many_there_are() {
        let file = blocks(&sectors(&[(0x1000_0100, &[7])]));
        assert_eq!(file.len(), 16 * 512);
        for (number, block) in file.chunks(512).enumerate() {
            let number = u32::try_from(number).unwrap();
            assert_eq!(
                (word(block, 0), word(block, 4), word(block, 508)),
                (0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30)
            );
            assert_eq!((word(block, 12), word(block, 16)), (0x1000_0000 + 256 * number, 256));
            assert_eq!((word(block, 20), word(block, 24), word(block, 28)), (number, 16, FAMILY));
        }
        assert_eq!(file[512 + 32], 7);
    }
}
