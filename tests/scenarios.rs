//! Plays every file of `tests/scenarios`; its README says how to write one.

use std::fs;
use std::path::Path;

use sonoff_testkit::scenario;

#[test]
fn every_scenario_shows_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let paths = |folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths(folder.clone()).chain(paths(folder.join("pains"))).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let (mut played, mut failed) = (0, 0);
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        let cases = scenario::read(&fs::read_to_string(file).unwrap());
        let cases = cases.unwrap_or_else(|error| panic!("{name}: {error}"));
        for case in &cases {
            played += 1;
            if let Err(error) = case.run() {
                failed += 1;
                println!("{name}, \"{}\": {error}", case.name);
            }
        }
    }
    println!("{played} cases in {} files", files.len());
    assert!(failed == 0, "{failed} of {played} cases failed");
    assert!(played > 40, "only {played} cases: files are missing");
}
