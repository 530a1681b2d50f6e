//! Keeping the time of day: asking for it, showing it, and the commands that set it.

use crate::args;
use crate::clock::{Reading, write_date_time, write_offset};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::settings::{Number, Text};
use crate::text::Sink;
use crate::time::{Instant, seconds_and_millis};
use crate::timezone::{Changeover, Timezone, Zone};
use crate::view::View;

/// A time that is known is asked for again so much later, milliseconds.
const HOUR_MS: u32 = 3_600_000;
/// The first wait for an answer that does not come; it doubles up to an hour, milliseconds.
const FIRST_WAIT_MS: u32 = 60_000;
/// 2015-12-31T23:00:00Z: `Time` takes numbers from here on as a time (U-45), and none before is believed.
const LEAST: u32 = 1_451_602_800;

/// When the runner is to ask for the time of day.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    state: Asking,
    /// The runner is to be told.
    due: bool,
    /// `Time` has set the clock by hand (U-45).
    by_hand: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Asking {
    /// There is no network.
    #[default]
    Off,
    /// Asks then; after that it waits so long for an answer.
    At { at: Instant, wait_ms: u32 },
}

impl Sync {
    /// A network that was there already is no news.
    pub(crate) fn network_up(&mut self, now: Instant) {
        if self.state == Asking::Off {
            self.ask(now);
        }
    }

    pub(crate) fn network_down(&mut self) {
        self.state = Asking::Off;
        self.due = false;
    }

    /// Asks at once, unless there is no network; not while the clock is set by hand.
    fn ask(&mut self, now: Instant) {
        self.state = Asking::At { at: now, wait_ms: FIRST_WAIT_MS };
        self.tick(now);
    }

    fn ask_again(&mut self, now: Instant) {
        if self.state != Asking::Off {
            self.ask(now);
        }
    }

    fn answered(&mut self, now: Instant, late_ms: u32) {
        if self.state != Asking::Off {
            self.state = Asking::At { at: now.plus_millis(HOUR_MS + late_ms), wait_ms: FIRST_WAIT_MS };
        }
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        if let Asking::At { at, wait_ms } = self.state
            && at <= now
        {
            self.due = !self.by_hand;
            self.state = Asking::At { at: now.plus_millis(wait_ms), wait_ms: (wait_ms * 2).min(HOUR_MS) };
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            Asking::At { at, .. } if !self.by_hand => Some(at),
            Asking::At { .. } | Asking::Off => None,
        }
    }

    pub(crate) fn take(&mut self) -> bool {
        core::mem::take(&mut self.due)
    }
}

impl Device {
    /// The names of the time servers to ask, in order; unused ones are empty.
    pub fn time_servers(&self) -> impl Iterator<Item = &str> {
        self.settings.all_texts(Text::NTP_SERVER).filter(|name| !name.is_empty())
    }

    /// The runner tells the time: not while it is set by hand, and none that cannot be.
    pub(crate) fn time_told(&mut self, unix_ms: u64) {
        let now = self.now;
        let believed = LEAST..u32::MAX;
        if believed.contains(&seconds_and_millis(unix_ms).0) && !self.sync.by_hand {
            self.facts.clock.set(now, unix_ms);
            self.sync.answered(now, self.jitter_ms());
        }
    }
}

/// The time members of an object, in format 1 to 4 (U-40).
pub(crate) fn time(view: &View<'_>, format: u8, json: &mut Json<'_, '_>) {
    let (epoch, _) = view.facts.clock.unix(view.now);
    if format == 3 {
        return json.number("Time", epoch);
    }
    json.text_with("Time", |sink| write_local(view, format == 4, sink));
    if format == 2 {
        json.number("Epoch", epoch);
    }
}

/// Local time; with SetOption52 its offset, too (U-41).
fn write_local(view: &View<'_>, with_millis: bool, sink: &mut Sink<'_>) {
    let (clock, zone) = (view.facts.clock, &view.settings().zone);
    let (utc, local) = (clock.utc(view.now), clock.local(view.now, zone));
    write_date_time(sink, local);
    if with_millis {
        sink.push_byte(b'.');
        sink.push_padded(u32::from(local.millis % 1000), 3);
    }
    if view.device.option(52) {
        write_offset(sink, local.minutes - utc.minutes);
    }
}

