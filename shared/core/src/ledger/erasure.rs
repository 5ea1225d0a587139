//! Erasure: close the gate, destroy the key, delete the partition, prove it empty, write the receipt.
//!
//! Each step can be repeated, so an erasure that was cut off goes on where it was (GDPR art. 17).

use super::{
    case_rows::unassigned,
    request::{Erased, ErasureStep, NOTICE_WAIT, RequestKind, RequestState, view},
    rights::{Rights, still_open},
    stores::{Commit, TRIES},
};
use crate::{
    case::CaseState,
    fault::Fault,
    ids::{CaseId, Epoch, Pid, RequestId, TaskId},
    queue::TaskRef,
    seal::Vault,
    subject::SubjectWrites,
    table::{Attribute, Condition, Index, Item, Key, Table, Write},
};

impl<T: Table, V: Vault> Rights<T, V> {
    /// Brings an erasure as far as it can go now.
    pub async fn advance(&self, request: RequestId) -> Result<ErasureStep, Fault> {
        let [row] = self.0.get([Key::request(request)]).await?;
        let Some(row) = row else {
            return Ok(ErasureStep::Nothing);
        };
        let found = view(&row)?;
        match (found.kind, found.state) {
            (RequestKind::Erasure, RequestState::InProgress) => {}
            (RequestKind::Erasure, RequestState::Completed) => {
                return Ok(ErasureStep::Completed(found.erased.unwrap_or_default()));
            }
            (RequestKind::Erasure | RequestKind::Access, _) => return Ok(ErasureStep::Nothing),
        }
        let received = row.get_time(Attribute::ReceivedAt).unwrap_or_default();
        let patience = received.plus(NOTICE_WAIT);
        if self.0.now() < patience && self.notice_is_pending(&row).await? {
            return Ok(ErasureStep::Waiting(patience));
        }
        self.enter(&found).await?;
        let brand = self.0.vault.brand(&found.brand).await?;
        for (pid, epoch) in found.subject().0.clone() {
            self.close_gate(pid, epoch).await?;
            self.0.keyring(&brand).destroy(pid, epoch).await?;
        }
        for (pid, epoch) in found.subject().0.clone() {
            self.delete_partition(request, pid, epoch).await?;
        }
        self.complete(request).await
    }

    async fn notice_is_pending(&self, row: &Item) -> Result<bool, Fault> {
        let found = view(row)?;
        let Some((pid, epoch)) = found.subject().0.first().copied() else {
            return Ok(false);
        };
        if row.get_text(Attribute::Notice).is_none() {
            return Ok(false);
        }
        let task = TaskId::Out(crate::ids::OutId::from_bytes(*found.request.bytes()));
        let reference = TaskRef { brand: found.brand, pid, epoch, task };
        let standing = self.0.standing(&reference).await?;
        Ok(standing.is_some_and(|standing| !standing.state.is_terminal()))
    }

    /// From here on nothing can be created in the epoch, and whatever comes is of the next one.
    async fn close_gate(&self, pid: Pid, epoch: Epoch) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let Some(gate) = still_open(self.0.gate(pid).await?, epoch) else {
                return Ok(()); // closed by an earlier try
            };
            let writes = SubjectWrites::moving(&gate.erased(self.0.now())).into_writes();
            if self.0.commit(writes).await? == Commit::Done {
                return Ok(());
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "gate" })
    }

    /// Deletes row by row. What is in flight can still change a row that it knows, never make one, so this
    /// ends: the query must at last be empty.
    async fn delete_partition(
        &self,
        request: RequestId,
        pid: Pid,
        epoch: Epoch,
    ) -> Result<(), Fault> {
        let partition = Key::subject_partition(pid, epoch);
        let mut tries = 0_usize;
        loop {
            let (rows, damaged) = self.0.partition_as_it_is(partition.clone(), "").await?;
            // What is damaged cannot be read, and has to go all the same.
            let damaged = damaged.into_iter().map(|key| (key, Condition::Exists));
            let rows = rows.into_iter().map(|row| (row.key, Condition::Version(row.version)));
            let rows: Vec<_> = rows.chain(damaged).collect();
            if rows.is_empty() {
                return Ok(());
            }
            // Each may bring its case's row along, and the request's row counts too.
            let at_once = self.0.table.rows_at_once().saturating_sub(1) / 2;
            for rows in rows.chunks(at_once.max(1)) {
                if !self.delete_rows(request, rows).await? {
                    tries = tries.saturating_add(1);
                    if tries >= TRIES {
                        return Err(Fault::Contended { what: "partition" });
                    }
                    self.0.pause().await;
                }
            }
        }
    }

    async fn delete_rows(
        &self,
        request: RequestId,
        rows: &[(Key, Condition)],
    ) -> Result<bool, Fault> {
        let [Some(receipt)] = self.0.get([Key::request(request)]).await? else {
            return Err(Fault::Damaged { what: "request" });
        };
        let mut erased: Erased = receipt.get_json(Attribute::Erased)?.unwrap_or_default();
        let mut writes = Vec::new();
        for (key, condition) in rows {
            let is_message = key.sort.starts_with(Key::MESSAGE);
            erased.messages = erased.messages.saturating_add(u64::from(is_message));
            erased.rows = erased.rows.saturating_add(1);
            writes.push(Write::Delete { key: key.clone(), condition: *condition });
            if let Some(case) = key.as_case() {
                writes.extend(self.empty_case(case).await?);
            }
        }
        // The count is the row that no other transaction can have written.
        writes.push(Write::replace(receipt.next().json(Attribute::Erased, &erased)));
        Ok(self.0.commit(writes).await? == Commit::Done)
    }

    /// Empties the row of a case, also one that cannot be read.
    async fn empty_case(&self, case: CaseId) -> Result<Option<Write>, Fault> {
        match self.0.get([Key::case(case)]).await {
            Ok([row]) => Ok(row.map(|row| Write::replace(self.emptied(row)))),
            Err(Fault::Damaged { .. }) => {
                let item = self.emptied(Item::new(Key::case(case)));
                Ok(Some(Write::Put { item, condition: Condition::Exists }))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The case's row when what it was about is gone.
    fn emptied(&self, case: Item) -> Item {
        unassigned(case.next())
            .text(Attribute::State, CaseState::Erased)
            .time(Attribute::EndedAt, self.0.now())
            .without(Attribute::Pid)
            .without(Attribute::Epoch)
            .unlisted(Index::Listing)
    }

    async fn complete(&self, request: RequestId) -> Result<ErasureStep, Fault> {
        for _ in 0..TRIES {
            let [Some(row)] = self.0.get([Key::request(request)]).await? else {
                return Err(Fault::Damaged { what: "request" });
            };
            let erased: Erased = row.get_json(Attribute::Erased)?.unwrap_or_default();
            if row.get_text(Attribute::State) == Some(RequestState::Completed.name()) {
                return Ok(ErasureStep::Completed(erased));
            }
            let item = row
                .next()
                .text(Attribute::State, RequestState::Completed)
                .json(Attribute::Erased, &erased)
                .time(Attribute::EndedAt, self.0.now())
                .unlisted(Index::Due);
            if self.0.commit(vec![Write::replace(item)]).await? == Commit::Done {
                return Ok(ErasureStep::Completed(erased));
            }
        }
        Err(Fault::Contended { what: "request" })
    }
}
