//! The pages in a real browser, and the HTTP interface with a client that others wrote.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::broker::Mosquitto;
use crate::device::Device;
use crate::folder::Folder;
use crate::installed;
use crate::lines::PATIENCE;
use crate::process::Process;
use crate::tools;

/// A device with pages, and their address.
fn start(options: &[&str]) -> (Device, String) {
    let mut device = Device::start(&[&["--listen", "127.0.0.1:0"], options].concat());
    let line = device.logs("  pages:  ");
    let address = line.trim_start().trim_start_matches("pages:").trim().trim_end_matches('/').to_owned();
    (device, address)
}

// W-1, W-7
#[test]
fn tasmota_http_switches_and_asks() {
    let Some(python) = installed::tasmota_http() else { return };
    let (mut device, address) = start(&["--relays", "2"]);
    device.logs("MQT: Connected");
    let script = format!("{}/tests/peers/tasmota_http_client.py", env!("CARGO_MANIFEST_DIR"));
    let mut client = Process::start(Command::new(python).args([&script, &address]));
    for line in [
        r#"{"POWER1":"ON"}"#,
        r#"{"POWER1":"ON"}"#,
        r#"{"POWER2":"ON"}"#,
        "status Sonoff 10",
        r#"{"Command":"Unknown"}"#,
        "{}",
        r#"{"POWER1":"OFF"}"#,
        r#"{"WebPassword":"****"}"#,
        "refused HTTP error 401: {\"WARNING\":\"Need user=<username>&password=<password>\"}",
        "refused HTTP error 401",
        r#"{"POWER1":"ON"}"#,
    ] {
        client.lines.find_text(line);
    }
    client.succeed();
}

/// A browser that does what it is told.
struct Browser {
    process: Process,
    folder: Folder,
    /// One at a time: several on a small machine are too slow for their limits.
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

/// It ends when its input does; a script that is killed would leave its browser behind.
impl Drop for Browser {
    fn drop(&mut self) {
        self.process.close_input();
        self.process.ends_by_itself();
    }
}

impl Browser {
    fn start(address: &str) -> Option<Self> {
        let (mut node, chromium) = installed::browser()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Folder::new();
        let script = format!("{}/tests/peers/browser.js", env!("CARGO_MANIFEST_DIR"));
        node.args([&script, chromium, address]).arg(folder.path());
        let mut process = Process::start(&mut node);
        process.lines.find_text("ready");
        Some(Self { process, folder, _alone: alone })
    }

    /// Carries out a line.
    #[track_caller]
    fn does(&mut self, line: &str) {
        self.process.type_line(line);
        let told = self
            .process
            .lines
            .find("answer", |said| said.starts_with("done ") || said.starts_with("failed "));
        assert_eq!(told, format!("done {line}"));
    }

    #[track_caller]
    fn does_all(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.does(line));
    }

    /// What an expression is worth in the page.
    #[track_caller]
    fn value(&mut self, expression: &str) -> String {
        self.process.type_line(&format!("eval {expression}"));
        let told = self
            .process
            .lines
            .find("value", |said| said.starts_with("value ") || said.starts_with("failed "));
        self.process.lines.find_text("done ");
        told.strip_prefix("value ").unwrap_or(&told).to_owned()
    }

    /// A picture of the page, kept where `SONOFF_SCREENSHOTS` says.
    #[track_caller]
    fn shot(&mut self, name: &str) {
        for (kind, size) in [("phone", "390x844"), ("desktop", "1280x860")] {
            let file = format!("{name}-{kind}.png");
            self.does(&format!("shot {file} {size}"));
            if let Some(to) = std::env::var_os("SONOFF_SCREENSHOTS") {
                fs::copy(self.folder.file(&file), Path::new(&to).join(&file)).unwrap();
            }
        }
    }

    /// Ends it: no error was in its console, and nothing went to another host.
    #[track_caller]
    fn ends_clean(mut self) {
        self.process.type_line("end");
        assert_eq!(self.process.lines.find_text("errors "), "errors []");
        assert_eq!(self.process.lines.find_text("foreign "), "foreign []");
    }
}

