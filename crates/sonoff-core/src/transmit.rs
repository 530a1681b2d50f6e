//! From what is owed to bytes: whole messages, or long ones in windows.

use crate::device::Device;
use crate::facts::{Counters, Facts};
use crate::io::Transmit;
use crate::power::Power;
use crate::publication::{Body, Place, Publication};
use crate::report::Part;
use crate::text::Sink;
use crate::time::Instant;
use crate::view::View;

/// A message whose payload leaves in windows.
#[derive(Debug)]
pub(crate) struct Windows {
    body: Body,
    now: Instant,
    power: Power,
    facts: Facts,
    sent: usize,
    len: usize,
}

impl Windows {
    #[inline(never)]
    fn new(body: Body, device: &Device, len: usize) -> Self {
        let (now, power, facts) = (device.now, device.power, device.facts);
        Self { body, now, power, facts, sent: 0, len }
    }
}

impl Device {
    /// The next thing to send. Ask until `None`, then again after each [`Device::handle`].
    ///
    /// A payload that fits behind its topic comes with it. A longer one is announced with its length, and
    /// [`Device::poll_payload`] gives it in windows; until it has given all, nothing else comes from here.
    /// `buf` must have at least 320 bytes; what would not fit a topic is dropped and counted.
    pub fn poll_transmit<'b>(&mut self, now: Instant, buf: &'b mut [u8]) -> Option<Transmit<'b>> {
        self.now = now;
        if self.windows.is_some() {
            return None;
        }
        loop {
            let (entry, cursor) = self.reports.front()?;
            let part = self.part(&entry, cursor);
            self.reports.advance();
            match part {
                Part::Publish(publication) => return Some(self.publish(publication, buf)),
                Part::Subscribe(place) => return Some(self.subscribe(place, buf)),
                Part::Disconnect => return Some(Transmit::Disconnect),
                Part::Skip => {}
                Part::End => self.reports.done(),
            }
        }
    }

    fn subscribe<'b>(&self, place: Place, buf: &'b mut [u8]) -> Transmit<'b> {
        let mut sink = Sink::new(buf);
        place.write(self, &mut sink);
        sink.push_byte(b'#');
        Transmit::Subscribe { filter: sink.into_str() }
    }

    fn publish<'b>(&mut self, publication: Publication, buf: &'b mut [u8]) -> Transmit<'b> {
        self.facts.counters = self.counters();
        let view = &self.view();
        let mut topic = Sink::new(buf);
        publication.write_topic(view, &mut topic);
        let (topic, rest) = topic.split();
        let mut body = Sink::new(rest);
        publication.body.write(view, &mut body);
        let (len, whole) = (body.total(), body.is_whole());
        let retain = publication.retain && !self.option(104);
        if !whole {
            self.windows = Some(Windows::new(publication.body, self, len));
        }
        self.lost += u32::from(!self.link.online);
        self.led_publishes();
        let topic = core::str::from_utf8(topic).unwrap_or("");
        Transmit::Publish { topic, payload: whole.then(|| body.into_bytes()), len, retain }
    }

    fn counters(&self) -> Counters {
        let (lost, dropped) = (self.lost, self.reports.dropped);
        Counters { lost, dropped, saves: self.saves.count(), sessions: self.link.sessions }
    }

    /// The next window of the payload that [`Device::poll_transmit`] announced; `None` when all has been given.
    ///
    /// The windows add up to the announced length whatever happens meanwhile.
    pub fn poll_payload<'b>(&mut self, buf: &'b mut [u8]) -> Option<&'b [u8]> {
        let mut windows = self.windows.take()?;
        let left = windows.len.saturating_sub(windows.sent);
        let size = left.min(buf.len());
        let window = buf.get_mut(..size).filter(|window| !window.is_empty())?;
        // A text that came out shorter than counted would end in blanks, which JSON allows.
        window.fill(b' ');
        let view = &View { device: self, now: windows.now, power: &windows.power, facts: &windows.facts };
        windows.body.write(view, &mut Sink::window(window, windows.sent));
        windows.sent += size;
        if windows.sent < windows.len {
            self.windows = Some(windows);
        }
        Some(window)
    }
}
