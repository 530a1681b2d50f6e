//! Publish: any message to any topic, for the owner.

use crate::args;
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run};
use crate::device::Device;
use crate::help::help;
use crate::report::Report;
use crate::text::Sink;
use crate::topic::MAX_TOPIC;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "Publish",
    index: Index::UpTo(3),
    args: help("topic and payload, together at most 508 bytes"),
    help: help("Send a message; Publish2 lets the broker keep it, Publish3 takes hex digits."),
    run: Run::Always(publish),
    retained: Retained::Refused,
    ..Command::PLAIN
}];

/// The message is the whole answer (D-21). A topic that brokers refuse, or that is too long, is an error: it would
/// cost the connection. What comes back on an own topic is a command like any other.
fn publish(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (topic, payload) = args::cut(call.argument, b' ').unwrap_or((call.argument, ""));
    let mut room = [0; MAX_TOPIC];
    let topic = topic_of(&mut room, topic).ok_or(CommandError::Refused)?;
    let index = call.index_or_first();
    if index == 3 && !is_hex(payload) {
        return Err(CommandError::Refused);
    }
    let write = |sink: &mut Sink<'_>| if index == 3 { write_hex(sink, payload) } else { sink.push(payload) };
    let id = device.reports.texts.push(topic, write).ok_or(CommandError::Refused)?;
    device.report(Report::Text { id, retain: index == 2 }, false);
    Ok(Reply::Own)
}

/// `#` stands for a blank.
fn topic_of<'b>(buf: &'b mut [u8; MAX_TOPIC], text: &str) -> Option<&'b str> {
    args::printable(text).ok()?;
    if text.is_empty() || args::cut(text, b'+').is_some() {
        return None;
    }
    args::replaced(buf, text, "#", " ")
}

fn is_hex(digits: &str) -> bool {
    digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn write_hex(sink: &mut Sink<'_>, digits: &str) {
    for pair in digits.as_bytes().chunks_exact(2) {
        let pair = core::str::from_utf8(pair).unwrap_or("");
        let [.., low] = args::leading(pair, 16).unwrap_or(0).to_be_bytes();
        sink.push_byte(low);
    }
}
