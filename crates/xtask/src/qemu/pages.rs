//! The device's pages, through a port of this machine that leads into the machine in QEMU.

use std::time::{Duration, Instant};

use super::home::{Home, spread};
use super::relay::Move;
use super::web::{self, Answer};
use crate::{Failure, Outcome};

/// The files of the main page, and what each is when it is unpacked.
const FILES: [(&str, &[u8]); 3] = [
    ("/", include_bytes!("../../../sonoff-web/pages/index.html")),
    ("/style.css", include_bytes!("../../../sonoff-web/pages/style.css")),
    ("/app.js", include_bytes!("../../../sonoff-web/pages/app.js")),
];
const TOGGLE: &str = "/cm?cmnd=POWER%20TOGGLE";
const ROUNDS: usize = 20;

/// Reads the main page, switches by HTTP, and is refused where another site sends it.
///
/// # Errors
/// [`Failure::Step`] with what is not as it should be.
pub fn pages(home: &mut Home<'_>) -> Result<String, Failure> {
    let began = Instant::now();
    read_all(home.pages())?;
    let read = began.elapsed().as_secs_f64() * 1000.0;
    let times = (0..ROUNDS).map(|_| toggle(home)).collect::<Result<Vec<_>, _>>()?;
    refused(home, "Origin: http://evil.example\r\n")?;
    beside_others(home)?;
    Ok(format!(
        "main page read in {read:.0} ms; {ROUNDS} toggles by HTTP, each seen at the relay and by mosquitto; {}; \
         none for another site",
        spread(times)
    ))
}

/// Reads all files of the main page.
///
/// # Errors
/// [`Failure::Step`] for one that is not what it should be.
pub fn read_all(port: u16) -> Outcome {
    FILES.iter().try_for_each(|(path, source)| {
        let answer = web::get(port, path, "")?;
        let right = answer.unpacked().is_some_and(|length| u32::try_from(source.len()) == Ok(length));
        if answer.status == 200 && right { Ok(()) } else { Err(unlike(path, &answer)) }
    })
}

fn toggle(home: &mut Home<'_>) -> Result<Duration, Failure> {
    let began = Instant::now();
    let answer = web::get(home.pages(), TOGGLE, "")?;
    let took = began.elapsed();
    let word = if home.relay_moves()? { "ON" } else { "OFF" };
    if answer.status != 200 || answer.text() != format!(r#"{{"POWER":"{word}"}}"#) {
        return Err(unlike(TOGGLE, &answer));
    }
    home.hears(&format!("stat/sonoff/POWER {word}"))?;
    Ok(took)
}

/// The same with these lines is forbidden, and the relay stays.
fn refused(home: &mut Home<'_>, lines: &str) -> Outcome {
    let answer = web::get(home.pages(), TOGGLE, lines)?;
    let state = web::get(home.pages(), "/cm?cmnd=Power", "")?;
    let moved = home.machine.trace.so_far().iter().any(|line| Move::of(line).is_some());
    if answer.status == 403 && state.status == 200 && !moved { Ok(()) } else { Err(unlike(lines, &answer)) }
}

/// Two who say nothing, and a third who is served meanwhile.
fn beside_others(home: &mut Home<'_>) -> Outcome {
    let _idle = [web::connect(home.pages())?, web::connect(home.pages())?];
    toggle(home).map(|_| ())
}

fn unlike(what: &str, answer: &Answer) -> Failure {
    let Answer { status, body, .. } = answer;
    Failure::Step(format!("{what}: {status} with {} bytes: {}", body.len(), answer.text()))
}
