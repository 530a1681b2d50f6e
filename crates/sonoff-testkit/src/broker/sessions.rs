//! All sessions, found by client identifier or by a message's topic.

use std::collections::HashMap;
use std::sync::Arc;

use super::session::Session;
use super::tree::Tree;
use super::wire::Qos;
use super::{ClientId, Limits, filter};

/// Number of a session within the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// Sessions with and without a connection.
#[derive(Debug, Default)]
pub struct Sessions {
    by_id: HashMap<SessionId, (Arc<str>, Session)>,
    by_name: HashMap<Arc<str>, SessionId>,
    tree: Tree<SessionId>,
    last: u64,
}

impl Sessions {
    /// The session of that number.
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(&id).map(|(_, session)| session)
    }

    /// As [`Self::get_mut`], to look at.
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id).map(|(_, session)| session)
    }

    /// The session of a client identifier.
    pub fn find(&self, name: &str) -> Option<&Session> {
        self.by_name.get(name).and_then(|&id| self.get(id))
    }

    /// How many have a connection.
    pub fn connected(&self) -> usize {
        self.by_id.values().filter(|(_, session)| session.link.is_some()).count()
    }

    /// A name for a client that did not bring one.
    pub fn invent_name(&mut self) -> String {
        loop {
            self.last += 1;
            let name = format!("auto-{}", self.last);
            if !self.by_name.contains_key(name.as_str()) {
                return name;
            }
        }
    }

    /// Joins a connection with its session; the second value says that an old one goes on.
    pub fn open(&mut self, name: &str, clean: bool, link: ClientId, limits: &Limits) -> (SessionId, bool) {
        let old = self.by_name.get(name).copied();
        let kept = old.filter(|_| !clean);
        if kept.is_none() {
            old.into_iter().for_each(|id| self.remove(id));
            self.make_room(limits.sessions);
        }
        let id = kept.unwrap_or_else(|| self.add(name));
        if let Some(session) = self.get_mut(id) {
            session.link = Some(link);
            session.clean = clean;
        }
        (id, kept.is_some())
    }

    fn add(&mut self, name: &str) -> SessionId {
        self.last += 1;
        let (id, name) = (SessionId(self.last), Arc::<str>::from(name));
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, (name, Session::default()));
        id
    }

    /// Forgets the oldest absent client when there are too many sessions.
    fn make_room(&mut self, most: usize) {
        if self.by_id.len() >= most {
            let absent = self.by_id.iter().filter(|(_, (_, session))| session.link.is_none());
            let oldest = absent.map(|(&id, _)| id).min();
            oldest.into_iter().for_each(|id| self.remove(id));
        }
    }

    /// The connection ended.
    pub fn detach(&mut self, id: SessionId) {
        match self.get_mut(id) {
            Some(session) if !session.clean => session.detach(),
            _ => self.remove(id),
        }
    }

    fn remove(&mut self, id: SessionId) {
        if let Some((name, session)) = self.by_id.remove(&id) {
            self.by_name.remove(&name);
            session.filters.iter().for_each(|filter| self.tree.remove(filter, id));
        }
    }

    /// Subscribes; gives what is granted, or `None` for a filter that is refused.
    pub fn subscribe(&mut self, id: SessionId, filter: &str, wanted: Qos, limits: &Limits) -> Option<Qos> {
        let (_, session) = self.by_id.get_mut(&id)?;
        let room = session.filters.len() < limits.filters || session.filters.contains(filter);
        if !filter::is_filter(filter) || !room {
            return None;
        }
        let granted = wanted.min(Qos::One);
        session.filters.insert(filter.to_owned());
        self.tree.insert(filter, id, granted);
        Some(granted)
    }

    /// Ends a subscription, if there was one.
    pub fn unsubscribe(&mut self, id: SessionId, filter: &str) {
        if self.get_mut(id).is_some_and(|session| session.filters.remove(filter)) {
            self.tree.remove(filter, id);
        }
    }

    /// Every reader of `topic` once, with its highest quality of service.
    pub fn readers(&self, topic: &str) -> Vec<(SessionId, Qos)> {
        self.tree.readers(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { sessions: 2, filters: 1, ..Limits::default() }
    }

    #[test]
    fn the_session_that_is_absent_longest_makes_room() {
        let mut sessions = Sessions::default();
        for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
            let (id, _) = sessions.open(name, false, ClientId(n as u64), &limits());
            sessions.detach(id);
        }
        assert!(sessions.find("a").is_none());
        assert!(sessions.find("b").is_some() && sessions.find("c").is_some());
    }

    #[test]
    fn a_clean_start_removes_the_old_subscriptions() {
        let mut sessions = Sessions::default();
        let (id, _) = sessions.open("a", false, ClientId(1), &limits());
        sessions.subscribe(id, "x", Qos::Zero, &limits());
        let (_, present) = sessions.open("a", true, ClientId(2), &limits());
        assert!(!present && sessions.readers("x").is_empty());
    }

    #[test]
    fn one_filter_too_many_is_refused_but_a_repeated_one_is_not() {
        let mut sessions = Sessions::default();
        let (id, _) = sessions.open("a", true, ClientId(1), &limits());
        assert_eq!(sessions.subscribe(id, "x", Qos::Two, &limits()), Some(Qos::One));
        assert_eq!(sessions.subscribe(id, "x", Qos::Zero, &limits()), Some(Qos::Zero));
        assert_eq!(sessions.subscribe(id, "y", Qos::Zero, &limits()), None);
        sessions.unsubscribe(id, "x");
        assert_eq!(sessions.subscribe(id, "y", Qos::Zero, &limits()), Some(Qos::Zero));
    }
}
