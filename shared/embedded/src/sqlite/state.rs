//! What the threads and callers of one file share: the newest rows, what the journal still has to take, and
//! who waits for it.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
    task::Waker,
};

use foldhash::fast::RandomState;
use forthright_core::table::{Kept, Key, TableName, WriteToken};

use super::{
    filter::Filter,
    queue::Queue,
    recent::{Clean, Entry, Generation},
    row::{Change, Effect, Found, Outcomes, Row, record_bytes},
    wait::{Hindrance, Need},
};

/// A transaction as it comes in.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) token: WriteToken,
    pub(super) changes: Vec<Change>,
    /// How long its record in the journal is; zero if it changes nothing.
    pub(super) record_bytes: usize,
    /// Whether its caller waits until it is on the disk.
    pub(super) kept: Kept,
}

/// What was read from SQLite for a transaction, as long as no generation was frozen since.
#[derive(Debug, Default)]
pub(super) struct Cold {
    pub(super) freezes: u64,
    /// By the place of the change.
    pub(super) found: Vec<(usize, Found)>,
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) enum Applied {
    /// It is done for all who read from now on; its caller may hear of it when this is met.
    Done(Need),
    /// The condition of this change does not hold, by what is on the disk when this is met.
    Refused(usize, Need),
    /// SQLite must be asked for the rows of these changes, of which memory knows nothing after so many
    /// generations were frozen.
    Cold(Vec<usize>, u64),
    /// The journal has no room for it now.
    NoRoom(Need),
}

/// What the syncer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It works, or has been woken.
    Awake,
    /// It looks again within a millisecond.
    Dozes,
    /// It waits to be woken.
    Sleeps,
}

impl Rest {
    /// Whether somebody who wrote must wake it.
    pub(super) const fn wakes_for(self, kept: Kept) -> bool {
        match self {
            Self::Awake => false,
            Self::Dozes => matches!(kept, Kept::Now),
            Self::Sleeps => true,
        }
    }
}

/// How far the file's end is: the flusher ends at its closing, the syncer when it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    Closing,
    Closed,
}

/// The state, under one lock that nobody holds for longer than a few microseconds.
#[derive(Debug)]
pub(super) struct State {
    table: TableName,
    active: Generation,
    frozen: Option<Arc<Generation>>,
    clean: Clean,
    pub(super) filter: Filter,
    /// How many generations were frozen: what SQLite has of other keys than theirs has not changed since.
    freezes: u64,
    tokens: Tokens,
    pub(super) queue: Queue,
    pub(super) syncer: Rest,
    /// The flusher sleeps until there is something.
    pub(super) flusher_sleeps: bool,
    /// The flusher waits until this transaction is on the disk.
    pub(super) flusher_awaits: Option<u64>,
    /// How often everything was asked to be moved, …
    pub(super) flush_asked: u64,
    /// … and up to which time of asking it was.
    pub(super) flushed: u64,
    /// Up to this generation, what was deleted or replaced is in no file.
    pub(super) gone: u64,
    pub(super) hindrance: Hindrance,
    waiters: Vec<(Need, Waker)>,
    pub(super) life: Life,
}

impl State {
    /// The state after everything up to `generation` was moved to SQLite.
    pub(super) fn new(table: TableName, segment: usize, generation: u64) -> Self {
        Self {
            table,
            active: Generation::new(generation + 1, 0),
            frozen: None,
            clean: Clean::default(),
            filter: Filter::new(),
            freezes: 0,
            tokens: Tokens::default(),
            queue: Queue::new(segment, generation + 1),
            syncer: Rest::Awake,
            flusher_sleeps: false,
            flusher_awaits: None,
            flush_asked: 0,
            flushed: 0,
            gone: generation,
            hindrance: Hindrance::default(),
            waiters: Vec::new(),
            life: Life::Open,
        }
    }

    pub(super) const fn freezes(&self) -> u64 {
        self.freezes
    }

    pub(super) const fn active(&self) -> &Generation {
        &self.active
    }

