//! The thread that moves rows from memory to SQLite, a generation at a time, and frees their journal.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use forthright_core::table::TableName;
use rustix::{process::setpriority_process, thread::gettid};

use super::{
    filter::Print,
    journal::Journal,
    read::{self, Readers},
    recent::Generation,
    row::Outcomes,
    sorted::{ROWS_AT_ONCE, Sorted, Trouble, trouble},
    state::{Life, State},
    syncer::is_out_of_room,
    wait::Shared,
};

/// Rows are moved at the latest this long after the first of them was written.
const AGE_MAX: Duration = Duration::from_secs(5);

/// So long after a deletion what was deleted leaves the files: others within it share the work.
const DELETED_WAIT: Duration = Duration::from_millis(250);

/// How long it waits before it tries again what did not go.
const PAUSE: Duration = Duration::from_millis(250);

/// How far the thread stands back. It still has its share, else the journal would be full.
const NICENESS: i32 = 5;

/// More rows than this that SQLite does not take mean that the file is of no use.
const LEFT_MAX: usize = 4_096;

/// How many keys are read into the filter in one step, and added under one lock.
const KEYS_AT_ONCE: usize = 4_096;
const ADDED_AT_ONCE: usize = 256;

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Flusher {
    pub(super) table: TableName,
    pub(super) shared: Arc<Shared>,
    pub(super) journal: Arc<Journal>,
    pub(super) sorted: Sorted,
    pub(super) readers: Arc<Readers>,
    /// Held while a generation is moved: whoever holds it sees whole generations in SQLite.
    pub(super) moving: Arc<Mutex<()>>,
    /// A generation whose rows are in SQLite, and how much of its segment is still to be overwritten.
    pub(super) clearing: Option<(u64, usize)>,
    /// Up to this generation, deleted rows are still in SQLite's log.
    pub(super) in_log: Option<u64>,
    /// After which of the file's keys the filter is still to be filled.
    pub(super) filling: Option<(String, String)>,
}