/// A device from the factory, as far as the broker is concerned.
const NEW: &[&str] = &["--exec", "MqttHost 0"];

#[test]
fn a_new_device_is_set_up_in_the_browser_and_switched_by_mosquitto() {
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let Some(broker) = Mosquitto::start() else { return };
    let (mut device, address) = start(NEW);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("APP: Restarting");
    device.logs("WIF: Connected");
    browser.does_all(&["open /", "wait OFF", "wait no broker set"]);
    browser.shot("main");
    browser.does_all(&["click Configuration", "click MQTT", "wait cmnd/sonoff/…", "fill Host = 127.0.0.1"]);
    browser.does(&format!("fill Port = {}", broker.port));
    browser.does_all(&["fill Topic = lamp", "wait becomes lamp"]);
    browser.shot("mqtt");
    browser.does_all(&["click Save", "wait Saved; the device is back."]);
    // With its new name; subscriptions come before this.
    device.logs("MQT: stat/lamp/POWER = OFF");
    tools::mosquitto_pub(broker.port, "-t cmnd/lamp/power -m on");
    device.logs("RLY: 1 ON");
    browser.does_all(&["open /#/", "wait ON"]);
    // The state follows whoever switches.
    browser.does("click ON");
    device.logs("RLY: 1 OFF");
    browser.does("wait OFF");
    tools::mosquitto_pub(broker.port, "-t cmnd/lamp/power -m on");
    browser.does_all(&[
        "wait ON",
        "click Information",
        "wait DVES_123456",
        "wait cmnd/lamp/…",
        "wait connected",
    ]);
    browser.shot("information");
    browser.ends_clean();
}

// W-25, SX-51
#[test]
fn a_device_without_a_network_is_told_one_in_the_browser() {
    let (mut device, address) = start(&["--set-up"]);
    device.logs("WIF: Set-up at access point sonoff-123456-5206");
    let Some(mut browser) = Browser::start(&address) else { return };
    browser.does_all(&["open /", "wait Set-up", "wait Which Wi-Fi"]);
    browser.shot("setup");
    browser.does_all(&["fill Wi-Fi = guest", "fill Wi-Fi password = welcome1", "fill Topic = lamp"]);
    browser.does_all(&["click Save", "wait lamp-5206.local"]);
    device.logs("WIF: Connecting to AP1 guest");
    device.logs("MQT: stat/lamp/POWER = OFF");
    browser.does_all(&["open /", "wait MQTT connected", "click OFF"]);
    device.logs("RLY: 1 ON");
    browser.ends_clean();
}

#[test]
fn the_console_answers_and_names_stay_text() {
    let (mut device, address) = start(&[]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&[
        "open /",
        "click Console",
        "wait Connected",
        "fill Command = powe",
        "wait PowerOnState",
    ]);
    browser.does_all(&["fill Command = status 6", "press Enter", "wait \"StatusMQT\""]);
    browser.shot("console");
    for (at, name) in
        ["<img src=x onerror=alert(1)>", "</b><script>alert(2)</script>", "\"'&lt;b>"].iter().enumerate()
    {
        browser.does_all(&["open /#/other", "wait MQTT enable"]);
        browser.does(&format!("fill Device name = {name}"));
        browser.does(&format!("fill Name of relay 1 = {name} {at}"));
        browser.does_all(&["click Save", "wait Saved.", "open /#/"]);
        browser.does(&format!("wait {name} {at}"));
        let made = "document.querySelectorAll('img, script:not([src]), b[onclick]').length";
        assert_eq!(browser.value(made), "0");
    }
    browser.ends_clean();
}

