//! Work that is due: hints that were lost, leases and waits that are over.

use std::sync::Arc;

use super::{
    HINT_GRACE, Replies,
    moves::{Ending, due_at},
    request,
    stores::due_entry,
};
use crate::{
    case::Reason,
    fault::{Fault, Retry},
    ids::{BrandId, TaskId},
    queue::{Hint, MessageRef, TaskRef},
    seal::{BrandKeys, Vault},
    state::{Event, State},
    table::{Attribute, Index, Key, Table, Write},
    time::Time,
};

impl<T: Table, V: Vault> Replies<T, V> {
    /// Work of one shard that is due, after leases and waits that are over were settled, and whether all of it could
    /// be looked after. With `resume`, work that waits for its hint only is due at once: nothing is in flight when a
    /// process has just started.
    pub async fn overdue(&self, shard: u8, resume: bool) -> (Vec<Hint>, Result<(), Fault>) {
        let mut overdue = Vec::new();
        let outcome = self.look_through(shard, resume, &mut overdue).await;
        (overdue, outcome)
    }

    async fn look_through(
        &self,
        shard: u8,
        resume: bool,
        overdue: &mut Vec<Hint>,
    ) -> Result<(), Fault> {
        const SHARD_TASKS: usize = 1_000;
        let now = self.0.now();
        let until = if resume { now.plus(HINT_GRACE) } else { now };
        let keys = self.0.listed(Index::Due, due_entry(shard), until, SHARD_TASKS).await?;
        let mut closed = Closed::default();
        for key in keys {
            match self.look_after(&key, now, &mut closed).await {
                Ok(hints) => overdue.extend(hints.into_iter().flatten()),
                // One bad row must not keep the others waiting; somebody must look after it.
                Err(fault) if fault.retry() == Retry::Never => {
                    overdue.extend(self.call_a_person(&key, &fault).await?);
                }
                Err(fault) => return Err(fault),
            }
        }
        closed.fault.map_or(Ok(()), Err)
    }

    async fn call_a_person(&self, key: &Key, fault: &Fault) -> Result<Vec<Hint>, Fault> {
        let called = match key.as_task() {
            Some(task) => self.0.call_for_damaged(task).await,
            // A request's row alone tells whose it is.
            None => Err(Fault::Damaged { what: "request" }),
        };
        match called {
            Err(second) if second.retry() == Retry::Never => {
                tracing::error!(error = %fault, alarm = "damaged", "due work cannot be read, nor whose it is");
                Ok(Vec::new())
            }
            other => other,
        }
    }

    async fn look_after(
        &self,
        key: &Key,
        now: Time,
        closed: &mut Closed,
    ) -> Result<Option<Vec<Hint>>, Fault> {
        if let Some(request) = key.as_request() {
            return request::hint(&self.0, request).await;
        }
        let Some((pid, epoch, task)) = key.as_task() else {
            return Err(Fault::Damaged { what: "index of due work" });
        };
        // The index may lag: what counts is the row.
        let [row] = self.0.get([key.clone()]).await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let reference = TaskRef { brand: row.parse_required(Attribute::Brand)?, pid, epoch, task };
        let Some(keys) = closed.open(&self.0.vault, &reference.brand).await? else {
            return Ok(None);
        };
        if self.0.keyring(&keys).is_destroyed(pid, epoch).await? {
            // It is being erased, or came back with a copy that is older than its erasure: nobody can read it, and
            // nothing is due any more.
            let item = row.next().unlisted(Index::Due);
            return self.0.commit(vec![Write::replace(item)]).await.map(|_| None);
        }
        let state: State = row.parse_required(Attribute::State)?;
        let passed = |attribute| row.get_time(attribute).is_none_or(|time| time <= now);
        match state {
            State::Received => Ok(Some(vec![received(&reference, row.version)])),
            State::Decided if passed(Attribute::NotBefore) => {
                Ok(Some(vec![Hint::Outbound(reference)]))
            }
            State::Sending if passed(Attribute::LeaseUntil) => {
                self.0.finish(&reference, None, Event::LeaseOver, &Ending::Lost).await.map(Some)
            }
            State::Sending => {
                // A claim leaves it due as it was taken in. Nothing can be done for it before its lease is over, and
                // thousands of such rows would stand before those that can be helped.
                let lease_until = row.get_time(Attribute::LeaseUntil).unwrap_or(now);
                let item = due_at(&reference, row.next(), lease_until);
                self.0.commit(vec![Write::replace(item)]).await.map(|_| None)
            }
            State::Unknown if passed(Attribute::DueAt) => {
                let ending = Ending::Person(Reason::OutcomeUnknown);
                self.0.finish(&reference, None, Event::TimeOver, &ending).await.map(Some)
            }
            State::Decided
            | State::Unknown
            | State::Answered
            | State::Human
            | State::Suppressed => Ok(None),
        }
    }
}

/// Brands whose key cannot be opened for now: their work waits, and keeps nobody else's waiting.
#[derive(Default)]
struct Closed {
    brands: Vec<BrandId>,
    /// Why the first of them is closed.
    fault: Option<Fault>,
}

impl Closed {
    /// The brand's keys; none if they cannot be opened for now.
    async fn open(
        &mut self,
        vault: &impl Vault,
        brand: &BrandId,
    ) -> Result<Option<Arc<BrandKeys>>, Fault> {
        if self.brands.contains(brand) {
            return Ok(None);
        }
        match vault.brand(brand).await {
            Ok(keys) => Ok(Some(keys)),
            Err(fault) if fault.retry() == Retry::Later => {
                self.brands.push(brand.clone());
                self.fault.get_or_insert(fault);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}

fn received(reference: &TaskRef, revision: u64) -> Hint {
    let TaskRef { brand, pid, epoch, task } = reference.clone();
    match task {
        TaskId::Message(eid) => Hint::Inbound(MessageRef::new(brand, pid, epoch, eid).at(revision)),
        // What is ours begins as decided.
        TaskId::Out(_) => Hint::Outbound(reference.clone()),
    }
}
