//! What the device owes the broker: a queue of intents, turned into messages one by one.

use heapless::Deque;

use crate::command::{Command, Reply};
use crate::device::{Device, Facts};
use crate::io::Transmit;
use crate::power::{Power, bit};
use crate::publication::{Body, Leaf, Place, Publication};
use crate::retain::Retain;
use crate::settings::Settings;
use crate::text::Sink;
use crate::time::Instant;
use crate::topic::Prefix;

/// Room in the queue of what is owed.
const QUEUE: usize = 16;

/// Something owed. One entry may stand for several messages; a cursor beside it tells how far it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Report {
    /// The answer to a command.
    Answer { command: &'static Command, index: Option<u8>, reply: Reply },
    /// `{"Command":"Unknown"}` (D-20).
    Unknown,
    /// `{"Command":"Error"}` on the command's topic (D-19).
    Error { command: &'static Command },
    /// Relays were asked for or changed; the values are those of that moment.
    Power { relays: u8, on: u8 },
    /// Relays began or ended to blink (P-20, P-23).
    Blink { relays: u8, on: bool },
    /// Blocks of the Status command, by their place in [`crate::status::BLOCKS`].
    Status { first: u8, last: u8 },
    /// All blocks in one object (U-3).
    StatusWhole,
    /// `tele/…/STATE`.
    State,
    /// Empty retained messages where a retain flag went off (S-60 to S-66).
    Clear(Retain),
    /// The old LWT topic before a change of names (T-27).
    ClearLwt,
    /// A session begins (S-17 to S-21).
    Session { first: bool },
    /// The end of a run: LWT `Offline`, then DISCONNECT.
    Goodbye,
}

impl Report {
    /// A state says what is true now: one that waits is enough. All else happened and keeps its place.
    const fn is_state(&self) -> bool {
        matches!(self, Self::State)
    }

    /// Commands wait until it has left.
    const fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. }
                | Self::Unknown
                | Self::Error { .. }
                | Self::Status { .. }
                | Self::StatusWhole
                | Self::Clear(_)
        )
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    report: Report,
    /// It answers a command that came on the fallback topic (T-19).
    fallback: bool,
}

/// The queue of what is owed.
#[derive(Debug)]
pub(crate) struct Reports {
    queue: Deque<Entry, QUEUE>,
    cursor: u8,
    answers: u8,
    /// Events that were dropped because the queue was full.
    pub(crate) dropped: u32,
}

impl Reports {
    pub(crate) const fn new() -> Self {
        Self { queue: Deque::new(), cursor: 0, answers: 0, dropped: 0 }
    }

    pub(crate) fn has_answer(&self) -> bool {
        self.answers > 0
    }

    /// Adds a report at the end; a state that waits already is not added twice.
    pub(crate) fn push(&mut self, report: Report, fallback: bool) {
        if report.is_state() && self.queue.iter().any(|entry| entry.report.is_state()) {
            return;
        }
        if self.queue.is_full() {
            self.make_room();
        }
        self.answers += u8::from(report.is_answer());
        let _ = self.queue.push_back(Entry { report, fallback });
    }

    /// A session begins: its messages go before all else.
    pub(crate) fn push_first(&mut self, report: Report) {
        if self.queue.is_full() {
            self.make_room();
        }
        self.cursor = 0;
        let _ = self.queue.push_front(Entry { report, fallback: false });
    }

    /// Gives up a state, or else the oldest event, which is counted.
    fn make_room(&mut self) {
        let state = self.queue.iter().position(|entry| entry.report.is_state());
        self.dropped += u32::from(state.is_none());
        for at in 0..self.queue.len() {
            let Some(entry) = self.queue.pop_front() else { return };
            if at == state.unwrap_or(0) {
                self.answers -= u8::from(entry.report.is_answer());
                self.cursor = if at == 0 { 0 } else { self.cursor };
            } else {
                let _ = self.queue.push_back(entry);
            }
        }
    }

    fn front(&self) -> Option<(Entry, u8)> {
        self.queue.front().map(|entry| (*entry, self.cursor))
    }

    fn advance(&mut self) {
        self.cursor = self.cursor.saturating_add(1);
    }

