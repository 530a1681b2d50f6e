//! What the device costs on a small chip: core, MQTT session and settings with all that a relay device calls, and
//! nothing else. It is linked and measured, never run.
#![no_std]
#![no_main]

#[cfg(feature = "panic-free")]
mod rest;
#[cfg(target_arch = "arm")]
mod routines;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "web")]
mod web;

use core::hint::black_box;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use sonoff_core::io::{Boot, Link, Slot};
use sonoff_core::profile::{Board, Part};
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_core::{Action, Device, Input, Instant, Profile, Transmit};
use sonoff_mqtt::packet::{self, Connect, Incoming, Will};
use sonoff_mqtt::session::{Session, Timing};
use sonoff_mqtt::{Inbox, Rc, Received, Todo};

/// All memory of a device: itself, its session, and the buffers that the runtime wants for it.
struct Memory {
    device: MaybeUninit<Device>,
    session: MaybeUninit<Session>,
    rx: [u8; 1280],
    tx: [u8; 512],
}

static mut MEMORY: Memory =
    Memory { device: MaybeUninit::uninit(), session: MaybeUninit::uninit(), rx: [0; 1280], tx: [0; 512] };

const TIMING: Timing = Timing { keep_alive_s: 30, timeout_s: 4, retry_s: 10 };

/// Where the chip would begin.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".entry")]
pub extern "C" fn start() -> ! {
    // SAFETY: the chip has one core and comes here once.
    let memory = unsafe { &mut *core::ptr::addr_of_mut!(MEMORY) };
    // A firmware's tasks are not told where it lies either. To a compiler that knows, each field is an address of four
    // bytes: 1,300 more in all.
    let memory = black_box(memory);
    let device = memory.device.write(Device::new(profile(), black_box([0; 6])));
    let session = memory.session.write(Session::new(0));
    let mut inbox = Inbox::new(&mut memory.rx);
    let boot = Boot { cold: black_box(true), reason: "Power On", settings: stored(), state: stored() };
    device.boot(Instant::ZERO, &boot);
    loop {
        let now = black_box(0u64);
        hear(device, session, &mut inbox, now, &mut memory.tx);
        local(device, now);
        speak(device, now, &mut memory.tx);
        act(device, now, &mut memory.tx);
        live(device, session, now, &mut memory.tx);
        #[cfg(feature = "panic-free")]
        rest::call(device, session, now, &mut memory.tx);
        #[cfg(feature = "tls")]
        tls::connect(device, now);
        #[cfg(feature = "web")]
        web::serve(device, now);
    }
}

/// One relay, one button and a LED; the pins are open where the firmware carries templates.
fn profile() -> Profile {
    if cfg!(feature = "web") {
        return Profile { parts: &[Part::Radio, Part::Serial, Part::Pages], ..Profile::BASIC };
    }
    if cfg!(feature = "tls") {
        return Profile { parts: &[Part::Radio, Part::Serial, Part::Tls], ..Profile::BASIC };
    }
    if cfg!(feature = "tier1") {
        return Profile::BASIC;
    }
    let wiring = Wiring::default()
        .with(Kind::Relay, 1, Pin::new(12))
        .with(Kind::Button, 1, Pin::new(0))
        .with(Kind::Led, 1, Pin::new(13).inverted());
    Profile { board: Board::Fixed { module: "Sonoff Basic", wiring }, ..Profile::BASIC }
}

/// Bytes that the linker knows nothing about.
fn stored() -> Option<&'static [u8]> {
    black_box(None)
}

