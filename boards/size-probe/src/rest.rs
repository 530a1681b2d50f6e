//! What a runtime may call besides, for the proof that nothing panics.

use core::hint::black_box;

use sonoff_core::io::Level;
use sonoff_core::log::before_secret;
use sonoff_core::{Device, Instant, completion};
use sonoff_mqtt::session::Session;

use crate::TIMING;

pub fn call(device: &mut Device, session: &mut Session, now: u64, tx: &mut [u8]) {
    ask(device);
    lines(device, Instant::from_millis(now), tx);
    session.dialling(now, &TIMING);
    session.greeting(now, &TIMING);
    session.sent(now);
    session.retry_now_in(now, black_box(1));
    session.hang_up(now);
    session.wake(now);
    device.set_free_memory(black_box(1));
}

fn ask(device: &Device) {
    let line = black_box("");
    let own = device.profile().commands;
    black_box((device.timing(), device.webserver(), device.web_password(), device.log_server()));
    black_box((before_secret(line), completion::question(line, own)));
    completion::meant(line, own).for_each(|command| _ = black_box(command));
    device.time_servers().for_each(|server| _ = black_box(server));
}

fn lines(device: &mut Device, now: Instant, tx: &mut [u8]) {
    let (level, text) = (black_box(Level::Info), black_box(""));
    black_box((device.wants_line(level), device.wants_page_line(level), device.message_level(text)));
    black_box(device.publish_line(now, level, format_args!("{text}")));
    black_box(device.syslog_line(now, level, format_args!("{text}"), tx).is_some());
}