    fn done(&mut self) {
        if let Some(entry) = self.queue.pop_front() {
            self.answers -= u8::from(entry.report.is_answer());
        }
        self.cursor = 0;
    }
}

/// One step of a report.
pub(crate) enum Part {
    Publish(Publication),
    Subscribe(Place),
    Disconnect,
    /// Nothing at this step; the next one may have something.
    Skip,
    /// The report has said all.
    End,
}

/// The device as a text sees it: everything that could change while a long one leaves is that of one moment.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(crate) device: &'a Device,
    pub(crate) now: Instant,
    pub(crate) power: &'a Power,
    pub(crate) facts: &'a Facts,
}

impl<'a> View<'a> {
    /// What the owner set.
    pub fn settings(&self) -> &'a Settings {
        &self.device.settings
    }

    /// The time that the text tells.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The device's word for a state: StateText1 or 2.
    pub fn on_off(&self, on: bool) -> &'a str {
        let [off_text, on_text, ..] = &self.device.settings.state_texts;
        if on { on_text } else { off_text }
    }

    /// `POWER`, or `POWER2` where there are several (T-50).
    pub(crate) fn power_key(&self, relay: u8) -> PowerKey {
        PowerKey((self.power.count() > 1 || self.device.settings.option(26)).then_some(relay))
    }
}

/// The name of a relay in topics and keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PowerKey(pub Option<u8>);

impl crate::json::Key for PowerKey {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push("POWER");
        if let Some(relay) = self.0 {
            sink.push_number(u32::from(relay));
        }
    }
}

/// A message whose payload leaves in windows.
#[derive(Debug)]
pub(crate) struct Windows {
    publication: Publication,
    now: Instant,
    power: Power,
    facts: Facts,
    sent: usize,
    len: usize,
}

