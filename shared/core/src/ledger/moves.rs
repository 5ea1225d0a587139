//! How a task ends, or waits: one loop for every event that befalls a claimed message.

use super::{
    HINT_GRACE, LEASE, UNKNOWN_WAIT, case_rows,
    standing::Standing,
    stores::{Commit, Stores, TRIES, due_entry_of},
};
use crate::{
    case::Reason,
    fault::Fault,
    gate::Silence,
    ids::{Pid, TaskId},
    outbound::Placement,
    queue::{CaseRef, Hint, RequestRef, TaskRef},
    seal::Vault,
    state::{Event, State},
    subject::SubjectWrites,
    table::{Attribute, Index, Item, Key, Table, Write},
    time::Time,
};

/// What an event brings with it.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    /// The platform has the message; the sealed id under which it has it, if it told.
    Accepted(Option<Vec<u8>>),
    /// It will be tried again, not before a time.
    Later(Time),
    /// Its outcome is not known.
    Lost,
    /// A person gets it.
    Person(Reason),
    /// Nobody answers.
    Silent(Silence),
}

/// A task's row at its end: due no more.
pub(super) fn ended(item: Item, state: State, now: Time) -> Item {
    item.text(Attribute::State, state).time(Attribute::EndedAt, now).unlisted(Index::Due)
}

impl<T: Table, V: Vault> Stores<T, V> {
    /// Lets `event` befall a task, and tells who should look next. A task that is erased, or that the event
    /// does not move, stays as it is. `known` is what was read of it just now, if anything: it saves a read,
    /// and is read again if it moved.
    pub(super) async fn finish(
        &self,
        task: &TaskRef,
        mut known: Option<Standing>,
        event: Event,
        ending: &Ending,
    ) -> Result<Vec<Hint>, Fault> {
        for _ in 0..TRIES {
            let standing = match known.take() {
                Some(standing) => Some(standing),
                None => self.standing(task).await?,
            };
            let Some(standing) = standing else {
                return Ok(Vec::new());
            };
            let Some(state) = standing.state.after(event)? else {
                return Ok(Vec::new());
            };
            let (writes, hints) = self.ending(task, &standing, state, ending).await?;
            // An answer that a loss of power makes unknown again is settled by the platform's receipt, or by a
            // person; it is never sent again. That it was claimed is kept before it is sent.
            let committed = match ending {
                Ending::Accepted(_) => self.commit_soon(writes).await?,
                Ending::Later(_) | Ending::Lost | Ending::Person(_) | Ending::Silent(_) => {
                    self.commit(writes).await?
                }
            };
            match committed {
                Commit::Done => {
                    if let Ending::Accepted(_) = ending {
                        self.disclosed(task, &standing).await;
                    }
                    return Ok(hints);
                }
                Commit::Moved(_) => self.pause().await,
            }
        }
        Err(Fault::Contended { what: "task" })
    }

    /// The platform has the text: if its disclosure stood at the top, the gate remembers when. Only now, not
    /// when it was claimed: a text that never arrived told nobody anything.
    ///
    /// By itself, which costs less than half of what it would within the transaction before. If it does not come
    /// to it, the person's next text discloses at its top again, which does no harm.
    async fn disclosed(&self, task: &TaskRef, standing: &Standing) {
        let placement = standing.item.get_text(Attribute::Disclosure);
        let is_at_top =
            Placement::ALL.into_iter().any(|one| one.is_prefix() && Some(one.name()) == placement);
        if !is_at_top {
            return;
        }
        let version = standing.item.get_number(Attribute::GateVersion);
        let version = version.and_then(|version| u64::try_from(version).ok()).unwrap_or(0);
        // The person may have read it as soon as it was claimed, however late we hear of it.
        let claimed_at =
            standing.item.get_time(Attribute::LeaseUntil).map(|until| until.minus(LEASE));
        let at = claimed_at.unwrap_or(self.now());
        let mut gate = Some(standing.gate.clone());
        for _ in 0..TRIES {
            let read = match gate.take() {
                Some(gate) => Ok(Some(gate)),
                None => self.gate(task.pid).await,
            };
            let written = match read {
                Ok(Some(gate)) if gate.epoch == task.epoch => {
                    let writes = SubjectWrites::moving(&gate.disclosed(at, version));
                    self.commit_soon(writes.into_writes()).await
                }
                Ok(_) => return,
                Err(fault) => Err(fault),
            };
            match written {
                Ok(Commit::Done) => return,
                Ok(Commit::Moved(_)) => self.pause().await,
                Err(fault) => {
                    tracing::warn!(error = %fault, "a disclosure is not remembered; the next text has it again");
                    return;
                }
            }
        }
    }

