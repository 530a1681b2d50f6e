//! From the wire to the broker: the whole firmware in virtual time, with sensors that play their part.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod bench;

use bench::dht::{AM2301, Answer, Dht as Am2301};
use bench::ds18b20::{Ambient, Ds18b20 as Probe};
use bench::{Bench, MS, Pin};
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::{Clock as _, Sensors as _};
use sonoff_sensors::{Dht, Ds18b20, Several};
use sonoff_testkit::clock::VirtualClock;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

/// The time of two wires, which spend microseconds, in a world that counts milliseconds.
struct WorldTime(VirtualClock, [Bench; 2]);

impl embedded_hal::delay::DelayNs for WorldTime {
    fn delay_ns(&mut self, ns: u32) {
        self.1.iter().for_each(|wire| wire.spend(u64::from(ns)));
    }
}

impl embedded_hal_async::delay::DelayNs for WorldTime {
    async fn delay_ns(&mut self, ns: u32) {
        embedded_hal::delay::DelayNs::delay_ns(self, ns);
        self.0.wait_until(self.0.now() + u64::from(ns).div_ceil(MS)).await;
    }
}

struct House {
    world: World,
    plug: Plug,
    probe: Ambient,
    climate: Answer,
}

/// A plug with two DS18B20 on one pin and an AM2301 on another, which tells every 10 s.
fn house() -> House {
    let (one_wire, pin) = (Bench::new(), Bench::new());
    let (probe, climate) = (Ambient::new(360), Answer::default());
    climate.bytes.set(Some([0x01, 0xC2, 0x00, 0xE1, 0xA4]));
    one_wire.attach(Probe::new(0x05, 0x90, &probe));
    one_wire.attach(Probe::new(0x05, 0x91, &Ambient::new(-88)));
    pin.attach(Am2301::new(MS..20 * MS, AM2301, &climate));

    let mut world = World::new();
    let settings = |settings: &mut Settings| {
        settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
        settings.set_number(Number::TELE_PERIOD, 10).unwrap();
    };
    let plug = world.plug(Parts { settings, ..Parts::default() });
    let time = WorldTime(world.clock().clone(), [one_wire.clone(), pin.clone()]);
    let parts = (Ds18b20::<_, 4>::new(Pin(one_wire)), Dht::am2301(Pin(pin), 14));
    let device = plug.sensors.clone();
    world.spawn(async move {
        let mut sensors = Several::new(parts, time);
        loop {
            device.measure(sensors.next().await);
        }
    });
    House { world, plug, probe, climate }
}

impl House {
    /// The sensors in the SENSOR message that comes in these 10 s.
    fn sensors(&mut self) -> String {
        self.plug.log.take();
        self.world.run_for(10_000);
        let lines = self.plug.log.take();
        let line = lines.iter().rfind(|line| line.contains("tele/sonoff/SENSOR = ")).unwrap();
        line.split_once(r#"","#).unwrap().1.to_owned()
    }
}

// N-1..N-6, N-20, NX-2, NX-5
#[test]
fn sensors_on_pins_reach_the_broker() {
    let mut house = house();
    house.world.run_for(10_000);
    assert_eq!(
        house.sensors(),
        concat!(
            r#""DS18B20-1":{"Id":"050000000090","Temperature":22.5},"#,
            r#""DS18B20-2":{"Id":"050000000091","Temperature":-5.5},"#,
            r#""AM2301":{"Temperature":22.5,"Humidity":45.0,"DewPoint":10.0},"TempUnit":"C"}"#
        )
    );
}

// N-4, N-21, NX-9
#[test]
fn what_fails_is_null_until_it_is_back() {
    let mut house = house();
    house.world.run_for(10_000);
    house.probe.is_plugged.set(false);
    house.climate.bytes.set(None);
    house.world.run_for(40_000);
    assert_eq!(
        house.sensors(),
        concat!(
            r#""DS18B20-1":{"Id":"050000000090","Temperature":null},"#,
            r#""DS18B20-2":{"Id":"050000000091","Temperature":-5.5},"#,
            r#""AM2301":{"Temperature":null,"Humidity":null,"DewPoint":null},"TempUnit":"C"}"#
        )
    );
    house.probe.is_plugged.set(true);
    house.climate.bytes.set(Some([0x01, 0xC2, 0x80, 0x32, 0x75]));
    house.world.run_for(10_000);
    assert!(house.sensors().starts_with(concat!(
        r#""DS18B20-1":{"Id":"050000000090","Temperature":22.5},"#,
        r#""DS18B20-2":{"Id":"050000000091","Temperature":-5.5},"#,
        r#""AM2301":{"Temperature":-5.0,"Humidity":45.0,"DewPoint":-15."#
    )));
}
