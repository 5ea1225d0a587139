//! What a person may demand: to see what is held about them, and to have it erased.

use std::sync::Arc;

use super::{
    HINT_GRACE,
    content::Said,
    export::Export,
    request::{
        NewRequest, RequestKind, RequestState, RequestView, Subject, hint_of, request_item, view,
    },
    stores::{Commit, Stores, TRIES},
};
use crate::{
    case::Actor,
    fault::Fault,
    gate::{Gate, WINDOW},
    ids::{Address, BrandId, Epoch, OutId, Pid, PlatformId, RequestId, TaskId},
    queue::{Hint, TaskRef},
    seal::{BrandKeys, SubjectKey, Vault},
    state::State,
    subject::SubjectWrites,
    table::{Action, Attribute, Grant, Index, Item, Key, Table, Write},
    time::Time,
};

/// Locates, exports and erases what is held about a person.
#[derive(Debug)]
pub struct Rights<T, V>(pub(super) Arc<Stores<T, V>>);

impl<T, V> Clone for Rights<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Table, V: Vault> Rights<T, V> {
    /// What the ledger does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::keys(Action::Get, "K#"),
        Grant::keys(Action::Put, "K#"),
        Grant::keys(Action::Get, "E#"),
        Grant::keys(Action::Put, "E#"),
        Grant::keys(Action::Query, "E#"),
        Grant::data(Action::Get, "B#"),
        Grant::data(Action::Put, "B#"),
        Grant::data(Action::Get, "L#"),
        Grant::data(Action::Get, "G#"),
        Grant::data(Action::Put, "G#"),
        Grant::data(Action::Check, "G#"),
        Grant::data(Action::Get, "S#"),
        Grant::data(Action::Query, "S#"),
        Grant::data(Action::Put, "S#"),
        Grant::data(Action::Delete, "S#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
        Grant::data(Action::Get, "R#"),
        Grant::data(Action::Put, "R#"),
        Grant::data(Action::QueryIndex(Index::Listing), "requests#"),
    ];

    /// The ledger over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// The brand's keys, for ids that must be the same each time.
    pub async fn brand_keys(&self, brand: &BrandId) -> Result<Arc<BrandKeys>, Fault> {
        self.0.vault.brand(brand).await
    }

    /// A fresh id for a request: 128 random bits, since it opens the status page.
    pub fn fresh_request(&self) -> RequestId {
        RequestId::from_bytes(self.0.entropy.bytes())
    }

    /// The person whom the platform knows under `id`, tried as each kind of id, with every subject that was
    /// proven to be the same person.
    pub async fn locate(&self, at: &Address, id: &str) -> Result<Subject, Fault> {
        let brand = self.0.vault.brand(&at.brand).await?;
        let hashes = at
            .channel
            .id_kinds()
            .iter()
            .copied()
            .filter_map(|kind| PlatformId::parse(kind, id).ok())
            .flat_map(|id| brand.link_hashes(at, &id));
        let keys: Vec<_> = hashes.map(|(pepper, hash)| Key::link(pepper, &hash)).collect();
        let mut subject = Subject::default();
        for row in self.0.get_all(&keys).await?.into_iter().flatten() {
            self.include(&mut subject, row.parse_required(Attribute::Pid)?).await?;
        }
        Ok(subject)
    }

    /// Adds a subject and, step by step, all that name each other.
    async fn include(&self, subject: &mut Subject, first: Pid) -> Result<(), Fault> {
        let mut pending = vec![first];
        while let Some(pid) = pending.pop() {
            if subject.0.iter().any(|(known, _)| *known == pid) {
                continue;
            }
            let Some(gate) = self.0.gate(pid).await? else {
                continue;
            };
            subject.0.push((pid, gate.epoch));
            if gate.twins {
                let partition = Key::subject_partition(pid, gate.epoch);
                for row in self.0.partition(partition, Key::TWIN).await? {
                    pending.push(row.parse_required(Attribute::Pid)?);
                }
            }
        }
        Ok(())
    }

    /// Everything held about a person, opened.
    pub async fn export(&self, brand: &BrandId, subject: &Subject) -> Result<Export, Fault> {
        let keys = self.0.vault.brand(brand).await?;
        let mut export = Export::default();
        for (pid, epoch) in &subject.0 {
            let Some(gate) = self.0.gate(*pid).await? else {
                continue;
            };
            export.channel = Some(gate.at.channel);
            let stamp = |time: Option<Time>| time.map(Time::rfc3339);
            export.opted_out_since =
                export.opted_out_since.or(stamp(gate.suppressed.map(|suppressed| suppressed.at)));
            export.restricted_since = export.restricted_since.or(stamp(gate.restricted_at));
            if let Some(key) = self.0.keyring(&keys).find(*pid, *epoch).await? {
                let partition = Key::subject_partition(*pid, *epoch);
                let (rows, damaged) = self.0.partition_as_it_is(partition, "").await?;
                for row in rows {
                    export.add::<T, V>(&key, &row, *epoch);
                }
                export.quarantined_rows = export.quarantined_rows.saturating_add(damaged.len());
            }
        }
        export.messages.sort_by(|one, other| one.sent_at.cmp(&other.sent_at));
        export.sent.sort_by(|one, other| one.at.cmp(&other.at));
        export.notes.sort_by(|one, other| one.at.cmp(&other.at));
        export.processing_confirmed = !export.messages.is_empty()
            || !export.sent.is_empty()
            || !export.notes.is_empty()
            || export.opted_out_since.is_some()
            || export.restricted_since.is_some()
            || export.quarantined_rows > 0;
        Ok(export)
    }