    async fn ending(
        &self,
        task: &TaskRef,
        standing: &Standing,
        state: State,
        ending: &Ending,
    ) -> Result<(Vec<Write>, Vec<Hint>), Fault> {
        let now = self.now();
        let item = standing.item.clone().next();
        match ending {
            Ending::Accepted(receipt) => {
                let mut item = ended(item, state, now);
                if let Some(receipt) = receipt {
                    item = item.bytes(Attribute::SealedReceipt, receipt.clone());
                }
                Ok((vec![Write::replace(item)], next_lookers(task, standing)))
            }
            Ending::Later(not_before) => {
                // Its words changed while it was on its way.
                let since = standing.item.parse::<Event>(Attribute::Remark).ok().flatten();
                // Where a person was called they see the new words, and nobody is called again.
                let is_called_for = standing.item.get_text(Attribute::Case).is_some();
                if let Some(event @ (Event::TakeBack | Event::Edit)) = since
                    && !(event == Event::Edit && is_called_for)
                    && let Some(state) = state.after(event)?
                {
                    let item = item.without(Attribute::Remark).without(Attribute::LeaseUntil);
                    let item = changed(task.pid, item, state, now);
                    return Ok((vec![Write::replace(item)], Vec::new()));
                }
                let item = item
                    .text(Attribute::State, state)
                    .time(Attribute::NotBefore, *not_before)
                    .without(Attribute::LeaseUntil);
                Ok((vec![Write::replace(due_at(task, item, *not_before))], Vec::new()))
            }
            Ending::Lost => {
                let item = item.text(Attribute::State, state);
                let wait = now.plus(UNKNOWN_WAIT);
                Ok((vec![Write::replace(due_at(task, item, wait))], Vec::new()))
            }
            Ending::Silent(silence) => {
                let item = ended(item, state, now).text(Attribute::Reason, silence);
                Ok((vec![Write::replace(item)], next_lookers(task, standing)))
            }
            Ending::Person(reason) => {
                let item = ended(item, state, now).text(Attribute::Reason, reason);
                self.given_to_person(task, standing, item, *reason).await
            }
        }
    }

    async fn given_to_person(
        &self,
        task: &TaskRef,
        standing: &Standing,
        item: Item,
        reason: Reason,
    ) -> Result<(Vec<Write>, Vec<Hint>), Fault> {
        let brand = task.brand.clone();
        let case = standing.item.parse(Attribute::Case)?;
        match (task.task, case) {
            // It belongs to a case already: whoever has it learns why the message did not go.
            (_, Some(case)) => {
                let [row] = self.get([Key::case(case)]).await?;
                let returned =
                    row.map(|row| case_rows::returned(row, reason, self.now())).transpose()?;
                let writes = returned
                    .flatten()
                    .map(Write::replace)
                    .into_iter()
                    .chain([Write::replace(item)]);
                Ok((writes.collect(), vec![Hint::Human(CaseRef { brand, case })]))
            }
            (TaskId::Message(eid), None) => {
                let (case, writes) =
                    case_rows::escalate(self, &standing.gate, eid, reason.into(), item).await?;
                Ok((writes, vec![Hint::Human(CaseRef { brand, case })]))
            }
            // A notice of the privacy function: its request goes on without it.
            (TaskId::Out(_), None) => {
                Ok((vec![Write::replace(item)], next_lookers(task, standing)))
            }
        }
    }
}

/// A message's row whose words changed before its answer left: it is to be decided anew, or at its end.
pub(super) fn changed(pid: Pid, item: Item, state: State, now: Time) -> Item {
    if state == State::Suppressed {
        return taken_back(item, now);
    }
    let item = item
        .text(Attribute::State, state)
        .without(Attribute::Decision)
        .without(Attribute::NotBefore);
    item.listed(Index::Due, due_entry_of(pid), now.plus(HINT_GRACE))
}

/// A message's row at its end, because its person took it back.
pub(super) fn taken_back(item: Item, now: Time) -> Item {
    ended(item, State::Suppressed, now).text(Attribute::Reason, Silence::TakenBack)
}

/// The row, due at `time`: from then on the steward looks after it.
pub(super) fn due_at(task: &TaskRef, item: Item, time: Time) -> Item {
    item.listed(Index::Due, due_entry_of(task.pid), time)
}

/// Who waits for a message to come to its end: the request that it announces.
fn next_lookers(task: &TaskRef, standing: &Standing) -> Vec<Hint> {
    let request = standing.item.parse(Attribute::Request).ok().flatten();
    request
        .map(|request| Hint::Privacy(RequestRef { brand: task.brand.clone(), request }))
        .into_iter()
        .collect()
}
