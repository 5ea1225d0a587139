//! The form of a file, and the settings of a connection to it.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::OpenError;

/// The schema that this program writes. Any other is refused.
const VERSION: i64 = 2;

/// How long a connection waits for another one. A backup may be reading while the log is to be emptied.
const BUSY: Duration = Duration::from_millis(500);

/// Rows are appended in the order of their making: random keys touch pages of the index only. The body
/// comes last, so that reading a row's listings does not read a long body's pages.
///
/// `journal` has one row: which generation of the journal was moved here last, its last transaction, and
/// whether a journal with later ones must be there.
const SCHEMA: &str = "
    CREATE TABLE item (
        id INTEGER PRIMARY KEY,
        partition TEXT NOT NULL,
        sort TEXT NOT NULL,
        version INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        due TEXT,
        due_at INTEGER,
        listing TEXT,
        listing_at INTEGER,
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX item_key ON item (partition, sort);
    CREATE INDEX item_due ON item (due, due_at, partition, sort) WHERE due IS NOT NULL;
    CREATE INDEX item_listing ON item (listing, listing_at, partition, sort)
        WHERE listing IS NOT NULL;
    CREATE TABLE journal (
        store INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        last INTEGER NOT NULL,
        is_open INTEGER NOT NULL
    ) STRICT;
    INSERT INTO journal VALUES (random(), 0, 0, 0);
";

/// A connection that may write.
pub(super) fn connect(path: &Path, cache_kib: i64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    settle(&connection, cache_kib)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", "on")?;
    // Checkpoints come when rows were moved, off the path of commits.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// A connection that only reads. The file must be open for writing already.
pub(super) fn connect_to_read(path: &Path, cache_kib: i64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    settle(&connection, cache_kib)?;
    Ok(connection)
}

fn settle(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    // Negative: in KiB, not in pages.
    connection.pragma_update(None, "cache_size", cache_kib.saturating_neg())?;
    // After a failed fsync the log is the only good copy; closing must not move it into the file.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// Makes the schema in a new file; refuses another one's.
pub(super) fn migrate(path: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let unusable = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(unusable)?;
    let found: i64 =
        transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
    let objects: i64 = transaction
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(unusable)?;
    match (found, objects) {
        (VERSION, 1..) => return Ok(()),
        (0, 0) => {}
        (_, _) => {
            return Err(OpenError::Schema { path: path.to_owned(), found, known: VERSION });
        }
    }
    transaction.execute_batch(SCHEMA).map_err(unusable)?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(unusable)?;
    transaction.commit().map_err(unusable)
}
