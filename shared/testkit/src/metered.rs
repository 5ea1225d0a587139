//! A table that counts what DynamoDB would bill for the same calls, on demand.
//!
//! Rules from "DynamoDB read and write operations" and "Managing complex workflows with DynamoDB transactions" in
//! Amazon's developer guide: a consistent read is one unit for each 4 KB, a write one for each 1 KB, in a transaction
//! two, a check in it as much as a write. Each entry that comes into an index or goes out of it is a write of its own,
//! which is no part of the transaction. Whatever is begun counts as whole.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use forthright_core::{
    Table,
    table::{
        Index, Item, Kept, Key, Page, Query, Range, TableFault, Value, Write, WriteFault,
        WriteToken,
    },
};

use crate::memory::Memory;

const READ_UNIT_BYTES: usize = 4 * 1_024;
const WRITE_UNIT_BYTES: usize = 1_024;

/// What was used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    /// Calls of any kind.
    pub calls: u64,
    /// Read units, in halves: an index may lag, and costs half.
    pub half_reads: u64,
    /// Write units.
    pub writes: u64,
}

#[derive(Debug, Default)]
struct Counters {
    calls: AtomicU64,
    half_reads: AtomicU64,
    writes: AtomicU64,
}

/// The table in memory, with a meter.
#[derive(Debug, Clone, Default)]
pub struct Metered {
    inner: Memory,
    used: Arc<Counters>,
}

impl Metered {
    /// The meter's own count over `inner`, which others may share.
    pub fn new(inner: Memory) -> Self {
        Self { inner, used: Arc::default() }
    }

    /// What was used so far.
    pub fn used(&self) -> Units {
        Units {
            calls: self.used.calls.load(Ordering::Relaxed),
            half_reads: self.used.half_reads.load(Ordering::Relaxed),
            writes: self.used.writes.load(Ordering::Relaxed),
        }
    }

    fn reads(&self, half_units: usize) {
        self.used.calls.fetch_add(1, Ordering::Relaxed);
        self.used.half_reads.fetch_add(half_units as u64, Ordering::Relaxed);
    }

    /// The units of a write by itself, without a transaction around it, and those of its entries in indexes.
    fn write_units(&self, write: &Write) -> (usize, usize) {
        let old = self.inner.row(write.key());
        let size = |row: Option<&Item>| units(row.map_or(0, size_of), WRITE_UNIT_BYTES);
        match write {
            // The larger of what was there and what comes.
            Write::Put { item, .. } => {
                (size(Some(item)).max(size(old.as_ref())), entries(old.as_ref(), Some(item)))
            }
            Write::Delete { .. } => (size(old.as_ref()), entries(old.as_ref(), None)),
            Write::Check { .. } => (size(old.as_ref()), 0),
        }
    }
}

/// How many units so many bytes are: at least one.
const fn units(bytes: usize, unit: usize) -> usize {
    let units = bytes.div_ceil(unit);
    if units == 0 { 1 } else { units }
}

/// How many bytes a row counts: names and values, a number as about half of its digits.
pub fn size_of(item: &Item) -> usize {
    let own = item.key.partition.len() + item.key.sort.len() + 30;
    let attributes = item.attributes.iter().map(|(attribute, value)| {
        attribute.name().len()
            + match value {
                Value::Text(text) => text.len(),
                Value::Number(number) => number.to_string().len() / 2 + 2,
                Value::Bytes(bytes) => bytes.len(),
            }
    });
    attributes.fold(own, usize::saturating_add)
}

/// How many entries of indexes come or go.
fn entries(old: Option<&Item>, new: Option<&Item>) -> usize {
    let moved = |index: Index| {
        let at = |row: Option<&Item>| {
            row.and_then(|row| row.listing(index)).map(|(entry, time)| (entry.to_owned(), time))
        };
        match (at(old), at(new)) {
            (None, None) => 0,
            (Some(before), Some(after)) if before == after => 0,
            (Some(_), Some(_)) => 2,
            (Some(_), None) | (None, Some(_)) => 1,
        }
    };
    [Index::Due, Index::Listing].into_iter().map(moved).sum()
}

impl Table for Metered {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        let rows = self.inner.get_many(keys).await?;
        let units = rows.iter().map(|row| units(row.as_ref().map_or(0, size_of), READ_UNIT_BYTES));
        self.reads(units.sum::<usize>().saturating_mul(2));
        Ok(rows)
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let page = self.inner.query(query).await?;
        let half_units = match query.range {
            Range::Partition { .. } => {
                let bytes = page.items.iter().map(size_of).sum();
                units(bytes, READ_UNIT_BYTES).saturating_mul(2)
            }
            // An entry has the row's key, its own, and nothing else.
            Range::Index { .. } => units(page.keys.len().saturating_mul(200), READ_UNIT_BYTES),
        };
        self.reads(half_units);
        Ok(page)
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        // A single put is no transaction on DynamoDB either.
        let times = if matches!(writes, [Write::Put { .. }]) { 1 } else { 2 };
        let units: usize = writes
            .iter()
            .map(|write| self.write_units(write))
            .map(|(row, entries)| row.saturating_mul(times).saturating_add(entries))
            .sum();
        self.used.calls.fetch_add(1, Ordering::Relaxed);
        self.used.writes.fetch_add(units as u64, Ordering::Relaxed);
        self.inner.write(token, writes, kept).await
    }
}

#[cfg(test)]
mod tests {
    use forthright_core::{Time, table::Attribute};

    use super::*;
    use crate::{clock::block_on, conformance};

    #[test]
    fn it_is_a_table() {
        block_on(conformance::all(async || Metered::default()));
    }

    #[test]
    fn a_transaction_costs_double_and_an_index_each_entry_that_moves() {
        let table = Metered::default();
        let row = |name: &str| Item::new(Key::data(format!("T#{name}"), "-"));
        let mut number = 0;
        let mut write = |writes: Vec<Write>| {
            number += 1;
            let before = table.used().writes;
            let token = WriteToken::from_bytes([number; 16]);
            block_on(table.write(token, &writes, Kept::Now)).unwrap();
            table.used().writes - before
        };
        assert_eq!(write(vec![Write::create(row("a"))]), 1);
        assert_eq!(write(vec![Write::create(row("b")), Write::create(row("c"))]), 4);
        let large = row("d").bytes(Attribute::Sealed, vec![0; 1_024]);
        assert_eq!(write(vec![Write::create(large)]), 2);
        let listed = row("a").next().listed(Index::Due, "e", Time::from_millis(1));
        assert_eq!(write(vec![Write::replace(listed.clone())]), 2);
        let moved = listed.next().listed(Index::Due, "e", Time::from_millis(2));
        assert_eq!(write(vec![Write::replace(moved.clone())]), 3);
        assert_eq!(write(vec![Write::replace(moved.next().unlisted(Index::Due))]), 2);

        block_on(table.get_many(&[row("a").key, row("none").key])).unwrap();
        assert_eq!(table.used().half_reads, 4);
    }
}
