//! What the device wants sent, as it lies in the transmit buffer.

use sonoff_core::{Device, Instant, Transmit};

use crate::log::Message;

/// What was put into the transmit buffer, as lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// Topic, then payload, of which `payload` bytes out of `total` are there.
    Publish { topic: usize, payload: usize, total: usize, retain: bool },
    /// A topic filter.
    Subscribe { filter: usize },
    /// Nothing: it is a packet without text.
    Disconnect,
}

/// Takes the next thing to send; a payload that does not fit fills `buf` up.
pub(crate) fn next_outgoing(device: &mut Device, now: Instant, buf: &mut [u8]) -> Option<Outgoing> {
    Some(match device.poll_transmit(now, buf)? {
        Transmit::Publish { topic, payload: Some(payload), len, retain } => {
            Outgoing::Publish { topic: topic.len(), payload: payload.len(), total: len, retain }
        }
        Transmit::Publish { topic, payload: None, len, retain } => {
            let topic = topic.len();
            let rest = buf.get_mut(topic..).filter(|rest| !rest.is_empty());
            let payload = rest.and_then(|rest| device.poll_payload(rest)).map_or(0, <[u8]>::len);
            Outgoing::Publish { topic, payload, total: len, retain }
        }
        Transmit::Subscribe { filter } => Outgoing::Subscribe { filter: filter.len() },
        Transmit::Disconnect => Outgoing::Disconnect,
        // Nothing that this runtime could send.
        _ => return None,
    })
}

/// A publish as the log shows it, and whether all of it is in `buf`.
pub(crate) fn message(outgoing: Outgoing, buf: &[u8]) -> Option<(Message<'_>, bool)> {
    let Outgoing::Publish { topic, payload, total, retain } = outgoing else { return None };
    let (topic, rest) = buf.split_at_checked(topic)?;
    let topic = core::str::from_utf8(topic).ok()?;
    let payload = rest.get(..payload)?;
    Some((Message { topic, payload, len: total, retain }, payload.len() == total))
}
