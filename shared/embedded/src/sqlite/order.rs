//! Keys and places in their order, so that comparing two of them seldom looks at the texts, which lie all over memory.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use foldhash::fast::RandomState;
use forthright_core::table::Key;

use super::row::Listing;

/// A key of one table, in the order of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ordered {
    /// What its partition begins with, as numbers: they are in the order of the texts, and tell most keys apart.
    head: [u64; 2],
    key: Arc<Key>,
}

impl Ordered {
    pub(super) const fn key(&self) -> &Arc<Key> {
        &self.key
    }
}

impl From<Arc<Key>> for Ordered {
    fn from(key: Arc<Key>) -> Self {
        let mut bytes = key.partition.bytes();
        let mut number = || {
            // What is too short goes before what is longer, as texts do; what then is alike the key itself tells apart.
            u64::from_be_bytes([(); 8].map(|()| bytes.next().unwrap_or_default()))
        };
        Self { head: [number(), number()], key }
    }
}

/// An index: under each entry keys in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Entries(HashMap<Arc<str>, BTreeSet<(i64, Ordered)>, RandomState>);

impl Entries {
    /// Takes a key from one place to another.
    pub(super) fn change(&mut self, key: &Ordered, before: Listing, now: Listing) {
        if before == now {
            return;
        }
        if let Some((entry, time)) = before
            && let Some(places) = self.0.get_mut(&entry)
        {
            places.remove(&(time, key.clone()));
            if places.is_empty() {
                self.0.remove(&entry);
            }
        }
        if let Some((entry, time)) = now {
            self.0.entry(entry).or_default().insert((time, key.clone()));
        }
    }

    /// The places under `entry`, after `after` and not later than `until`.
    pub(super) fn listed(
        &self,
        entry: &str,
        after: Option<(i64, &Key)>,
        until: i64,
    ) -> impl Iterator<Item = (i64, &Arc<Key>)> {
        let from = match after {
            Some((time, key)) => Bound::Excluded((time, Arc::new(key.clone()).into())),
            None => Bound::Unbounded,
        };
        let places = self.0.get(entry).map(|places| places.range((from, Bound::Unbounded)));
        let places = places.into_iter().flatten().map(|(time, key)| (*time, key.key()));
        places.take_while(move |(time, _)| *time <= until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_have_the_order_of_their_texts(
            one in "[a\0\u{ff}#]{0,20}", other in "[a\0\u{ff}#]{0,20}", sorts in ("[ab]?", "[ab]?"),
        ) {
            let one = Arc::new(Key::data(one, sorts.0));
            let other = Arc::new(Key::data(other, sorts.1));
            let ordered = Ordered::from(Arc::clone(&one)).cmp(&Arc::clone(&other).into());
            prop_assert_eq!(ordered, one.cmp(&other));
        }
    }
}
