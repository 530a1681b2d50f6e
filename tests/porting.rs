//! The figures of `docs/porting.md` are those of the boards.

use std::fs;
use std::path::Path;

/// Lines with code in a folder of sources: in `main.rs`, and in all files.
fn lines(folder: &Path) -> (usize, usize) {
    let (mut main, mut all) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += lines(&path).1;
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let count = text.lines().filter(is_code).count();
        all += count;
        if path.ends_with("main.rs") {
            main = count;
        }
    }
    (main, all)
}

#[test]
fn the_lines_of_each_board_are_what_the_guide_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/porting.md")).unwrap();
    let (_, table) = guide.split_once("<!-- counted by tests/porting.rs -->\n").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `")?.split_once('`'));
    let mut counted = String::from("| Board | All | `main.rs` | The rest |\n|---|---|---|---|\n");
    for (board, _) in rows {
        let (main, all) = lines(&root.join("boards").join(board).join("src"));
        counted += &format!("| `{board}` | {all} | {main} | {} |\n", all - main);
    }
    assert_eq!(table, counted);
}
