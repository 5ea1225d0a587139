//! Work that is due: hints that were lost, leases and waits that are over.

use super::{
    HINT_GRACE, Replies,
    moves::{Ending, due_at},
    rights,
    stores::due_entry,
};
use crate::{
    case::Reason,
    fault::{Fault, Retry},
    ids::TaskId,
    queue::{Hint, MessageRef, TaskRef},
    seal::Vault,
    state::{Event, State},
    table::{Attribute, Index, Key, Table, Write},
    time::Time,
};

impl<T: Table, V: Vault> Replies<T, V> {
    /// Work of one shard that is due, after leases and waits that are over were settled. With `resume`, work
    /// that waits for its hint only is due at once: nothing is in flight when a process has just started.
    pub async fn overdue(&self, shard: u8, resume: bool) -> Result<Vec<Hint>, Fault> {
        const SHARD_TASKS: usize = 1_000;
        let now = self.0.now();
        let until = if resume { now.plus(HINT_GRACE) } else { now };
        let keys = self.0.listed(Index::Due, due_entry(shard), until, SHARD_TASKS).await?;
        let mut overdue = Vec::new();
        for key in keys {
            match self.look_after(&key, now).await {
                Ok(hints) => overdue.extend(hints.into_iter().flatten()),
                // One bad row must not keep the others waiting; somebody must look after it.
                Err(fault) if fault.retry() == Retry::Never => {
                    overdue.extend(self.call_a_person(&key, &fault).await?);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(overdue)
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

    async fn look_after(&self, key: &Key, now: Time) -> Result<Option<Vec<Hint>>, Fault> {
        if let Some(request) = key.as_request() {
            return rights::hint(&self.0, request).await;
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
        let keys = self.0.vault.brand(&reference.brand).await?;
        if self.0.keyring(&keys).is_destroyed(pid, epoch).await? {
            // It is being erased, or came back with a copy that is older than its erasure: nobody can read it, and
            // nothing is due any more.
            let item = row.next().unlisted(Index::Due);
            return self.0.commit(vec![Write::replace(item)]).await.map(|_| None);
        }
        let state: State = row.parse_required(Attribute::State)?;
        let passed = |attribute| row.get_time(attribute).is_none_or(|time| time <= now);
        match state {
            State::Received => Ok(Some(vec![received(&reference)])),
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

fn received(reference: &TaskRef) -> Hint {
    let TaskRef { brand, pid, epoch, task } = reference.clone();
    match task {
        TaskId::Message(eid) => Hint::Inbound(MessageRef { brand, pid, epoch, eid }),
        // What is ours begins as decided.
        TaskId::Out(_) => Hint::Outbound(reference.clone()),
    }
}
