//! The one thread that writes to a file: what waits is committed together and shares one fsync.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError},
    },
};

use forthright_core::table::{TableName, WriteFault, WriteToken};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::{
    Options,
    change::{self, Change, Done, Verdict},
    checkpoint::Shared,
};

type Answer = Result<(), WriteFault>;

/// A transaction that waits to be committed.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) token: WriteToken,
    pub(super) changes: Vec<Change>,
    /// Whether it need not survive a loss of power by itself.
    pub(super) soon: bool,
    pub(super) reply: oneshot::Sender<Answer>,
}

/// The writing thread's state.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) table: TableName,
    pub(super) connection: Connection,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) wake: SyncSender<()>,
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    pub(super) recent: Recent,
    /// Whether the connection syncs the log at each commit, as it does when it is opened.
    pub(super) syncs: bool,
}

/// How a group of transactions ended.
enum Group {
    /// Committed; each has its own verdict.
    Committed(Vec<Verdict>),
    /// Nothing was done.
    Undone(rusqlite::Error),
    /// The commit's own outcome is not known: its log may be read back at the next start.
    Unknown(rusqlite::Error),
}

impl Writer {
    /// Runs until every sender is gone, and has then answered all.
    pub(super) fn run(mut self) {
        let group_max = self.options.group_max.max(1);
        let mut group = Vec::with_capacity(group_max);
        while self.requests.blocking_recv_many(&mut group, group_max) > 0 {
            self.shared.count_requests(group.len());
            if self.shared.is_broken() {
                for request in group.drain(..) {
                    answer(request.reply, Err(unavailable("the store must be opened anew")));
                }
                continue;
            }
            let shared = Arc::clone(&self.shared);
            shared.writing(|| self.settle(&mut group));
        }
    }

    fn settle(&mut self, group: &mut Vec<Request>) {
        let (verdicts, failed) = match self.commit(group) {
            Group::Committed(verdicts) => (verdicts, None),
            Group::Undone(error) => (Vec::new(), Some((false, error))),
            Group::Unknown(error) => (Vec::new(), Some((true, error))),
        };
        if let Some((unknown, error)) = failed {
            tracing::error!(
                table = self.table.name(),
                transactions = group.len(),
                error = %error,
                "the store did not take a group of transactions"
            );
            for request in group.drain(..) {
                self.recent.forget(request.token);
                answer(request.reply, Err(refusal(unknown, &error)));
            }
            return;
        }
        let done = verdicts.iter().fold(Done::default(), |sum, verdict| match verdict {
            Verdict::Done(done) => Done {
                pages: sum.pages.saturating_add(done.pages),
                deleted: sum.deleted || done.deleted,
                replaced: sum.replaced || done.replaced,
            },
            Verdict::Refused { .. } => sum,
        });
        let gone = self.forget_log(done);
        for (request, verdict) in group.drain(..).zip(verdicts) {
            answer(
                request.reply,
                match verdict {
                    Verdict::Refused { index } => Err(WriteFault::Condition { index }),
                    Verdict::Done(done) if !gone && (done.deleted || done.replaced) => {
                        Err(unavailable("the old key is overwritten but still in the log"))
                    }
                    Verdict::Done(_) => Ok(()),
                },
            );
        }
    }

    fn commit(&mut self, group: &[Request]) -> Group {
        let verdicts = match self.apply(group) {
            Ok(verdicts) => verdicts,
            Err(error) => {
                self.undo(&error);
                return Group::Undone(error);
            }
        };
        let committed =
            self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        match committed {
            Ok(_) => Group::Committed(verdicts),
            Err(error) => {
                self.undo(&error);
                if self.shared.is_broken() { Group::Unknown(error) } else { Group::Undone(error) }
            }
        }
    }

