//! The rows of a case, and how they move: opened, woken, returned, remarked upon.

use std::fmt::Display;

use super::stores::{Commit, Stores, TRIES};
use crate::{
    case::{Actor, AgentName, Call, CaseState, Reason},
    fault::Fault,
    gate::{Gate, Held},
    ids::{Address, CaseId, Eid, Epoch, Pid, TaskId},
    queue::{CaseRef, Hint, TaskRef},
    seal::Vault,
    subject::SubjectWrites,
    table::{Attribute, Index, Item, Key, Table, Write},
    time::Time,
};

/// What a new case is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause {
    pub(super) case: CaseId,
    pub(super) call: Call,
    pub(super) now: Time,
}

/// A case's row without a subject.
pub(super) fn bare_item(at: &Address, cause: Cause) -> Item {
    let Cause { case, call, now } = cause;
    let sla_at = now.plus(call.sla());
    Item::new(Key::case(case))
        .text(Attribute::State, CaseState::Open)
        .text(Attribute::Reason, call.reason)
        .text(Attribute::Priority, call.priority())
        .text(Attribute::Brand, &at.brand)
        .text(Attribute::Channel, at.channel)
        .text(Attribute::Account, &at.account)
        .time(Attribute::ReceivedAt, now)
        .time(Attribute::SlaAt, sla_at)
        .text(Attribute::Actor, Actor::Machine)
        .listed(Index::Listing, entry(&at.brand), sla_at)
}

/// A case's row.
fn case_item(gate: &Gate, cause: Cause) -> Item {
    bare_item(&gate.at, cause)
        .text(Attribute::Pid, gate.pid)
        .number(Attribute::Epoch, i64::from(gate.epoch.number()))
}

/// The row of a case that somebody answers already: nobody looks for it until the customer writes again.
pub(super) fn answered_item(gate: &Gate, cause: Cause) -> Item {
    case_item(gate, cause)
        .text(Attribute::State, CaseState::Answered)
        .text(Attribute::Actor, Actor::Agent)
        .unlisted(Index::Listing)
}

/// The subject's side of a case.
pub(super) fn pointer_item(gate: &Gate, cause: Cause) -> Item {
    Item::new(Key::case_pointer(gate.pid, gate.epoch, cause.case))
        .text(Attribute::Reason, cause.call.reason)
        .time(Attribute::ReceivedAt, cause.now)
}

/// The entry of a brand's live cases, by the time until which they should be answered.
pub(super) fn entry(brand: impl Display) -> String {
    format!("cases#{brand}")
}

/// The writes that give a message to a person: to the one who holds the conversation, or under a new case,
/// whose person holds it from now on. `item` is the message's row as it becomes.
pub(super) async fn escalate<T: Table, V: Vault>(
    stores: &Stores<T, V>,
    gate: &Gate,
    eid: Eid,
    call: Call,
    item: Item,
) -> Result<(CaseId, Vec<Write>), Fault> {
    let now = stores.now();
    if let Some(held) = gate.held {
        let [row] = stores.get([Key::case(held.case)]).await?;
        let woken = row.map(|row| woken(row, now)).transpose()?.flatten();
        let writes = SubjectWrites::new(gate)
            .and_maybe(woken.map(Write::replace))
            .and(Write::replace(item.text(Attribute::Case, held.case)));
        return Ok((held.case, writes.into_writes()));
    }
    let case = CaseId::opened_by(eid);
    let holding = Gate { held: Some(Held { case, spoke: false }), ..gate.clone() };
    let cause = Cause { case, call, now };
    let [before] = stores.get([Key::case(case)]).await?;
    let writes = match before {
        None => SubjectWrites::moving(&holding)
            .create(case_item(gate, cause))
            .create(pointer_item(gate, cause)),
        // The message had called a person before, who is done with it: the same case opens again.
        Some(row) => {
            SubjectWrites::moving(&holding).and(Write::replace(opened_again(row, call, now)))
        }
    };
    let writes = writes.and(Write::replace(item.text(Attribute::Case, case)));
    Ok((case, writes.into_writes()))
}

/// The case's row when the customer writes again: whoever answered has something to answer again.
fn woken(row: Item, now: Time) -> Result<Option<Item>, Fault> {
    let state: CaseState = row.parse_required(Attribute::State)?;
    if state != CaseState::Answered {
        return Ok(None);
    }
    let reason: Reason = row.parse_required(Attribute::Reason)?;
    let assignee: Option<AgentName> = row.parse(Attribute::Assignee)?;
    let item = opened_again(row, reason.into(), now);
    Ok(Some(
        item.text(Attribute::State, CaseState::Assigned)
            .text(Attribute::Actor, Actor::Customer)
            .maybe_text(Attribute::Assignee, assignee.as_ref().map(AgentName::reveal)),
    ))
}

