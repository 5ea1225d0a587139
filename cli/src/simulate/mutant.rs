//! Mistakes of the protocol, made on purpose: each stands for a line that a programmer could have written.
//!
//! They live around the ports, in the simulation only. The product has no switch that turns a promise off.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use clap::ValueEnum;
use forthright_core::{
    Clock, Table,
    ledger::HINT_GRACE,
    state::State,
    table::{
        Attribute, Condition, Index, Item, Kept, Key, Page, Query, TableFault, TableName, Write,
        WriteFault, WriteToken,
    },
};
use forthright_testkit::Memory;

use crate::bundle::Function;

/// A mistake of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Mutant {
    /// A message is sent first and marked as sent afterwards, without a claim before
    SendThenMark,
    /// A claim whose lease is over goes back to those that are to be sent
    LeaseRequeue,
    /// Settling puts the row whether or not it is still there
    UpsertOnCompletion,
    /// Taking in a message does not look at the gate
    NoGateOnIngest,
    /// Deciding a message does not look at the gate
    NoGateOnDecide,
    /// A claim does not look at the platform's window
    ClaimWithoutWindowCheck,
    /// A claim does not look at the brand's settings
    ClaimWithoutSettings,
    /// An erasure does not begin a new epoch
    EraseWithoutEpoch,
    /// A destroyed key leaves no tombstone, so a late creator makes it anew
    KeyRecreatedAfterDestroy,
    /// The gate and the links are deleted with the subject's partition
    GateInSubjectPartition,
    /// A status that comes late changes a message that is at its end
    StatusOverwritesTerminal,
    /// Messages are told apart by who wrote what, not by the platform's id
    DedupeByBody,
    /// A move of a case does not look at which version its caller has seen
    MoveUnseen,
}

impl Mutant {
    /// Every one of them.
    pub const ALL: [Self; 13] = [
        Self::SendThenMark,
        Self::LeaseRequeue,
        Self::UpsertOnCompletion,
        Self::NoGateOnIngest,
        Self::NoGateOnDecide,
        Self::ClaimWithoutWindowCheck,
        Self::ClaimWithoutSettings,
        Self::EraseWithoutEpoch,
        Self::KeyRecreatedAfterDestroy,
        Self::GateInSubjectPartition,
        Self::StatusOverwritesTerminal,
        Self::DedupeByBody,
        Self::MoveUnseen,
    ];
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// A function's table with the mistake in it.
#[derive(Debug, Clone)]
pub(super) struct Mutated<T> {
    pub(super) inner: T,
    /// What the table really holds.
    pub(super) memory: Memory,
    pub(super) function: Function,
    pub(super) mutant: Option<Mutant>,
    /// The host's clock.
    pub(super) clock: Clock,
    /// Claims that were not written, with the version that the row really has.
    pub(super) unclaimed: Arc<Mutex<HashMap<Key, u64>>>,
}

impl<T: Table> Mutated<T> {
    /// The transaction as the mistaken code would write it; none if it would write nothing.
    fn mistake(&self, writes: Vec<Write>) -> Option<Vec<Write>> {
        use Function::{Intent, Privacy, Reply, Steward, Webhook};
        match (self.mutant, self.function) {
            (Some(Mutant::NoGateOnIngest), Webhook) if writes.iter().any(makes_message) => {
                Some(self.without_gates(writes))
            }
            (Some(Mutant::NoGateOnDecide), Intent) => Some(self.without_gates(writes)),
            (Some(Mutant::UpsertOnCompletion), Webhook | Reply | Steward)
                if writes.iter().any(settles) =>
            {
                Some(self.without_gates(writes).into_iter().map(|one| self.upsert(one)).collect())
            }
            (Some(Mutant::SendThenMark), Reply) => self.unclaim(writes),
            (Some(Mutant::LeaseRequeue), Steward) => {
                Some(writes.into_iter().map(|write| self.requeue(write)).collect())
            }
            (Some(Mutant::EraseWithoutEpoch), Privacy) => {
                Some(writes.into_iter().map(|write| self.same_epoch(write)).collect())
            }
            (Some(Mutant::KeyRecreatedAfterDestroy), Privacy) => {
                Some(writes.into_iter().map(without_tombstone).collect())
            }
            (Some(Mutant::GateInSubjectPartition), Privacy) => Some(self.with_gate(writes)),
            (Some(Mutant::StatusOverwritesTerminal), Webhook) => {
                Some(writes.into_iter().map(overwrite).collect())
            }
            (_, _) => Some(writes),
        }
    }

    fn holds(&self, write: &Write) -> bool {
        let found = self.memory.row(write.key()).map(|row| row.version);
        write.condition().holds(found)
    }

    fn state(&self, key: &Key) -> Option<State> {
        self.memory.row(key).as_ref().and_then(state_of)
    }

    /// Whoever moved the gate meanwhile is not noticed.
    fn without_gates(&self, writes: Vec<Write>) -> Vec<Write> {
        let is_gate = |write: &Write| write.key().partition.starts_with("G#");
        writes.into_iter().filter(|write| !is_gate(write) || self.holds(write)).collect()
    }

    fn upsert(&self, write: Write) -> Write {
        if !settles(&write) {
            return write;
        }
        let Write::Put { item, .. } = write else {
            return write;
        };
        let Some(found) = self.memory.row(&item.key) else {
            return Write::create(item);
        };
        let condition = Condition::Version(found.version);
        Write::Put { item: Item { version: found.version.saturating_add(1), ..item }, condition }
    }

