//! The sorted store: the one connection that writes to the SQLite file, a generation at a time.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use forthright_core::table::Key;
use rusqlite::{CachedStatement, Connection, ErrorCode, ffi, params};

use super::{
    OpenError,
    row::{Listing, Outcomes, Row},
    schema,
};

/// The share of memory of the connection, in KiB.
const CACHE_KIB: i64 = 4_096;

/// How many rows one transaction moves, and one checkpoint: a disk that has little to write at a time keeps the
/// journal's next sync waiting for little, and after each transaction those who read begin with nothing at hand.
pub(super) const ROWS_AT_ONCE: usize = 256;

/// The SQLite file, for writing.
#[derive(Debug)]
pub(super) struct Sorted {
    path: PathBuf,
    connection: Connection,
}

/// What the file says of its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JournalState {
    /// Whose journal it is.
    pub(super) store: u64,
    /// The last generation that was moved here.
    pub(super) generation: u64,
    /// Its last transaction.
    pub(super) last: u64,
    /// Whether later ones may be in the journal.
    pub(super) is_open: bool,
}

/// What kind of trouble an error of SQLite is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is no room, or a reader is in the way: it passes.
    Passing,
    /// The disk does not do what it is told.
    Disk,
    /// What is in the file cannot be used; other rows may be.
    Damage,
}

pub(super) fn trouble(error: &rusqlite::Error) -> Trouble {
    // The log's index grows by a file operation of its own; what fails there is room.
    let index_has_no_room =
        error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Trouble::Passing
        }
        Some(ErrorCode::SystemIoFailure) if index_has_no_room => Trouble::Passing,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
            Trouble::Disk
        }
        _ => Trouble::Damage,
    }
}

impl Sorted {
    /// Opens the file, which must be there, and makes its schema if it is new.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let unreachable = |source| OpenError::Io { path: path.to_owned(), source };
        let unusable = |source| OpenError::Sqlite { path: path.to_owned(), source };
        refresh(&log_of(path)).map_err(unreachable)?;
        let mut connection = schema::connect(path, CACHE_KIB).map_err(unusable)?;
        schema::migrate(path, &mut connection)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    pub(super) fn journal(&self) -> rusqlite::Result<JournalState> {
        let sql = "SELECT store, generation, last, is_open FROM journal";
        self.connection.query_row(sql, [], |row| {
            Ok(JournalState {
                store: row.get::<_, i64>(0)?.cast_unsigned(),
                generation: row.get::<_, i64>(1)?.cast_unsigned(),
                last: row.get::<_, i64>(2)?.cast_unsigned(),
                is_open: row.get(3)?,
            })
        })
    }

    /// Notes what is here, and puts this and all before it on the disk.
    pub(super) fn note(&self, generation: u64, last: u64, is_open: bool) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "synchronous", "full")?;
        let sql = "UPDATE journal SET generation = ?1, last = ?2, is_open = ?3";
        let numbers = params![generation.cast_signed(), last.cast_signed(), is_open];
        self.connection.execute(sql, numbers)?;
        Ok(())
    }

    /// Moves rows in one transaction, which is on the disk after the next [`note`](Self::note).
    pub(super) fn put(&self, rows: &[(&Arc<Key>, Option<&Arc<Row>>)]) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "synchronous", "normal")?;
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let put = self.put_each(rows);
        let done = put.and_then(|()| self.connection.prepare_cached("COMMIT")?.execute([]));
        if done.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        done.map(drop)
    }

    fn put_each(&self, rows: &[(&Arc<Key>, Option<&Arc<Row>>)]) -> rusqlite::Result<()> {
        let mut put = self.connection.prepare_cached(
            "INSERT INTO item
                (partition, sort, version, sum, due, due_at, listing, listing_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (partition, sort) DO UPDATE SET
                version = excluded.version, sum = excluded.sum,
                due = excluded.due, due_at = excluded.due_at,
                listing = excluded.listing, listing_at = excluded.listing_at,
                body = excluded.body",
        )?;
        let mut delete = self
            .connection
            .prepare_cached("DELETE FROM item WHERE partition = ?1 AND sort = ?2")?;
        for (key, row) in rows {
            match row {
                Some(row) => put_one(&mut put, key, row)?,
                None => {
                    delete.execute(params![key.partition, key.sort])?;
                }
            }
        }
        Ok(())
    }

    /// Moves rows one by one; those that the file does not take come back.
    pub(super) fn put_what_goes(
        &self,
        rows: &[(&Arc<Key>, Option<&Arc<Row>>)],
    ) -> rusqlite::Result<Outcomes> {
        let mut left = Outcomes::new();
        for row @ (key, value) in rows {
            match self.put(&[*row]) {
                Ok(()) => {}
                Err(error) if trouble(&error) == Trouble::Damage => {
                    left.push((Arc::clone(key), value.map(Arc::clone)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }

    /// Moves the log into the file. Whoever reads just now is waited for, a moment; who reads for longer
    /// leaves the rest to the next time.
    pub(super) fn checkpoint(&self) -> rusqlite::Result<()> {
        const TRIES: usize = 8;
        for _ in 0..TRIES {
            let moved = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?)
            });
            if moved? {
                break;
            }
            thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Empties the log, and sees to it that it is empty on the disk; false if a reader is in the way.
    pub(super) fn empty_log(&self) -> rusqlite::Result<bool> {
        let busy: i64 =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Ok(false);
        }
        // SQLite does not sync what it cut off, and it would not need to.
        let synced = File::open(log_of(&self.path)).and_then(|log| log.sync_all());
        synced.map(|()| true).map_err(|error| {
            let code = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
            rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
        })
    }
}

fn put_one(statement: &mut CachedStatement<'_>, key: &Key, row: &Row) -> rusqlite::Result<()> {
    let (due, due_at) = columns(&row.due);
    let (listing, listing_at) = columns(&row.listing);
    statement.execute(params![
        key.partition,
        key.sort,
        row.version.cast_signed(),
        row.sum,
        due,
        due_at,
        listing,
        listing_at,
        row.body
    ])?;
    Ok(())
}

fn columns(listing: &Listing) -> (Option<&str>, Option<i64>) {
    listing.as_ref().map_or((None, None), |(entry, at)| (Some(&**entry), Some(*at)))
}

/// SQLite's log of a file.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Writes what a file holds over itself. After a sync that failed the system may show what is not on the
/// disk, and would not write it again by itself.
fn refresh(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = match options.read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(());
    }
    io::Seek::rewind(&mut file)?;
    file.write_all(&bytes)?;
    file.sync_all()
}
