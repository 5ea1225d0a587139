//! Reading: by key, by partition, by index.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
};

use forthright_core::{
    Time,
    table::{DecodeError, Index, Item, Key, Page, Position, Query, Range, TableFault, TableName},
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::schema;

/// A few read-only connections. A read sees every write that was acknowledged before it began.
#[derive(Debug)]
pub(super) struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    /// Each connection's share of memory, in KiB.
    const CACHE_KIB: i64 = 1_024;

    pub(super) fn open(path: &Path, count: usize) -> rusqlite::Result<Self> {
        let connect = |_| schema::connect_to_read(path, Self::CACHE_KIB).map(Mutex::new);
        let connections = (0..count.max(1)).map(connect).collect::<Result<_, _>>()?;
        Ok(Self { connections, next: AtomicUsize::new(0) })
    }

    /// Reads on whichever connection is free, or waits for one.
    pub(super) fn read<R>(
        &self,
        read: impl FnOnce(&Connection) -> Result<R, ReadError>,
    ) -> Result<R, TableFault> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.connections.len().max(1);
        let at = |offset: usize| self.connections.get(start.wrapping_add(offset) % count);
        for connection in (0..count).filter_map(at) {
            match connection.try_lock() {
                Ok(free) => return read(&free).map_err(TableFault::from),
                Err(TryLockError::Poisoned(poisoned)) => {
                    // A read leaves nothing behind that a panic could have broken.
                    return read(&poisoned.into_inner()).map_err(TableFault::from);
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let Some(connection) = at(0) else {
            return Err(TableFault::Unavailable("no connection to read with".into()));
        };
        let free = connection.lock().unwrap_or_else(PoisonError::into_inner);
        read(&free).map_err(TableFault::from)
    }
}

/// Why a read failed.
#[derive(Debug)]
pub(super) enum ReadError {
    Sqlite(rusqlite::Error),
    Decode(DecodeError),
    Version,
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ReadError> for TableFault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Decode(error) => Self::Damaged(error.into()),
            ReadError::Version => Self::Damaged("a negative version".into()),
            ReadError::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    Self::Damaged(error.into())
                }
                _ => Self::Unavailable(error.into()),
            },
        }
    }
}

/// Puts the rows of `table` that `keys` name at their places in `rows`.
pub(super) fn fill(
    connection: &Connection,
    table: TableName,
    keys: &[Key],
    rows: &mut [Option<Item>],
) -> Result<(), ReadError> {
    // One transaction: all rows as one moment left them, and the file is locked once.
    let transaction = connection.unchecked_transaction()?;
    {
        let mut find = transaction
            .prepare_cached("SELECT version, body FROM item WHERE partition = ?1 AND sort = ?2")?;
        for (key, row) in keys.iter().zip(rows).filter(|(key, _)| key.table == table) {
            let found: Option<(i64, Vec<u8>)> = find
                .query_row(params![key.partition, key.sort], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            *row = match found {
                Some((version, body)) => Some(decode(key.clone(), version, &body)?),
                None => None,
            };
        }
    }
    transaction.commit()?;
    Ok(())
}

fn decode(key: Key, version: i64, body: &[u8]) -> Result<Item, ReadError> {
    let version = u64::try_from(version).map_err(|_negative| ReadError::Version)?;
    Item::decode(key, version, body).map_err(ReadError::Decode)
}

/// One page.
pub(super) fn page(connection: &Connection, query: &Query) -> Result<Page, ReadError> {
    let after = query.after.as_ref();
    let limit = query.limit.max(1);
    match &query.range {
        Range::Partition { table, partition, prefix } => {
            let after = after.map(|position| position.key.sort.as_str());
            partition_page(connection, (*table, partition, prefix), after, limit)
        }
        Range::Index { index, entry, until } => {
            index_page(connection, (*index, entry, *until), after, limit)
        }
    }
}

fn partition_page(
    connection: &Connection,
    (table, partition, prefix): (TableName, &str, &str),
    after: Option<&str>,
    limit: usize,
) -> Result<Page, ReadError> {
    // Sort keys with a prefix lie together, in the order of their bytes, and begin at the prefix.
    let (sql, from) = match after.filter(|after| *after >= prefix) {
        Some(after) => (
            "SELECT sort, version, body FROM item WHERE partition = ?1 AND sort > ?2 ORDER BY sort",
            after,
        ),
        None => (
            "SELECT sort, version, body FROM item WHERE partition = ?1 AND sort >= ?2 ORDER BY sort",
            prefix,
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![partition, from])?;
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        let sort: String = row.get(0)?;
        if !sort.starts_with(prefix) {
            break;
        }
        if page.items.len() == limit {
            page.next = page.keys.last().map(|key| Position { key: key.clone(), time: None });
            break;
        }
        let key = Key { table, partition: partition.to_owned(), sort };
        let body: Vec<u8> = row.get(2)?;
        page.items.push(decode(key.clone(), row.get(1)?, &body)?);
        page.keys.push(key);
    }
    Ok(page)
}

fn index_page(
    connection: &Connection,
    (index, entry, until): (Index, &str, Time),
    after: Option<&Position>,
    limit: usize,
) -> Result<Page, ReadError> {
    let sql = match index {
        Index::Due => {
            "SELECT partition, sort, due_at FROM item
             WHERE due = ?1 AND due_at <= ?2 AND (due_at, partition, sort) > (?3, ?4, ?5)
             ORDER BY due_at, partition, sort"
        }
        Index::Listing => {
            "SELECT partition, sort, listing_at FROM item
             WHERE listing = ?1 AND listing_at <= ?2 AND (listing_at, partition, sort) > (?3, ?4, ?5)
             ORDER BY listing_at, partition, sort"
        }
    };
    // Nothing comes before the earliest time with an empty partition.
    let (time, partition, sort) = after.map_or((i64::MIN, "", ""), |position| {
        let time = position.time.map_or(i64::MIN, Time::millis);
        (time, position.key.partition.as_str(), position.key.sort.as_str())
    });
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![entry, until.millis(), time, partition, sort])?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = rows.next()? {
        if page.keys.len() == limit {
            page.next = page
                .keys
                .last()
                .map(|key| Position { key: key.clone(), time: last.map(Time::from_millis) });
            break;
        }
        page.keys.push(Key::data(row.get(0)?, row.get::<_, String>(1)?));
        last = Some(row.get(2)?);
    }
    Ok(page)
}
