//! A table that fails, delays or crashes at a chosen call.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use forthright_core::{
    Clock, Table,
    table::{Item, Kept, Key, Page, Query, TableFault, Write, WriteFault, WriteToken},
};

/// What goes wrong, and at which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The call, of any kind, counted from one since the table was wrapped.
    pub at: u64,
    /// What happens there.
    pub kind: FaultKind,
}

/// What goes wrong. A read has no effect: there, before and after are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing is done; the caller hears that the table is unavailable.
    FailBefore,
    /// Nothing is done; the caller of a write hears that its outcome is unknown.
    UnknownBefore,
    /// It is done; the caller of a write hears that its outcome is unknown.
    UnknownAfter,
    /// It is done when the test lets it [land](Faulty::land); the caller of a write hears that its outcome is
    /// unknown.
    UnknownLater,
    /// Nothing is done, and nothing works any more until [`Faulty::revive`].
    CrashBefore,
    /// It is done, and nothing works any more until [`Faulty::revive`]. The caller, who is thought to be gone,
    /// hears of a write that its outcome is unknown.
    CrashAfter,
    /// It is done after the clock was slept on for this long.
    Delay(Duration),
}

/// A [`Table`] with faults by plan. Its clones share the count and the plans.
#[derive(Debug, Clone)]
pub struct Faulty<T> {
    inner: T,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    crashed: bool,
    plans: Vec<Plan>,
    /// On its way: the caller has given up waiting.
    later: Vec<(WriteToken, Vec<Write>)>,
}

impl<T> Faulty<T> {
    /// `inner`, without a plan yet. Delays sleep on `clock`.
    pub fn new(inner: T, clock: Clock) -> Self {
        Self { inner, clock, state: Arc::default() }
    }

    /// Adds a plan; several may be waiting.
    pub fn plan(&self, plan: Plan) {
        self.state().plans.push(plan);
    }

    /// Forgets the plans that are still ahead.
    pub fn clear(&self) {
        self.state().plans.clear();
    }

    /// How many calls came, of any kind, those after a crash included.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Whether a crash was met that nobody revived the table from.
    pub fn is_crashed(&self) -> bool {
        self.state().crashed
    }

    /// Ends a crash, as a restart does. The count goes on; plans that are ahead stay.
    pub fn revive(&self) {
        self.state().crashed = false;
    }

    /// What is wrapped.
    pub const fn inner(&self) -> &T {
        &self.inner
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; tells what goes wrong with it. A crash before its effect counts as one from then on.
    fn enter(&self) -> Option<FaultKind> {
        let mut state = self.state();
        state.calls += 1;
        let calls = state.calls;
        if state.crashed {
            return Some(FaultKind::FailBefore);
        }
        let kind = state.plans.iter().find(|plan| plan.at == calls).map(|plan| plan.kind);
        state.crashed = matches!(kind, Some(FaultKind::CrashBefore | FaultKind::CrashAfter));
        kind
    }
}

impl<T: Table> Faulty<T> {
    /// Whether a read goes through.
    async fn enter_read(&self) -> Result<(), TableFault> {
        match self.enter() {
            None => Ok(()),
            Some(FaultKind::Delay(span)) => {
                self.clock.sleep(span).await;
                Ok(())
            }
            Some(
                FaultKind::FailBefore
                | FaultKind::UnknownBefore
                | FaultKind::UnknownAfter
                | FaultKind::UnknownLater
                | FaultKind::CrashBefore
                | FaultKind::CrashAfter,
            ) => Err(TableFault::Unavailable("a planned fault".into())),
        }
    }

    /// What was still on its way never arrives, as when a copy was put back into a table of its own.
    pub fn lose_late_writes(&self) {
        self.state().later.clear();
    }

    /// Lets the writes arrive that were still on their way, the oldest first. Nobody hears what becomes of them.
    pub async fn land(&self) -> usize {
        let later = std::mem::take(&mut self.state().later);
        let count = later.len();
        for (token, writes) in later {
            drop(self.inner.write(token, &writes, Kept::Now).await);
        }
        count
    }
}

impl<T: Table> Table for Faulty<T> {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        self.enter_read().await?;
        self.inner.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        self.enter_read().await?;
        self.inner.query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        let unknown = || WriteFault::Unknown("a planned fault".into());
        match self.enter() {
            None => {}
            Some(FaultKind::Delay(span)) => self.clock.sleep(span).await,
            Some(FaultKind::FailBefore | FaultKind::CrashBefore) => {
                return Err(WriteFault::Unavailable("a planned fault".into()));
            }
            Some(FaultKind::UnknownBefore) => return Err(unknown()),
            Some(FaultKind::UnknownLater) => {
                self.state().later.push((token, writes.to_vec()));
                return Err(unknown());
            }
            Some(FaultKind::UnknownAfter | FaultKind::CrashAfter) => {
                // Only what was done has an unknown outcome; a refusal is a refusal.
                self.inner.write(token, writes, kept).await?;
                return Err(unknown());
            }
        }
        self.inner.write(token, writes, kept).await
    }

    fn rows_at_once(&self) -> usize {
        self.inner.rows_at_once()
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::block_on;
    use forthright_core::Time;

    use super::*;
    use crate::{Memory, MovableClock};

    fn row(number: u8) -> Item {
        Item::new(Key::data(format!("T#{number}"), "-"))
    }

    #[test]
    fn each_fault_does_what_its_name_says() {
        for (kind, done, unknown, crashed) in [
            (FaultKind::FailBefore, false, false, false),
            (FaultKind::UnknownBefore, false, true, false),
            (FaultKind::UnknownAfter, true, true, false),
            (FaultKind::UnknownLater, false, true, false),
            (FaultKind::CrashBefore, false, false, true),
            (FaultKind::CrashAfter, true, true, true),
        ] {
            let memory = Memory::new();
            let movable = MovableClock::at(Time::from_millis(0));
            let table = Faulty::new(memory.clone(), movable.clock());
            table.plan(Plan { at: 2, kind });
            let write = |number| {
                let token = WriteToken::from_bytes([number; 16]);
                block_on(table.write(token, &[Write::create(row(number))], Kept::Now))
            };
            write(1).unwrap();
            let answer = write(2);
            assert_eq!(matches!(answer, Err(WriteFault::Unknown(_))), unknown, "{kind:?}");
            assert!(answer.is_err(), "{kind:?}");
            assert_eq!(memory.len() == 2, done, "{kind:?}");
            assert_eq!(write(3).is_err(), crashed, "{kind:?}");
            assert_eq!(block_on(table.get_many(&[])).is_err(), crashed, "{kind:?}");
            table.revive();
            write(4).unwrap();
            assert_eq!(table.calls(), 5, "{kind:?}");
            let late = usize::from(kind == FaultKind::UnknownLater);
            assert_eq!(block_on(table.land()), late);
            let written = 2 + usize::from(!crashed) + usize::from(done) + late;
            assert_eq!(memory.len(), written, "{kind:?}");
        }
    }

    #[test]
    fn a_delay_is_slept_on_the_clock() {
        let movable = MovableClock::at(Time::from_millis(0));
        let table = Faulty::new(Memory::new(), movable.clock());
        table.plan(Plan { at: 1, kind: FaultKind::Delay(Duration::from_secs(9)) });
        block_on(table.get_many(&[])).unwrap();
        assert_eq!(movable.now(), Time::from_seconds(9));
    }
}
