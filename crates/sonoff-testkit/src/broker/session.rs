//! What the broker keeps for one client identifier: its subscriptions and what it has yet to get.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use super::message::Message;
use super::wire::Qos;
use super::write::{self, PublishHead};
use super::{ClientId, Limits};

/// One message for one client.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What.
    pub message: Arc<Message>,
    /// The lower one of the sender's and the granted quality of service.
    pub qos: Qos,
    /// It answers a subscription.
    pub retain: bool,
    /// Identifier of an earlier attempt, on an earlier connection.
    pub sent_as: Option<u16>,
}

/// What became of an offered message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It waits for the client.
    Queued,
    /// The client is away and will not get it.
    Dropped,
    /// The client is there but takes nothing: end the connection.
    Stalled,
}

/// A client's session; it outlives the connection unless it is a clean one.
#[derive(Debug, Default)]
pub struct Session {
    /// The connection, if there is one.
    pub link: Option<ClientId>,
    /// Ends with its connection.
    pub clean: bool,
    /// What it subscribed to.
    pub filters: BTreeSet<String>,
    queue: VecDeque<Delivery>,
    cost: usize,
    unacknowledged: VecDeque<(u16, Delivery)>,
    received: HashSet<u16>,
    last_id: u16,
}

impl Session {
    /// Queues a message.
    pub fn offer(&mut self, delivery: Delivery, limits: &Limits) -> Offer {
        if self.link.is_none() && (delivery.qos == Qos::Zero || self.queue.len() >= limits.offline_messages) {
            return Offer::Dropped;
        }
        let cost = self.cost + delivery.message.cost();
        if cost > limits.queue_bytes {
            return if self.link.is_some() { Offer::Stalled } else { Offer::Dropped };
        }
        self.cost = cost;
        self.queue.push_back(delivery);
        Offer::Queued
    }

    /// Appends the next PUBLISH; `false` when there is none or the client must acknowledge first.
    pub fn write_next(&mut self, out: &mut Vec<u8>, window: usize) -> bool {
        let Some(delivery) = self.queue.front() else { return false };
        if delivery.qos == Qos::Zero {
            render(out, delivery, 0);
        } else if self.unacknowledged.len() < window {
            let id = delivery.sent_as.unwrap_or_else(|| free_id(self.last_id, &self.unacknowledged));
            render(out, delivery, id);
            self.last_id = id;
            self.unacknowledged.push_back((id, delivery.clone()));
        } else {
            return false;
        }
        self.leave_queue();
        true
    }

    fn leave_queue(&mut self) {
        if let Some(delivery) = self.queue.pop_front() {
            self.cost -= delivery.message.cost();
        }
    }

    /// Whether [`Self::write_next`] would write.
    pub fn can_write(&self, window: usize) -> bool {
        let sendable = |delivery: &Delivery| delivery.qos == Qos::Zero || self.unacknowledged.len() < window;
        self.queue.front().is_some_and(sendable)
    }

    /// The client has this one.
    pub fn acknowledge(&mut self, id: u16) {
        self.unacknowledged.retain(|(waiting, _)| *waiting != id);
    }

    /// Remembers a QoS 2 message until its PUBREL; `false` when it came before.
    pub fn receive_once(&mut self, id: u16) -> bool {
        self.received.insert(id)
    }

    /// PUBREL: the identifier is free again.
    pub fn release(&mut self, id: u16) {
        self.received.remove(&id);
    }

    /// The connection ended: QoS 0 is lost, what was not acknowledged goes first next time.
    pub fn detach(&mut self) {
        self.link = None;
        self.queue.retain(|delivery| delivery.qos != Qos::Zero);
        while let Some((id, delivery)) = self.unacknowledged.pop_back() {
            self.queue.push_front(Delivery { sent_as: Some(id), ..delivery });
        }
        self.cost = self.queue.iter().map(|delivery| delivery.message.cost()).sum();
    }
}

