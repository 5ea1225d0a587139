//! A row as the store keeps it: encoded and summed where it is written, checked where it is read.

use std::sync::Arc;

use forthright_core::table::{
    Condition, DecodeError, Index, Item, Key, TableName, Write, WriteFault,
};
/// Where a row stands in an index.
pub(super) type Listing = Option<(Arc<str>, i64)>;

/// A row without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) version: u64,
    pub(super) due: Listing,
    pub(super) listing: Listing,
    pub(super) body: Vec<u8>,
    /// A checksum over the key and all of the above, made when the row was written.
    pub(super) sum: u32,
}

/// What SQLite has under a key.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Absent,
    Row(Arc<Row>),
    /// A row is there, and it is not what was written.
    Damaged,
}

/// A write as the store takes it.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) key: Arc<Key>,
    pub(super) condition: Condition,
    pub(super) effect: Effect,
}

/// What a write does if its condition holds.
#[derive(Debug)]
pub(super) enum Effect {
    Put(Arc<Row>),
    Delete,
    Check,
}

impl Row {
    pub(super) fn of(item: &Item) -> Result<Self, WriteFault> {
        if i64::try_from(item.version).is_err() {
            return Err(WriteFault::Malformed("a version beyond 63 bits"));
        }
        let listing =
            |index| item.listing(index).map(|(entry, time)| (Arc::from(entry), time.millis()));
        let mut row = Self {
            version: item.version,
            due: listing(Index::Due),
            listing: listing(Index::Listing),
            body: item.encode(),
            sum: 0,
        };
        row.sum = row.sum_under(&item.key);
        Ok(row)
    }

    pub(super) const fn listed(&self, index: Index) -> &Listing {
        match index {
            Index::Due => &self.due,
            Index::Listing => &self.listing,
        }
    }

    /// Whether this is what was written under `key`.
    pub(super) fn is_whole(&self, key: &Key) -> bool {
        self.sum == self.sum_under(key)
    }

    fn sum_under(&self, key: &Key) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        // The lengths tell where one ends and the next begins.
        for text in [&key.partition, &key.sort] {
            sum.update(&text.len().to_le_bytes());
            sum.update(text.as_bytes());
        }
        for listing in [&self.due, &self.listing] {
            sum.update(&[u8::from(listing.is_some())]);
            if let Some((entry, time)) = listing {
                sum.update(&entry.len().to_le_bytes());
                sum.update(entry.as_bytes());
                sum.update(&time.to_le_bytes());
            }
        }
        sum.update(&self.version.to_le_bytes());
        sum.update(&self.body);
        sum.finalize()
    }

    pub(super) fn open(&self, key: &Key) -> Result<Item, DecodeError> {
        Item::decode(key.clone(), self.version, &self.body)
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.body.len()
    }
}

impl Change {
    pub(super) fn of(write: &Write) -> Result<Self, WriteFault> {
        let effect = match write {
            Write::Put { item, .. } => Effect::Put(Arc::new(Row::of(item)?)),
            Write::Delete { .. } => Effect::Delete,
            Write::Check { .. } => Effect::Check,
        };
        Ok(Self { key: Arc::new(write.key().clone()), condition: write.condition(), effect })
    }

    /// What its key becomes, if it becomes anything: a row, or none.
    pub(super) fn outcome(&self) -> Option<(&Key, Option<&Row>)> {
        match &self.effect {
            Effect::Put(row) => Some((&self.key, Some(row))),
            Effect::Delete => Some((&self.key, None)),
            Effect::Check => None,
        }
    }
}

/// What keys become: a row, or none.
pub(super) type Outcomes = Vec<(Arc<Key>, Option<Arc<Row>>)>;

/// How many bytes [`write_record`] writes for this.
pub(super) fn record_bytes<'a>(
    outcomes: impl Iterator<Item = (&'a Key, Option<&'a Row>)>,
) -> usize {
    let listing = |listing: &Listing| listing.as_ref().map_or(1, |(entry, _)| 13 + entry.len());
    let row = |row: &Row| 16 + row.body.len() + listing(&row.due) + listing(&row.listing);
    let one = |(key, value): (&Key, Option<&Row>)| {
        9 + key.partition.len() + key.sort.len() + value.map_or(0, row)
    };
    4 + outcomes.map(one).sum::<usize>()
}

