//! What every ledger stands on: the table, the vault, the clock.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    fault::{Fault, Retry},
    gate::Gate,
    ids::{Epoch, Pid},
    port::{Clock, Entropy},
    seal::{Binding, BrandKeys, KeyCache, Keyring, SubjectKey, Vault, table_fault, write_fault},
    table::{
        Attribute, Index, Item, Kept, Key, Page, Query, Range, Table, TableName, Write, WriteFault,
        WriteToken,
    },
    time::Time,
};

/// Over how many entries the index of due work is spread, so that no one entry is hot.
pub const DUE_SHARDS: u8 = 16;

/// How often a ledger tries again when others were at the same rows.
pub(super) const TRIES: usize = 16;

/// How long it waits before, at most.
const PAUSE: Duration = Duration::from_millis(20);

/// How many rows of a query come at once.
const PAGE: usize = 200;

/// The ports under the ledgers. Functions hold ledgers, never this.
#[derive(Debug)]
pub struct Stores<T, V> {
    pub(super) table: T,
    pub(super) vault: V,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    cache: KeyCache,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// It is done.
    Done,
    /// Nothing of it is done: a row moved, at the write with this index if that is known.
    Moved(Option<usize>),
}

impl<T: Table, V: Vault> Stores<T, V> {
    /// These ports. Unwrapped subject keys are kept for `keep_keys`: zero on Lambda, at most a second locally.
    pub fn new(
        table: T,
        vault: V,
        clock: Clock,
        entropy: Entropy,
        keep_keys: Duration,
    ) -> Arc<Self> {
        Arc::new(Self { table, vault, clock, entropy, cache: KeyCache::new(keep_keys) })
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) fn keyring<'a>(&'a self, brand: &'a BrandKeys) -> Keyring<'a, T> {
        Keyring {
            table: &self.table,
            brand,
            cache: &self.cache,
            clock: &self.clock,
            entropy: &self.entropy,
        }
    }

    pub(super) async fn get<const N: usize>(
        &self,
        keys: [Key; N],
    ) -> Result<[Option<Item>; N], Fault> {
        let rows = self.table.get_many(&keys).await.map_err(table_fault)?;
        rows.try_into().map_err(|_cause| Fault::Damaged { what: "answer of the table" })
    }

