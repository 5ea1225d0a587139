//! The narrow waist: everything durable goes through [`Table`], with DynamoDB's own semantics.
//!
//! Functions never see it. They receive the [ledgers](crate::ledger) over it.

mod access;
mod item;
mod key;
mod schema;

use std::{error::Error, future::Future};

pub use access::{Action, Grant};
pub use item::{DecodeError, Item, Value};
pub use key::{Key, TableName};
pub use schema::{Attribute, Retention};

use crate::{port::Entropy, time::Time};

/// The most writes in one transaction: DynamoDB's limit of `TransactWriteItems`.
pub const WRITES_MAX: usize = 100;

/// Durable rows: get, query, write.
pub trait Table: Send + Sync {
    /// The rows with these keys, in their order, as the last committed write left them.
    fn get_many(
        &self,
        keys: &[Key],
    ) -> impl Future<Output = Result<Vec<Option<Item>>, TableFault>> + Send;

    /// One page of a partition (as last committed) or of an index (keys only; it may lag).
    fn query(&self, query: &Query) -> impl Future<Output = Result<Page, TableFault>> + Send;

    /// All of `writes` or none of them.
    ///
    /// Two writes on one key are a programming error: the back end refuses them. The token makes a
    /// retry of the very same call harmless on a back end whose answers can be lost.
    fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> impl Future<Output = Result<(), WriteFault>> + Send;

    /// How many rows to change in one transaction where many are to be changed and none needs the others, such as
    /// when a partition is deleted. At most [`WRITES_MAX`]; a test's table asks for less, so that others come in
    /// between.
    fn rows_at_once(&self) -> usize {
        WRITES_MAX
    }
}

impl<T: Table> Table for std::sync::Arc<T> {
    fn get_many(
        &self,
        keys: &[Key],
    ) -> impl Future<Output = Result<Vec<Option<Item>>, TableFault>> + Send {
        self.as_ref().get_many(keys)
    }

    fn query(&self, query: &Query) -> impl Future<Output = Result<Page, TableFault>> + Send {
        self.as_ref().query(query)
    }

    fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> impl Future<Output = Result<(), WriteFault>> + Send {
        self.as_ref().write(token, writes, kept)
    }

    fn rows_at_once(&self) -> usize {
        self.as_ref().rows_at_once()
    }
}

/// When a write must survive a crash and a loss of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is on the disk when the write returns.
    Now,
    /// A crash or a loss of power may undo it until the next write that is kept now. What is written later is
    /// never kept without it.
    ///
    /// For what would be found and settled again: it spares the disk's slowest work. A store that knows no
    /// difference takes it as [`Now`](Self::Now).
    Soon,
}

/// A change of one row, on a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The whole row becomes this.
    Put {
        /// The new row, its version included.
        item: Item,
        /// What must hold of the row before.
        condition: Condition,
    },
    /// The row goes.
    Delete {
        /// Which row.
        key: Key,
        /// What must hold of the row before.
        condition: Condition,
    },
    /// Nothing changes.
    Check {
        /// Which row.
        key: Key,
        /// What must hold of it.
        condition: Condition,
    },
}

impl Write {
    /// Makes a row that must not be there yet.
    pub const fn create(item: Item) -> Self {
        Self::Put { item, condition: Condition::Absent }
    }

    /// Replaces a row that must still have the version before `item`'s.
    pub const fn replace(item: Item) -> Self {
        let before = item.version.saturating_sub(1);
        Self::Put { item, condition: Condition::Version(before) }
    }

    /// The row that this write is about.
    pub const fn key(&self) -> &Key {
        match self {
            Self::Put { item, .. } => &item.key,
            Self::Delete { key, .. } | Self::Check { key, .. } => key,
        }
    }

    /// What must hold of the row before.
    pub const fn condition(&self) -> Condition {
        match self {
            Self::Put { condition, .. }
            | Self::Delete { condition, .. }
            | Self::Check { condition, .. } => *condition,
        }
    }
}