impl Device {
    pub(crate) fn view(&self, now: Instant) -> View<'_> {
        View { device: self, now, power: &self.power, facts: &self.facts }
    }

    /// The next thing to send. Ask until `None`, then again after each [`Device::handle`].
    ///
    /// A payload that fits behind its topic comes with it. A longer one is announced with its length, and
    /// [`Device::poll_payload`] gives it in windows; until it has given all, nothing else comes from here.
    /// `buf` must have at least 320 bytes; what would not fit a topic is dropped and counted.
    pub fn poll_transmit<'b>(&mut self, now: Instant, buf: &'b mut [u8]) -> Option<Transmit<'b>> {
        if self.windows.is_some() {
            return None;
        }
        loop {
            let (entry, cursor) = self.reports.front()?;
            let part = self.part(&entry, cursor);
            self.reports.advance();
            match part {
                Part::Publish(publication) => return Some(self.publish(now, publication, buf)),
                Part::Subscribe(place) => return Some(self.subscribe(place, buf)),
                Part::Disconnect => return Some(Transmit::Disconnect),
                Part::Skip => {}
                Part::End => self.reports.done(),
            }
        }
    }

    fn subscribe<'b>(&self, place: Place, buf: &'b mut [u8]) -> Transmit<'b> {
        let mut sink = Sink::new(buf);
        place.write(&self.names, &mut sink);
        sink.push("#");
        Transmit::Subscribe { filter: sink.into_str() }
    }

    fn publish<'b>(&mut self, now: Instant, publication: Publication, buf: &'b mut [u8]) -> Transmit<'b> {
        let view = self.view(now);
        let mut topic = Sink::new(buf);
        publication.write_topic(view, &mut topic);
        let (topic, rest) = topic.split();
        let mut body = Sink::new(rest);
        publication.body.write(view, &mut body);
        let (len, whole) = (body.total(), body.is_whole());
        let retain = publication.retain && !self.settings.option(104);
        if !whole {
            let (power, facts) = (self.power.clone(), self.facts.clone());
            self.windows = Some(Windows { publication, now, power, facts, sent: 0, len });
        }
        self.lost += u32::from(!self.link.online);
        let topic = core::str::from_utf8(topic).unwrap_or("");
        Transmit::Publish { topic, payload: whole.then(|| body.into_bytes()), len, retain }
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
        let view = View { device: self, now: windows.now, power: &windows.power, facts: &windows.facts };
        windows.publication.body.write(view, &mut Sink::window(window, windows.sent));
        windows.sent += size;
        if windows.sent < windows.len {
            self.windows = Some(windows);
        }
        Some(window)
    }

    /// Step `cursor` of a report.
    fn part(&self, entry: &Entry, cursor: u8) -> Part {
        let fallback = entry.fallback;
        match entry.report {
            Report::Power { relays, on } => self.power_part(relays, on, fallback, cursor),
            Report::Answer { command, index, reply } => once(cursor, || {
                self.answer(Leaf::Upper(command.name), Body::Answer { command, index, reply }, fallback)
            }),
            Report::Unknown => once(cursor, || self.answer(Leaf::Word("COMMAND"), Body::Unknown, fallback)),
            Report::Error { command } => {
                once(cursor, || self.answer(Leaf::Upper(command.name), Body::Error, fallback))
            }
            Report::Blink { relays, on } => self.blink_part(relays, on, fallback, cursor),
            Report::Status { first, last } => self.status_part(first, last, fallback, cursor),
            Report::StatusWhole => once(cursor, || self.status_publication(None, fallback)),
            Report::State => once(cursor, || self.state_publication(fallback)),
            Report::Clear(retain) => self.clear_part(retain, cursor),
            Report::ClearLwt => once(cursor, || self.cleared_lwt()),
            Report::Session { first } => self.session_part(first, cursor),
            Report::Goodbye => goodbye_part(cursor),
        }
    }

    /// An answer goes to RESULT, or with SetOption4 to its own topic (T-49).
    fn answer(&self, own: Leaf, body: Body, fallback: bool) -> Publication {
        let leaf = if self.settings.option(4) { own } else { Leaf::Word("RESULT") };
        Publication { place: Place::answer(Prefix::Stat, fallback), leaf, body, retain: false }
    }

    /// For each relay: RESULT, the plain text, and a copy for each group (T-51, T-22).
    fn power_part(&self, relays: u8, on: u8, fallback: bool, cursor: u8) -> Part {
        const STEPS: u8 = 6;
        let Some(relay) = nth_relay(relays, cursor / STEPS) else { return Part::End };
        let on = on & bit(relay) != 0;
        match cursor % STEPS {
            0 => Part::Publish(self.answer(Leaf::Power(relay), Body::Power { relay, on }, fallback)),
            1 => self.plain_power(
                Place::answer(Prefix::Stat, fallback),
                relay,
                on,
                self.retains(Retain::Power),
            ),
            slot => self.group_power(slot - 1, relay, on),
        }
    }

    fn plain_power(&self, place: Place, relay: u8, on: bool, retain: bool) -> Part {
        if self.settings.option(90) {
            return Part::Skip;
        }
        Part::Publish(Publication { place, leaf: Leaf::Power(relay), body: Body::OnOff(on), retain })
    }

    /// The copy on a group topic; never where it would come back, or is the own topic anyway (T-22).
    fn group_power(&self, slot: u8, relay: u8, on: bool) -> Part {
        let copied = self.settings.group_state && self.names.has_group_states();
        let other = self.names.group(slot).is_some_and(|group| group != self.names.topic);
        if copied && other {
            self.plain_power(Place::Group(slot, Prefix::Stat), relay, on, false)
        } else {
            Part::Skip
        }
    }

    /// With SetOption4 the topic is POWER without a number (P-20).
    fn blink_part(&self, relays: u8, on: bool, fallback: bool, cursor: u8) -> Part {
        let Some(relay) = nth_relay(relays, cursor) else { return Part::End };
        Part::Publish(self.answer(Leaf::Word("POWER"), Body::Blink { relay, on }, fallback))
    }

    /// LWT, the empty POWER, subscriptions, INFO, power states (S-17 to S-21).
    fn session_part(&self, first: bool, cursor: u8) -> Part {
        match cursor {
            0 => Part::Publish(lwt(Body::Text("Online"))),
            1 => self.empty_power(),
            2 => Part::Subscribe(Place::Own(Prefix::Cmnd)),
            3..=6 if self.names.group(cursor - 2).is_some() => {
                Part::Subscribe(Place::Group(cursor - 2, Prefix::Cmnd))
            }
            7 => Part::Subscribe(Place::Fallback(Prefix::Cmnd)),
            8 if first => self.info(Leaf::Word("INFO1"), Body::Info1),
            9 if first => self.info(Leaf::Word("INFO3"), Body::Info3),
            3..=9 => Part::Skip,
            rest => self.announce_part(rest - 10),
        }
    }

    /// Tells who watches that states follow; not with SetOption90 (S-18).
    fn empty_power(&self) -> Part {
        if self.settings.option(90) {
            return Part::Skip;
        }
        let (place, leaf) = (Place::Own(Prefix::Cmnd), Leaf::Word("POWER"));
        Part::Publish(Publication { place, leaf, body: Body::Empty, retain: false })
    }

    fn info(&self, leaf: Leaf, body: Body) -> Part {
        let retain = self.retains(Retain::Info);
        Part::Publish(Publication { place: Place::Own(Prefix::Tele), leaf, body, retain })
    }

    /// The present state of each relay; no group copies, since nothing happened.
    fn announce_part(&self, step: u8) -> Part {
        let relay = step / 2 + 1;
        if relay > self.power.count() {
            return Part::End;
        }
        let on = self.power.is_on(relay);
        if step.is_multiple_of(2) {
            return Part::Publish(self.answer(Leaf::Power(relay), Body::Power { relay, on }, false));
        }
        self.plain_power(Place::Own(Prefix::Stat), relay, on, self.retains(Retain::Power))
    }

    fn state_publication(&self, fallback: bool) -> Publication {
        let place = Place::answer(Prefix::Tele, fallback);
        Publication {
            place,
            leaf: Leaf::Word("STATE"),
            body: Body::State,
            retain: self.retains(Retain::State),
        }
    }

    /// SetOption10 leaves `Offline` instead of nothing.
    fn cleared_lwt(&self) -> Publication {
        lwt(if self.settings.option(10) { Body::Text("Offline") } else { Body::Empty })
    }
}