    /// Notes a request, and with it the final notice that announces its erasure. Noting it again changes
    /// nothing. The hints say who should look next.
    pub async fn receive(&self, new: &NewRequest) -> Result<Vec<Hint>, Fault> {
        let now = self.0.now();
        for attempt in 1..=TRIES {
            let [before] = self.0.get([Key::request(new.request)]).await?;
            if before.is_some() {
                return Ok(vec![hint_of(new)]);
            }
            let state = match (new.kind, new.subject.is_nobody()) {
                (RequestKind::Erasure, true) => RequestState::Identifying,
                (RequestKind::Erasure, false) => RequestState::InProgress,
                (RequestKind::Access, _) => RequestState::Completed,
            };
            // The notice is a courtesy, the request a duty: the last try goes without.
            let notice = if attempt < TRIES { self.notice(new, now).await? } else { None };
            let task = notice.as_ref().map(|(reference, _)| reference.clone());
            let item = request_item(new, state, now)
                .maybe_text(Attribute::Notice, task.as_ref().map(|task| task.task));
            // Both or neither: no notice announces an erasure that nobody noted.
            let writes = match notice {
                Some((_, writes)) => writes.create(item).into_writes(),
                None => vec![Write::create(item)],
            };
            if self.0.commit(writes).await? == Commit::Done {
                return Ok(task.map(Hint::Outbound).into_iter().chain([hint_of(new)]).collect());
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "request" })
    }

    /// The final notice, if the person can be written to: its task, and the writes that put it on its way.
    /// That it cannot go is no obstacle.
    async fn notice(
        &self,
        new: &NewRequest,
        now: Time,
    ) -> Result<Option<(TaskRef, SubjectWrites)>, Fault> {
        let (RequestKind::Erasure, Some(_), Some((pid, epoch))) =
            (new.kind, &new.notice, new.subject.0.first())
        else {
            return Ok(None); // who asks for a copy must not read that everything is being erased
        };
        let keys = self.0.vault.brand(&new.brand).await?;
        let Some(gate) = self.0.gate(*pid).await? else {
            return Ok(None);
        };
        let key = self.0.keyring(&keys).find(*pid, *epoch).await?;
        let (Some(key), true) = (key, gate.epoch == *epoch) else {
            return Ok(None);
        };
        if gate.admits(Actor::Privacy, None, now, WINDOW).is_err() {
            return Ok(None);
        }
        let export = self.export(&new.brand, &Subject(vec![(*pid, *epoch)])).await?;
        let (reference, item) = self.0.notice_item(new, (&gate, &key), &export.ids, now)?;
        Ok(Some((reference, SubjectWrites::new(&gate).create(item))))
    }

    /// A request; none if there is none with this id.
    pub async fn find(&self, request: RequestId) -> Result<Option<RequestView>, Fault> {
        let [row] = self.0.get([Key::request(request)]).await?;
        row.map(|row| view(&row)).transpose()
    }
}

impl<T: Table, V: Vault> Stores<T, V> {
    /// The last notice before an erasure, as it is put on its way: its task and its row.
    pub(super) fn notice_item(
        &self,
        new: &NewRequest,
        (gate, key): (&Gate, &SubjectKey),
        ids: &[PlatformId],
        now: Time,
    ) -> Result<(TaskRef, Item), Fault> {
        let task = TaskId::Out(OutId::from_bytes(*new.request.bytes()));
        let reference =
            TaskRef { brand: new.brand.clone(), pid: gate.pid, epoch: gate.epoch, task };
        let item = Item::new(Key::task(gate.pid, gate.epoch, task))
            .text(Attribute::State, State::Decided)
            .text(Attribute::Brand, &new.brand)
            .text(Attribute::Kind, "text")
            .text(Attribute::Actor, Actor::Privacy)
            .maybe_text(Attribute::Template, new.notice.as_ref())
            .maybe_text(Attribute::Language, new.language)
            .text(Attribute::Request, new.request)
            .time(Attribute::ReceivedAt, now);
        let said = Said { ids: ids.to_vec(), text: None };
        let item = self.seal(key, item, Attribute::Sealed, gate.epoch, &said)?;
        Ok((reference.clone(), super::moves::due_at(&reference, item, now.plus(HINT_GRACE))))
    }
}

/// The gate of a subject, if its epoch is still the one that is to be erased.
pub(super) fn still_open(gate: Option<Gate>, epoch: Epoch) -> Option<Gate> {
    gate.filter(|gate| gate.epoch == epoch)
}