    /// Syncs the log at the next commit if any of the group must survive a loss of power. A sync is of the
    /// whole log, so it keeps the groups before it too.
    fn choose_sync(&mut self, group: &[Request]) -> rusqlite::Result<()> {
        let syncs = group.iter().any(|request| !request.soon);
        if syncs != self.syncs {
            let level = if syncs { "full" } else { "normal" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.syncs = syncs;
        }
        Ok(())
    }

    fn apply(&mut self, group: &[Request]) -> rusqlite::Result<Vec<Verdict>> {
        self.choose_sync(group)?;
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut verdicts = Vec::with_capacity(group.len());
        for request in group {
            if self.recent.has(request.token) {
                verdicts.push(Verdict::Done(Done::default()));
                continue;
            }
            let verdict = change::apply(&self.connection, &request.changes)?;
            if matches!(verdict, Verdict::Done(_)) {
                self.recent.remember(request.token);
            }
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    /// Leaves the transaction, and the file if the disk failed.
    fn undo(&self, error: &rusqlite::Error) {
        // SQLite may have rolled back itself; a full disk is one of these, and passes.
        let left =
            self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        if !left || error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
            self.shared.give_up();
        }
    }

    /// Sees to it that the log forgets what was deleted: keys at once, data soon. Tells whether a group that
    /// destroyed keys may be acknowledged.
    fn forget_log(&self, done: Done) -> bool {
        let keys = self.table == TableName::Keys;
        let pages = self.shared.committed(done.pages, done.deleted && !keys);
        let mut gone = true;
        if keys && (done.deleted || done.replaced) {
            gone = match self.shared.truncate(&self.connection) {
                Ok(gone) => gone,
                Err(error) => {
                    tracing::error!(error = %error, "the log of keys cannot be emptied");
                    if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
                        self.shared.give_up();
                    }
                    false
                }
            };
            if !gone {
                // Whoever asked hears that it failed; the checkpointer goes on trying.
                self.shared.ask_for_truncation();
            }
        }
        if !gone || done.deleted || pages >= self.options.checkpoint_pages || pages == done.pages {
            match self.wake.try_send(()) {
                // Awake already, or stopped after a failure of the disk.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
        gone
    }
}

fn answer(reply: oneshot::Sender<Answer>, answer: Answer) {
    if reply.send(answer).is_err() {
        tracing::debug!("a writer did not wait for its answer");
    }
}

fn unavailable(reason: &'static str) -> WriteFault {
    WriteFault::Unavailable(reason.into())
}

fn refusal(unknown: bool, error: &rusqlite::Error) -> WriteFault {
    // SQLite's texts name tables and columns, never values.
    let source = error.to_string().into();
    if unknown { WriteFault::Unknown(source) } else { WriteFault::Unavailable(source) }
}

/// The tokens of the last transactions: a caller that gave up waiting may ask again.
#[derive(Debug, Default)]
pub(super) struct Recent {
    known: HashSet<WriteToken>,
    order: VecDeque<WriteToken>,
}

impl Recent {
    const TOKENS_MAX: usize = 1_024;

    fn has(&self, token: WriteToken) -> bool {
        self.known.contains(&token)
    }

    fn remember(&mut self, token: WriteToken) {
        if self.order.len() >= Self::TOKENS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.known.insert(token);
        self.order.push_back(token);
    }

    fn forget(&mut self, token: WriteToken) {
        if self.known.remove(&token) {
            self.order.retain(|other| *other != token);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use forthright_core::table::{Attribute, Item, Key, Write};

    use super::*;
    use crate::sqlite::schema;

    fn writer(path: &std::path::Path) -> Writer {
        std::fs::File::create_new(path).unwrap();
        let mut connection = schema::connect(path, 256).unwrap();
        schema::migrate(path, &mut connection).unwrap();
        Writer {
            table: TableName::Data,
            connection,
            requests: mpsc::channel(1).1,
            wake: sync_channel(1).0,
            shared: Arc::default(),
            options: Options::default(),
            recent: Recent::default(),
            syncs: true,
        }
    }

    fn create(writer: &mut Writer, number: u8, bytes: usize) -> Answer {
        let item = Item::new(Key::data(format!("T#{number}"), "-"))
            .bytes(Attribute::Sealed, vec![number; bytes]);
        let (reply, mut answer) = oneshot::channel();
        let changes = vec![Change::new(Write::create(item)).unwrap()];
        let token = WriteToken::from_bytes([number; 16]);
        writer.settle(&mut vec![Request { token, changes, soon: false, reply }]);
        answer.try_recv().unwrap()
    }

    #[test]
    fn a_full_disk_refuses_and_passes() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&folder.path().join("data.db"));
        create(&mut writer, 1, 10).unwrap();
        // SQLite reports its own limit of pages as it reports a full disk.
        writer.connection.pragma_update(None, "max_page_count", 20).unwrap();
        assert!(matches!(create(&mut writer, 2, 200_000), Err(WriteFault::Unavailable(_))));
        create(&mut writer, 3, 10).unwrap();
        writer.connection.pragma_update(None, "max_page_count", 1_000).unwrap();
        // The token of what was refused is free again.
        create(&mut writer, 2, 200_000).unwrap();
        let rows: i64 =
            writer.connection.query_row("SELECT count(*) FROM item", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 3);
        assert!(!writer.shared.is_broken());
    }

    #[test]
    fn the_log_is_synced_unless_all_of_a_group_can_wait() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&folder.path().join("data.db"));
        let mut level = |soon: &[bool]| -> i64 {
            let group = soon.iter().map(|soon| Request {
                token: WriteToken::from_bytes([0; 16]),
                changes: Vec::new(),
                soon: *soon,
                reply: oneshot::channel().0,
            });
            writer.settle(&mut group.collect());
            writer.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap()
        };
        let (normal, full) = (1, 2);
        assert_eq!(level(&[false]), full);
        assert_eq!(level(&[true, true]), normal);
        assert_eq!(level(&[true, false]), full);
    }

    #[test]
    fn a_failed_disk_ends_the_writing() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder.path().join("data.db"));
        let failed = rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC),
            None,
        );
        writer.undo(&failed);
        assert!(writer.shared.is_broken());
        assert!(matches!(refusal(true, &failed), WriteFault::Unknown(_)));
    }

    #[test]
    fn old_tokens_are_forgotten_in_their_order() {
        let token =
            |number: usize| WriteToken::from_bytes(u128::try_from(number).unwrap().to_le_bytes());
        let mut recent = Recent::default();
        for number in 0..=Recent::TOKENS_MAX {
            recent.remember(token(number));
        }
        assert!(!recent.has(token(0)));
        assert!(recent.has(token(1)) && recent.has(token(Recent::TOKENS_MAX)));
        recent.forget(token(1));
        assert!(!recent.has(token(1)));
    }
}