    fn unclaim(&self, writes: Vec<Write>) -> Option<Vec<Write>> {
        let mut unclaimed = self.unclaimed.lock().unwrap_or_else(PoisonError::into_inner);
        let claim = writes.iter().find_map(|write| match write {
            Write::Put { item, .. } if state_of(item) == Some(State::Sending) => Some(item),
            Write::Put { .. } | Write::Delete { .. } | Write::Check { .. } => None,
        });
        if let Some(item) = claim {
            if writes.iter().all(|write| self.holds(write)) {
                unclaimed.insert(item.key.clone(), item.version.saturating_sub(1));
                return None;
            }
            return Some(writes);
        }
        let settled = writes.into_iter().map(|write| match write {
            Write::Put { item, condition } => match unclaimed.get(&item.key) {
                Some(version) if condition == Condition::Version(version.saturating_add(1)) => {
                    Write::Put { item, condition: Condition::Version(*version) }
                }
                Some(_) | None => Write::Put { item, condition },
            },
            other => other,
        });
        Some(settled.collect())
    }

    fn requeue(&self, write: Write) -> Write {
        match write {
            Write::Put { item, condition }
                if state_of(&item) == Some(State::Unknown)
                    && self.state(&item.key) == Some(State::Sending) =>
            {
                let due = item.get_text(Attribute::Due).unwrap_or_default().to_owned();
                let soon = self.clock.now().plus(HINT_GRACE);
                let item = item
                    .text(Attribute::State, State::Decided)
                    .without(Attribute::NotBefore)
                    .listed(Index::Due, due, soon);
                Write::Put { item, condition }
            }
            other => other,
        }
    }

    fn same_epoch(&self, write: Write) -> Write {
        match write {
            Write::Put { item, condition } if item.key.partition.starts_with("G#") => {
                let before = self.memory.row(&item.key);
                let epoch = before.and_then(|row| row.get_number(Attribute::Epoch));
                let item = match epoch {
                    Some(epoch) => item.number(Attribute::Epoch, epoch),
                    None => item,
                };
                Write::Put { item, condition }
            }
            other => other,
        }
    }

    /// With a subject's rows go its gate and what leads to it.
    fn with_gate(&self, mut writes: Vec<Write>) -> Vec<Write> {
        let deleted = writes.iter().find_map(|write| match write {
            Write::Delete { key, .. } if key.is_subjects() => super::watch::subject_of(key),
            Write::Delete { .. } | Write::Put { .. } | Write::Check { .. } => None,
        });
        let Some((pid, _)) = deleted else {
            return writes;
        };
        let leads = |row: &Item| {
            row.key.partition.starts_with("L#")
                && row.get_text(Attribute::Pid) == Some(pid.to_string().as_str())
        };
        let gate = self.memory.row(&Key::gate(pid));
        let gone = self.memory.rows().into_iter().filter(leads).chain(gate);
        writes.extend(gone.map(|row| Write::Delete { key: row.key, condition: Condition::Exists }));
        writes
    }

    /// The row as the mistaken code sees it.
    fn misread(&self, row: Option<Item>) -> Option<Item> {
        let is = |row: &Item, prefix| row.key.partition.starts_with(prefix);
        match (self.mutant, row) {
            (Some(Mutant::ClaimWithoutSettings), Some(row)) if is(&row, "B#") => None,
            (Some(Mutant::ClaimWithoutWindowCheck), Some(row)) if is(&row, "G#") => {
                Some(row.time(Attribute::WindowFrom, self.clock.now()))
            }
            (_, row) => row,
        }
    }
}

/// Whether it brings a message to its end.
fn settles(write: &Write) -> bool {
    let Write::Put { item, .. } = write else {
        return false;
    };
    item.key.as_task().is_some() && state_of(item).is_some_and(State::is_terminal)
}

fn overwrite(write: Write) -> Write {
    match write {
        Write::Put { item, condition } if item.key.as_task().is_some() => {
            let state = match item.get_text(Attribute::Remark) {
                Some("delivered") => Some(State::Answered),
                Some("not_delivered") => Some(State::Human),
                Some(_) | None => None,
            };
            let item = match state {
                Some(state) => item.text(Attribute::State, state),
                None => item,
            };
            Write::Put { item, condition }
        }
        other => other,
    }
}

fn state_of(item: &Item) -> Option<State> {
    item.parse(Attribute::State).ok().flatten()
}

fn makes_message(write: &Write) -> bool {
    let key = write.key();
    key.is_subjects()
        && key.sort.starts_with(Key::MESSAGE)
        && write.condition() == Condition::Absent
}

fn without_tombstone(write: Write) -> Write {
    match write {
        Write::Put { item, condition: Condition::Version(version) }
            if item.key.table == TableName::Keys && item.get_text(Attribute::State).is_some() =>
        {
            Write::Delete { key: item.key, condition: Condition::Version(version) }
        }
        other => other,
    }
}

impl<T: Table> Table for Mutated<T> {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        let rows = self.inner.get_many(keys).await?;
        if self.function != Function::Reply {
            return Ok(rows);
        }
        Ok(rows.into_iter().map(|row| self.misread(row)).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        self.inner.query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        match self.mistake(writes.to_vec()) {
            Some(writes) => self.inner.write(token, &writes, kept).await,
            None => Ok(()),
        }
    }
}