/// The members of StatusTIM (U-16).
pub(crate) fn status(view: &View<'_>, json: &mut Json<'_, '_>) {
    let Zone { standard, daylight, .. } = &view.settings().zone;
    let utc = view.facts.clock.utc(view.now);
    let year = view.settings().zone.year(utc.minutes);
    json.text_with("UTC", |sink| {
        write_date_time(sink, utc);
        sink.push_byte(b'Z');
    });
    json.text_with("Local", |sink| write_local(view, false, sink));
    json.text_with("StartDST", |sink| write_date_time(sink, Reading::at(daylight.in_year(year))));
    json.text_with("EndDST", |sink| write_date_time(sink, Reading::at(standard.in_year(year))));
    show_timezone(view, None, json);
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Time",
        args: help(
            "1 text, 2 text and number, 3 number, 4 text with milliseconds; 0 ask time servers; seconds since 1970",
        ),
        help: help("Show the time; choose its format in messages, or set the clock by hand."),
        run: Run::Set(set_time),
        show: Show::By(show_time),
        retained: Retained::Judged,
        ..Command::PLAIN
    },
    Command {
        name: "Timezone",
        args: help("-13..14 hours, +hh:mm, 99 by TimeStd and TimeDst"),
        help: help("The offset of local time from UTC."),
        run: Run::Change(set_timezone),
        show: Show::By(show_timezone),
        ..Command::PLAIN
    },
    Command {
        name: "TimeStd",
        args: help("0 factory; hemisphere,week,month,day,hour,offset"),
        help: help("When standard time begins; used with Timezone 99."),
        run: Run::Change(|device, call| {
            set_changeover(device, call, Changeover::STANDARD, |zone| &mut zone.standard)
        }),
        show: Show::By(|view, _, json| show_changeover("TimeStd", &view.settings().zone.standard, json)),
        ..Command::PLAIN
    },
    Command {
        name: "TimeDst",
        args: help("0 factory; hemisphere,week,month,day,hour,offset"),
        help: help("When daylight saving time begins; used with Timezone 99."),
        run: Run::Change(|device, call| {
            set_changeover(device, call, Changeover::DAYLIGHT, |zone| &mut zone.daylight)
        }),
        show: Show::By(|view, _, json| show_changeover("TimeDst", &view.settings().zone.daylight, json)),
        ..Command::PLAIN
    },
    Command {
        name: "NtpServer",
        index: Index::UpTo(3),
        args: help("name or address of at most 32 bytes; 0 none, 1 factory"),
        help: help("The time servers, asked in order."),
        run: Run::Change(set_server),
        show: Show::Text(Text::NTP_SERVER),
        ..Command::PLAIN
    },
];

/// No number behind a word is as high: it asks [`show_time`] for format 2.
const WITH_EPOCH: u8 = u8::MAX;

/// U-45; another number changes nothing.
fn set_time(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let word = || args::keyword(call.argument).and_then(|value| u32::try_from(value).ok());
    let Some(number) = leading_digits(call.argument).or_else(word) else { return Ok(Reply::Show) };
    match number {
        0 => {
            device.sync.by_hand = false;
            device.sync.ask_again(call.now);
        }
        1..=4 => {
            device.settings.set_number(Number::TIME_FORMAT, u16::try_from(number).unwrap_or(1))?;
            device.settings_changed();
            return Ok(Reply::Show);
        }
        // It was true when it was sent.
        LEAST.. if call.retained && device.settings.number(Number::RETAINED_COMMANDS) < 2 => {
            return Err(CommandError::Retained);
        }
        LEAST.. => {
            device.facts.clock.set(call.now, u64::from(number) * 1000);
            device.sync.by_hand = true;
        }
        _ => return Ok(Reply::Show),
    }
    Ok(Reply::ShowAt(WITH_EPOCH))
}

/// The decimal number at the front; none for one that 32 bits do not hold. [`args::number`] ends in 2038.
fn leading_digits(argument: &str) -> Option<u32> {
    args::leading(argument, 10).filter(|number| *number < u32::MAX)
}

fn show_time(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    time(view, if index == Some(WITH_EPOCH) { 2 } else { view.settings().byte(Number::TIME_FORMAT) }, json);
}

