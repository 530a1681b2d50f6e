//! The last message that was published with the retain flag, by topic.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::filter;
use super::message::Message;

/// Kept messages.
#[derive(Debug, Default)]
pub struct Retained {
    kept: BTreeMap<String, Arc<Message>>,
    cost: usize,
}

impl Retained {
    /// Takes a message that was published **with** the retain flag: an empty payload forgets what was kept.
    /// Beyond `most` bytes in all, a new topic is not kept.
    pub fn store(&mut self, message: &Arc<Message>, most: usize) {
        if let Some(old) = self.kept.remove(&message.topic) {
            self.cost -= old.cost();
        }
        if !message.payload.is_empty() && self.cost + message.cost() <= most {
            self.cost += message.cost();
            self.kept.insert(message.topic.clone(), message.clone());
        }
    }

    /// What is kept for one topic.
    pub fn get(&self, topic: &str) -> Option<&Message> {
        self.kept.get(topic).map(Arc::as_ref)
    }

    /// What a new subscription gets, in the order of topics.
    pub fn matching<'a>(&'a self, filter: &'a str) -> Box<dyn Iterator<Item = &'a Arc<Message>> + 'a> {
        if filter.contains(['+', '#']) {
            let start = filter.split(['+', '#']).next().unwrap_or("");
            // `a/#` matches `a` too, which sorts before `a/`.
            let start = start.strip_suffix('/').unwrap_or(start);
            let from = (Bound::Included(start), Bound::Unbounded);
            let from = self.kept.range::<str, _>(from).take_while(move |(topic, _)| topic.starts_with(start));
            Box::new(
                from.filter(move |(topic, _)| filter::matches(filter, topic)).map(|(_, message)| message),
            )
        } else {
            Box::new(self.kept.get(filter).into_iter())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::Qos;
    use super::*;

    fn message(topic: &str, payload: &[u8]) -> Arc<Message> {
        Arc::new(Message { topic: topic.to_owned(), payload: payload.to_owned(), qos: Qos::Zero })
    }

    #[test]
    fn the_last_one_stays_and_an_empty_one_clears() {
        let mut retained = Retained::default();
        retained.store(&message("a", b"1"), 1000);
        retained.store(&message("a", b"2"), 1000);
        assert_eq!(retained.get("a").map(|m| m.payload.as_slice()), Some(&b"2"[..]));
        retained.store(&message("a", b""), 1000);
        assert_eq!((retained.get("a"), retained.cost), (None, 0));
    }

    #[test]
    fn memory_is_bounded_and_replacing_still_works() {
        let mut retained = Retained::default();
        let most = message("a", b"1").cost();
        retained.store(&message("a", b"1"), most);
        retained.store(&message("b", b"1"), most);
        assert!(retained.get("b").is_none());
        retained.store(&message("a", b"2"), most);
        assert_eq!(retained.get("a").map(|m| m.payload.as_slice()), Some(&b"2"[..]));
    }

    proptest! {
        #[test]
        fn a_subscription_gets_exactly_what_matches(
            topics in proptest::collection::btree_set("[ab$]{0,2}(/[ab]{0,2}){0,3}", 0..30),
            filter in "([ab+$]|a/b|ab)(/[ab+]){0,2}(/#)?|#",
        ) {
            let mut retained = Retained::default();
            let topics: Vec<_> = topics.into_iter().filter(|topic| !topic.is_empty()).collect();
            topics.iter().for_each(|topic| retained.store(&message(topic, b"x"), usize::MAX));
            let found: Vec<_> = retained.matching(&filter).map(|m| m.topic.clone()).collect();
            let wanted: Vec<_> = topics.into_iter().filter(|topic| filter::matches(&filter, topic)).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
