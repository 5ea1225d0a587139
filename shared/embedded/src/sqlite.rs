//! The table in two SQLite files, `data.db` and `keys.db`, each behind a journal and the newest rows in memory.
//!
//! ```text
//!             apply ──▶ newest rows in memory ──▶ flusher ──▶ SQLite, sorted
//!   write ──▶   │                                    │
//!             record ──▶ syncer ──▶ journal ◀── frees its segments
//! ```
//!
//! * A transaction is checked and applied on its caller's task, in memory. Its record goes to the journal: a
//!   thread writes what waits at once, with one sync for all, and only then the callers hear of it. A read
//!   does not show what is not on the disk yet, a refusal does not tell of it.
//! * Another thread moves rows to SQLite, a generation at a time and in the order of their keys. What changed
//!   several times within a moment is moved once. A read takes memory's word over SQLite's.
//! * A start reads back what the journal still has. Only this process has the files, by a lock on the folder.
//! * `secure_delete` overwrites what is deleted, SQLite's log is emptied after it, and the journal overwritten,
//!   soon in `data`; a write that replaces or deletes a key is acknowledged only then. SQLite may keep a
//!   stale copy of a row in the gaps of a page that was split because rows grew; in `data` that is text
//!   sealed under a key that is gone, and rows of `keys` never grow.
//! * Every row bears a checksum over all of it: damage is noticed, and stays where it is.

mod file;
mod filter;
mod flusher;
mod journal;
mod lock;
mod order;
mod page;
mod queue;
mod read;
mod recent;
mod recover;
mod row;
mod schema;
mod scrub;
mod sorted;
mod state;
mod syncer;
#[cfg(test)]
mod tests;
mod wait;

