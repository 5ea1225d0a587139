//! The table in two SQLite files: `data.db`, and `keys.db` with keys that must be destroyable.
//!
//! * Writes go through one thread a file, which commits what waits in one transaction: concurrent writers
//!   share one fsync. `synchronous=FULL`, so an acknowledged write survives a loss of power.
//! * Reads run on a few read-only connections, on the caller's thread: a cached point read costs a few
//!   microseconds, less than handing it to another thread would.
//! * Checkpoints run on a thread of their own. After rows of `data` were deleted, the write-ahead log is
//!   truncated soon; a write that replaces or deletes a key is acknowledged only after the truncation.
//! * `secure_delete` overwrites what is deleted. SQLite may keep a stale copy of a row in the gaps of a page
//!   that was split because rows grew; in `data` that is text sealed under a key that is gone, and rows of
//!   `keys` never grow.

mod change;
mod checkpoint;
mod file;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fmt, fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use forthright_core::table::{
    Item, Key, Page, Query, Range, Table, TableFault, TableName, Write, WriteFault, WriteToken,
    check_shape,
};

use self::{change::Change, file::File};

/// How the table is run. The default is meant for a machine with two cores.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Read-only connections per file, at least one.
    pub readers: usize,
    /// The most transactions that share one fsync, at least one: more of them delay each other.
    pub group_max: usize,
    /// After about how many pages (of 4 KiB) of growth the log is moved into the file.
    pub checkpoint_pages: u64,
    /// The log may have this many pages before writers are stopped, for its last bit to be moved.
    pub log_pages_max: i64,
    /// How long after a deletion in `data` the log is truncated: later ones within it share the work.
    pub truncate_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            group_max: 128,
            checkpoint_pages: 16_384,
            log_pages_max: 65_536,
            truncate_after: Duration::from_millis(250),
        }
    }
}

/// What a file did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Transactions asked for, whatever came of them.
    pub requests: u64,
    /// SQLite transactions: each is one fsync if it changed anything.
    pub commits: u64,
    /// Checkpoints that moved the log into the file.
    pub checkpoints: u64,
    /// Checkpoints that emptied the log.
    pub truncations: u64,
}

/// The store could not be opened. A missing permission, an unknown schema: it refuses to start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
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
}

/// The local [`Table`]. Dropping it commits what waits and joins its threads.
pub struct SqliteTable {
    data: File,
    keys: File,
}

impl fmt::Debug for SqliteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteTable")
    }
}

impl SqliteTable {
    /// Opens the store in `folder`, or makes it: the folder for its owner only (0700), the files too (0600).
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        make_folder(folder).map_err(|source| OpenError::Io { path: folder.to_owned(), source })?;
        Ok(Self {
            data: File::open(&folder.join(file_name(TableName::Data)), TableName::Data, options)?,
            keys: File::open(&folder.join(file_name(TableName::Keys)), TableName::Keys, options)?,
        })
    }

    /// What a file did since it was opened.
    pub fn stats(&self, table: TableName) -> Stats {
        self.file(table).stats()
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
        let mut rows = vec![None; keys.len()];
        for table in [TableName::Data, TableName::Keys] {
            if keys.iter().any(|key| key.table == table) {
                self.file(table)
                    .readers()
                    .read(|connection| read::fill(connection, table, keys, &mut rows))?;
            }
        }
        Ok(rows)
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let table = match &query.range {
            Range::Partition { table, .. } => *table,
            Range::Index { .. } => TableName::Data,
        };
        self.file(table).readers().read(|connection| read::page(connection, query))
    }

    async fn write(&self, token: WriteToken, writes: Vec<Write>) -> Result<(), WriteFault> {
        self.commit(token, writes, false).await
    }

    async fn write_soon(&self, token: WriteToken, writes: Vec<Write>) -> Result<(), WriteFault> {
        self.commit(token, writes, true).await
    }
}

impl SqliteTable {
    async fn commit(
        &self,
        token: WriteToken,
        writes: Vec<Write>,
        soon: bool,
    ) -> Result<(), WriteFault> {
        check_shape(&writes)?;
        let table = writes.first().map_or(TableName::Data, |write| write.key().table);
        if writes.iter().any(|write| write.key().table != table) {
            // Two files do not commit together in WAL mode (https://sqlite.org/lang_attach.html).
            return Err(WriteFault::Malformed("a transaction over both tables"));
        }
        // Rows are encoded here, not on the one thread that all writers wait for.
        let changes = writes.into_iter().map(Change::new).collect::<Result<Vec<_>, _>>()?;
        self.file(table).write(token, changes, soon).await
    }
}
