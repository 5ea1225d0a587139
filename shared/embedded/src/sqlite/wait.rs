//! Waiting: what a caller waits for, and what can keep it from coming.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::sync::watch;

use super::state::State;

/// What a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// That everything up to this transaction is on the disk.
    Synced(u64),
    /// That what this generation deleted or replaced is in no file.
    Gone(u64),
    /// That more generations than this were frozen: then the journal has room.
    Room(u64),
}

/// What keeps the threads of a file from their work.
#[derive(Debug, Default)]
pub(super) struct Hindrance {
    /// The disk failed: what the file system holds in memory may not be what is on the disk, so nothing
    /// more is done until the file is opened anew and its journal is read back.
    pub(super) failed: Option<Reason>,
    /// The journal cannot be written for now.
    pub(super) journal: Option<Reason>,
    /// Rows cannot be moved to SQLite for now.
    pub(super) moving: Option<Reason>,
}

/// A sentence that says why.
pub(super) type Reason = Arc<str>;

impl Hindrance {
    /// Why nobody can wait for `need`, if so.
    pub(super) fn stops(&self, need: Need) -> Option<&Reason> {
        let passing = match need {
            Need::Synced(_) => &self.journal,
            Need::Gone(_) | Need::Room(_) => &self.moving,
        };
        self.failed.as_ref().or(self.journal.as_ref()).or(passing.as_ref())
    }
}

/// The state of one file, and how its threads and callers are woken.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Up to which transaction everything is on the disk, to be read without the lock.
    synced: AtomicU64,
    pub(super) syncer: Condvar,
    pub(super) flusher: Condvar,
    /// Those who wait until everything is moved.
    pub(super) flushed: Condvar,
    failure: Failure,
}

/// Whether the disk failed under any file of the store: they share one.
pub(super) type Failure = Arc<watch::Sender<bool>>;

impl Shared {
    pub(super) fn new(state: State, failure: Failure) -> Self {
        Self {
            state: Mutex::new(state),
            synced: AtomicU64::new(0),
            syncer: Condvar::new(),
            flusher: Condvar::new(),
            flushed: Condvar::new(),
            failure,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under it; if something did, the journal still says what is on the disk.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a thread sleep until it is woken, or the time is over; tells whether it was woken.
    pub(super) fn sleep<'a>(
        guard: MutexGuard<'a, State>,
        condition: &Condvar,
        time: Option<Duration>,
    ) -> (MutexGuard<'a, State>, bool) {
        match time {
            None => (condition.wait(guard).unwrap_or_else(PoisonError::into_inner), true),
            Some(time) => {
                let waited = condition.wait_timeout(guard, time);
                let (guard, timer) = waited.unwrap_or_else(PoisonError::into_inner);
                (guard, !timer.timed_out())
            }
        }
    }

    /// Changes the state, and wakes those whose waiting it ends.
    pub(super) fn settle<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        self.synced.store(state.queue.synced(), Ordering::Release);
        let ready = state.ready();
        drop(state);
        for waker in ready {
            waker.wake();
        }
        result
    }

    /// The disk failed: everybody who waits hears of it, and the host.
    pub(super) fn fail(&self, reason: &str) {
        tracing::error!(alarm = "disk", "the disk failed: {reason}");
        // First of all: whoever hears of it may try the other file at once.
        self.failure.send_replace(true);
        self.settle(|state| state.hindrance.failed = Some(reason.into()));
        self.syncer.notify_all();
        self.flusher.notify_all();
        self.flushed.notify_all();
    }

    /// Whether the disk failed, under this file or another one.
    pub(super) fn has_failed(&self) -> bool {
        *self.failure.borrow()
    }

    /// Waits until `need` is met; an error says why it will not be for now.
    pub(super) const fn wait(&self, need: Need) -> Waiting<'_> {
        Waiting { shared: self, need }
    }
}

/// See [`Shared::wait`].
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    shared: &'a Shared,
    need: Need,
}

impl Future for Waiting<'_> {
    type Output = Result<(), Reason>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Need::Synced(number) = self.need
            && self.shared.synced.load(Ordering::Acquire) >= number
        {
            return Poll::Ready(Ok(()));
        }
        let mut state = self.shared.lock();
        if state.is_met(self.need) {
            return Poll::Ready(Ok(()));
        }
        if let Some(reason) = state.hindrance.stops(self.need) {
            return Poll::Ready(Err(Arc::clone(reason)));
        }
        state.wait(self.need, context.waker().clone());
        Poll::Pending
    }
}