    pub(super) const fn frozen(&self) -> Option<&Arc<Generation>> {
        self.frozen.as_ref()
    }

    /// What whoever reads everything must wait for.
    pub(super) const fn all_kept(&self) -> Need {
        Need::Synced(self.queue.kept())
    }

    /// What memory has under a key that is newer than SQLite.
    pub(super) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.active.get(key).or_else(|| self.frozen.as_ref()?.get(key))
    }

    /// What is known of a key, and since which transaction that must be kept.
    pub(super) fn look(&mut self, key: &Key) -> Option<(Option<Arc<Row>>, u64)> {
        if let Some(entry) = self.entry(key) {
            return Some((entry.row.clone(), entry.kept));
        }
        if let Some(row) = self.clean.get(key) {
            return Some((row.clone(), 0));
        }
        self.filter.excludes(key).then_some((None, 0))
    }

    /// Remembers what SQLite has under a key. False if a generation was frozen since it was asked.
    pub(super) fn learn(&mut self, freezes: u64, key: &Arc<Key>, found: &Found) -> bool {
        if self.freezes != freezes {
            return false;
        }
        if self.entry(key).is_none() {
            self.clean.learn(key, found);
        }
        true
    }

    /// Checks the conditions of a transaction, and does it if all hold.
    pub(super) fn apply(&mut self, request: &Request, cold: &Cold) -> Applied {
        if let Some(need) = self.tokens.find(request.token) {
            return Applied::Done(need);
        }
        let checked = match self.check(&request.changes, cold) {
            Ok(checked) => checked,
            Err(other) => return other,
        };
        if request.record_bytes == 0 {
            return Applied::Done(Need::Synced(checked.kept));
        }
        if !self.queue.has_room(request.record_bytes) {
            return Applied::NoRoom(Need::Room(self.freezes));
        }
        let outcomes: Vec<_> = request.changes.iter().filter_map(Change::outcome).collect();
        let sync = request.kept == Kept::Now;
        let number = self.queue.append(outcomes.into_iter(), request.record_bytes, sync);
        for change in &request.changes {
            match &change.effect {
                Effect::Put(row) => self.set(&change.key, Some(Arc::clone(row)), request.kept),
                Effect::Delete => self.set(&change.key, None, request.kept),
                Effect::Check => {}
            }
        }
        self.active.is_news = true;
        let destroys = checked.deletes || (checked.replaces && self.table == TableName::Keys);
        self.active.destroys |= destroys;
        // Of keys, what was before must be gone when the caller hears of it.
        let need = if destroys && self.table == TableName::Keys {
            Need::Gone(self.active.number)
        } else {
            Need::Synced(number)
        };
        self.tokens.remember(request.token, need);
        Applied::Done(need)
    }

    fn check(&mut self, changes: &[Change], cold: &Cold) -> Result<Checked, Applied> {
        let mut checked = Checked::default();
        let mut missing = Vec::new();
        let mut refused = None;
        let cold = if cold.freezes == self.freezes { cold.found.as_slice() } else { &[] };
        for (index, change) in changes.iter().enumerate() {
            let asked = cold.iter().find(|(at, _)| *at == index).map(|(_, found)| found);
            // A damaged row is there, and has no version that could be trusted.
            let (holds, exists, kept) = match (self.look(&change.key), asked) {
                (Some((row, kept)), _) => {
                    let version = row.as_ref().map(|row| row.version);
                    (change.condition.holds(version), row.is_some(), kept)
                }
                (None, Some(Found::Absent)) => (change.condition.holds(None), false, 0),
                (None, Some(Found::Row(row))) => {
                    (change.condition.holds(Some(row.version)), true, 0)
                }
                (None, Some(Found::Damaged)) => (change.condition.holds(Some(u64::MAX)), true, 0),
                (None, None) => {
                    missing.push(index);
                    continue;
                }
            };
            checked.kept = checked.kept.max(kept);
            if !holds && refused.is_none() {
                refused = Some((index, kept));
            }
            match &change.effect {
                Effect::Put(_) => checked.replaces |= exists,
                Effect::Delete => checked.deletes |= exists,
                Effect::Check => {}
            }
        }
        if !missing.is_empty() {
            return Err(Applied::Cold(missing, self.freezes));
        }
        if let Some((index, kept)) = refused {
            return Err(Applied::Refused(index, Need::Synced(kept)));
        }
        Ok(checked)
    }

    fn set(&mut self, key: &Arc<Key>, row: Option<Arc<Row>>, kept: Kept) {
        let number = self.queue.newest();
        let kept = match kept {
            Kept::Now => number,
            // Who reads a row that is kept soon builds on what was before it, too.
            Kept::Soon => self.entry(key).map_or(0, |entry| entry.kept),
        };
        self.active.set(key, row, (number, kept));
        self.clean.forget(key);
    }

    /// Takes rows that SQLite did not take into the newest generation, and into its journal, unless they are
    /// there anew. What must be on the disk before the journal of the older one may go; none if there is no
    /// room.
    pub(super) fn carry_over(&mut self, rows: &Outcomes) -> Option<u64> {
        let is_older = |(key, _): &&(Arc<Key>, Option<Arc<Row>>)| self.active.get(key).is_none();
        let older: Vec<_> = rows.iter().filter(is_older).cloned().collect();
        if !older.is_empty() {
            let outcomes = || older.iter().map(|(key, row)| (&**key, row.as_deref()));
            let bytes = record_bytes(outcomes());
            if !self.queue.has_room(bytes) {
                return None;
            }
            let number = self.queue.append(outcomes(), bytes, true);
            for (key, row) in &older {
                self.active.set(key, row.clone(), (number, number));
            }
        }
        // What is there anew must be on the disk, too, before what was there before goes.
        self.queue.sync();
        Some(self.queue.newest())
    }

    /// Freezes the newest generation: from here on its rows do not change, and everything goes to the next.
    pub(super) fn freeze(&mut self) {
        let number = self.active.number + 1;
        let next = Generation::new(number, self.queue.newest());
        let mut frozen = mem::replace(&mut self.active, next);
        frozen.journal_bytes = self.queue.used();
        self.frozen = Some(Arc::new(frozen));
        self.freezes += 1;
        self.queue.seal(number);
    }

    /// The frozen generation is in SQLite; whoever gets it back lets it go without the lock.
    pub(super) const fn thaw(&mut self) -> Option<Arc<Generation>> {
        self.frozen.take()
    }

    pub(super) fn is_met(&self, need: Need) -> bool {
        match need {
            Need::Synced(number) => self.queue.synced() >= number,
            Need::Gone(generation) => self.gone >= generation,
            Need::Room(freezes) => self.freezes > freezes,
        }
    }

    pub(super) fn wait(&mut self, need: Need, waker: Waker) {
        self.waiters.push((need, waker));
    }

    /// Those whose waiting is over, to be woken without the lock.
    pub(super) fn ready(&mut self) -> Vec<Waker> {
        let mut waiters = mem::take(&mut self.waiters);
        let is_over = |need| self.is_met(need) || self.hindrance.stops(need).is_some();
        let ready = waiters.extract_if(.., |(need, _)| is_over(*need)).map(|(_, waker)| waker);
        let ready = ready.collect();
        self.waiters = waiters;
        ready
    }
}

/// What the conditions of a transaction were checked against.
#[derive(Debug, Default)]
struct Checked {
    /// The newest transaction that it builds on.
    kept: u64,
    replaces: bool,
    deletes: bool,
}

/// The tokens of the last transactions: a caller that gave up waiting may ask again.
#[derive(Debug, Default)]
struct Tokens {
    known: HashMap<WriteToken, Need, RandomState>,
    order: VecDeque<WriteToken>,
}

impl Tokens {
    const MOST: usize = 1_024;

    fn find(&self, token: WriteToken) -> Option<Need> {
        self.known.get(&token).copied()
    }

    fn remember(&mut self, token: WriteToken, need: Need) {
        if self.order.len() >= Self::MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.known.insert(token, need);
        self.order.push_back(token);
    }
}