use std::{
    fmt, fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use forthright_core::table::{
    Item, Kept, Key, Page, Query, Range, Table, TableFault, TableName, Write, WriteFault,
    WriteToken, check_shape,
};

use tokio::sync::watch;

pub use self::scrub::Scrubbed;
use self::{file::File, lock::FolderLock, wait::Failure};

/// How long a segment of a journal is: the rows of two of them may be in memory.
const DATA_SEGMENT: usize = 10 * 1_024 * 1_024;
const KEYS_SEGMENT: usize = 1_024 * 1_024;

/// The store could not be opened. A missing permission, an unknown schema: it refuses to start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process works on `{folder}`")]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// The folder or a file cannot be made or read.
    #[error("`{path}` cannot be opened")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// SQLite does not accept the file.
    #[error("`{path}` is not usable as a store")]
    Sqlite {
        /// Which one.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file was written by another version of this program, or by another program.
    #[error("`{path}` has schema {found}; this program knows schema {known} only")]
    Schema {
        /// Which one.
        path: PathBuf,
        /// Its schema; zero if it was never one of ours.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file's journal is not what was written: something that was acknowledged may be lost.
    #[error("`{path}` cannot be used: {what}; bring back a copy of the folder, or the disk")]
    Journal {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}

/// A backup could not be made. What was written of it is of no use.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target folder or file cannot be made, or is there already.
    #[error("`{path}` cannot be made")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// SQLite could not copy.
    #[error("`{path}` cannot be copied")]
    Sqlite {
        /// Which target.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// What is in memory cannot be moved to the files now.
    #[error("the store cannot be copied now: {reason}")]
    Stopped {
        /// Why.
        reason: String,
    },
}

/// The local [`Table`]. Dropping it moves what is in memory to the files, and joins its threads.
pub struct SqliteTable {
    data: File,
    keys: File,
    failure: Failure,
    /// Let go last.
    _lock: FolderLock,
}

impl fmt::Debug for SqliteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteTable")
    }
}

impl SqliteTable {
    /// Opens the store in `folder`, or makes it: the folder for its owner only (0700), the files too (0600).
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_with(folder, DATA_SEGMENT, KEYS_SEGMENT)
    }

    fn open_with(folder: &Path, data: usize, keys: usize) -> Result<Self, OpenError> {
        let unreachable = |source| OpenError::Io { path: folder.to_owned(), source };
        make_folder(folder).map_err(unreachable)?;
        let Some(lock) = FolderLock::take(folder).map_err(unreachable)? else {
            return Err(OpenError::InUse { folder: folder.to_owned() });
        };
        let failure = Failure::new(watch::Sender::new(false));
        let open =
            |table, segment| File::open(&folder.join(file_name(table)), table, segment, &failure);
        let (data, keys) = (open(TableName::Data, data)?, open(TableName::Keys, keys)?);
        Ok(Self { data, keys, failure, _lock: lock })
    }

    /// Ends when the disk failed: nothing more is acknowledged, and the store must be opened anew, which
    /// reads its journal back.
    pub async fn failed(&self) {
        // The sender lives as long as this.
        drop(self.failure.subscribe().wait_for(|failed| *failed).await);
    }

    /// Copies the store, while it is in use, into `to`, which must not hold a store yet. It blocks.
    ///
    /// Data first, keys last: the copy has the key of every row in it, unless that key was destroyed
    /// meanwhile, and then the copied rows are as unreadable as they should be.
    pub fn backup(&self, to: &Path) -> Result<(), BackupError> {
        make_folder(to).map_err(|source| BackupError::Io { path: to.to_owned(), source })?;
        self.data.backup(&to.join(file_name(TableName::Data)))?;
        self.keys.backup(&to.join(file_name(TableName::Keys)))
    }

    /// Puts another file in the place of a store's data, at once: a copy that [`backup`](Self::backup) made, on the
    /// same disk. The store must have been closed in order. Its keys stay as they are.
    pub fn replace_data(folder: &Path, with: &Path) -> Result<(), OpenError> {
        let unreachable = |source| OpenError::Io { path: folder.to_owned(), source };
        let Some(_lock) = FolderLock::take(folder).map_err(unreachable)? else {
            return Err(OpenError::InUse { folder: folder.to_owned() });
        };
        let data = folder.join(file_name(TableName::Data));
        // Empty, and of the other file.
        for tail in ["-wal", "-shm"] {
            let mut name = data.clone().into_os_string();
            name.push(tail);
            match fs::remove_file(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unreachable(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        fs::rename(with, data).map_err(unreachable)?;
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(unreachable)
    }

    /// Looks through everything in the files for damage. It blocks, for about a second for each 100,000 rows,
    /// and is in nobody's way. What is in the journal still is not looked at: it was written just now.
    pub fn scrub(&self) -> Result<Scrubbed, TableFault> {
        let mut found = self.data.scrub()?;
        found += self.keys.scrub()?;
        Ok(found)
    }

    const fn file(&self, table: TableName) -> &File {
        match table {
            TableName::Data => &self.data,
            TableName::Keys => &self.keys,
        }
    }
}

const fn file_name(table: TableName) -> &'static str {
    match table {
        TableName::Data => "data.db",
        TableName::Keys => "keys.db",
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

impl Table for SqliteTable {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        let of = |table| keys.iter().filter(move |key| key.table == table);
        let mut data = self.data.get(of(TableName::Data)).await?.into_iter();
        let mut others = self.keys.get(of(TableName::Keys)).await?.into_iter();
        let next = |key: &Key| match key.table {
            TableName::Data => data.next(),
            TableName::Keys => others.next(),
        };
        Ok(keys.iter().map(next).map(Option::flatten).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let table = match &query.range {
            Range::Partition { table, .. } => *table,
            Range::Index { .. } => TableName::Data,
        };
        self.file(table).query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        check_shape(writes)?;
        let table = writes.first().map_or(TableName::Data, |write| write.key().table);
        if writes.iter().any(|write| write.key().table != table) {
            // Two journals are not synced together.
            return Err(WriteFault::Malformed("a transaction over both tables"));
        }
        self.file(table).write(token, writes, kept).await
    }
}
