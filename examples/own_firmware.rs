//! The whole device, with network, in a program of its own: only the pins are written here.
//!
//! With a broker on this machine: `cargo run --example own_firmware`, then
//! `mosquitto_pub -t cmnd/desk/power -m toggle`.

use sonoff_core::settings::Text;
use sonoff_core::{Device, Profile};
use sonoff_hal::none::{NoConsole, NoSensors, NoStore, NoTime, NoTls};
use sonoff_hal::{PinRole, Pins};
use sonoff_runtime::{Hardware, Memory, Remote, Silent};
use sonoff_sim::args::Mac;
use sonoff_sim::host::{COLD, Chip, HostClock, Kept};
use sonoff_sim::net::Plug;

/// Relays that print; no buttons.
struct PrintedPins;

impl Pins for PrintedPins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        if role == PinRole::Output {
            self.write(gpio, high);
        }
    }
    fn write(&self, gpio: u8, high: bool) {
        println!("GPIO{gpio} = {}", u8::from(high));
    }
    fn levels(&self) -> u64 {
        u64::MAX
    }
    async fn changed(&self) {
        std::future::pending().await
    }
}

fn main() {
    let mac = Mac([0x02, 0, 0, 0, 0, 1]);
    let (net, store) = (Plug::default(), NoStore::<2560>::new());
    let system = Chip::new(mac, COLD, Kept::default());
    let mut device = Device::new(Profile::BASIC, mac.0);
    device.settings_mut().set_text(Text::TOPIC, "desk").unwrap();
    device.settings_mut().set_nth_text(Text::MQTT_HOST, 1, "127.0.0.1").unwrap();
    let (clock, pins, console) = (HostClock::start(), PrintedPins, NoConsole);
    let (station, sensors, time, tls) = (net.clone(), NoSensors, NoTime, NoTls);
    let hardware = Hardware { pins, clock, net, station, store, system, console, sensors, time, tls };
    let mut memory = Memory::<1280, 1280>::new();
    async_io::block_on(sonoff_runtime::run(&mut device, hardware, memory.buffers(), &Silent, &Remote::new()));
}