/// Writes a transaction as a journal bears it.
pub(super) fn write_record<'a>(
    bytes: &mut Vec<u8>,
    outcomes: impl ExactSizeIterator<Item = (&'a Key, Option<&'a Row>)>,
) {
    let put = |bytes: &mut Vec<u8>, part: &[u8]| {
        // No part is longer than the journal.
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(part);
    };
    bytes.extend_from_slice(&u32::try_from(outcomes.len()).unwrap_or(u32::MAX).to_le_bytes());
    for (key, row) in outcomes {
        put(bytes, key.partition.as_bytes());
        put(bytes, key.sort.as_bytes());
        bytes.push(u8::from(row.is_some()));
        let Some(row) = row else {
            continue;
        };
        bytes.extend_from_slice(&row.version.to_le_bytes());
        bytes.extend_from_slice(&row.sum.to_le_bytes());
        for listing in [&row.due, &row.listing] {
            bytes.push(u8::from(listing.is_some()));
            if let Some((entry, time)) = listing {
                put(bytes, entry.as_bytes());
                bytes.extend_from_slice(&time.to_le_bytes());
            }
        }
        put(bytes, &row.body);
    }
}

/// What is left of a record's bytes.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn part(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take()?);
        let (part, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(part)
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.part()?).ok()
    }

    fn listing(&mut self) -> Option<Listing> {
        if !self.flag()? {
            return Some(None);
        }
        let entry = Arc::from(self.text()?);
        Some(Some((entry, i64::from_le_bytes(self.take()?))))
    }

    fn row(&mut self) -> Option<Row> {
        Some(Row {
            version: u64::from_le_bytes(self.take()?),
            sum: u32::from_le_bytes(self.take()?),
            due: self.listing()?,
            listing: self.listing()?,
            body: self.part()?.into(),
        })
    }
}

/// The rows that the first record of `bytes` sets, and the bytes after it; none if it is no record.
pub(super) fn read_record(table: TableName, bytes: &[u8]) -> Option<(Outcomes, &[u8])> {
    let mut rest = Rest(bytes);
    let count = u32::from_le_bytes(rest.take()?);
    let mut outcomes = Outcomes::new();
    for _ in 0..count {
        let (partition, sort) = (rest.text()?.to_owned(), rest.text()?.to_owned());
        let row = if rest.flag()? { Some(Arc::new(rest.row()?)) } else { None };
        outcomes.push((Arc::new(Key { table, partition, sort }), row));
    }
    Some((outcomes, rest.0))
}

#[cfg(test)]
mod tests {
    use forthright_core::{Time, table::Attribute};

    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_as_long_as_was_said() {
        let item = |sort: &str| {
            Item::new(Key::data("T#é".to_owned(), sort)).bytes(Attribute::Sealed, vec![7; 300])
        };
        let listed = item("1").listed(Index::Due, "due#00", Time::from_millis(-5));
        let both = item("2").listed(Index::Due, "a", Time::from_millis(1)).listed(
            Index::Listing,
            "b",
            Time::from_millis(i64::MAX),
        );
        let outcomes: Outcomes = [listed, both, item("3")]
            .map(|item| (Arc::new(item.key.clone()), Some(Arc::new(Row::of(&item).unwrap()))))
            .into_iter()
            .chain([(Arc::new(item("4").key), None)])
            .collect();
        let rows = || outcomes.iter().map(|(key, row)| (&**key, row.as_deref()));
        let mut bytes = Vec::new();
        write_record(&mut bytes, rows());
        assert_eq!(bytes.len(), record_bytes(rows()));
        bytes.push(9);
        assert_eq!(read_record(TableName::Data, &bytes), Some((outcomes, &[9][..])));
        for length in 0..bytes.len() - 1 {
            assert_eq!(read_record(TableName::Data, &bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_sum_is_over_every_part_of_a_row() {
        let key = Key::data("T#1".to_owned(), "12");
        let row = Row {
            version: 1,
            due: Some(("e".into(), 5)),
            listing: None,
            body: vec![1, 2, 3],
            sum: 0,
        };
        let row = Row { sum: row.sum_under(&key), ..row };
        assert!(row.is_whole(&key));
        for other in [
            Row { version: 2, ..row.clone() },
            Row { due: Some(("e".into(), 6)), ..row.clone() },
            Row { due: Some(("f".into(), 5)), ..row.clone() },
            Row { due: None, ..row.clone() },
            Row { due: None, listing: row.due.clone(), ..row.clone() },
            Row { body: vec![1, 2], ..row.clone() },
            Row { sum: row.sum ^ 1, ..row.clone() },
        ] {
            assert!(!other.is_whole(&key), "{other:?}");
        }
        assert!(!row.is_whole(&Key::data("T#11".to_owned(), "2")));
        assert!(!row.is_whole(&Key::data("T#1".to_owned(), "13")));
    }
}