// What a firmware's tasks are: functions of their own, each with a frame of its own. In one, the frame would be so large
// that this chip needs two instructions for much of what lies in it.
#[inline(never)]
fn hear(device: &mut Device, session: &mut Session, inbox: &mut Inbox<'_>, now: u64, tx: &mut [u8]) {
    let room = inbox.spare().len();
    inbox.filled(black_box(room));
    while let Ok(Some(len)) = inbox.next() {
        if let Ok(incoming) = packet::decode(inbox.frame(len)) {
            let received = session.received(now, &incoming);
            if let Received::Online { .. } = received {
                device.handle(Instant::from_millis(now), Input::Link(Link::Online));
            }
            if let Incoming::Publish(publish) = incoming {
                let (topic, payload, retained) = (publish.topic, publish.payload, publish.retain);
                device.handle(Instant::from_millis(now), Input::Message { topic, payload, retained });
                if let Some(id) = publish.id {
                    black_box(packet::puback(id, tx).is_ok());
                }
            }
        }
        inbox.consume(len);
    }
}

/// Whatever else happens to a device. Its inputs are made by the runtime, so that only taking them is measured here.
#[inline(never)]
fn local(device: &mut Device, now: u64) {
    let input: Option<Input<'_>> = black_box(None);
    if let Some(input) = input {
        device.handle(Instant::from_millis(now), input);
    }
    black_box(device.access_point(black_box(1)));
}

#[inline(never)]
fn speak(device: &mut Device, now: u64, tx: &mut [u8]) {
    let now = Instant::from_millis(now);
    while let Some(transmit) = device.poll_transmit(now, packet::publish_room(tx)) {
        if let Transmit::Publish { topic, payload, len, retain } = transmit {
            let (topic, here) = (topic.len(), payload.map_or(0, <[u8]>::len));
            black_box(packet::publish_in_place(tx, topic, here, len, retain).is_ok());
        }
    }
    while device.poll_payload(tx).is_some() {}
    while device.poll_log(tx).is_some() {}
}

#[inline(never)]
fn act(device: &mut Device, now: u64, tx: &mut [u8]) {
    while let Some(action) = device.poll_action() {
        if let Action::Save(slot) = black_box(action) {
            let ok = device.encode(slot, tx).is_ok();
            device.handle(Instant::from_millis(now), Input::Saved { slot: Slot::Settings, ok });
        }
    }
}

#[inline(never)]
fn live(device: &mut Device, session: &mut Session, now: u64, tx: &mut [u8]) {
    match session.poll(now, &TIMING) {
        Todo::Ping => _ = black_box(packet::pingreq(tx)),
        Todo::Dial { broker } => _ = black_box(device.broker(broker)),
        Todo::Lost(rc) => _ = black_box(session.lost(now, rc, &TIMING, 1, 0)),
        Todo::Wait(_) => {}
    }
    black_box(session.lost(now, Rc::ConnectFailed, &TIMING, 1, black_box(0)));
    greet(device, tx);
    black_box((device.poll_timeout(), device.wants_samples(), device.accepts_command()));
}

#[inline(never)]
fn greet(device: &Device, tx: &mut [u8]) {
    let mut topic = [0; 150];
    let greeting = device.greeting(&mut topic);
    let payload = greeting.will_payload.as_bytes();
    let will = Will { topic: greeting.will_topic, payload, retain: greeting.will_retain };
    let connect = Connect {
        client: greeting.client,
        user: greeting.user,
        password: greeting.password,
        keep_alive_s: greeting.keep_alive,
        clean_session: greeting.clean_session,
        will: Some(will),
    };
    // The codec writes CONNECT by index. It asks for room first, so that no index is ever outside, but no compiler can
    // see that; the tests of sonoff-mqtt try every size of buffer.
    if !cfg!(feature = "panic-free") {
        black_box(packet::connect(&connect, tx).is_ok());
    }
    black_box(packet::subscribe(core::num::NonZeroU16::MIN, greeting.client, tx).is_ok());
    black_box(packet::disconnect(tx).is_ok());
}

#[cfg(not(feature = "panic-free"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Nobody has this function: the program links only if the compiler could prove that nothing in it panics.
#[cfg(feature = "panic-free")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn a_panic_is_left() -> !;
    }
    // SAFETY: a program that has this call is never linked.
    unsafe { a_panic_is_left() }
}
