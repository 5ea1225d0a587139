//! Cases: the queue of people, and the conversations that they hold.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use super::{
    HINT_GRACE,
    case_rows::entry,
    content::{Said, Written},
    moves::due_at,
    stores::{Commit, Stores, TRIES},
};
use crate::{
    case::{Actor, CaseState, Priority, Reason},
    fault::Fault,
    gate::{Gate, Held, Refusal},
    ids::{Address, BrandId, CaseId, Epoch, OutId, Pid, PlatformId, TaskId},
    personal::Personal,
    queue::{Hint, TaskRef},
    seal::Vault,
    state::State,
    subject::SubjectWrites,
    table::{Action, Attribute, Grant, Index, Item, Key, Table, Write},
    time::Time,
};

/// What agents see and do.
#[derive(Debug)]
pub struct Cases<T, V>(Arc<Stores<T, V>>);

impl<T, V> Clone for Cases<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A case as the queue shows it: enums and times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// Which case.
    pub case: CaseId,
    /// Where it stands.
    pub state: CaseState,
    /// Why a person must look.
    pub reason: Reason,
    /// How urgent it is.
    pub priority: Priority,
    /// On which account.
    #[serde(flatten)]
    pub at: Address,
    /// When it was opened.
    #[serde(serialize_with = "rfc3339")]
    pub opened_at: Time,
    /// Until when it should be answered.
    #[serde(serialize_with = "rfc3339")]
    pub sla_at: Time,
    /// Who moved it last.
    pub actor: Actor,
    /// What became known after its message had come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    #[serde(skip)]
    subject: Option<(Pid, Epoch)>,
    #[serde(skip)]
    version: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn rfc3339<S: serde::Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.rfc3339())
}

/// One line of a conversation, for the agent who holds the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thread {
    /// Who said it.
    pub by: Actor,
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub at: Time,
    /// Where the message stands.
    pub state: State,
    /// What kind of message, such as `text` or `image`.
    pub kind: String,
    /// What was said; none if it was not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal<String>>,
    /// Why the machine decided as it did: closed enums, scores and ids of the decision's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<crate::decision::Decision>,
}

/// What became of an agent's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done; who should look next.
    Done {
        /// The message that is to be sent, if there is one.
        out: Option<OutId>,
        /// Who should look next.
        hints: Vec<Hint>,
    },
    /// There is no such case.
    NotFound,
    /// What the case was about is erased.
    Gone,
    /// The case is at its end.
    Ended,
    /// There is no conversation behind the case: nobody to answer.
    Nobody,
    /// The gate does not let an agent's message through.
    Refused(Refusal),
}

impl<T: Table, V: Vault> Cases<T, V> {
    /// What the ledger does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::keys(Action::Get, "K#"),
        Grant::data(Action::Get, "G#"),
        Grant::data(Action::Put, "G#"),
        Grant::data(Action::Check, "G#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
        Grant::data(Action::Get, "S#"),
        Grant::data(Action::Put, "S#"),
        Grant::data(Action::Query, "S#"),
        Grant::data(Action::QueryIndex(Index::Listing), "cases#"),
    ];

    /// The ledger over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// A brand's live cases, the most urgent first; at most `limit`.
    pub async fn list(&self, brand: &BrandId, limit: usize) -> Result<Vec<CaseView>, Fault> {
        let until = Time::from_millis(i64::MAX);
        let keys = self.0.listed(Index::Listing, entry(brand), until, limit).await?;
        let mut views = Vec::new();
        for row in self.0.get_whole(&keys).await? {
            let view = view(&row)?;
            if view.state.is_live() && view.at.brand == *brand {
                views.push(view);
            }
        }
        Ok(views)
    }

    /// One case; none if there is none with this id.
    pub async fn find(&self, case: CaseId) -> Result<Option<CaseView>, Fault> {
        let [row] = self.0.get([Key::case(case)]).await?;
        row.map(|row| view(&row)).transpose()
    }