/// The case's row when a message of it did not reach the customer.
pub(super) fn returned(row: Item, reason: Reason, now: Time) -> Result<Option<Item>, Fault> {
    let state: CaseState = row.parse_required(Attribute::State)?;
    if state == CaseState::Erased {
        return Ok(None);
    }
    Ok(Some(opened_again(row, reason.into(), now)))
}

/// The case's row without what only somebody who has it left there.
pub(super) fn unassigned(item: Item) -> Item {
    item.without(Attribute::Assignee).without(Attribute::MovedBy)
}

fn opened_again(row: Item, call: Call, now: Time) -> Item {
    let sla_at = now.plus(call.sla());
    let brand = row.get_text(Attribute::Brand).map(entry);
    let item = unassigned(row.next())
        .text(Attribute::State, CaseState::Open)
        .text(Attribute::Reason, call.reason)
        .text(Attribute::Priority, call.priority())
        .text(Attribute::Actor, Actor::Machine)
        .time(Attribute::SlaAt, sla_at);
    match brand {
        Some(entry) => item.listed(Index::Listing, entry, sla_at),
        None => item,
    }
}

impl<T: Table, V: Vault> Stores<T, V> {
    /// Calls a person for a task whose row is damaged, once: a case without a subject, since nothing can be
    /// said of the message but that it was there.
    pub(super) async fn call_for_damaged(
        &self,
        (pid, epoch, task): (Pid, Epoch, TaskId),
    ) -> Result<Vec<Hint>, Fault> {
        let Some(gate) = self.gate(pid).await?.filter(|gate| gate.epoch == epoch) else {
            return Ok(Vec::new()); // erased
        };
        let case = match task {
            TaskId::Message(eid) => CaseId::opened_by(eid),
            TaskId::Out(out) => CaseId::from_bytes(*out.bytes()),
        };
        let cause = Cause { case, call: Reason::Poison.into(), now: self.now() };
        let create = vec![Write::create(bare_item(&gate.at, cause))];
        if self.commit(create).await? != Commit::Done {
            return Ok(Vec::new()); // somebody was called before
        }
        tracing::error!(case.id = %case, alarm = "damaged", "work that is due is damaged; a person has a case");
        let brand = gate.at.brand;
        Ok(vec![Hint::Human(CaseRef { brand, case })])
    }

    /// Notes on a message at its end what the platform told too late, and on its case.
    pub(super) async fn remark(
        &self,
        reference: &TaskRef,
        remark: &str,
    ) -> Result<Vec<Hint>, Fault> {
        for _ in 0..TRIES {
            let Some(standing) = self.standing(reference).await? else {
                return Ok(Vec::new());
            };
            if standing.item.get_text(Attribute::Remark) == Some(remark) {
                return Ok(Vec::new());
            }
            let item = standing.item.clone().next().text(Attribute::Remark, remark);
            let case: Option<CaseId> = standing.item.parse(Attribute::Case)?;
            let (case, writes) = match (case, reference.task) {
                (Some(case), _) => {
                    let [row] = self.get([Key::case(case)]).await?;
                    let noted = row.map(|row| self.noted(row, remark)).transpose()?.flatten();
                    let writes =
                        noted.map(Write::replace).into_iter().chain([Write::replace(item)]);
                    (Some(case), writes.collect())
                }
                // It seemed to be answered, and was not: a person gets it now.
                (None, TaskId::Message(eid)) => {
                    let reason = Reason::Refused;
                    let (case, writes) =
                        escalate(self, &standing.gate, eid, reason.into(), item).await?;
                    (Some(case), writes)
                }
                (None, TaskId::Out(_)) => (None, vec![Write::replace(item)]),
            };
            if self.commit(writes).await? == Commit::Done {
                let brand = reference.brand.clone();
                return Ok(case
                    .map(|case| Hint::Human(CaseRef { brand, case }))
                    .into_iter()
                    .collect());
            }
        }
        Err(Fault::Contended { what: "case" })
    }

    fn noted(&self, row: Item, remark: &str) -> Result<Option<Item>, Fault> {
        let state: CaseState = row.parse_required(Attribute::State)?;
        if state == CaseState::Erased {
            return Ok(None);
        }
        let item = if remark == "not_delivered" {
            opened_again(row, Reason::Refused.into(), self.now())
        } else {
            row.next()
        };
        Ok(Some(item.text(Attribute::Remark, remark)))
    }
}