// W-21
#[test]
fn an_access_point_is_chosen_of_those_in_the_air_and_names_stay_text() {
    let (mut device, address) = start(&[]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&["open /#/wifi", "click Scan", "wait -50 dBm, channel 6, open"]);
    browser.does_all(&["wait <img src=x onerror=alert(1)>", "wait </b><script>alert(2)</script>"]);
    assert_eq!(browser.value("document.querySelectorAll('img, script:not([src])').length"), "0");
    browser.shot("wifi");
    browser.does_all(&["click guest", "fill Password 1 = welcome1", "click Save"]);
    device.logs("WIF: Connecting to AP1 guest");
    device.logs("WIF: Connected");
    browser.does("wait Saved; the device is back.");
    assert_eq!(browser.value("document.getElementById('f-SSId1').value"), "\"guest\"");
    browser.ends_clean();
}

#[test]
fn a_click_is_carried_out_though_the_device_has_restarted_since() {
    let (mut device, address) = start(&[]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&["open /#/", "wait OFF"]);
    device.type_line("restart 1");
    device.logs("APP: Restarting");
    device.logs("MQT: Connected");
    browser.does("click OFF");
    device.logs("RLY: 1 ON");
}

#[test]
fn without_the_tick_there_is_no_mqtt_and_the_switch_still_works() {
    let (mut device, address) = start(&[]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&[
        "open /#/other",
        "check MQTT enable",
        "click Save",
        "wait MQTT off",
        "open /#/configuration",
    ]);
    browser.does("wait Wi-Fi");
    assert_eq!(browser.value("document.querySelector('main').innerText.includes('MQTT')"), "false");
    browser.does_all(&["open /#/", "click OFF"]);
    device.logs("RLY: 1 ON");
    device.type_line("!press 1");
    device.logs("RLY: 1 OFF");
    browser.does_all(&[
        "wait OFF",
        "open /#/other",
        "check MQTT enable",
        "click Save",
        "wait MQTT connected",
    ]);
    device.logs("MQT: Connected");
    browser.ends_clean();
}

#[test]
fn a_backup_is_downloaded_and_restored() {
    let (mut device, address) = start(&["--exec", "FriendlyName First", "--exec", "PulseTime 20"]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&["open /", "wait First", "open /#/backup", "click Download backup"]);
    let file = browser.folder.file("sonoff-settings.txt");
    let text = when_there(&file);
    assert!(text.contains("\nFriendlyName1 First\n") && text.contains("\nPulseTime1 20\n"), "{text}");
    assert!(!text.contains("Password"), "{text}");
    device.type_line("backlog0 friendlyname second; pulsetime1 0");
    device.logs("\"PulseTime1\"");
    let restore = format!("file Restore from a file = {}", file.display());
    browser.does_all(&[&restore, "click Restore", "wait Restored.", "open /#/", "wait First"]);
    device.type_line("pulsetime1");
    device.logs(r#"{"PulseTime1":{"Set":20"#);
    let odd = browser.folder.write("odd.txt", "FriendlyName1 third\nReset 1\n");
    browser.does_all(&["open /#/backup", "wait Restore from a file"]);
    browser.does_all(&[
        &format!("file Restore from a file = {}", odd.display()),
        "click Restore",
        "wait Nothing has changed",
    ]);
    browser.does_all(&["open /#/", "wait First"]);
    browser.ends_clean();
}

// W-7
#[test]
fn a_wrong_password_is_refused() {
    let (mut device, address) = start(&[]);
    let Some(mut browser) = Browser::start(&address) else { return };
    device.logs("MQT: Connected");
    browser.does_all(&["open /#/other", "fill Web password = right one", "click Save", "wait Saved."]);
    device.logs("WEB: WebPassword ****");
    let status = |login: &str| {
        format!(
            "fetch('/facts', {{ credentials: 'omit', headers: {{ Authorization: 'Basic ' + btoa('{login}') }} }}).then((answer) => answer.status)"
        )
    };
    assert_eq!(browser.value(&status("admin:wrong one")), "401");
    assert_eq!(browser.value(&status("admin:right one")), "200");
    browser.does_all(&["login admin:right one", "open /", "wait Configuration", "wait OFF"]);
    browser.ends_clean();
}

/// The text of a file that is being written.
#[track_caller]
fn when_there(path: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < deadline, "{} is not there", path.display()),
        }
        thread::sleep(Duration::from_millis(10));
    }
}
