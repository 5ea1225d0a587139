//! Reading from SQLite: by key, by partition, by index.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use forthright_core::table::{Index, Key, TableFault, TableName};
use rusqlite::{
    CachedStatement, Connection, ErrorCode, Row as SqliteRow,
    backup::{Backup, StepResult},
    params,
};

use super::{
    row::{Found, Listing, Row},
    schema,
};

/// Read-only connections: one for each thread that reads at the same time.
///
/// An idle one goes on looking at the moment at which it began, and keeps the pages that it has seen, until
/// rows are moved: which rows SQLite has newer versions of memory knows, and does not ask for those.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// How often the moment passed; odd while none may stay.
    moments: AtomicU64,
}

impl Readers {
    /// Each connection's share of memory, in KiB.
    const CACHE_KIB: i64 = 1_024;

    pub(super) const fn of(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()), moments: AtomicU64::new(0) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A read leaves nothing behind that a panic could have broken.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything as one moment left it: one after the last [`release`](Self::release).
    pub(super) fn read<R>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        let moment = self.moments.load(Ordering::SeqCst);
        let connection = self.idle().pop();
        let connection = match connection {
            Some(connection) => connection,
            None => schema::connect_to_read(&self.path, Self::CACHE_KIB)?,
        };
        if connection.is_autocommit() {
            connection.prepare_cached("BEGIN")?.execute([])?;
        }
        // After a failure it is closed, and the next read opens one anew.
        let result = read(&connection)?;
        let mut idle = self.idle();
        if moment.is_multiple_of(2) && self.moments.load(Ordering::SeqCst) == moment {
            idle.push(connection);
        } else {
            drop(idle);
            connection.prepare_cached("COMMIT")?.execute([])?;
            self.idle().push(connection);
        }
        Ok(result)
    }

    /// Lets go of the moment: who reads from now on sees what was moved, and none stays in the way of the
    /// log's being emptied until [`hold`](Self::hold).
    pub(super) fn release(&self) {
        let mut idle = self.idle();
        let moment = self.moments.load(Ordering::SeqCst);
        self.moments.store(moment | 1, Ordering::SeqCst);
        // One that cannot let go is closed.
        idle.retain(|connection| {
            connection.is_autocommit() || connection.execute_batch("COMMIT").is_ok()
        });
    }

    /// From now on idle connections may stay at their moment.
    pub(super) fn hold(&self) {
        let moment = self.moments.load(Ordering::SeqCst);
        self.moments.store((moment | 1).wrapping_add(1), Ordering::SeqCst);
    }
}

/// A failed read, as the port tells of it.
pub(super) fn fault(error: rusqlite::Error) -> TableFault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            TableFault::Damaged(error.into())
        }
        // A value of another type than was written.
        None => TableFault::Damaged(error.into()),
        Some(_) => TableFault::Unavailable(error.into()),
    }
}

/// What is under each of these keys.
pub(super) fn find<'a>(
    connection: &Connection,
    keys: impl Iterator<Item = &'a Key>,
) -> rusqlite::Result<Vec<Found>> {
    let mut find = connection.prepare_cached(
        "SELECT sort, version, sum, due, due_at, listing, listing_at, body FROM item
         WHERE partition = ?1 AND sort = ?2",
    )?;
    keys.map(|key| find_one(&mut find, key)).collect()
}

fn find_one(find: &mut CachedStatement<'_>, key: &Key) -> rusqlite::Result<Found> {
    let mut rows = find.query(params![key.partition, key.sort])?;
    let Some(row) = rows.next()? else {
        return Ok(Found::Absent);
    };
    Ok(checked(row, key))
}

/// The first `limit` keys after this one, in their order.
pub(super) fn keys(
    connection: &Connection,
    (partition, sort): (&str, &str),
    limit: usize,
    table: TableName,
) -> rusqlite::Result<Vec<Key>> {
    let mut statement = connection.prepare_cached(
        "SELECT partition, sort FROM item INDEXED BY item_key
         WHERE (partition, sort) > (?1, ?2) ORDER BY partition, sort LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![partition, sort, limit], |row| {
        Ok(Key { table, partition: row.get(0)?, sort: row.get(1)? })
    })?;
    rows.collect()
}

