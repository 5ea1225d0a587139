//! Moving the write-ahead log into the file, off the path of commits.

use std::{
    path::Path,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use forthright_core::table::TableName;
use rusqlite::{Connection, ErrorCode};

use super::{Options, Stats, schema};

/// What the threads of one file share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The disk failed: what the file system holds in memory may not be what is on the disk, so nothing
    /// more is written until the file is opened anew and its log is read back.
    broken: AtomicBool,
    /// About how many pages the log grew by since the last checkpoint.
    pages: AtomicU64,
    /// Rows are gone that the log still shows.
    truncate: AtomicBool,
    turn: Mutex<Turn>,
    passed: Condvar,
    /// One checkpoint at a time: SQLite does not wait for another's.
    checkpointing: Mutex<()>,
    requests: AtomicU64,
    commits: AtomicU64,
    checkpoints: AtomicU64,
    truncations: AtomicU64,
}

/// Whose turn it is: emptying the log and writing exclude each other, and the writer, which is nearly
/// always busy under load, must let the other in.
#[derive(Debug, Default)]
struct Turn {
    writing: bool,
    emptying: bool,
}

impl Shared {
    pub(super) fn stats(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
            truncations: self.truncations.load(Ordering::Relaxed),
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    pub(super) fn give_up(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub(super) fn count_requests(&self, requests: usize) {
        self.requests.fetch_add(u64::try_from(requests).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Notes a commit, and that the log is to be emptied; tells about how many pages wait for a checkpoint.
    pub(super) fn committed(&self, pages: u64, truncate: bool) -> u64 {
        self.commits.fetch_add(1, Ordering::Relaxed);
        if truncate {
            self.truncate.store(true, Ordering::SeqCst);
        }
        self.pages.fetch_add(pages, Ordering::Relaxed).saturating_add(pages)
    }

    /// Has the checkpointer empty the log.
    pub(super) fn ask_for_truncation(&self) {
        self.truncate.store(true, Ordering::SeqCst);
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // The flags are whole at any moment, whoever panicked.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, turn: MutexGuard<'a, Turn>) -> MutexGuard<'a, Turn> {
        self.passed.wait(turn).unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `write` while nobody empties the log.
    pub(super) fn writing<R>(&self, write: impl FnOnce() -> R) -> R {
        let mut turn = self.turn();
        while turn.emptying {
            turn = self.wait(turn);
        }
        turn.writing = true;
        drop(turn);
        let result = write();
        self.turn().writing = false;
        self.passed.notify_all();
        result
    }

    fn emptying<R>(&self, empty: impl FnOnce() -> R) -> R {
        let mut turn = self.turn();
        // From here on the writer waits.
        turn.emptying = true;
        while turn.writing {
            turn = self.wait(turn);
        }
        drop(turn);
        let result = empty();
        self.turn().emptying = false;
        self.passed.notify_all();
        result
    }

    /// Moves what it can without stopping anybody; tells how many pages the log has.
    fn pass(&self, connection: &Connection) -> rusqlite::Result<i64> {
        self.pages.store(0, Ordering::Relaxed);
        let _one = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
        Ok(pages)
    }

    /// Takes over the log that a process left behind which was killed: moves it into the file, and empties it.
    /// Of keys at once: that process may have destroyed some, and an erasure that goes on believes it.
    pub(super) fn take_over(
        &self,
        connection: &Connection,
        table: TableName,
    ) -> rusqlite::Result<()> {
        if self.pass(connection)? > 0 {
            let emptied = table == TableName::Keys && self.truncate(connection)?;
            if !emptied {
                self.ask_for_truncation();
            }
        }
        Ok(())
    }

    /// Empties the log; tells whether it could, or a reader was in the way for too long.
    pub(super) fn truncate(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let _one = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let busy: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 {
            self.pages.store(0, Ordering::Relaxed);
            self.truncations.fetch_add(1, Ordering::Relaxed);
        }
        Ok(busy == 0)
    }
}

/// An idle file's log is moved after this.
const IDLE: Duration = Duration::from_secs(1);

/// The memory of the checkpointer's connection, in KiB: it reads the log, not the file.
const CACHE_KIB: i64 = 256;

/// Runs until the writer is gone, then empties the log a last time.
pub(super) fn run(shared: &Shared, path: &Path, wake: &Receiver<()>, options: Options) {
    let connection = match schema::connect(path, CACHE_KIB) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(error = %error, "the checkpointer cannot open the store; it stops taking writes");
            shared.give_up();
            return;
        }
    };
    let mut idle = false;
    loop {
        let woken = if idle {
            wake.recv().map_err(|_gone| RecvTimeoutError::Disconnected)
        } else {
            wake.recv_timeout(IDLE)
        };
        if shared.is_broken() {
            return;
        }
        let gone = matches!(woken, Err(RecvTimeoutError::Disconnected));
        let mut truncate = shared.truncate.load(Ordering::SeqCst);
        if truncate && !gone {
            // Deletions come in rows: wait for the next ones, but not for long. Wakes are not lost: what
            // they are about is in the counters.
            std::thread::park_timeout(options.truncate_after);
        }
        truncate |= gone;
        // After this wait the next wake may be waited for as long as it takes, unless work is left.
        idle = woken.is_err();
        match step(shared, &connection, options, (truncate, idle)) {
            Ok(done) => idle &= done,
            Err(error) => {
                tracing::error!(error = %error, "the log cannot be moved into the store");
                idle = false;
                if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
                    shared.give_up();
                    return;
                }
            }
        }
        if gone {
            return;
        }
    }
}

/// One round; tells whether nothing is left to do.
fn step(
    shared: &Shared,
    connection: &Connection,
    options: Options,
    (truncate, idle): (bool, bool),
) -> rusqlite::Result<bool> {
    let grown = shared.pages.load(Ordering::Relaxed);
    if grown < options.checkpoint_pages && !truncate && !idle {
        return Ok(false);
    }
    let mut pages = shared.pass(connection)?;
    if pages > options.log_pages_max {
        // Most is moved; what came meanwhile is little, and stopping writers for it is short.
        pages = shared.pass(connection)?;
    }
    if !truncate && pages <= options.log_pages_max {
        return Ok(true);
    }
    // Before the log is emptied: a deletion that comes during it asks anew.
    let asked = shared.truncate.swap(false, Ordering::SeqCst);
    let emptied = shared.emptying(|| shared.truncate(connection));
    if !matches!(emptied, Ok(true)) && asked {
        shared.truncate.store(true, Ordering::SeqCst);
    }
    emptied
}
