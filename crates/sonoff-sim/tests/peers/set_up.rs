//! The first set-up with a phone's programs, in a network of its own: an address, a name, a page, a form, and it ends.

use std::fs::OpenOptions;
use std::io::Write;

use crate::folder::Folder;
use crate::installed;
use crate::process::Process;

const PAGE: &str = "http://192.168.4.1";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/set_up.sh");

/// A device that is an access point, and a phone beside it.
struct Phone {
    process: Process,
    folder: Folder,
}

impl Phone {
    /// Carries out a line, and tells what it said: whatever begins with `phone: `.
    #[track_caller]
    fn does(&mut self, line: &str) -> String {
        let mut pipe = OpenOptions::new().write(true).open(self.folder.file("phone")).unwrap();
        pipe.write_all(format!("{line}\n").as_bytes()).unwrap();
        drop(pipe);
        let said = self.process.lines.find("the phone", |line| line.starts_with("phone: "));
        if said != "phone: done" {
            self.process.lines.find("the phone", |line| line == "phone: done");
        }
        said.strip_prefix("phone: ").unwrap_or("").to_owned()
    }

    /// Carries out a line, and tells all that it wrote.
    #[track_caller]
    fn says(&mut self, line: &str) -> String {
        self.does(&format!("echo \"phone: \"$({line})"))
    }
}

// SX-50, SX-51, SX-53, S-105, W-25, WX-20
#[test]
fn a_phone_joins_gets_the_page_and_sets_the_device_up() {
    let Some((busybox, curl)) = installed::busybox().zip(installed::curl()) else { return };
    let folder = Folder::new();
    let mut network = installed::network();
    network.args(["sh", SCRIPT]).arg(folder.path()).args([busybox, curl, env!("CARGO_BIN_EXE_sonoff-sim")]);
    let mut phone = Phone { process: Process::start(&mut network), folder };
    phone.process.lines.find_text("WIF: Set-up at access point sonoff-123456-5206, page http://192.168.4.1/");
    let key = phone.process.lines.find_text("WIF: Its key is ");
    assert_eq!(key.split_once("key is ").unwrap().1.len(), 12, "{key}");

    let lease = phone.folder.file("lease");
    let said = phone.does(&format!("{busybox} udhcpc -i wifi -f -n -q -s {} 2>/dev/null", lease.display()));
    assert_eq!(
        said,
        "lease of 600 s from 192.168.4.1: 192.168.4.50 mask 255.255.255.0 by 192.168.4.1 names 192.168.4.1"
    );
    let said = phone.says(&format!("{busybox} nslookup -type=a no.such.name.example | grep -A1 Name:"));
    assert_eq!(said, "Name: no.such.name.example Address: 192.168.4.1");

    let told = "-s -m 10 -o /dev/null -w '%{http_code} %{url_effective} %{content_type}'";
    let said = phone.says(&format!("{curl} {told} -L http://example.com/"));
    assert_eq!(said, "200 http://192.168.4.1/ text/html; charset=utf-8");
    let said = phone.says(&format!("{curl} {told} http://connectivitycheck.gstatic.com/generate_204"));
    assert!(said.starts_with("302 "), "{said}");

    let said = phone.says(&format!("{curl} -s {PAGE}/facts"));
    assert!(said.contains(r#""setup":1"#), "{said}");
    let token = said.split('"').nth(3).unwrap().to_owned();
    let form = format!("token={token}&cmnd=SSId1+guest&cmnd=Password1+welcome1");
    let said = phone.says(&format!("{curl} -s -d '{form}' {PAGE}/run"));
    assert_eq!(said, r#"[{"SSId1":"guest"},{"Password1":"****"}]"#);

    phone.process.lines.find_text("APP: Restarting");
    phone.process.lines.find_text("WIF: Connecting to AP1 guest");
    phone.process.lines.find_text("WIF: Connected");
    let said = phone.says(&format!("{curl} {told} {PAGE}/"));
    assert!(said.starts_with("000 "), "its own access point serves no more: {said}");
}
