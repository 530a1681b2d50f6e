//! When which connection must be looked at next.

use std::collections::{BTreeSet, HashMap};

use super::ClientId;

/// At most one deadline for each connection.
#[derive(Debug, Default)]
pub struct Deadlines {
    by_time: BTreeSet<(u64, ClientId)>,
    by_client: HashMap<ClientId, u64>,
}

impl Deadlines {
    /// Sets, moves or removes a deadline.
    pub fn set(&mut self, id: ClientId, at: Option<u64>) {
        let old = match at {
            Some(at) => self.by_client.insert(id, at),
            None => self.by_client.remove(&id),
        };
        if let Some(old) = old {
            self.by_time.remove(&(old, id));
        }
        self.by_time.extend(at.map(|at| (at, id)));
    }

    /// The earliest one.
    pub fn first(&self) -> Option<u64> {
        self.by_time.first().map(|&(at, _)| at)
    }

    /// Takes a connection whose deadline is not after `now`.
    pub fn take_due(&mut self, now: u64) -> Option<ClientId> {
        let (_, id) = self.by_time.first().copied().filter(|&(at, _)| at <= now)?;
        self.set(id, None);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_deadline_leaves_nothing_behind() {
        let mut deadlines = Deadlines::default();
        deadlines.set(ClientId(1), Some(10));
        deadlines.set(ClientId(2), Some(20));
        deadlines.set(ClientId(1), Some(30));
        assert_eq!(deadlines.first(), Some(20));
        assert_eq!(deadlines.take_due(19), None);
        assert_eq!(deadlines.take_due(30), Some(ClientId(2)));
        assert_eq!(deadlines.take_due(30), Some(ClientId(1)));
        assert_eq!((deadlines.take_due(99), deadlines.first()), (None, None));
    }
}
