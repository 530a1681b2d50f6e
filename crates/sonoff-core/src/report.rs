//! What the device owes the broker: a queue of intents, turned into messages one by one.

use core::mem::discriminant;

use heapless::Deque;

use crate::command::{Command, Reply};
use crate::device::Device;
use crate::keys::{Action, Key, Word};
use crate::power::bit;
use crate::publication::{Body, Leaf, Members, Place, Publication};
use crate::retain::Retain;
use crate::settings::Number;
use crate::telemetry;
use crate::text::Sink;
use crate::texts::{TextId, Texts};
use crate::topic::Prefix;
use crate::web;

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
    /// `tele/…/SENSOR`.
    Sensor,
    /// A button or switch addresses another device (P-50, P-63).
    Key { key: Key, number: u8, word: Word },
    /// A detached button or switch tells what it did (P-52, P-65).
    Action { key: Key, number: u8, action: Action },
    /// Empty messages where a key's retain flag went off (S-61, S-62).
    ClearKeys { key: Key, retain: bool },
    /// A message that the owner made (`Publish`).
    Text { id: TextId, retain: bool },
    /// A log line.
    Line(TextId),
    /// The two messages of discovery.
    Discovery,
    /// Empty retained messages where a retain flag went off (S-60 to S-66).
    Clear(Retain),
    /// Empty retained messages for relays that there are no more (M-26).
    ClearFormer { relays: u8 },
    /// The old LWT topic before a change of names (T-27).
    ClearLwt,
    /// A session begins (S-17 to S-21).
    Session { first: bool },
    /// A run begins without MQTT: what a first session tells, for the log (SX-17).
    BootWithoutMqtt,
    /// The end of a run: LWT `Offline`, then DISCONNECT.
    Goodbye,
}

impl Report {
    /// A state says what is true now: one that waits is enough. All else happened and keeps its place.
    const fn is_state(&self) -> bool {
        matches!(self, Self::State | Self::Sensor | Self::Discovery)
    }

    /// What goes first when there is no room.
    const fn gives_way(&self) -> bool {
        self.is_state() || matches!(self, Self::Line(_))
    }

    /// The text that it needs.
    const fn text(&self) -> Option<TextId> {
        match self {
            Self::Text { id, .. } | Self::Line(id) => Some(*id),
            _ => None,
        }
    }

    /// Commands wait until it has left.
    const fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. }
                | Self::Unknown
                | Self::Error { .. }
                | Self::Power { .. }
                | Self::Blink { .. }
                | Self::Status { .. }
                | Self::StatusWhole
                | Self::Text { .. }
                | Self::Clear(_)
                | Self::ClearKeys { .. }
        )
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
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
    pub(crate) texts: Texts,
    /// Events that were dropped because the queue was full.
    pub(crate) dropped: u32,
}

impl Reports {
    pub(crate) fn new() -> Self {
        Self { queue: Deque::new(), cursor: 0, answers: 0, texts: Texts::default(), dropped: 0 }
    }

    pub(crate) fn has_answer(&self) -> bool {
        self.answers > 0
    }

    /// What answers commands and has not left.
    #[cfg(feature = "pages")]
    pub(crate) fn waiting_answers(&self) -> impl Iterator<Item = &Entry> {
        self.queue.iter().filter(|entry| entry.report.is_answer())
    }

    /// Adds a report at the end; a state that waits already is not added twice.
    pub(crate) fn push(&mut self, report: Report, fallback: bool) {
        let kind = discriminant(&report);
        if report.is_state() && self.queue.iter().any(|entry| discriminant(&entry.report) == kind) {
            return;
        }
        if self.queue.is_full() {
            self.make_room();
        }
        self.answers += u8::from(report.is_answer());
        let _ = self.queue.push_back(Entry { report, fallback });
    }