    pub(super) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        self.table.get_many(keys).await.map_err(table_fault)
    }

    /// The rows with these keys that are there and can be read. A damaged one does not hide the others.
    pub(super) async fn get_whole(&self, keys: &[Key]) -> Result<Vec<Item>, Fault> {
        match self.get_all(keys).await {
            Err(fault) if fault.retry() == Retry::Never => {}
            other => return Ok(other?.into_iter().flatten().collect()),
        }
        let mut rows = Vec::new();
        for key in keys {
            match self.get_all(std::slice::from_ref(key)).await {
                Ok(found) => rows.extend(found.into_iter().flatten()),
                Err(fault) if fault.retry() == Retry::Never => {
                    tracing::error!(error = %fault, alarm = "damaged", "a row is left out");
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(rows)
    }

    pub(super) async fn gate(&self, pid: Pid) -> Result<Option<Gate>, Fault> {
        let [row] = self.get([Key::gate(pid)]).await?;
        row.map(|row| Gate::from_item(pid, &row)).transpose()
    }

    /// The gates of the other subjects who were proven to be the same person.
    pub(super) async fn twins(&self, gate: &Gate) -> Result<Vec<Gate>, Fault> {
        if !gate.twins {
            return Ok(Vec::new());
        }
        let mut twins = Vec::new();
        for row in self.partition(Key::subject_partition(gate.pid, gate.epoch), Key::TWIN).await? {
            twins.extend(self.gate(row.parse_required(Attribute::Pid)?).await?);
        }
        Ok(twins)
    }

    /// Every row of a partition whose sort key begins with `prefix`; damage if one of them is damaged.
    pub(super) async fn partition(
        &self,
        partition: String,
        prefix: &str,
    ) -> Result<Vec<Item>, Fault> {
        let (rows, damaged) = self.partition_as_it_is(partition, prefix).await?;
        if damaged.is_empty() { Ok(rows) } else { Err(Fault::Damaged { what: "row" }) }
    }

    /// Every row of a partition whose sort key begins with `prefix`, and the keys of those that are damaged.
    pub(super) async fn partition_as_it_is(
        &self,
        partition: String,
        prefix: &str,
    ) -> Result<(Vec<Item>, Vec<Key>), Fault> {
        self.rows_of(TableName::Data, partition, prefix).await
    }

    /// The same of either table.
    pub(super) async fn rows_of(
        &self,
        table: TableName,
        partition: String,
        prefix: &str,
    ) -> Result<(Vec<Item>, Vec<Key>), Fault> {
        let range = Range::Partition { table, partition, prefix: prefix.to_owned() };
        let mut query = Query { range, after: None, limit: PAGE };
        let (mut items, mut damaged) = (Vec::new(), Vec::new());
        loop {
            let page = self.query(&query).await?;
            items.extend(page.items);
            damaged.extend(page.damaged);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok((items, damaged)),
            }
        }
    }

    /// The keys of at most `limit` rows that are listed under `entry` and not later than `until`.
    pub(super) async fn listed(
        &self,
        index: Index,
        entry: String,
        until: Time,
        limit: usize,
    ) -> Result<Vec<Key>, Fault> {
        let range = Range::Index { index, entry, until };
        let mut query = Query { range, after: None, limit: limit.min(PAGE) };
        let mut keys = Vec::new();
        loop {
            let page = self.query(&query).await?;
            keys.extend(page.keys);
            match page.next {
                Some(next) if keys.len() < limit => query.after = Some(next),
                Some(_) | None => {
                    keys.truncate(limit);
                    return Ok(keys);
                }
            }
        }
    }

    async fn query(&self, query: &Query) -> Result<Page, Fault> {
        self.table.query(query).await.map_err(table_fault)
    }

    /// Commits, and says what became of it. A conflict is tried again after a while. When the outcome is
    /// unknown, the last row that the transaction puts is read: it must be one that no other transaction
    /// can have written, byte for byte.
    pub(super) async fn commit(&self, writes: Vec<Write>) -> Result<Commit, Fault> {
        self.commit_as(writes, Kept::Now).await
    }

    /// Like [`commit`](Self::commit), for what is found and settled again if a loss of power undoes it.
    pub(super) async fn commit_soon(&self, writes: Vec<Write>) -> Result<Commit, Fault> {
        self.commit_as(writes, Kept::Soon).await
    }

    async fn commit_as(&self, writes: Vec<Write>, kept: Kept) -> Result<Commit, Fault> {
        for _ in 0..TRIES {
            let token = WriteToken::fresh(&self.entropy);
            match self.table.write(token, &writes, kept).await {
                Ok(()) => return Ok(Commit::Done),
                Err(WriteFault::Condition { index }) => return Ok(Commit::Moved(Some(index))),
                Err(WriteFault::Conflict) => self.pause().await,
                Err(WriteFault::Unknown(source)) => {
                    return self.look_after(&writes, source).await;
                }
                Err(fault) => return Err(write_fault(fault)),
            }
        }
        Err(Fault::Contended { what: "row" })
    }

    async fn look_after(
        &self,
        writes: &[Write],
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Result<Commit, Fault> {
        let last_put = writes.iter().rev().find_map(|write| match write {
            Write::Put { item, .. } => Some(item),
            Write::Delete { .. } | Write::Check { .. } => None,
        });
        let Some(item) = last_put else {
            return Err(Fault::unavailable("table", source));
        };
        let [row] = self.get([item.key.clone()]).await?;
        Ok(if row.as_ref() == Some(item) { Commit::Done } else { Commit::Moved(None) })
    }

    /// Waits a moment, so that those who collided part.
    pub(super) async fn pause(&self) {
        self.clock.sleep(self.entropy.jitter(PAUSE)).await;
    }

    pub(super) fn seal(
        &self,
        subject: &SubjectKey,
        item: Item,
        attribute: Attribute,
        epoch: Epoch,
        value: &impl Serialize,
    ) -> Result<Item, Fault> {
        let plain = serde_json::to_vec(value)
            .map_err(|_cause| Fault::rejected("a value that cannot be written"))?;
        let binding = Binding { key: &item.key, attribute, epoch };
        let sealed = subject.seal(&self.entropy, binding, &plain)?;
        Ok(item.bytes(attribute, sealed))
    }

    pub(super) fn unseal<D: DeserializeOwned>(
        subject: &SubjectKey,
        item: &Item,
        attribute: Attribute,
        epoch: Epoch,
    ) -> Result<Option<D>, Fault> {
        let Some(sealed) = item.get_bytes(attribute) else {
            return Ok(None);
        };
        let binding = Binding { key: &item.key, attribute, epoch };
        let plain = subject.open(binding, sealed)?;
        serde_json::from_slice(&plain)
            .map(Some)
            .map_err(|_cause| Fault::Damaged { what: attribute.name() })
    }
}

/// The entry of the index of due work under which a subject's tasks stand.
pub(super) fn due_entry_of(pid: Pid) -> String {
    let [first, ..] = *pid.bytes();
    due_entry(first % DUE_SHARDS)
}

/// The name of an entry of the index of due work.
pub(super) fn due_entry(shard: u8) -> String {
    format!("due#{shard:02}")
}