/// The row, if it is what was written under `key`.
pub(super) fn checked(row: &SqliteRow<'_>, key: &Key) -> Found {
    match read_row(row) {
        Ok(row) if row.is_whole(key) => Found::Row(Arc::new(row)),
        // Also a value of another type than was written.
        Ok(_) | Err(_) => Found::Damaged,
    }
}

fn read_row(row: &SqliteRow<'_>) -> rusqlite::Result<Row> {
    let listing = |entry: usize, at: usize| -> rusqlite::Result<Listing> {
        let entry: Option<String> = row.get(entry)?;
        Ok(entry.map(Arc::from).zip(row.get(at)?))
    };
    Ok(Row {
        version: row.get::<_, i64>(1)?.cast_unsigned(),
        sum: row.get(2)?,
        due: listing(3, 4)?,
        listing: listing(5, 6)?,
        body: row.get_ref(7)?.as_blob()?.into(),
    })
}

/// The first `limit` rows of a partition, by their sort keys: those that begin with `prefix`, after `after`.
pub(super) fn partition(
    connection: &Connection,
    (table, partition, prefix): (TableName, &str, &str),
    after: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Vec<(Arc<Key>, Found)>> {
    // Sort keys with a prefix lie together, in the order of their bytes, and begin at the prefix.
    let (sql, from) = match after.filter(|after| *after >= prefix) {
        Some(after) => (
            "SELECT sort, version, sum, due, due_at, listing, listing_at, body FROM item
             WHERE partition = ?1 AND sort > ?2 ORDER BY sort LIMIT ?3",
            after,
        ),
        None => (
            "SELECT sort, version, sum, due, due_at, listing, listing_at, body FROM item
             WHERE partition = ?1 AND sort >= ?2 ORDER BY sort LIMIT ?3",
            prefix,
        ),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![partition, from, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let sort: String = row.get(0)?;
        if !sort.starts_with(prefix) {
            break;
        }
        let key = Key { table, partition: partition.to_owned(), sort };
        let checked = checked(row, &key);
        found.push((Arc::new(key), checked));
    }
    Ok(found)
}

/// The first `limit` places in an index under `entry`, after `after` and not later than `until`.
pub(super) fn listed(
    connection: &Connection,
    (index, entry, until): (Index, &str, i64),
    after: Option<(i64, &Key)>,
    limit: usize,
) -> rusqlite::Result<Vec<(i64, Key)>> {
    let sql = match index {
        Index::Due => {
            "SELECT due_at, partition, sort FROM item
             WHERE due = ?1 AND due_at <= ?2 AND (due_at, partition, sort) > (?3, ?4, ?5)
             ORDER BY due_at, partition, sort LIMIT ?6"
        }
        Index::Listing => {
            "SELECT listing_at, partition, sort FROM item
             WHERE listing = ?1 AND listing_at <= ?2 AND (listing_at, partition, sort) > (?3, ?4, ?5)
             ORDER BY listing_at, partition, sort LIMIT ?6"
        }
    };
    // Nothing comes before the earliest time with an empty partition.
    let (time, partition, sort) = after.map_or((i64::MIN, "", ""), |(time, key)| {
        (time, key.partition.as_str(), key.sort.as_str())
    });
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![entry, until, time, partition, sort, limit], |row| {
        Ok((row.get(0)?, Key::data(row.get(1)?, row.get::<_, String>(2)?)))
    })?;
    rows.collect()
}

/// Copies the file at `from`, as it is at one moment, to the empty file `to`, which then needs no journal.
/// `begun` is called when that moment has come.
pub(super) fn copy(from: &Path, to: &Path, begun: impl FnOnce()) -> rusqlite::Result<()> {
    let from = schema::connect_to_read(from, 1_024)?;
    from.execute_batch("BEGIN; SELECT count(*) FROM journal;")?;
    begun();
    let mut copy = Connection::open(to)?;
    {
        let backup = Backup::new(&from, &mut copy)?;
        // All pages in one step: in several, each commit in between would begin the copy anew.
        match backup.step(-1)? {
            StepResult::Done => {}
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
    }
    copy.execute("UPDATE journal SET is_open = 0", [])?;
    copy.close().map_err(|(_, error)| error)
}