    /// Adds a log line, if there is room for it.
    pub(crate) fn push_line(&mut self, write: impl FnOnce(&mut Sink<'_>)) -> bool {
        let id = if self.queue.is_full() { None } else { self.texts.push("", write) };
        if let Some(id) = id {
            self.push(Report::Line(id), false);
        }
        id.is_some()
    }

    /// A session begins: its messages go before all else.
    pub(crate) fn push_first(&mut self, report: Report) {
        if self.queue.is_full() {
            self.make_room();
        }
        self.cursor = 0;
        let _ = self.queue.push_front(Entry { report, fallback: false });
    }

    /// Gives up a state or a log line, or else the oldest event, which is counted.
    fn make_room(&mut self) {
        let mut is_full = true;
        for at in 0..QUEUE {
            let Some(entry) = self.queue.pop_front() else { return };
            if is_full && entry.report.gives_way() {
                is_full = false;
                self.forget(&entry);
                self.cursor = if at == 0 { 0 } else { self.cursor };
            } else {
                let _ = self.queue.push_back(entry);
            }
        }
        if is_full {
            self.dropped += 1;
            self.done();
        }
    }

    pub(crate) fn front(&self) -> Option<(Entry, u8)> {
        self.queue.front().map(|entry| (*entry, self.cursor))
    }

    pub(crate) fn advance(&mut self) {
        self.cursor = self.cursor.saturating_add(1);
    }

    pub(crate) fn done(&mut self) {
        if let Some(entry) = self.queue.pop_front() {
            self.forget(&entry);
        }
        self.cursor = 0;
    }

    /// It no longer waits, and its text is no longer needed.
    fn forget(&mut self, entry: &Entry) {
        self.answers -= u8::from(entry.report.is_answer());
        if let Some(id) = entry.report.text() {
            self.texts.remove(id);
        }
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

impl Device {
    /// Owes the broker a report.
    #[inline(never)]
    pub(crate) fn report(&mut self, report: Report, fallback: bool) {
        self.reports.push(report, fallback);
    }

    /// Step `cursor` of a report.
    pub(crate) fn part(&self, entry: &Entry, cursor: u8) -> Part {
        let fallback = entry.fallback;
        let only = match entry.report {
            Report::Power { relays, on } => return self.power_part(relays, on, fallback, cursor),
            Report::Blink { relays, on } => return self.blink_part(relays, on, fallback, cursor),
            Report::Status { first, last } => return self.status_part(first, last, fallback, cursor),
            Report::ClearKeys { key, retain } => return self.clear_keys_part(key, retain, cursor),
            Report::Discovery => return self.discovery_part(cursor),
            Report::Clear(retain) => return self.clear_part(retain, cursor),
            Report::ClearFormer { relays } => return self.former_relay_part(relays, cursor),
            Report::Session { first } => return self.session_part(first, cursor),
            Report::BootWithoutMqtt => return self.session_part(true, cursor.saturating_add(8)),
            Report::Goodbye => return self.goodbye_part(cursor),
            _ if cursor > 0 => return Part::End,
            Report::Answer { command, index, reply } => {
                self.answer(Leaf::Upper(command.name), Body::Answer { command, index, reply }, fallback)
            }
            Report::Unknown => self.answer(Leaf::Word("COMMAND"), Body::Verdict("Unknown"), fallback),
            Report::Error { command } => {
                self.answer(Leaf::Upper(command.name), Body::Verdict("Error"), fallback)
            }
            Report::StatusWhole => self.status_publication(None, fallback),
            Report::State => self.state_publication(fallback),
            Report::Sensor => self.sensor_publication(),
            Report::Key { key, number, word } => self.key_publication(key, number, word),
            Report::Action { key, number, action } => self.action_publication(key, number, action),
            Report::Text { id, retain } => text_publication(id, retain),
            Report::Line(id) => self.line_publication(id),
            Report::ClearLwt => self.cleared_lwt(),
        };
        Part::Publish(only)
    }

    /// An answer goes to RESULT, or with SetOption4 to its own topic (T-49).
    pub(crate) fn answer(&self, own: Leaf, body: Body, fallback: bool) -> Publication {
        Publication { place: Place::Asker { fallback, prefix: Prefix::Stat }, leaf: own, body, retain: false }
    }

    /// For each relay: RESULT, the plain text, and a copy for each group (T-51, T-22).
    fn power_part(&self, relays: u8, on: u8, fallback: bool, cursor: u8) -> Part {
        let steps = if self.settings.number(Number::GROUP_STATE) == 1 { 6 } else { 2 };
        let Some(relay) = nth_relay(relays, cursor / steps) else { return Part::End };
        let on = on & bit(relay) != 0;
        match cursor % steps {
            0 => Part::Publish(self.answer(Leaf::Power(relay), Body::Power { relay, on }, fallback)),
            1 => self.plain_power(
                Place::Asker { fallback, prefix: Prefix::Stat },
                relay,
                on,
                self.retains(Retain::Power),
            ),
            slot => self.group_power(slot - 1, relay, on),
        }
    }

    fn plain_power(&self, place: Place, relay: u8, on: bool, retain: bool) -> Part {
        if self.option(90) {
            return Part::Skip;
        }
        Part::Publish(Publication { place, leaf: Leaf::Power(relay), body: Body::OnOff(on), retain })
    }

    /// The copy on a group topic; never where it would come back, or is the own topic anyway (T-22).
    fn group_power(&self, slot: u8, relay: u8, on: bool) -> Part {
        match self.names.group(slot) {
            Some(group) if group != self.names.topic => {
                self.plain_power(Place::Group(slot, Prefix::Stat), relay, on, false)
            }
            Some(_) | None => Part::Skip,
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
            0 => Part::Publish(lwt(Body::Word("Online"))),
            1 => self.empty_power(),
            2 => Part::Subscribe(Place::Own(Prefix::Cmnd)),
            3..=6 if self.names.group(cursor - 2).is_some() => {
                Part::Subscribe(Place::Group(cursor - 2, Prefix::Cmnd))
            }
            7 => Part::Subscribe(Place::Fallback(Prefix::Cmnd)),
            8 if first => self.info("INFO1", "Info1", telemetry::info1),
            9 if first && self.webserver() > 0 => self.info("INFO2", "Info2", web::info2),
            10 if first => self.info("INFO3", "Info3", telemetry::info3),
            3..=10 => Part::Skip,
            rest => self.announce_part(rest - 11),
        }
    }

    /// Tells who watches that states follow; not with SetOption90 (S-18).
    fn empty_power(&self) -> Part {
        if self.option(90) {
            return Part::Skip;
        }
        let (place, leaf) = (Place::Own(Prefix::Cmnd), Leaf::Word("POWER"));
        Part::Publish(Publication { place, leaf, body: Body::Empty, retain: false })
    }

    fn info(&self, leaf: &'static str, key: &'static str, members: Members) -> Part {
        let (leaf, body) = (Leaf::Word(leaf), Body::Nested(key, members));
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
        let place = Place::Asker { fallback, prefix: Prefix::Tele };
        Publication {
            place,
            leaf: Leaf::Word("STATE"),
            body: Body::Object(telemetry::state),
            retain: self.retains(Retain::State),
        }
    }

    fn goodbye_part(&self, cursor: u8) -> Part {
        match cursor {
            0 if self.lwt_cleared => Part::Skip,
            0 => Part::Publish(lwt(Body::Word("Offline"))),
            1 => Part::Disconnect,
            _ => Part::End,
        }
    }

    /// SetOption10 leaves `Offline` instead of nothing.
    fn cleared_lwt(&self) -> Publication {
        lwt(if self.option(10) { Body::Word("Offline") } else { Body::Empty })
    }
}

fn lwt(body: Body) -> Publication {
    Publication { place: Place::Own(Prefix::Tele), leaf: Leaf::Word("LWT"), body, retain: true }
}

/// Its topic is whatever the owner wrote.
fn text_publication(id: TextId, retain: bool) -> Publication {
    Publication { place: Place::Nowhere, leaf: Leaf::Text(id), body: Body::Text(id), retain }
}

/// The nth relay of a mask, counted from 0. It ends with the last one: this runs at every message that is sent.
fn nth_relay(relays: u8, n: u8) -> Option<u8> {
    let so_far = (1..9).take_while(|relay| relays >> (relay - 1) != 0);
    so_far.filter(|relay| relays & bit(*relay) != 0).nth(n.into())
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
    fn what_gives_way_behind_the_first_leaves_its_place_and_the_first_itself_gives_it_up() {
        for (entries, place) in [([Report::Unknown, Report::State], 1), ([Report::State, Report::Unknown], 0)]
        {
            let mut reports = Reports::new();
            entries.into_iter().for_each(|report| reports.push(report, false));
            reports.advance();
            fill(&mut reports, 15);
            assert_eq!((reports.front().unwrap().1, reports.dropped), (place, 0));
        }
    }

    #[test]
    fn an_answer_that_was_dropped_no_longer_holds_commands_back() {
        let mut reports = Reports::new();
        reports.push(Report::Unknown, false);
        assert!(reports.has_answer());
        fill(&mut reports, 16);
        (0..16).for_each(|_| reports.done());
        assert!(!reports.has_answer());
    }
}
