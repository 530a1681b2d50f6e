//! All subscriptions of all clients by the levels of their filters, so that a message finds its readers quickly.

use std::collections::{BTreeMap, HashMap};

use super::wire::Qos;

/// Subscriptions of readers that are known by `K`.
#[derive(Debug)]
pub struct Tree<K> {
    root: Node<K>,
}

#[derive(Debug)]
struct Node<K> {
    below: HashMap<Box<str>, Node<K>>,
    readers: BTreeMap<K, Qos>,
}

impl<K> Default for Node<K> {
    fn default() -> Self {
        Self { below: HashMap::new(), readers: BTreeMap::new() }
    }
}

impl<K> Default for Tree<K> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<K: Copy + Ord> Tree<K> {
    /// Adds a subscription, or changes its quality of service.
    pub fn insert(&mut self, filter: &str, reader: K, qos: Qos) {
        let node =
            filter.split('/').fold(&mut self.root, |node, level| node.below.entry(level.into()).or_default());
        node.readers.insert(reader, qos);
    }

    /// Removes a subscription.
    pub fn remove(&mut self, filter: &str, reader: K) {
        self.root.remove(&mut filter.split('/'), reader);
    }

    /// Every reader of `topic` once, with the highest quality of service of its matching filters.
    pub fn readers(&self, topic: &str) -> Vec<(K, Qos)> {
        let mut found = Vec::new();
        let mut front = vec![&self.root];
        let mut wild = !topic.starts_with('$');
        for level in topic.split('/') {
            front = front.into_iter().flat_map(|node| node.step(level, wild, &mut found)).collect();
            wild = true;
        }
        front.iter().for_each(|node| node.arrived(&mut found));
        highest_once(found)
    }
}

impl<K: Copy + Ord> Node<K> {
    fn is_empty(&self) -> bool {
        self.below.is_empty() && self.readers.is_empty()
    }

    /// The nodes below that match one more level; a `#` here has matched the whole topic already.
    fn step<'n>(
        &'n self,
        level: &str,
        wild: bool,
        found: &mut Vec<(K, Qos)>,
    ) -> impl Iterator<Item = &'n Self> + use<'n, K> {
        let wildcard = |name| wild.then(|| self.below.get(name)).flatten();
        if let Some(rest) = wildcard("#") {
            rest.collect_into(found);
        }
        [self.below.get(level), wildcard("+")].into_iter().flatten()
    }

    /// The topic ends here; `a/#` matches `a` too.
    fn arrived(&self, found: &mut Vec<(K, Qos)>) {
        self.collect_into(found);
        if let Some(rest) = self.below.get("#") {
            rest.collect_into(found);
        }
    }

    fn collect_into(&self, found: &mut Vec<(K, Qos)>) {
        found.extend(self.readers.iter().map(|(&reader, &qos)| (reader, qos)));
    }

    /// The depth is that of a filter, which is limited.
    fn remove<'f>(&mut self, levels: &mut impl Iterator<Item = &'f str>, reader: K) {
        let Some(level) = levels.next() else {
            self.readers.remove(&reader);
            return;
        };
        let Some(below) = self.below.get_mut(level) else { return };
        below.remove(levels, reader);
        if below.is_empty() {
            self.below.remove(level);
        }
    }
}

fn highest_once<K: Ord>(mut found: Vec<(K, Qos)>) -> Vec<(K, Qos)> {
    found.sort_unstable_by(|(a, p), (b, q)| a.cmp(b).then(q.cmp(p)));
    found.dedup_by(|(a, _), (b, _)| a == b);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::filter;
    use super::*;

    fn levels(choices: &'static str) -> impl Strategy<Value = String> {
        proptest::collection::vec(choices, 1..5).prop_map(|levels| levels.join("/"))
    }

    fn filters() -> impl Strategy<Value = String> {
        (levels("[ab+$]"), any::<bool>()).prop_map(|(filter, hash)| if hash { filter + "/#" } else { filter })
    }

    proptest! {
        #[test]
        fn finds_what_matching_one_by_one_finds(
            subscribed in proptest::collection::vec((filters(), 0..4u8, any::<bool>()), 0..20),
            removed in proptest::collection::vec((filters(), 0..4u8), 0..20),
            topic in levels("[ab$]"),
        ) {
            let mut tree = Tree::default();
            let mut plain = BTreeMap::new();
            for (filter, reader, one) in subscribed {
                let qos = if one { Qos::One } else { Qos::Zero };
                tree.insert(&filter, reader, qos);
                plain.insert((filter, reader), qos);
            }
            for (filter, reader) in removed {
                tree.remove(&filter, reader);
                plain.remove(&(filter, reader));
            }
            let mut wanted = BTreeMap::new();
            for ((_, reader), qos) in plain.iter().filter(|((filter, _), _)| filter::matches(filter, &topic)) {
                let best = wanted.entry(*reader).or_insert(*qos);
                *best = (*best).max(*qos);
            }
            prop_assert_eq!(tree.readers(&topic), wanted.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn nothing_stays_after_the_last_reader(filters in proptest::collection::vec(filters(), 0..20)) {
            let mut tree = Tree::default();
            filters.iter().for_each(|filter| tree.insert(filter, 1, Qos::Zero));
            filters.iter().for_each(|filter| tree.remove(filter, 1));
            prop_assert!(tree.root.is_empty());
        }
    }

    #[test]
    fn a_lone_hash_reads_everything_but_dollar_topics() {
        let mut tree = Tree::default();
        tree.insert("#", 1, Qos::Zero);
        assert_eq!(tree.readers("a/b"), [(1, Qos::Zero)]);
        assert_eq!(tree.readers("$SYS/b"), []);
    }
}