    /// The id of an agent's message: the same each time the same call is repeated under `repeated`, else a new
    /// one.
    pub async fn out_id(
        &self,
        brand: &BrandId,
        case: CaseId,
        repeated: Option<&[u8]>,
    ) -> Result<OutId, Fault> {
        let Some(repeated) = repeated else {
            return Ok(OutId::from_bytes(self.0.entropy.bytes()));
        };
        Ok(self.0.vault.brand(brand).await?.out_id(case, repeated))
    }

    /// The conversation behind a case, oldest line first; none if it is erased.
    pub async fn thread(&self, view: &CaseView) -> Result<Option<Vec<Thread>>, Fault> {
        let Some((pid, epoch)) = view.subject else {
            return Ok(Some(Vec::new()));
        };
        let brand = self.0.vault.brand(&view.at.brand).await?;
        let Some(subject) = self.0.keyring(&brand).find(pid, epoch).await? else {
            return Ok(None);
        };
        let partition = Key::subject_partition(pid, epoch);
        let (rows, damaged) = self.0.partition_as_it_is(partition, "").await?;
        let mut lines = Vec::new();
        let mut unreadable: Vec<_> = damaged.into_iter().map(Item::new).collect();
        for row in rows {
            match super::export::lines::<T, V>(&subject, &row, epoch) {
                Ok(found) => lines.extend(found),
                Err(_) => unreadable.push(row),
            }
        }
        // They do not hide the others: whoever answers must see what can be seen.
        if !unreadable.is_empty() {
            tracing::error!(
                case.id = %view.case, lines = unreadable.len(), alarm = "damaged",
                "lines of a conversation are damaged"
            );
            lines.extend(unreadable.iter().map(super::export::damaged_line));
        }
        lines.sort_by_key(|line| line.at);
        Ok(Some(lines))
    }

