//! One SQLite file: its readers, its writer, its checkpointer.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::sync_channel},
    thread::{Builder, JoinHandle},
};

use forthright_core::table::{TableName, WriteFault, WriteToken};
use rusqlite::backup::{Backup, StepResult};
use tokio::sync::{mpsc, oneshot};

use super::{
    BackupError, OpenError, Options, Stats,
    change::Change,
    checkpoint::{self, Shared},
    read::Readers,
    schema,
    writer::{Recent, Request, Writer},
};

/// How many transactions may wait for the writer before callers wait to hand theirs over.
const WAITING_MAX: usize = 256;

/// The writer's share of memory, in KiB.
const CACHE_KIB: i64 = 8_192;

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    readers: Readers,
    shared: Arc<Shared>,
    /// None once the file is closing.
    requests: Option<mpsc::Sender<Request>>,
    threads: Vec<JoinHandle<()>>,
}

impl File {
    pub(super) fn open(path: &Path, table: TableName, options: Options) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Sqlite { path: path.to_owned(), source };
        let unreachable = |source| OpenError::Io { path: path.to_owned(), source };
        // Made here, so that nobody else can ever read it; SQLite gives its log the same mode.
        match create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(unreachable(error));
            }
            Ok(()) | Err(_) => {}
        }
        let mut connection = schema::connect(path, CACHE_KIB).map_err(unusable)?;
        schema::migrate(path, &mut connection)?;
        let shared = Arc::new(Shared::default());
        shared.take_over(&connection, table).map_err(unusable)?;
        let readers = Readers::open(path, options.readers).map_err(unusable)?;

        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        // One wake is enough: what it is about is in the counters.
        let (wake, woken) = sync_channel(1);
        let writer = Writer {
            table,
            connection,
            requests: waiting,
            wake,
            shared: Arc::clone(&shared),
            options,
            recent: Recent::default(),
            syncs: true,
        };
        let mut file = Self {
            path: path.to_owned(),
            readers,
            shared: Arc::clone(&shared),
            requests: Some(requests),
            threads: Vec::new(),
        };
        let at = path.to_owned();
        for (name, work) in [
            ("write", Box::new(move || writer.run()) as Box<dyn FnOnce() + Send>),
            ("move", Box::new(move || checkpoint::run(&shared, &at, &woken, options))),
        ] {
            let name = format!("{name} {}", table.name());
            file.threads.push(Builder::new().name(name).spawn(work).map_err(unreachable)?);
        }
        Ok(file)
    }

    pub(super) const fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(super) fn stats(&self) -> Stats {
        self.shared.stats()
    }

    pub(super) async fn write(
        &self,
        token: WriteToken,
        changes: Vec<Change>,
        soon: bool,
    ) -> Result<(), WriteFault> {
        let closed = || WriteFault::Unavailable("the store is closed".into());
        let (reply, answer) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        if requests.send(Request { token, changes, soon, reply }).await.is_err() {
            return Err(closed());
        }
        // No answer: the writer ended with the transaction in its hands.
        answer.await.unwrap_or_else(|error| Err(WriteFault::Unknown(error.into())))
    }

    /// Copies the file as it is at one moment.
    pub(super) fn backup(&self, to: &Path) -> Result<(), BackupError> {
        let failed = |source| BackupError::Sqlite { path: to.to_owned(), source };
        create(to).map_err(|source| BackupError::Io { path: to.to_owned(), source })?;
        // A connection of its own: readers go on.
        let from = schema::connect_to_read(&self.path, 1_024).map_err(failed)?;
        let mut copy = rusqlite::Connection::open(to).map_err(failed)?;
        copy.busy_timeout(std::time::Duration::from_secs(2)).map_err(failed)?;
        {
            let backup = Backup::new(&from, &mut copy).map_err(failed)?;
            // All pages in one step: in several, each commit in between would begin the copy anew.
            match backup.step(-1).map_err(failed)? {
                StepResult::Done => {}
                _ => return Err(failed(rusqlite::Error::InvalidQuery)),
            }
        }
        copy.close().map_err(|(_, source)| failed(source))?;
        fs::File::open(to)
            .and_then(|file| file.sync_all())
            .map_err(|source| BackupError::Io { path: to.to_owned(), source })
    }
}

fn create(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

impl Drop for File {
    fn drop(&mut self) {
        // Without senders the writer ends when it has answered all; without it the checkpointer does.
        self.requests = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}