fn lwt(body: Body) -> Publication {
    Publication { place: Place::Own(Prefix::Tele), leaf: Leaf::Word("LWT"), body, retain: true }
}

fn goodbye_part(cursor: u8) -> Part {
    match cursor {
        0 => Part::Publish(lwt(Body::Text("Offline"))),
        1 => Part::Disconnect,
        _ => Part::End,
    }
}

fn once(cursor: u8, publication: impl FnOnce() -> Publication) -> Part {
    if cursor == 0 { Part::Publish(publication()) } else { Part::End }
}

/// The nth relay of a mask, counted from 0.
fn nth_relay(relays: u8, n: u8) -> Option<u8> {
    (1..=8).filter(|&relay| relays & bit(relay) != 0).nth(usize::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(reports: &mut Reports, count: u8) {
        (0..count).for_each(|relays| reports.push(Report::Power { relays, on: 0 }, false));
    }

    fn order(reports: &Reports) -> Vec<u8> {
        reports
            .queue
            .iter()
            .map(|entry| if let Report::Power { relays, .. } = entry.report { relays } else { 255 })
            .collect()
    }

    #[test]
    fn states_merge_and_events_do_not() {
        let mut reports = Reports::new();
        reports.push(Report::State, false);
        reports.push(Report::State, false);
        fill(&mut reports, 1);
        fill(&mut reports, 1);
        assert_eq!(order(&reports), [255, 0, 0]);
    }

    #[test]
    fn a_state_gives_way_to_an_event_without_being_counted() {
        let mut reports = Reports::new();
        fill(&mut reports, 3);
        reports.push(Report::State, false);
        fill(&mut reports, 13);
        assert_eq!(order(&reports), [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(reports.dropped, 0);
    }

    #[test]
    fn a_flood_of_events_drops_the_oldest_and_counts_it() {
        let mut reports = Reports::new();
        fill(&mut reports, 20);
        assert_eq!(order(&reports), (4..20).collect::<Vec<_>>());
        assert_eq!(reports.dropped, 4);
    }

    #[test]
    fn an_answer_that_was_dropped_no_longer_holds_commands_back() {
        let mut reports = Reports::new();
        reports.push(Report::Unknown, false);
        assert!(reports.has_answer());
        fill(&mut reports, 16);
        assert!(!reports.has_answer());
    }
}
