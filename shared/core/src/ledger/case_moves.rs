//! What people of the brand do with a case: take it, answer, note something, hand the conversation back, close.
//!
//! Each move is one transaction that replaces the case's row, in the version that was looked at. So of two people who
//! look at the same version, one moves the case, and the other hears that it moved.

use std::{sync::Arc, time::Duration};

use super::{
    Answer, CaseCall, CaseView, Cases, HINT_GRACE, Moved, Taking,
    case_rows::unassigned,
    cases::view,
    content::{Noted, Said, Written},
    moves::due_at,
    stores::{Commit, Stores, TRIES},
};
use crate::{
    case::{Actor, AgentName, CaseState},
    etag::{ETag, IfMatch},
    fault::Fault,
    gate::{Gate, Held},
    ids::{CallId, CaseId, NoteId, OutId, PlatformId, TaskId},
    personal::Personal,
    queue::{Hint, TaskRef},
    seal::{SubjectKey, Vault},
    state::State,
    subject::SubjectWrites,
    table::{Attribute, Index, Item, Key, Table, Write},
};

/// A case as it was read.
struct Found {
    row: Item,
    view: CaseView,
}

/// A case that can be moved, and the gate of its subject, if there is somebody behind it.
struct Live {
    row: Item,
    view: CaseView,
    gate: Option<Gate>,
}

impl Live {
    /// The case's row after `call`.
    fn moved(&self, into: CaseState, call: &CaseCall) -> Item {
        self.row
            .clone()
            .next()
            .text(Attribute::State, into)
            .text(Attribute::Actor, Actor::Agent)
            .text(Attribute::MovedBy, call.id)
    }
}

