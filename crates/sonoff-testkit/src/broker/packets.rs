//! What the broker does with each packet.

use std::sync::Arc;

use super::link::{Link, Open, Phase, Will};
use super::message::Message;
use super::session::Delivery;
use super::sessions::SessionId;
use super::wire::{self, Connect, Level, Packet, Publish, Qos, WireError};
use super::{Broker, ClientId, write};

/// CONNACK code: this MQTT level is not served.
const BAD_LEVEL: u8 = 1;
/// CONNACK code: an empty client identifier needs a clean session, and MQTT 3.1 has none.
const BAD_IDENTIFIER: u8 = 2;
/// SUBACK code of a refused filter.
const REFUSED: u8 = 0x80;

impl Broker {
    /// Handles every whole packet at the front of `bytes`; gives how many bytes are done with.
    pub(super) fn packets(&mut self, id: ClientId, bytes: &[u8]) -> usize {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            match self.front_packet(id, rest) {
                Ok(0) => return used,
                Ok(len) => used += len,
                Err(WireError::Level) => self.refuse(id, BAD_LEVEL),
                Err(_) => self.lose(id),
            }
            if self.wants_close(id) {
                return bytes.len();
            }
        }
        used
    }

    /// Handles the packet at the front, if it is whole; gives its length, else 0.
    fn front_packet(&mut self, id: ClientId, bytes: &[u8]) -> Result<usize, WireError> {
        let open = self.links.get(&id).and_then(Link::open);
        if open.is_none() && bytes.first() != Some(&0x10) {
            return Err(WireError::Protocol);
        }
        let level = open.map_or(Level::V311, |open| open.level);
        let len = wire::packet_length(bytes)?.unwrap_or(usize::MAX);
        let Some(packet) = bytes.get(..len) else { return Ok(0) };
        let packet = wire::read(packet, level)?;
        self.packet(id, packet)?;
        Ok(len)
    }

    fn packet(&mut self, id: ClientId, packet: Packet<'_>) -> Result<(), WireError> {
        match (self.hear(id), packet) {
            (None, Packet::Connect(connect)) => self.greet(id, &connect),
            (None, _) | (Some(_), Packet::Connect(_)) => return Err(WireError::Protocol),
            (Some(session), Packet::Publish(publish)) => self.take(id, session, &publish),
            (Some(session), Packet::PubAck(number)) => self.acknowledged(id, session, number),
            (Some(session), Packet::PubRel(number)) => self.release(id, session, number),
            (Some(session), Packet::Subscribe { id: number, filters }) => {
                self.subscribe(id, session, number, &filters);
            }
            (Some(session), Packet::Unsubscribe { id: number, filters }) => {
                self.unsubscribe(id, session, number, &filters);
            }
            (Some(_), Packet::PingReq) => self.answer(id, write::pingresp),
            (Some(_), Packet::Disconnect) => drop(self.end(id)),
        }
        Ok(())
    }

    /// A sign of life; gives the session once CONNECT was accepted.
    fn hear(&mut self, id: ClientId) -> Option<SessionId> {
        let open = self.links.get_mut(&id).and_then(Link::open_mut)?;
        open.heard = self.now;
        Some(open.session)
    }

    /// Queues an answer. A client that asks and never reads is cut off.
    fn answer(&mut self, id: ClientId, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(link) = self.links.get_mut(&id) else { return };
        write(&mut link.answers);
        if link.answers.len() > self.limits.answer_bytes {
            self.stalled.push(id);
        }
        self.ready.insert(id);
    }

    fn refuse(&mut self, id: ClientId, code: u8) {
        self.answer(id, |out| write::connack(out, false, code));
        drop(self.end(id));
    }

    fn greet(&mut self, id: ClientId, connect: &Connect<'_>) {
        let nameless = connect.client.is_empty();
        let needs_name = connect.level == Level::V31 || !connect.clean_session;
        match self.refusal {
            Some(code) => self.refuse(id, code),
            None if nameless && needs_name => self.refuse(id, BAD_IDENTIFIER),
            None => self.accept(id, connect),
        }
    }

    fn accept(&mut self, id: ClientId, connect: &Connect<'_>) {
        let invented = connect.client.is_empty().then(|| self.sessions.invent_name());
        let name = invented.as_deref().unwrap_or(connect.client);
        let other = self.sessions.find(name).and_then(|session| session.link);
        other.into_iter().for_each(|other| self.lose(other));
        let (session, present) = self.sessions.open(name, connect.clean_session, id, &self.limits);
        let open = agreed(connect, session, self.now);
        self.deadlines.set(id, open.deadline());
        if let Some(link) = self.links.get_mut(&id) {
            link.phase = Phase::Open(open);
        }
        self.answer(id, |out| write::connack(out, present && connect.level == Level::V311, 0));
    }

    fn take(&mut self, id: ClientId, session: SessionId, publish: &Publish<'_>) {
        let seen = publish.qos == Qos::Two
            && self.sessions.get_mut(session).is_some_and(|session| !session.receive_once(publish.id));
        if !seen {
            self.spread(&Arc::new(Message::from(publish)), publish.retain);
        }
        match publish.qos {
            Qos::Zero => {}
            Qos::One => self.answer(id, |out| write::puback(out, publish.id)),
            Qos::Two => self.answer(id, |out| write::pubrec(out, publish.id)),
        }
    }

    fn acknowledged(&mut self, id: ClientId, session: SessionId, packet_id: u16) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.acknowledge(packet_id);
            self.ready.insert(id);
        }
    }

    fn release(&mut self, id: ClientId, session: SessionId, packet_id: u16) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.release(packet_id);
        }
        self.answer(id, |out| write::pubcomp(out, packet_id));
    }

    fn subscribe(&mut self, id: ClientId, session: SessionId, packet_id: u16, filters: &[(&str, Qos)]) {
        let mut codes = Vec::with_capacity(filters.len());
        for &(filter, wanted) in filters {
            let granted = self.sessions.subscribe(session, filter, wanted, &self.limits);
            codes.push(granted.map_or(REFUSED, Qos::number));
            granted.into_iter().for_each(|granted| self.send_retained(session, filter, granted));
        }
        self.answer(id, |out| write::suback(out, packet_id, &codes));
    }

    fn send_retained(&mut self, session: SessionId, filter: &str, granted: Qos) {
        let kept: Vec<_> = self.retained.matching(filter).cloned().collect();
        for message in kept {
            let qos = granted.min(message.qos);
            self.offer(session, Delivery { message, qos, retain: true, sent_as: None });
        }
    }

    fn unsubscribe(&mut self, id: ClientId, session: SessionId, packet_id: u16, filters: &[&str]) {
        filters.iter().for_each(|filter| self.sessions.unsubscribe(session, filter));
        self.answer(id, |out| write::unsuback(out, packet_id));
    }
}

/// What a CONNECT agrees.
fn agreed(connect: &Connect<'_>, session: SessionId, now: u64) -> Open {
    let will = connect.will.as_ref().map(|will| Will { message: Arc::new(will.into()), retain: will.retain });
    let silence_ms = (connect.keep_alive > 0).then(|| u64::from(connect.keep_alive) * 1500);
    Open { session, level: connect.level, silence_ms, heard: now, will }
}
