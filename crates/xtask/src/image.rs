//! The image that an ESP32-C3 starts from its flash, made and checked by the chip maker's own tool.

use std::path::Path;
use std::process::Command;

use crate::{Failure, Outcome, boards, files, run};

const BOARD: &str = "esp32";
const CHIP: &str = "esp32c3";
/// Where the image goes, by the board's table.
const PARTITION: &str = "factory";
/// What the tool says of an image in which nothing is wrong.
const SIGNS: [&str; 3] = ["(ESP32-C3)", "Checksum: ", "Validation hash: "];

/// Builds the program, makes an image of it, and has it checked. Without the tool it is skipped, or with `--strict` a
/// failure.
///
/// # Errors
/// [`Failure::Step`] when something of that fails, or the image is larger than its partition.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    if let Some(wrong) = args.iter().find(|arg| *arg != "--strict") {
        return Err(Failure::Usage(format!("{wrong}? The only option is --strict")));
    }
    if !run::works(esptool(&["version"])) {
        let install = "pip install esptool";
        println!("skipped: {install}");
        return if args.is_empty() { Ok(()) } else { Err(Failure::Step(install.to_owned())) };
    }
    let boards = boards::named(root, &[BOARD])?;
    let board = boards.first().ok_or_else(|| Failure::Step(format!("no board {BOARD}")))?;
    let program = board.build(root)?;
    let image = program.with_extension("bin");
    let (from, to) = (program.to_string_lossy(), image.to_string_lossy());
    run::output(esptool(&["elf2image", "--flash-mode", "dio", "--flash-size", "4MB", "-o", &to, &from]))?;
    let report = run::output(esptool(&["image-info", &to]))?;
    if let Some(sign) = missing(&report) {
        println!("{report}");
        return Err(Failure::Step(format!("the image is not valid: {sign}")));
    }
    let bytes = files::read_bytes(&image)?.len();
    let room = room(&files::read(&board.folder.join("partitions.csv"))?, PARTITION);
    println!("{to} {bytes} bytes of {}", room.unwrap_or(0));
    let fits = room.is_some_and(|room| bytes <= room);
    if fits { Ok(()) } else { Err(Failure::Step(format!("the image does not fit {PARTITION}"))) }
}

fn esptool(args: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "esptool", "--chip", CHIP]).args(args);
    command
}

/// The first sign that is not there, or is there and not well.
fn missing(report: &str) -> Option<&'static str> {
    let is_well = |sign: &str| {
        report.lines().any(|line| line.contains(sign) && (!sign.ends_with(": ") || line.contains("(valid)")))
    };
    SIGNS.into_iter().find(|sign| !is_well(sign))
}

/// The size of a partition.
fn room(table: &str, name: &str) -> Option<usize> {
    partitions(table).find(|partition| partition.0 == name).map(|(_, _, size)| size)
}

/// Names, offsets and sizes.
fn partitions(table: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [name, _, _, offset, size] = fields[..] else { return None };
        Some((name, number(offset)?, number(size)?))
    })
}

fn number(text: &str) -> Option<usize> {
    usize::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = "Chip ID: 5 (ESP32-C3)\nChecksum: 0xa1 (valid)\nValidation hash: 61 (valid)\n";

    #[test]
    fn an_image_is_valid_by_all_its_signs() {
        assert_eq!(missing(WELL), None);
        assert_eq!(
            missing(&WELL.replace("0xa1 (valid)", "0xa1 (invalid - calculated 0xa2)")),
            Some(SIGNS[1])
        );
        assert_eq!(missing(&WELL.replace("61 (valid)", "61 (invalid)")), Some(SIGNS[2]));
        assert_eq!(missing(&WELL.replace("C3", "S3")), Some(SIGNS[0]));
    }

    #[test]
    fn the_partitions_of_the_board_follow_each_other_in_its_flash() {
        let table = files::read(&files::root().join("boards/esp32/partitions.csv")).unwrap();
        let mut end = 0x9000;
        for (name, offset, size) in partitions(&table) {
            assert!(offset >= end, "{name}");
            end = offset + size;
        }
        assert_eq!(end, 4 << 20);
        // Sixteen pages, and what an update would need beside the program.
        assert_eq!(room(&table, "settings"), Some(16 * 4096));
        assert!(room(&table, PARTITION).is_some_and(|room| 2 * room < 4 << 20));
    }
}
