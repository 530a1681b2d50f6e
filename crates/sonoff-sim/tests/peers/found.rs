//! A device with pages in a network with another host: avahi browses there, finds them, and knows the device's name.

use crate::folder::Folder;
use crate::installed;
use crate::process::Process;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/found.sh");

// W-18, W-19
#[test]
fn avahi_finds_the_pages_and_the_device_by_its_name() {
    let Some((avahi, ())) = installed::avahi().zip(installed::avahi_tools()) else { return };
    let folder = Folder::new();
    let mut network = installed::network();
    network.args(["sh", SCRIPT]).arg(folder.path()).args([avahi, env!("CARGO_BIN_EXE_sonoff-sim")]);
    let mut house = Process::start(&mut network);
    house.lines.find_text("found sonoff-5206 at sonoff-5206.local 10.99.0.1 8080");
    let resolved = house.lines.find("name", |line| line.starts_with("resolved "));
    assert_eq!(resolved, "resolved sonoff-5206.local\t10.99.0.1");
}