fn render(out: &mut Vec<u8>, delivery: &Delivery, id: u16) {
    let head =
        PublishHead { qos: delivery.qos, retain: delivery.retain, dup: delivery.sent_as.is_some(), id };
    write::publish(out, head, &delivery.message.topic, &delivery.message.payload);
}

fn free_id(last: u16, taken: &VecDeque<(u16, Delivery)>) -> u16 {
    let mut id = last;
    loop {
        id = id.checked_add(1).unwrap_or(1);
        if taken.iter().all(|(waiting, _)| *waiting != id) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(qos: Qos) -> Delivery {
        let message = Arc::new(Message { topic: "a".to_owned(), payload: b"x".to_vec(), qos });
        Delivery { message, qos, retain: false, sent_as: None }
    }

    fn online() -> Session {
        Session { link: Some(ClientId(1)), ..Session::default() }
    }

    #[test]
    fn identifiers_wrap_and_skip_zero_and_those_in_use() {
        let taken = VecDeque::from([(1, delivery(Qos::One))]);
        assert_eq!(free_id(u16::MAX, &taken), 2);
        assert_eq!(free_id(7, &taken), 8);
    }

    #[test]
    fn an_unacknowledged_message_comes_again_first_with_dup_and_its_identifier() {
        let (limits, mut session, mut out) = (Limits::default(), online(), Vec::new());
        for qos in [Qos::One, Qos::Zero, Qos::One] {
            session.offer(delivery(qos), &limits);
        }
        assert!(session.write_next(&mut out, 20));
        session.detach();
        session.link = Some(ClientId(2));
        out.clear();
        while session.write_next(&mut out, 20) {}
        let (first, second) = ([0x3a, 6, 0, 1, b'a', 0, 1, b'x'], [0x32, 6, 0, 1, b'a', 0, 2, b'x']);
        assert_eq!(out, [first, second].concat());
        session.acknowledge(1);
        session.acknowledge(2);
        assert!(session.unacknowledged.is_empty() && session.cost == 0);
    }

    #[test]
    fn several_unacknowledged_messages_come_again_in_their_order() {
        let (limits, mut session, mut out) = (Limits::default(), online(), Vec::new());
        (0..3).for_each(|_| assert_eq!(session.offer(delivery(Qos::One), &limits), Offer::Queued));
        while session.write_next(&mut out, 2) {}
        session.detach();
        let again: Vec<_> = session.queue.iter().map(|delivery| delivery.sent_as).collect();
        assert_eq!(again, [Some(1), Some(2), None]);
    }

    #[test]
    fn the_window_stops_qos_1_until_it_is_acknowledged() {
        let (limits, mut session, mut out) = (Limits::default(), online(), Vec::new());
        for _ in 0..3 {
            session.offer(delivery(Qos::One), &limits);
        }
        while session.write_next(&mut out, 2) {}
        assert_eq!(session.unacknowledged.len(), 2);
        assert!(!session.can_write(2));
        session.acknowledge(1);
        assert!(session.can_write(2) && session.write_next(&mut out, 2));
    }

    #[test]
    fn a_client_that_takes_nothing_is_stalled_and_an_absent_one_loses_the_newest() {
        let limits = Limits { queue_bytes: 200, offline_messages: 1, ..Limits::default() };
        let mut session = online();
        assert_eq!(session.offer(delivery(Qos::One), &limits), Offer::Queued);
        assert_eq!(session.offer(delivery(Qos::One), &limits), Offer::Queued);
        assert_eq!(session.offer(delivery(Qos::Zero), &limits), Offer::Queued);
        assert_eq!(session.offer(delivery(Qos::Zero), &limits), Offer::Stalled);
        let mut away = Session::default();
        assert_eq!(away.offer(delivery(Qos::Zero), &limits), Offer::Dropped);
        assert_eq!(away.offer(delivery(Qos::One), &limits), Offer::Queued);
        assert_eq!(away.offer(delivery(Qos::One), &limits), Offer::Dropped);
    }
}