impl<T: Table, V: Vault> Cases<T, V> {
    /// Takes a case: somebody looks after it from now on. Who holds the conversation does not change.
    pub async fn take(&self, call: &CaseCall, taking: &Taking) -> Result<Answer, Fault> {
        for _ in 0..TRIES {
            let live = match self.movable(call).await? {
                Ok(live) => live,
                Err(answer) => return Ok(answer),
            };
            let (assignee, etag) = (live.view.assignee.clone(), live.view.etag);
            if !taking.is_fair(assignee.as_ref()) {
                return Ok(Answer::Taken { assignee, etag });
            }
            let agent = taking.agent.as_ref().map(AgentName::reveal);
            let item = live.moved(CaseState::Assigned, call).maybe_text(Attribute::Assignee, agent);
            let etag = ETag::of(item.version);
            if self.0.commit(vec![Write::replace(item)]).await? == Commit::Done {
                return Ok(Answer::Done(Moved::plain(etag)));
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    /// Puts an agent's words on their way, and the conversation into that person's hands. Repeated as the same
    /// `call` it tells what the first one did, whatever became of the case. `people_window` is how long the
    /// account's people may answer.
    pub async fn answer(
        &self,
        call: &CaseCall,
        text: &Personal<String>,
        people_window: Duration,
    ) -> Result<Answer, Fault> {
        let out = OutId::from_bytes(*call.id.bytes());
        for _ in 0..TRIES {
            let Some(found) = self.look_at(call.case).await? else {
                return Ok(Answer::NotFound);
            };
            if let Some(task) = task(&found.view, out)
                && self.0.standing(&task).await?.is_some()
            {
                return self.answered_before(call.case, task, out).await;
            }
            let live = match self.live(found, &call.demanded).await? {
                Ok(live) => live,
                Err(answer) => return Ok(answer),
            };
            let (Some(gate), Some(task)) = (&live.gate, task(&live.view, out)) else {
                return Ok(Answer::Nobody);
            };
            if let Err(refusal) = gate.admits(Actor::Agent, None, self.0.now(), people_window) {
                return Ok(Answer::Refused(refusal));
            }
            let Some(subject) = self.subject_key(&live.view, gate).await? else {
                return Ok(Answer::Gone);
            };
            let Some(ids) = self.recipient(gate, &subject).await? else {
                return Ok(Answer::Nobody);
            };
            let said = Said { ids, text: Some(text.clone()) };
            let item = self.out_item(&task, out, call.case);
            let item = self.0.seal(&subject, item, Attribute::Sealed, gate.epoch, &said)?;
            let moved = live.moved(CaseState::Answered, call);
            let etag = ETag::of(moved.version);
            // Another agent's case may hold the conversation: who answers, holds it.
            let holding =
                Gate { held: Some(Held { case: call.case, spoke: true }), ..gate.clone() };
            let writes = SubjectWrites::moving(&holding).and(Write::replace(moved)).create(item);
            if self.0.commit(writes.into_writes()).await? == Commit::Done {
                return Ok(answered(task, out, etag));
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    /// Keeps a note about the person behind a case, for whoever looks after them. It is never sent, belongs to the
    /// person's data, and goes with them.
    pub async fn note(&self, call: &CaseCall, text: &Personal<String>) -> Result<Answer, Fault> {
        let note = NoteId::from_bytes(*call.id.bytes());
        let done = |etag| Answer::Done(Moved { note: Some(note), ..Moved::plain(etag) });
        for _ in 0..TRIES {
            let Some(found) = self.look_at(call.case).await? else {
                return Ok(Answer::NotFound);
            };
            if let Some((pid, epoch)) = found.view.subject
                && let [Some(_)] = self.0.get([Key::note(pid, epoch, note)]).await?
            {
                return self.noted_before(call.case, done).await;
            }
            let live = match self.live(found, &call.demanded).await? {
                Ok(live) => live,
                Err(answer) => return Ok(answer),
            };
            let Some(gate) = &live.gate else {
                return Ok(Answer::Nobody);
            };
            let Some(subject) = self.subject_key(&live.view, gate).await? else {
                return Ok(Answer::Gone);
            };
            let item = Item::new(Key::note(gate.pid, gate.epoch, note))
                .text(Attribute::Actor, Actor::Agent)
                .text(Attribute::Case, call.case)
                .time(Attribute::ReceivedAt, self.0.now());
            let noted = Noted { text: text.clone() };
            let item = self.0.seal(&subject, item, Attribute::Sealed, gate.epoch, &noted)?;
            // Colleagues who have not read it yet are to read it before they answer.
            let moved = live.moved(live.view.state, call);
            let etag = ETag::of(moved.version);
            let writes = SubjectWrites::new(gate).and(Write::replace(moved)).create(item);
            if self.0.commit(writes.into_writes()).await? == Commit::Done {
                return Ok(done(etag));
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    /// Gives the conversation back to the machine, or ends the case; its next automated message discloses
    /// at its top again.
    pub async fn release(&self, call: &CaseCall, into: CaseState) -> Result<Answer, Fault> {
        for _ in 0..TRIES {
            let live = match self.movable(call).await? {
                Ok(live) => live,
                Err(answer) => return Ok(answer),
            };
            let now = self.0.now();
            let item = unassigned(live.row.clone())
                .next()
                .text(Attribute::State, into)
                .text(Attribute::Actor, Actor::Agent)
                .text(Attribute::MovedBy, call.id)
                .unlisted(Index::Listing)
                .time(Attribute::EndedAt, now);
            let etag = ETag::of(item.version);
            let writes = match live.gate {
                None => vec![Write::replace(item)],
                Some(gate) => {
                    let writes = if gate.held.is_some_and(|held| held.case == call.case) {
                        SubjectWrites::moving(&gate.handed_back(now))
                    } else {
                        SubjectWrites::new(&gate)
                    };
                    writes.and(Write::replace(item)).into_writes()
                }
            };
            if self.0.commit(writes).await? == Commit::Done {
                return Ok(Answer::Done(Moved::plain(etag)));
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    async fn look_at(&self, case: CaseId) -> Result<Option<Found>, Fault> {
        let [row] = self.0.get([Key::case(case)]).await?;
        row.map(|row| Ok(Found { view: view(&row)?, row })).transpose()
    }

    /// The case, if it is live and as it is demanded, and if it was not `call` that moved it last.
    async fn movable(&self, call: &CaseCall) -> Result<Result<Live, Answer>, Fault> {
        let Some(found) = self.look_at(call.case).await? else {
            return Ok(Err(Answer::NotFound));
        };
        let moved_by: Option<CallId> = found.row.parse(Attribute::MovedBy)?;
        if moved_by == Some(call.id) {
            return Ok(Err(Answer::Done(Moved::plain(found.view.etag))));
        }
        self.live(found, &call.demanded).await
    }

    /// The case with its subject's gate, if it is live and as it is demanded.
    async fn live(&self, found: Found, demanded: &IfMatch) -> Result<Result<Live, Answer>, Fault> {
        let Found { row, view } = found;
        if view.state == CaseState::Erased {
            return Ok(Err(Answer::Gone));
        }
        if !demanded.allows(view.etag) {
            return Ok(Err(Answer::Differs(view.etag)));
        }
        if !view.state.is_live() {
            return Ok(Err(Answer::Ended));
        }
        let Some((pid, epoch)) = view.subject else {
            return Ok(Ok(Live { row, view, gate: None }));
        };
        match self.0.gate(pid).await? {
            Some(gate) if gate.epoch == epoch => Ok(Ok(Live { row, view, gate: Some(gate) })),
            Some(_) | None => Ok(Err(Answer::Gone)),
        }
    }

    async fn answered_before(
        &self,
        case: CaseId,
        task: TaskRef,
        out: OutId,
    ) -> Result<Answer, Fault> {
        // Read anew: the row that was looked at may be from before the answer.
        let found = self.look_at(case).await?;
        Ok(found.map_or(Answer::NotFound, |found| answered(task, out, found.view.etag)))
    }

    async fn noted_before(
        &self,
        case: CaseId,
        done: impl Fn(ETag) -> Answer,
    ) -> Result<Answer, Fault> {
        let found = self.look_at(case).await?;
        Ok(found.map_or(Answer::NotFound, |found| done(found.view.etag)))
    }

    async fn subject_key(
        &self,
        view: &CaseView,
        gate: &Gate,
    ) -> Result<Option<Arc<SubjectKey>>, Fault> {
        let brand = self.0.vault.brand(&view.at.brand).await?;
        self.0.keyring(&brand).find(gate.pid, gate.epoch).await
    }

    /// To whom an answer goes: the ids of the person's newest message that can be read.
    async fn recipient(
        &self,
        gate: &Gate,
        subject: &SubjectKey,
    ) -> Result<Option<Vec<PlatformId>>, Fault> {
        let partition = Key::subject_partition(gate.pid, gate.epoch);
        let (mut messages, _) = self.0.partition_as_it_is(partition, Key::MESSAGE).await?;
        messages.sort_by_key(|row| row.get_time(Attribute::PlatformAt));
        let written = messages.iter().rev().find_map(|row| {
            let opened = Stores::<T, V>::unseal(subject, row, Attribute::Sealed, gate.epoch);
            opened.ok().flatten()
        });
        Ok(written.map(|written: Written| written.ids))
    }

    fn out_item(&self, task: &TaskRef, out: OutId, case: CaseId) -> Item {
        let now = self.0.now();
        let item = Item::new(Key::out(task.pid, task.epoch, out))
            .text(Attribute::State, State::Decided)
            .text(Attribute::Brand, &task.brand)
            .text(Attribute::Kind, "text")
            .text(Attribute::Actor, Actor::Agent)
            .text(Attribute::Case, case)
            .time(Attribute::ReceivedAt, now);
        due_at(task, item, now.plus(HINT_GRACE))
    }
}

/// The message `out` to the person behind the case, if there is somebody.
fn task(view: &CaseView, out: OutId) -> Option<TaskRef> {
    let (pid, epoch) = view.subject?;
    Some(TaskRef { brand: view.at.brand.clone(), pid, epoch, task: TaskId::Out(out) })
}

fn answered(task: TaskRef, out: OutId, etag: ETag) -> Answer {
    Answer::Done(Moved { out: Some(out), hints: vec![Hint::Outbound(task)], ..Moved::plain(etag) })
}
