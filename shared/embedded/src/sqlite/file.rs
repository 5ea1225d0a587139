//! One table: its SQLite file, its journal, the newest rows in memory, and its two threads.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{Builder, JoinHandle},
};

use forthright_core::table::{
    Item, Kept, Key, Page, Query, TableFault, TableName, Write, WriteFault, WriteToken,
};

use super::{
    BackupError, OpenError,
    flusher::Flusher,
    journal::{BLOCK, GROUP_MORE, Journal},
    page,
    read::{self, Readers},
    recover,
    row::{self, Change, Found},
    scrub::{self, Scrubbed},
    sorted::{ROWS_AT_ONCE, Sorted},
    state::{Applied, Cold, Life, Request, Rest, State},
    syncer,
    wait::{Failure, Need, Reason, Shared},
};

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    table: TableName,
    /// How long a segment of the journal is.
    segment: usize,
    readers: Arc<Readers>,
    shared: Arc<Shared>,
    /// Held while rows are moved.
    moving: Arc<Mutex<()>>,
    syncer: Option<JoinHandle<()>>,
    flusher: Option<JoinHandle<()>>,
}

impl File {
    /// Opens the file and its journal, or makes them; what a journal still has is moved to the file first.
    pub(super) fn open(
        path: &Path,
        table: TableName,
        segment: usize,
        failure: &Failure,
    ) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Sqlite { path: path.to_owned(), source };
        let unreachable = |source| OpenError::Io { path: path.to_owned(), source };
        // Made here, so that nobody else can ever read it; SQLite gives its log the same mode.
        match create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(unreachable(error));
            }
            Ok(()) | Err(_) => {}
        }
        let sorted = Sorted::open(path)?;
        let state = sorted.journal().map_err(unusable)?;
        let journal = Journal::open(path, state.store, segment).map_err(unreachable)?;
        let mut generation = state.generation;
        if state.is_open {
            let left = recover::read_back(path, table, &journal, state)?;
            let rows: Vec<_> = left.rows().collect();
            tracing::info!(table = table.name(), rows = rows.len(), "read the journal back");
            rows.chunks(ROWS_AT_ONCE).try_for_each(|rows| sorted.put(rows)).map_err(unusable)?;
            generation = left.number;
            sorted.note(generation, left.last, true).map_err(unusable)?;
        }
        // What the journal or the log held of deleted rows and keys goes before anything else happens.
        sorted.empty_log().map_err(unusable)?;
        journal.prepare([generation + 1, generation + 2]).map_err(unreachable)?;
        if let Some(folder) = path.parent() {
            fs::File::open(folder).and_then(|it| it.sync_all()).map_err(unreachable)?;
        }
        sorted.note(generation, 0, true).map_err(unusable)?;
        let state = State::new(table, segment, generation);
        let shared = Arc::new(Shared::new(state, Arc::clone(failure)));
        Self::start(path, (table, segment), shared, (sorted, journal)).map_err(unreachable)
    }

    fn start(
        path: &Path,
        (table, segment): (TableName, usize),
        shared: Arc<Shared>,
        (sorted, journal): (Sorted, Journal),
    ) -> io::Result<Self> {
        let journal = Arc::new(journal);
        let moving = Arc::new(Mutex::new(()));
        let readers = Arc::new(Readers::of(path.to_owned()));
        let flusher = Flusher {
            table,
            shared: Arc::clone(&shared),
            journal: Arc::clone(&journal),
            sorted,
            readers: Arc::clone(&readers),
            moving: Arc::clone(&moving),
            clearing: None,
            in_log: None,
            filling: Some((String::new(), String::new())),
        };
        let mut file = Self {
            path: path.to_owned(),
            table,
            segment,
            readers,
            shared: Arc::clone(&shared),
            moving,
            syncer: None,
            flusher: None,
        };
        let named = |what| Builder::new().name(format!("{what} {}", table.name()));
        file.syncer = Some(named("sync").spawn(move || syncer::run(&shared, &journal))?);
        file.flusher = Some(named("move").spawn(move || flusher.run())?);
        Ok(file)
    }

    /// The rows under these keys of this table, as one moment left them.
    pub(super) async fn get<'a>(
        &self,
        keys: impl Iterator<Item = &'a Key> + Clone + Send,
    ) -> Result<Vec<Option<Item>>, TableFault> {
        let (found, need) = self.look(&keys)?;
        // Nobody may build on what a loss of power could still undo.
        self.shared.wait(need).await.map_err(|reason| read_stopped(&reason))?;
        keys.zip(found)
            .map(|(key, found)| match found {
                Found::Absent => Ok(None),
                Found::Row(row) => {
                    row.open(key).map(Some).map_err(|error| TableFault::Damaged(error.into()))
                }
                Found::Damaged => Err(TableFault::Damaged("a row is not what was written".into())),
            })
            .collect()
    }

    fn look<'a>(
        &self,
        keys: &(impl Iterator<Item = &'a Key> + Clone),
    ) -> Result<(Vec<Found>, Need), TableFault> {
        loop {
            let mut kept = 0;
            let mut state = self.shared.lock();
            let freezes = state.freezes();
            let known: Vec<_> = keys
                .clone()
                .map(|key| {
                    let (row, since) = state.look(key)?;
                    kept = kept.max(since);
                    Some(row.map_or(Found::Absent, Found::Row))
                })
                .collect();
            drop(state);
            let is_cold = |(key, known): (&'a Key, &Option<Found>)| known.is_none().then_some(key);
            let cold: Vec<_> = keys.clone().zip(&known).filter_map(is_cold).collect();
            if cold.is_empty() {
                return Ok((known.into_iter().flatten().collect(), Need::Synced(kept)));
            }
            let found = self.ask(&cold).map_err(read::fault)?;
            if !self.learn(freezes, &cold, &found) {
                continue; // rows moved to SQLite meanwhile: the two answers may be of two moments
            }
            let mut found = found.into_iter();
            let all = known.into_iter().map(|known| known.or_else(|| found.next()));
            return Ok((all.flatten().collect(), Need::Synced(kept)));
        }
    }

    fn ask(&self, keys: &[&Key]) -> rusqlite::Result<Vec<Found>> {
        self.readers.read(|connection| read::find(connection, keys.iter().copied()))
    }

    /// Remembers what SQLite has; false if that may have changed since.
    fn learn(&self, freezes: u64, keys: &[&Key], found: &[Found]) -> bool {
        let mut state = self.shared.lock();
        keys.iter()
            .zip(found)
            .all(|(key, found)| state.learn(freezes, &Arc::new((*key).clone()), found))
    }

    pub(super) async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let (page, need) = page::read(&self.shared, &self.readers, query).map_err(read::fault)?;
        self.shared.wait(need).await.map_err(|reason| read_stopped(&reason))?;
        Ok(page::open(page))
    }

    pub(super) async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        // Encoded here, without the lock that all share.
        let changes = writes.iter().map(Change::of).collect::<Result<Vec<_>, _>>()?;
        let is_change = changes.iter().any(|change| change.outcome().is_some());
        let outcomes = changes.iter().filter_map(Change::outcome);
        let record_bytes = if is_change { row::record_bytes(outcomes) } else { 0 };
        if record_bytes > self.segment / 2 - BLOCK - GROUP_MORE {
            return Err(WriteFault::Malformed("a transaction larger than the journal"));
        }
        let request = Request { token, changes, record_bytes, kept };
        let mut cold = Cold::default();
        loop {
            match self.apply(&request, &cold)? {
                Applied::Done(_) if kept == Kept::Soon => return Ok(()),
                Applied::Done(need) => {
                    let unknown = |reason: Reason| WriteFault::Unknown(reason.to_string().into());
                    return self.shared.wait(need).await.map_err(unknown);
                }
                // A refusal tells of what is there: that must be on the disk, too.
                Applied::Refused(index, need) => {
                    self.wait_to_write(need).await?;
                    return Err(WriteFault::Condition { index });
                }
                Applied::Cold(missing, freezes) => {
                    self.warm_up(&request, &mut cold, (missing, freezes))?;
                }
                Applied::NoRoom(need) => self.wait_to_write(need).await?,
            }
        }
    }

    async fn wait_to_write(&self, need: Need) -> Result<(), WriteFault> {
        self.shared.wait(need).await.map_err(|reason| write_stopped(&reason))
    }

    /// Tries a transaction on what is known, and wakes the threads that it gives work.
    fn apply(&self, request: &Request, cold: &Cold) -> Result<Applied, WriteFault> {
        if self.shared.has_failed() {
            return Err(write_stopped("the disk failed"));
        }
        let mut state = self.shared.lock();
        if let Some(reason) = state.hindrance.stops(Need::Synced(0)) {
            return Err(write_stopped(reason));
        }
        let before = (state.active().destroys, state.queue.is_nearly_full());
        let applied = state.apply(request, cold);
        let done = matches!(applied, Applied::Done(_));
        let syncer = done && state.syncer.wakes_for(request.kept);
        if syncer {
            state.syncer = Rest::Awake;
        }
        let news = before != (state.active().destroys, state.queue.is_nearly_full());
        let flusher = done && (state.flusher_sleeps || news);
        state.flusher_sleeps &= !flusher;
        drop(state);
        if syncer {
            self.shared.syncer.notify_one();
        }
        if flusher {
            self.shared.flusher.notify_one();
        }
        Ok(applied)
    }

    /// Reads from SQLite what memory does not know; what was read before stays, as long as it holds.
    fn warm_up(
        &self,
        request: &Request,
        cold: &mut Cold,
        (missing, freezes): (Vec<usize>, u64),
    ) -> Result<(), WriteFault> {
        let keys: Vec<_> = missing
            .iter()
            .filter_map(|index| request.changes.get(*index))
            .map(|change| &*change.key)
            .collect();
        let found =
            self.ask(&keys).map_err(|error| WriteFault::Unavailable(error.to_string().into()))?;
        if cold.freezes != freezes {
            *cold = Cold { freezes, found: Vec::new() };
        }
        cold.found.extend(missing.into_iter().zip(found));
        Ok(())
    }

    /// Copies the file as it is at one moment. The copy needs no journal.
    pub(super) fn backup(&self, to: &Path) -> Result<(), BackupError> {
        let failed = |source| BackupError::Sqlite { path: to.to_owned(), source };
        self.flush().map_err(|reason| BackupError::Stopped { reason: reason.to_string() })?;
        create(to).map_err(|source| BackupError::Io { path: to.to_owned(), source })?;
        let moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        read::copy(&self.path, to, || drop(moving)).map_err(failed)?;
        fs::File::open(to)
            .and_then(|file| file.sync_all())
            .map_err(|source| BackupError::Io { path: to.to_owned(), source })
    }

    pub(super) fn scrub(&self) -> Result<Scrubbed, TableFault> {
        scrub::scrub(self.table, &self.readers).map_err(read::fault)
    }

    /// Has everything moved to SQLite that is there now. It blocks.
    pub(super) fn flush(&self) -> Result<(), Reason> {
        let mut state = self.shared.lock();
        state.flush_asked += 1;
        let asked = state.flush_asked;
        self.shared.flusher.notify_one();
        loop {
            if state.flushed >= asked {
                return Ok(());
            }
            if let Some(reason) = state.hindrance.stops(Need::Room(0)) {
                return Err(Arc::clone(reason));
            }
            (state, _) = Shared::sleep(state, &self.shared.flushed, None);
        }
    }
}

fn read_stopped(reason: &str) -> TableFault {
    TableFault::Unavailable(reason.into())
}

fn write_stopped(reason: &str) -> WriteFault {
    WriteFault::Unavailable(reason.into())
}

fn create(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

impl Drop for File {
    fn drop(&mut self) {
        // First what is in memory is moved, for which the journal must still go on.
        self.shared.lock().life = Life::Closing;
        self.shared.flusher.notify_all();
        end(self.flusher.take());
        self.shared.lock().life = Life::Closed;
        self.shared.syncer.notify_all();
        end(self.syncer.take());
    }
}

fn end(thread: Option<JoinHandle<()>>) {
    if thread.is_some_and(|thread| thread.join().is_err()) {
        tracing::error!("a thread of the store had panicked");
    }
}
