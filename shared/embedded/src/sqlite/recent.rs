//! Rows newer than SQLite, in memory and in order, and rows that are known to be as SQLite has them.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    ops::Bound,
    sync::Arc,
};

use foldhash::fast::RandomState;
use forthright_core::table::{Index, Key};

use super::{
    order::{Entries, Ordered},
    row::{Found, Listing, Row},
};

/// What memory knows of a key.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// None if it was deleted.
    pub(super) row: Option<Arc<Row>>,
    /// The newest transaction that whoever reads this may build on only when it is on the disk; zero if
    /// there is none.
    pub(super) kept: u64,
    /// The transaction that brought the key into this generation.
    pub(super) since: u64,
}

/// The rows that one use of a segment holds.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) number: u64,
    rows: HashMap<Arc<Key>, Entry, RandomState>,
    /// The keys of the rows, in order.
    order: BTreeSet<Ordered>,
    due: Entries,
    listing: Entries,
    /// Its newest transaction.
    pub(super) last: u64,
    /// Whether something was deleted, or a key replaced: then what was before must leave every file soon.
    pub(super) destroys: bool,
    /// Whether it has more than rows that SQLite did not take before.
    pub(super) is_news: bool,
    /// How much of its segment it has at most, once it is frozen.
    pub(super) journal_bytes: usize,
}

impl Generation {
    pub(super) fn new(number: u64, last: u64) -> Self {
        Self {
            number,
            rows: HashMap::default(),
            order: BTreeSet::new(),
            due: Entries::default(),
            listing: Entries::default(),
            last,
            destroys: false,
            is_news: false,
            journal_bytes: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Entry> {
        self.rows.get(key)
    }

    /// Every key and what it became, in the order of the keys.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Arc<Key>, Option<&Arc<Row>>)> {
        let keys = self.order.iter().map(Ordered::key);
        keys.filter_map(|key| Some((key, self.rows.get(key)?.row.as_ref())))
    }

    /// What `key` becomes by transaction `number`.
    pub(super) fn set(
        &mut self,
        key: &Arc<Key>,
        row: Option<Arc<Row>>,
        (number, kept): (u64, u64),
    ) {
        self.last = number;
        let ordered = Ordered::from(Arc::clone(key));
        let places = |row: &Option<Arc<Row>>| {
            let of = |index| -> Listing { row.as_ref()?.listed(index).clone() };
            [of(Index::Due), of(Index::Listing)]
        };
        let now = places(&row);
        let before = if let Some(entry) = self.rows.get_mut(&**key) {
            entry.kept = kept;
            places(&mem::replace(&mut entry.row, row))
        } else {
            self.order.insert(ordered.clone());
            self.rows.insert(Arc::clone(key), Entry { row, kept, since: number });
            [None, None]
        };
        let entries = [&mut self.due, &mut self.listing];
        for ((entries, before), now) in entries.into_iter().zip(before).zip(now) {
            entries.change(&ordered, before, now);
        }
    }

    /// The keys of a partition from `from` on that begin with `prefix`, and what they became.
    pub(super) fn partition<'a>(
        &'a self,
        from: Bound<&Key>,
        partition: &'a str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<Key>, &'a Entry)> {
        let from = from.map(|key| Ordered::from(Arc::new(key.clone())));
        self.order
            .range((from, Bound::Unbounded))
            .map(Ordered::key)
            .take_while(move |key| key.partition == partition && key.sort.starts_with(prefix))
            .filter_map(|key| Some((key, self.rows.get(key)?)))
    }

    /// The places in an index under `entry`, after `after` and not later than `until`.
    pub(super) fn listed<'a>(
        &'a self,
        index: Index,
        entry: &str,
        after: Option<(i64, &Key)>,
        until: i64,
    ) -> impl Iterator<Item = (i64, &'a Arc<Key>)> {
        let entries = match index {
            Index::Due => &self.due,
            Index::Listing => &self.listing,
        };
        entries.listed(entry, after, until)
    }
}

/// Rows that are known to be as SQLite has them, and keys that it is known not to have.
///
/// Only this process writes, so nothing here grows stale: whoever writes a key takes it out. There are two
/// halves; when one is full it becomes the old one, and what nobody asked for meanwhile goes with the next.
#[derive(Debug, Default)]
pub(super) struct Clean {
    young: HashMap<Arc<Key>, Known, RandomState>,
    old: HashMap<Arc<Key>, Known, RandomState>,
    bytes: usize,
}

/// A row as SQLite has it, or none.
type Known = Option<Arc<Row>>;

/// About what a key and its place in a map take.
const KEY_BYTES: usize = 256;

impl Clean {
    /// How large a half may grow.
    const HALF_BYTES: usize = 1_024 * 1_024;

    pub(super) fn get(&mut self, key: &Key) -> Option<&Known> {
        if let Some((key, known)) = self.old.remove_entry(key) {
            self.put(key, known);
        }
        self.young.get(key)
    }

    pub(super) fn learn(&mut self, key: &Arc<Key>, found: &Found) {
        match found {
            Found::Absent => self.put(Arc::clone(key), None),
            Found::Row(row) => self.put(Arc::clone(key), Some(Arc::clone(row))),
            // It may be mended.
            Found::Damaged => {}
        }
    }

    fn put(&mut self, key: Arc<Key>, known: Known) {
        let bytes = KEY_BYTES + known.as_ref().map_or(0, |row| row.bytes());
        if self.bytes + bytes > Self::HALF_BYTES {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(key, known);
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Arc<Key> {
        Arc::new(Key::data(format!("T#{number}"), "-"))
    }

    #[test]
    fn what_is_asked_for_stays_known_and_memory_stays_bounded() {
        let mut clean = Clean::default();
        clean.learn(&key(0), &Found::Absent);
        for number in 1..100_000 {
            clean.learn(&key(number), &Found::Absent);
            assert!(clean.get(&key(0)).is_some());
        }
        let most = 2 * Clean::HALF_BYTES / KEY_BYTES;
        assert!(clean.young.len() + clean.old.len() <= most);
        assert!(clean.get(&key(1)).is_none());
        clean.forget(&key(0));
        assert!(clean.get(&key(0)).is_none());
    }
}