/// U-46; less than −13 and no number change nothing.
fn set_timezone(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.settings.zone.timezone = timezone(call.argument).ok_or(CommandError::Kept)?;
    device.sync.ask_again(call.now);
    Ok(())
}

/// Hours, or hours and minutes; digits are decimal here, since the answer `+08:00` must be an argument, too.
fn timezone(argument: &str) -> Option<Timezone> {
    let (negative, digits) = args::sign(argument);
    let hours = match leading_digits(digits) {
        Some(hours) => i32::try_from(hours).ok()?,
        None => args::keyword(argument)?,
    };
    let minutes =
        args::cut(digits, b':').and_then(|(_, minutes)| leading_digits(minutes)).unwrap_or(0).min(59);
    let minutes = i16::try_from(minutes).unwrap_or(0);
    match (negative, i16::try_from(hours).unwrap_or(i16::MAX)) {
        (true, hours @ 0..=13) => Some(Timezone::Fixed(-hours * 60 - minutes)),
        (true, _) => None,
        (false, hours @ 0..=14) => Some(Timezone::Fixed(hours * 60 + minutes)),
        (false, _) => Some(Timezone::Rules),
    }
}

fn show_timezone(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    match view.settings().zone.timezone {
        Timezone::Fixed(minutes) => {
            json.text_with("Timezone", |sink| write_offset(sink, minutes.into()));
        }
        Timezone::Rules => json.number("Timezone", Timezone::RULES),
    }
}

/// `0` is the factory's, a list sets its members, anything else changes nothing (U-73).
fn set_changeover(
    device: &mut Device,
    call: &Call<'_>,
    factory: Changeover,
    place: fn(&mut Zone) -> &mut Changeover,
) -> Result<(), CommandError> {
    let rule = place(&mut device.settings.zone);
    if args::cut(call.argument, b',').is_some() {
        for (at, member) in args::list(call.argument, b',').enumerate() {
            set_member(rule, at, member.trim_ascii());
        }
    } else if args::number(call.argument) == Some(0) {
        *rule = factory;
    } else {
        return Err(CommandError::Kept);
    }
    device.sync.ask_again(call.now);
    Ok(())
}

/// What each member behind the hemisphere may be.
const RANGES: [(i16, i16); 5] = [(0, 4), (1, 12), (1, 7), (0, 23), (-Changeover::MOST, Changeover::MOST)];

/// An empty member stays; each is brought into its range.
fn set_member(rule: &mut Changeover, at: usize, member: &str) {
    let Some(value) = member_number(member) else { return };
    if at == 0 {
        rule.south = value & 1 == 1;
    } else if let Some(&(least, most)) = RANGES.get(at - 1) {
        // `clamp` would panic if the bounds were the other way round.
        let value = value.max(least.into()).min(most.into());
        let [small, ..] = value.to_le_bytes();
        match at {
            1 => rule.week = small,
            2 => rule.month = small,
            3 => rule.day = small,
            4 => rule.hour = small,
            _ => rule.offset = i16::try_from(value).unwrap_or(0),
        }
    }
}

/// Decimal, unlike [`args::number`]: people pad these members with zeros.
fn member_number(member: &str) -> Option<i32> {
    let (negative, digits) = args::sign(member);
    let magnitude = i32::try_from(leading_digits(digits)?).unwrap_or(i32::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

fn show_changeover(name: &'static str, rule: &Changeover, json: &mut Json<'_, '_>) {
    json.nested(name, |json| {
        json.number("Hemisphere", u8::from(rule.south));
        json.number("Week", rule.week);
        json.number("Month", rule.month);
        json.number("Day", rule.day);
        json.number("Hour", rule.hour);
        json.signed("Offset", rule.offset);
    });
}

/// A name without a number is ignored: all three are shown (U-76). Commas become points.
fn set_server(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(n) = call.index else { return Err(CommandError::Kept) };
    let mut room = [0; 32];
    let argument = args::replaced(&mut room, call.argument, ",", ".").ok_or(CommandError::Kept)?;
    device.store_text(&Call { argument, ..*call }, Text::NTP_SERVER, n)?;
    device.sync.ask_again(call.now);
    Ok(())
}