/// Why a step did not go.
#[derive(Debug)]
enum Stop {
    /// It may go later.
    Later(String),
    /// Nothing goes any more until the file is opened anew.
    Failed(String),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's texts name tables and columns, never values.
        match trouble(&error) {
            Trouble::Passing => Self::Later(error.to_string()),
            Trouble::Disk | Trouble::Damage => Self::Failed(error.to_string()),
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if is_out_of_room(&error) {
            Self::Later(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Flush,
    /// Fill the filter, a little.
    Fill,
    /// What did not go before.
    Again,
    Close,
}

/// Lets the threads go first that somebody waits for. On Linux a thread has a niceness of its own.
fn step_back() {
    if let Err(error) = setpriority_process(Some(gettid()), NICENESS) {
        tracing::debug!(%error, "rows are moved at the priority of everything else");
    }
}

impl Flusher {
    /// Runs until the file is closed, or the disk fails.
    pub(super) fn run(mut self) {
        step_back();
        while let Some(work) = self.next() {
            if work == Work::Fill {
                self.fill();
                continue;
            }
            let outcome = self.flush(work);
            let hindered = match &outcome {
                Ok(()) => None,
                Err(Stop::Later(reason)) => Some(reason.as_str().into()),
                Err(Stop::Failed(reason)) => {
                    return self.shared.fail(&format!("rows could not be moved: {reason}"));
                }
            };
            let before = self.shared.settle(|state| {
                let before = state.hindrance.moving.is_some();
                state.hindrance.moving.clone_from(&hindered);
                before
            });
            self.shared.flushed.notify_all();
            match (before, hindered) {
                (false, Some(reason)) => {
                    tracing::error!(alarm = "disk", "rows stay in the journal for now: {reason}");
                }
                (true, None) => tracing::info!("rows leave the journal again"),
                (false, None) | (true, Some(_)) => {}
            }
            if work == Work::Close {
                return;
            }
        }
    }

    /// Waits until there is something to do; none if the disk failed.
    fn next(&self) -> Option<Work> {
        let mut state = self.shared.lock();
        let is_behind = state.frozen().is_some() || self.clearing.is_some();
        loop {
            if state.hindrance.failed.is_some() {
                return None;
            }
            if state.life != Life::Open {
                return Some(Work::Close);
            }
            let wait = if is_behind {
                Some((PAUSE, Work::Again))
            } else if self.is_urgent(&state) {
                return Some(Work::Flush);
            } else if state.active().destroys || self.in_log.is_some() {
                Some((DELETED_WAIT, Work::Flush))
            } else if self.filling.is_some() {
                return Some(Work::Fill);
            } else {
                state.active().is_news.then_some((AGE_MAX, Work::Flush))
            };
            let woken;
            state.flusher_sleeps = wait.is_none();
            (state, woken) = Shared::sleep(state, &self.shared.flusher, wait.map(|(time, _)| time));
            state.flusher_sleeps = false;
            match wait {
                Some((_, work)) if !woken => return Some(work),
                Some(_) | None => {}
            }
        }
    }

    fn is_urgent(&self, state: &State) -> bool {
        let waits = self.table == TableName::Keys && state.active().destroys;
        waits || state.queue.is_nearly_full() || state.flush_asked > state.flushed
    }

    fn flush(&mut self, work: Work) -> Result<(), Stop> {
        self.catch_up()?;
        if work == Work::Again {
            return Ok(());
        }
        let (asked, is_empty) = {
            let state = self.shared.lock();
            (state.flush_asked, state.active().is_empty())
        };
        if !is_empty {
            self.shared.settle(State::freeze);
            self.shared.syncer.notify_one();
            self.catch_up()?;
        }
        self.shared.settle(|state| state.flushed = asked);
        if work == Work::Close {
            self.close()?;
        }
        Ok(())
    }

    /// Moves what is frozen, and clears up behind it.
    fn catch_up(&mut self) -> Result<(), Stop> {
        // Nobody stays at a moment while the file changes: the log would grow, and all of it would have to be
        // moved at once. And before memory forgets the rows, everybody must see them in SQLite.
        self.readers.release();
        let frozen = self.shared.lock().frozen().map(Arc::clone);
        if let Some(frozen) = frozen {
            self.move_rows(&frozen)?;
            self.clearing = Some((frozen.number, frozen.journal_bytes));
            if frozen.destroys {
                self.in_log = Some(frozen.number);
            }
            let prints: Vec<_> =
                frozen.rows().filter_map(|(key, row)| row.map(|_| Print::of(key))).collect();
            self.add(&prints);
            // They go with the last who holds them, and not under the lock.
            drop(self.shared.settle(State::thaw));
        }
        let cleared = self.clear();
        self.readers.hold();
        cleared
    }

    /// Reads some keys of the file into the filter. What is moved to the file meanwhile is added then.
    fn fill(&mut self) {
        let Some((partition, sort)) = self.filling.take() else {
            return;
        };
        let found = self.readers.read(|connection| {
            read::keys(connection, (&partition, &sort), KEYS_AT_ONCE, self.table)
        });
        match found {
            Ok(keys) => {
                self.add(&keys.iter().map(Print::of).collect::<Vec<_>>());
                match keys.into_iter().next_back() {
                    Some(last) => self.filling = Some((last.partition, last.sort)),
                    None => self.shared.lock().filter.complete(),
                }
            }
            // Whoever asks for such a key hears of it. Without a filter SQLite is asked for everything.
            Err(error) => {
                tracing::error!(
                    table = self.table.name(),
                    alarm = "damaged",
                    "the keys cannot be read: {error}"
                );
            }
        }
    }

    fn add(&self, prints: &[Print]) {
        for prints in prints.chunks(ADDED_AT_ONCE) {
            let mut state = self.shared.lock();
            for print in prints {
                state.filter.add(*print);
            }
        }
    }

    /// Frees what a generation needed whose rows are in SQLite.
    fn clear(&mut self) -> Result<(), Stop> {
        if let Some((number, until)) = self.clearing {
            self.sorted.checkpoint()?;
            self.journal.begin(number + 2, until)?;
            self.clearing = None;
        }
        self.empty_log()
    }

    fn move_rows(&self, frozen: &Generation) -> Result<(), Stop> {
        self.wait_synced(frozen.last)?;
        let rows: Vec<_> = frozen.rows().collect();
        let _whole = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = Outcomes::new();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            match self.sorted.put(rows) {
                Ok(()) => self.sorted.checkpoint()?,
                // One bad page must not keep the others' rows from their place.
                Err(error) if trouble(&error) == Trouble::Damage => {
                    left.extend(self.sorted.put_what_goes(rows)?);
                }
                Err(error) => return Err(error.into()),
            }
        }
        if !left.is_empty() {
            self.carry_over(&left)?;
        }
        Ok(self.sorted.note(frozen.number, frozen.last, true)?)
    }

    /// Takes what SQLite did not take to the next generation: it is in the journal and in memory as before.
    fn carry_over(&self, left: &Outcomes) -> Result<(), Stop> {
        tracing::error!(
            table = self.table.name(),
            rows = left.len(),
            alarm = "damaged",
            "a page of the store is damaged: rows stay in the journal"
        );
        if left.len() > LEFT_MAX {
            return Err(Stop::Failed("the file takes no rows".to_owned()));
        }
        let newest = self.shared.settle(|state| state.carry_over(left));
        self.shared.syncer.notify_one();
        let no_room =
            || Stop::Later("the journal has no room for what the file does not take".into());
        self.wait_synced(newest.ok_or_else(no_room)?)
    }

    fn wait_synced(&self, number: u64) -> Result<(), Stop> {
        let mut state: MutexGuard<'_, State> = self.shared.lock();
        state.flusher_awaits = Some(number);
        while state.queue.synced() < number || state.queue.has_sealed() {
            if let Some(reason) = &state.hindrance.failed {
                return Err(Stop::Failed(reason.to_string()));
            }
            (state, _) = Shared::sleep(state, &self.shared.flusher, None);
        }
        state.flusher_awaits = None;
        Ok(())
    }

    /// Empties SQLite's log if it shows what was deleted.
    fn empty_log(&mut self) -> Result<(), Stop> {
        let Some(number) = self.in_log else {
            return Ok(());
        };
        if self.sorted.empty_log()? {
            self.in_log = None;
            self.shared.settle(|state| state.gone = number);
            return Ok(());
        }
        // Of data nobody waits for it: it is tried again.
        match self.table {
            TableName::Data => Ok(()),
            TableName::Keys => Err(Stop::Later("a reader keeps the log of keys".to_owned())),
        }
    }

    /// Leaves a file that needs no journal.
    fn close(&mut self) -> Result<(), Stop> {
        let (number, last) = {
            let state = self.shared.lock();
            if !state.active().is_empty() {
                return Ok(()); // a damaged page did not take them: they stay in the journal
            }
            (state.active().number, state.queue.newest())
        };
        self.sorted.note(number - 1, last, false)?;
        self.in_log = Some(number - 1);
        self.empty_log()
    }
}