/// What must hold of a row before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// There is no such row.
    Absent,
    /// The row is there with this version.
    Version(u64),
    /// The row is there.
    Exists,
}

impl Condition {
    /// Whether the condition holds of a row with version `found`, or of none.
    pub fn holds(self, found: Option<u64>) -> bool {
        match self {
            Self::Absent => found.is_none(),
            Self::Version(version) => found == Some(version),
            Self::Exists => found.is_some(),
        }
    }
}

/// Makes a repeated call of [`Table::write`] recognisable: DynamoDB's client request token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriteToken([u8; 16]);

impl WriteToken {
    /// A token that no other call has.
    pub fn fresh(entropy: &Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// The token made of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The token's bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What to read, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Where.
    pub range: Range,
    /// Only rows after this key, in the range's own order: the last key of the page before.
    pub after: Option<Position>,
    /// At most this many rows.
    pub limit: usize,
}

/// A stretch of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// The rows of one partition whose sort key begins with `prefix`, whole and consistent, by sort key.
    Partition {
        /// In which table.
        table: TableName,
        /// Which partition.
        partition: String,
        /// How the sort keys begin; empty for all.
        prefix: String,
    },
    /// Rows listed in an index under `entry`, up to `until`, keys only, by their time. It may lag.
    Index {
        /// Which index.
        index: Index,
        /// Under which entry.
        entry: String,
        /// Not later than this.
        until: Time,
    },
}

/// A sparse index of the `data` table: rows that bear its two attributes are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// Work that is due: [`Attribute::Due`], [`Attribute::DueAt`].
    Due,
    /// What people look through: cases, requests: [`Attribute::Listing`], [`Attribute::ListingAt`].
    Listing,
}

impl Index {
    /// The attributes that put a row into this index: its entry and its time.
    pub const fn attributes(self) -> (Attribute, Attribute) {
        match self {
            Self::Due => (Attribute::Due, Attribute::DueAt),
            Self::Listing => (Attribute::Listing, Attribute::ListingAt),
        }
    }
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The last row's key.
    pub key: Key,
    /// Its time, if the range is an index.
    pub time: Option<Time>,
}

/// One page of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows of a partition; empty for an index.
    pub items: Vec<Item>,
    /// The keys, of a partition or an index.
    pub keys: Vec<Key>,
    /// Rows of a partition that are there and are not what was written. They do not hide the others.
    pub damaged: Vec<Key>,
    /// Where to go on; `None` if this was the last page.
    pub next: Option<Position>,
}

/// A read failed.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    /// The store did not answer, or not now.
    #[error("the table is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A row is not what was written.
    #[error("a row of the table is damaged")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
}

/// A write failed. Unless it is [`Unknown`](Self::Unknown), nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// The condition of the write at `index` did not hold.
    #[error("the condition of write {index} did not hold")]
    Condition {
        /// Which write: the first whose condition failed.
        index: usize,
    },
    /// Another transaction was at the same rows: try again after a while.
    #[error("another transaction was at the same rows")]
    Conflict,
    /// The store did not take it, now.
    #[error("the table is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody knows whether it was done: read by key, never repeat blindly.
    #[error("the outcome of the write is unknown")]
    Unknown(#[source] Box<dyn Error + Send + Sync>),
    /// The call can never succeed: too many writes, or two on one key.
    #[error("the transaction is malformed: {0}")]
    Malformed(&'static str),
}

/// Refuses what no back end takes: nothing, too much, or two writes on one key.
pub fn check_shape(writes: &[Write]) -> Result<(), WriteFault> {
    if writes.is_empty() || writes.len() > WRITES_MAX {
        return Err(WriteFault::Malformed("a transaction has 1 to 100 writes"));
    }
    for (index, write) in writes.iter().enumerate() {
        if writes.iter().skip(index.saturating_add(1)).any(|other| other.key() == write.key()) {
            return Err(WriteFault::Malformed("two writes on one key"));
        }
    }
    Ok(())
}