    /// Puts an agent's words on their way, and the conversation into that person's hands. `out` makes a
    /// repeated call harmless, and `people_window` is how long the account's people may answer.
    pub async fn answer(
        &self,
        case: CaseId,
        out: OutId,
        text: &Personal<String>,
        people_window: Duration,
    ) -> Result<Answer, Fault> {
        for _ in 0..TRIES {
            let (view, mut gate) = match self.open(case).await? {
                Ok(open) => open,
                Err(answer) => return Ok(answer),
            };
            let task = TaskId::Out(out);
            let brand = &view.at.brand;
            let reference =
                TaskRef { brand: brand.clone(), pid: gate.pid, epoch: gate.epoch, task };
            if self.0.standing(&reference).await?.is_some() {
                return Ok(done(reference, out));
            }
            if let Err(refusal) = gate.admits(Actor::Agent, None, self.0.now(), people_window) {
                return Ok(Answer::Refused(refusal));
            }
            let keys = self.0.vault.brand(brand).await?;
            let Some(subject) = self.0.keyring(&keys).find(gate.pid, gate.epoch).await? else {
                return Ok(Answer::Gone);
            };
            let Some(ids) = self.recipient(&gate, &subject).await? else {
                return Ok(Answer::Nobody);
            };
            let said = Said { ids, text: Some(text.clone()) };
            let item = self.out_item(&reference, out, case);
            let item = self.0.seal(&subject, item, Attribute::Sealed, gate.epoch, &said)?;
            // Another agent's case may hold the conversation: who answers, holds it.
            gate.held = Some(Held { case, spoke: true });
            let Some(moved) = self.moved(&view, CaseState::Answered).await? else {
                continue;
            };
            let writes = SubjectWrites::moving(&gate).and(Write::replace(moved)).create(item);
            if self.0.commit(writes.into_writes()).await? == Commit::Done {
                return Ok(done(reference, out));
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    /// Gives the conversation back to the machine, or ends the case; its next automated message discloses
    /// at its top again.
    pub async fn release(&self, case: CaseId, into: CaseState) -> Result<Answer, Fault> {
        for _ in 0..TRIES {
            let Some(view) = self.find(case).await? else {
                return Ok(Answer::NotFound);
            };
            if view.subject.is_none() && view.state.is_live() {
                if let Some(moved) = self.moved(&view, into).await?
                    && self.0.commit(vec![Write::replace(moved)]).await? == Commit::Done
                {
                    return Ok(Answer::Done { out: None, hints: Vec::new() });
                }
                continue;
            }
            let (view, gate) = match self.open(case).await? {
                Ok(open) => open,
                Err(answer) => return Ok(answer),
            };
            let Some(moved) = self.moved(&view, into).await? else {
                continue;
            };
            let writes = if gate.held.is_some_and(|held| held.case == case) {
                SubjectWrites::moving(&gate.handed_back(self.0.now()))
            } else {
                SubjectWrites::new(&gate)
            };
            let writes = writes.and(Write::replace(moved));
            if self.0.commit(writes.into_writes()).await? == Commit::Done {
                return Ok(Answer::Done { out: None, hints: Vec::new() });
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "case" })
    }

    /// A live case with its subject's gate, or why there is none.
    async fn open(&self, case: CaseId) -> Result<Result<(CaseView, Gate), Answer>, Fault> {
        let Some(view) = self.find(case).await? else {
            return Ok(Err(Answer::NotFound));
        };
        if view.state == CaseState::Erased {
            return Ok(Err(Answer::Gone));
        }
        if !view.state.is_live() {
            return Ok(Err(Answer::Ended));
        }
        let Some((pid, epoch)) = view.subject else {
            return Ok(Err(Answer::Nobody));
        };
        match self.0.gate(pid).await? {
            Some(gate) if gate.epoch == epoch => Ok(Ok((view, gate))),
            Some(_) | None => Ok(Err(Answer::Gone)),
        }
    }

    /// To whom an answer goes: the ids of the person's newest message that can be read.
    async fn recipient(
        &self,
        gate: &Gate,
        subject: &crate::seal::SubjectKey,
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

    fn out_item(&self, reference: &TaskRef, out: OutId, case: CaseId) -> Item {
        let now = self.0.now();
        let item = Item::new(Key::out(reference.pid, reference.epoch, out))
            .text(Attribute::State, State::Decided)
            .text(Attribute::Brand, &reference.brand)
            .text(Attribute::Kind, "text")
            .text(Attribute::Actor, Actor::Agent)
            .text(Attribute::Case, case)
            .time(Attribute::ReceivedAt, now);
        due_at(reference, item, now.plus(HINT_GRACE))
    }

    /// The case's row in its next state; none if it moved since it was viewed.
    async fn moved(&self, view: &CaseView, into: CaseState) -> Result<Option<Item>, Fault> {
        let [row] = self.0.get([Key::case(view.case)]).await?;
        let row = row.filter(|row| row.version == view.version);
        Ok(row.map(|row| {
            let item = row.next().text(Attribute::State, into).text(Attribute::Actor, Actor::Agent);
            if into.is_live() {
                item
            } else {
                item.unlisted(Index::Listing).time(Attribute::EndedAt, self.0.now())
            }
        }))
    }
}

fn done(reference: TaskRef, out: OutId) -> Answer {
    Answer::Done { out: Some(out), hints: vec![Hint::Outbound(reference)] }
}

fn view(row: &Item) -> Result<CaseView, Fault> {
    let epoch = row.get_number(Attribute::Epoch).and_then(|number| u32::try_from(number).ok());
    let pid: Option<Pid> = row.parse(Attribute::Pid)?;
    let damaged = Fault::Damaged { what: "case" };
    let (Some(opened_at), Some(sla_at), Some(case)) =
        (row.get_time(Attribute::ReceivedAt), row.get_time(Attribute::SlaAt), row.key.as_case())
    else {
        return Err(damaged);
    };
    Ok(CaseView {
        case,
        state: row.parse_required(Attribute::State)?,
        reason: row.parse_required(Attribute::Reason)?,
        priority: row.parse_required(Attribute::Priority)?,
        at: Address {
            brand: row.parse_required(Attribute::Brand)?,
            channel: row.parse_required(Attribute::Channel)?,
            account: row.parse_required(Attribute::Account)?,
        },
        opened_at,
        sla_at,
        actor: row.parse_required(Attribute::Actor)?,
        remark: row.get_text(Attribute::Remark).map(str::to_owned),
        subject: pid.zip(epoch.map(Epoch::from_number)),
        version: row.version,
    })
}
