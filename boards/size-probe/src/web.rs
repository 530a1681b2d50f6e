//! All calls of a firmware with pages.

use core::hint::black_box;

use sonoff_core::text::Sink;
use sonoff_core::{Device, Instant};
use sonoff_web::{Air, File, Head, Journal, Kind, Memory, Rooms, Route, Site, Status, form, write_head};

static mut MEMORY: Memory = Memory::new();
static mut SITE: Option<Site> = None;

/// Serves one request and logs one line.
pub fn serve(device: &mut Device, now: u64) {
    // SAFETY: the chip has one core, and this is called from one place.
    let (rooms, site) =
        unsafe { ((*core::ptr::addr_of_mut!(MEMORY)).rooms(), &mut *core::ptr::addr_of_mut!(SITE)) };
    let Rooms { request, window, log } = rooms;
    let site = site.get_or_insert_with(|| Site::new(black_box([0; 2])));
    let (now, mut journal) = (Instant::from_millis(now), Journal::new(log));
    journal.push(format_args!("{}", black_box("")));
    let mut sink = Sink::window(window, black_box(0));
    if let Err(status) = answer(device, site, &journal, now, request, &mut sink) {
        write_head(status, Kind::Json, Some(black_box(0)), &mut sink);
        status.write_body(&mut sink);
    }
    black_box(sink.total());
}

fn answer(
    device: &mut Device,
    site: &mut Site,
    journal: &Journal<'_>,
    now: Instant,
    request: &mut [u8],
    sink: &mut Sink<'_>,
) -> Result<(), Status> {
    let room = request.len();
    let Some(head) = Head::read(black_box(&*request))? else { return Ok(()) };
    let (route, range) = (site.judge(now, device, &head, room)?, head.query_range());
    let fields = request.get_mut(range).ok_or(Status::BadRequest)?;
    if !site.knows(black_box(&[])) {
        return Err(Status::Forbidden);
    }
    let lines = form::gather(fields, black_box("cmnd")).ok_or(Status::BadRequest)?;
    match route {
        Route::File(File { kind, bytes, .. }) => {
            write_head(Status::Ok, Kind::Gzip(kind), Some(bytes.len()), sink);
            black_box(bytes);
        }
        Route::Command | Route::Run => {
            for line in lines.lines() {
                if site.allows(device, line) {
                    let answers = device.ask(now, line);
                    device.write_answers(now, &answers, sink);
                }
            }
        }
        Route::Shown => site.write_shown(now, device, lines, sink),
        Route::Log => journal.write(lines.parse().unwrap_or(0), sink),
        Route::Complete => Site::write_meant(device, lines, sink),
        Route::Facts => site.write_facts(device, black_box(0), sink),
        Route::Scan => scan(lines, sink),
    }
    Ok(())
}

fn scan(name: &str, sink: &mut Sink<'_>) {
    let mut air = Air::new();
    air.take(name, black_box(1), black_box(-50), black_box(true));
    air.write(sink);
}
