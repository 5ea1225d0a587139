//! What every [`Table`] must do, as functions that panic if one does not.
//!
//! Each takes `fresh`, which makes an empty table. Rows are not subjects' (their partitions begin with
//! `T#`), so that a table that guards subjects' rows lets them pass. Every write of the suite is repeated
//! while the table answers [`Conflict`](forthright_core::table::WriteFault::Conflict).

#![expect(clippy::future_not_send, reason = "a test awaits these where it stands")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a table that does not conform fails the test"
)]

mod conditions;
mod contention;
mod queries;
mod rows;

use std::sync::atomic::{AtomicU64, Ordering};

use forthright_core::{
    Table, Time,
    table::{
        Attribute, Index, Item, Kept, Key, Page, Query, Range, TableName, Write, WriteFault,
        WriteToken,
    },
};

pub use conditions::{
    conditions_of_checks, conditions_of_deletes, conditions_of_puts, failing_index,
    malformed_transactions, repeated_token,
};
pub use contention::{concurrent_creates, concurrent_increments};
pub use queries::{index_order_and_pages, index_sparse, partition_pages, partition_prefix};
pub use rows::{get_many_order, separate_tables, values, written_soon};

/// Runs every check of the suite, each on a fresh table.
pub async fn all<T: Table>(fresh: impl AsyncFn() -> T) {
    conditions_of_puts(&fresh).await;
    conditions_of_deletes(&fresh).await;
    conditions_of_checks(&fresh).await;
    failing_index(&fresh).await;
    malformed_transactions(&fresh).await;
    repeated_token(&fresh).await;
    get_many_order(&fresh).await;
    written_soon(&fresh).await;
    separate_tables(&fresh).await;
    values(&fresh).await;
    partition_prefix(&fresh).await;
    partition_pages(&fresh).await;
    index_order_and_pages(&fresh).await;
    index_sparse(&fresh).await;
    concurrent_creates(&fresh).await;
    concurrent_increments(&fresh).await;
}

/// A token that no other write of this process has.
fn token() -> WriteToken {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    WriteToken::from_bytes(u128::from(number).to_le_bytes())
}

/// Writes, again and again while others are at the same rows.
async fn write<T: Table>(table: &T, writes: Vec<Write>) -> Result<(), WriteFault> {
    const TRIES: usize = 200;
    for _ in 0..TRIES {
        match table.write(token(), &writes, Kept::Now).await {
            Err(WriteFault::Conflict) => {}
            answer => return answer,
        }
    }
    panic!("nothing but conflicts in {TRIES} tries");
}

/// The index of the write whose condition did not hold.
fn refused(answer: Result<(), WriteFault>) -> Option<usize> {
    match answer {
        Err(WriteFault::Condition { index }) => Some(index),
        Ok(()) => None,
        Err(fault) => panic!("neither done nor refused: {fault:?}"),
    }
}

async fn get<T: Table>(table: &T, key: &Key) -> Option<Item> {
    table.get_many(std::slice::from_ref(key)).await.unwrap().into_iter().next().flatten()
}

fn key(partition: &str, sort: &str) -> Key {
    Key::data(format!("T#{partition}"), sort)
}

fn row(partition: &str, sort: &str) -> Item {
    Item::new(key(partition, sort)).text(Attribute::State, sort)
}

fn partition(name: &str, prefix: &str, limit: usize) -> Query {
    let range = Range::Partition {
        table: TableName::Data,
        partition: format!("T#{name}"),
        prefix: prefix.to_owned(),
    };
    Query { range, after: None, limit }
}

fn index(index: Index, entry: &str, until: i64, limit: usize) -> Query {
    let range = Range::Index { index, entry: entry.to_owned(), until: Time::from_millis(until) };
    Query { range, after: None, limit }
}

/// Every page of a query; checks that none is longer than its limit and that the last one says so.
async fn pages<T: Table>(table: &T, mut query: Query) -> Page {
    const PAGES_MAX: usize = 1_000;
    let mut all = Page::default();
    for _ in 0..PAGES_MAX {
        let page = table.query(&query).await.unwrap();
        assert!(page.keys.len() <= query.limit, "a page is longer than its limit");
        all.items.extend(page.items);
        all.keys.extend(page.keys);
        match page.next {
            None => return all,
            next => query.after = next,
        }
    }
    panic!("a query of more than {PAGES_MAX} pages");
}

/// Asks an index until it has caught up with `expected`: it may lag.
async fn eventually<T: Table>(table: &T, query: &Query, expected: &[Key]) {
    const TRIES: usize = 500;
    let mut last = Vec::new();
    for _ in 0..TRIES {
        last = pages(table, query.clone()).await.keys;
        if last == expected {
            return;
        }
    }
    panic!("the index has {last:?}, not {expected:?}");
}
