//! Who wrote: the subject that a message's ids lead to, and the others who turn out to be the same person.

use super::Inbox;
use crate::{
    fault::Fault,
    gate::Gate,
    ids::{Address, Eid, Pid, PlatformId},
    seal::{BrandKeys, Vault},
    subject::SubjectWrites,
    table::{Attribute, Item, Key, Table, Write},
};

/// Who wrote, as far as links tell.
pub(super) struct Writer {
    pub(super) gate: Gate,
    /// Links to be made: their ids were not linked yet, or under an older pepper.
    pub(super) links: Vec<Item>,
    /// Another subject that this message proves to be the same person.
    pub(super) twin: Option<Pid>,
}

impl<T: Table, V: Vault> Inbox<T, V> {
    /// Finds the subject by the ids that the message bears, or begins a new one.
    pub(super) async fn identify(
        &self,
        brand: &BrandKeys,
        at: &Address,
        ids: &[PlatformId],
    ) -> Result<Writer, Fault> {
        let hashes: Vec<_> = ids.iter().map(|id| brand.link_hashes(at, id)).collect();
        let keys: Vec<_> =
            hashes.iter().flatten().map(|(pepper, hash)| Key::link(*pepper, hash)).collect();
        let mut rows = self.0.get_all(&keys).await?.into_iter();

        // Per id: the subject it is linked to, and its link's key if the present pepper has none yet.
        let mut found: Vec<(Option<Pid>, Option<Key>)> = Vec::new();
        for peppers in &hashes {
            let mut linked = None;
            let mut missing = None;
            for (position, (pepper, hash)) in peppers.iter().enumerate() {
                let row = rows.next().flatten();
                if position == 0 && row.is_none() {
                    missing = Some(Key::link(*pepper, hash));
                }
                if let (None, Some(row)) = (linked, row) {
                    linked = Some(row.parse_required(Attribute::Pid)?);
                }
            }
            found.push((linked, missing));
        }
        let known = found.iter().find_map(|(linked, _)| *linked);
        let gate = match known {
            Some(pid) => {
                self.0.gate(pid).await?.ok_or(Fault::Damaged { what: "link without gate" })?
            }
            None => Gate::first(Pid::from_bytes(self.0.entropy.bytes()), at.clone()),
        };
        let twin = found.iter().filter_map(|(linked, _)| *linked).find(|pid| *pid != gate.pid);
        let links = found
            .into_iter()
            .filter_map(|(linked, missing)| {
                let pid = linked.unwrap_or(gate.pid);
                missing.map(|key| Item::new(key).text(Attribute::Pid, pid))
            })
            .collect();
        Ok(Writer { gate, links, twin })
    }

    /// The transaction that hears the message, with what it tells of who the person is.
    ///
    /// `twins` are the gates of the others as they were read: what was concluded from them must still hold.
    pub(super) async fn with_identity(
        &self,
        writer: &Writer,
        heard: Gate,
        twins: &[Gate],
    ) -> Result<SubjectWrites, Fault> {
        let twin = twins.iter().find(|gate| Some(gate.pid) == writer.twin);
        let names = match twin {
            Some(twin) => self.names(&heard, twin).await?,
            None => None,
        };
        let writes = match names {
            None => SubjectWrites::moving(&heard),
            Some((twin, names)) => {
                let twin = Gate { twins: true, ..twin };
                let writes = SubjectWrites::moving(&Gate { twins: true, ..heard })
                    .and(Write::replace(twin.to_item()));
                names.into_iter().fold(writes, SubjectWrites::create)
            }
        };
        let writes = writer.links.iter().cloned().fold(writes, SubjectWrites::create);
        Ok(twins.iter().fold(writes, SubjectWrites::only_while))
    }

    /// The gate of the other subject, with the names by which each is to know the other; none if both do already.
    /// One of them may have forgotten it in an erasure that the other had no part in.
    async fn names(&self, gate: &Gate, twin: &Gate) -> Result<Option<(Gate, Vec<Item>)>, Fault> {
        let keys =
            [Key::twin(gate.pid, gate.epoch, twin.pid), Key::twin(twin.pid, twin.epoch, gate.pid)];
        let there = self.0.get(keys.clone()).await?;
        let missing: Vec<_> = keys
            .into_iter()
            .zip([twin.pid, gate.pid])
            .zip(there)
            .filter(|(_, row)| row.is_none())
            .map(|((key, other), _)| Item::new(key).text(Attribute::Pid, other))
            .collect();
        Ok((!missing.is_empty()).then_some((twin.clone(), missing)))
    }

    /// The gates of the other subjects who are the same person, as far as it is proven, now or before.
    pub(super) async fn twins_of(&self, writer: &Writer) -> Result<Vec<Gate>, Fault> {
        let mut gates = self.0.twins(&writer.gate).await?;
        if let Some(twin) = writer.twin
            && gates.iter().all(|gate| gate.pid != twin)
        {
            gates.extend(self.0.gate(twin).await?);
        }
        Ok(gates)
    }

    pub(super) async fn is_with(&self, gates: &[Gate], eid: Eid) -> Result<bool, Fault> {
        if gates.is_empty() {
            return Ok(false);
        }
        let key = |gate: &Gate| Key::message(gate.pid, gate.epoch, eid);
        let rows = self.0.get_all(&gates.iter().map(key).collect::<Vec<_>>()).await?;
        Ok(rows.iter().any(Option::is_some))
    }
}
