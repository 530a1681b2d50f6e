//! Writes the packets that a broker sends.

use super::wire::Qos;

/// Appends CONNACK.
pub fn connack(out: &mut Vec<u8>, session_present: bool, code: u8) {
    out.extend_from_slice(&[0x20, 2, u8::from(session_present), code]);
}

/// Appends PUBACK.
pub fn puback(out: &mut Vec<u8>, id: u16) {
    acknowledge(out, 0x40, id);
}

/// Appends PUBREC.
pub fn pubrec(out: &mut Vec<u8>, id: u16) {
    acknowledge(out, 0x50, id);
}

/// Appends PUBCOMP.
pub fn pubcomp(out: &mut Vec<u8>, id: u16) {
    acknowledge(out, 0x70, id);
}

/// Appends UNSUBACK.
pub fn unsuback(out: &mut Vec<u8>, id: u16) {
    acknowledge(out, 0xb0, id);
}

/// Appends PINGRESP.
pub fn pingresp(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xd0, 0]);
}

/// Appends SUBACK: one code for each filter, 0, 1, or 0x80 for a refused one.
pub fn suback(out: &mut Vec<u8>, id: u16, codes: &[u8]) {
    out.push(0x90);
    length(out, codes.len() + 2);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(codes);
}

/// The first byte and the identifier of a PUBLISH.
#[derive(Debug, Clone, Copy)]
pub struct PublishHead {
    /// Quality of service of this delivery.
    pub qos: Qos,
    /// It answers a subscription.
    pub retain: bool,
    /// It may have been delivered before.
    pub dup: bool,
    /// Packet identifier; unused at QoS 0.
    pub id: u16,
}

/// Appends PUBLISH.
pub fn publish(out: &mut Vec<u8>, head: PublishHead, topic: &str, payload: &[u8]) {
    let acknowledged = head.qos != Qos::Zero;
    let flags = (u8::from(head.dup) << 3) | (head.qos.number() << 1) | u8::from(head.retain);
    out.push(0x30 | flags);
    length(out, 2 + topic.len() + if acknowledged { 2 } else { 0 } + payload.len());
    out.extend_from_slice(&u16::try_from(topic.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(topic.as_bytes());
    if acknowledged {
        out.extend_from_slice(&head.id.to_be_bytes());
    }
    out.extend_from_slice(payload);
}

fn acknowledge(out: &mut Vec<u8>, first: u8, id: u16) {
    let [high, low] = id.to_be_bytes();
    out.extend_from_slice(&[first, 2, high, low]);
}

fn length(out: &mut Vec<u8>, mut len: usize) {
    while len > 0x7f {
        out.push(u8::try_from(len & 0x7f).unwrap_or(0) | 0x80);
        len >>= 7;
    }
    out.push(u8::try_from(len).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::{self, Level, Packet};
    use super::*;

    #[test]
    fn lengths_take_one_to_three_bytes() {
        for (len, bytes) in
            [(0, vec![0]), (127, vec![0x7f]), (128, vec![0x80, 1]), (16_384, vec![0x80, 0x80, 1])]
        {
            let mut out = Vec::new();
            length(&mut out, len);
            assert_eq!(out, bytes, "{len}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            topic in "[a-z/]{1,300}",
            payload in proptest::collection::vec(any::<u8>(), 0..300),
            qos in 0..3usize,
            retain: bool,
            dup: bool,
            id in 1..=u16::MAX,
        ) {
            let qos = [Qos::Zero, Qos::One, Qos::Two][qos];
            let dup = dup && qos != Qos::Zero;
            let mut out = Vec::new();
            publish(&mut out, PublishHead { qos, retain, dup, id }, &topic, &payload);
            prop_assert_eq!(wire::packet_length(&out), Ok(Some(out.len())));
            let id = if qos == Qos::Zero { 0 } else { id };
            let wanted = wire::Publish { topic: &topic, payload: &payload, qos, retain, dup, id };
            prop_assert_eq!(wire::read(&out, Level::V311), Ok(Packet::Publish(wanted)));
        }
    }
}
