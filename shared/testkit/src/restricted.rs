//! A table that refuses what a ledger did not declare.

use std::sync::{Arc, Mutex, PoisonError};

use forthright_core::{
    Table,
    table::{
        Action, Grant, Item, Key, Page, Query, Range, TableFault, TableName, Write, WriteFault,
        WriteToken,
    },
};

/// A [`Table`] behind the grants of a function: what IAM will refuse on AWS is refused in a test.
#[derive(Debug, Clone)]
pub struct Restricted<T> {
    inner: T,
    grants: Arc<[Grant]>,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

/// Something that no grant allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was tried.
    pub action: Action,
    /// In which table.
    pub table: TableName,
    /// How the partition key, or the index entry, begins: up to its first `#`, for the rest names a subject.
    pub prefix: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { action, table, prefix } = self;
        write!(f, "no grant for {action:?} on `{prefix}` in {}", table.name())
    }
}

impl std::error::Error for Refusal {}

impl<T> Restricted<T> {
    /// `inner`, for who declared `grants`.
    pub fn new(inner: T, grants: impl Into<Arc<[Grant]>>) -> Self {
        Self { inner, grants: grants.into(), refusals: Arc::default() }
    }

    /// What was refused so far: a test that expects nothing asserts that it is empty.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refuse(&self, action: Action, table: TableName, partition: &str) -> Refusal {
        let prefix = partition.find('#').and_then(|at| partition.get(..=at)).unwrap_or(partition);
        let refusal = Refusal { action, table, prefix: prefix.to_owned() };
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal.clone());
        refusal
    }
}

impl<T: Table> Table for Restricted<T> {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        for key in keys {
            if !self.grants.iter().any(|grant| grant.allows(Action::Get, key.table, &key.partition))
            {
                let refusal = self.refuse(Action::Get, key.table, &key.partition);
                return Err(TableFault::Unavailable(refusal.into()));
            }
        }
        self.inner.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        if !self.grants.iter().any(|grant| grant.allows_query(query)) {
            let refusal = match &query.range {
                Range::Partition { table, partition, .. } => {
                    self.refuse(Action::Query, *table, partition)
                }
                Range::Index { index, entry, .. } => {
                    self.refuse(Action::QueryIndex(*index), TableName::Data, entry)
                }
            };
            return Err(TableFault::Unavailable(refusal.into()));
        }
        self.inner.query(query).await
    }

    async fn write(&self, token: WriteToken, writes: Vec<Write>) -> Result<(), WriteFault> {
        for write in &writes {
            if self.grants.iter().any(|grant| grant.allows_write(write)) {
                continue;
            }
            let (action, text) = match write {
                Write::Put { .. } => (Action::Put, "no grant for a put; see refusals()"),
                Write::Delete { .. } => (Action::Delete, "no grant for a delete; see refusals()"),
                Write::Check { .. } => (Action::Check, "no grant for a check; see refusals()"),
            };
            self.refuse(action, write.key().table, &write.key().partition);
            return Err(WriteFault::Malformed(text));
        }
        self.inner.write(token, writes).await
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::block_on;
    use forthright_core::{
        Time,
        table::{Condition, Index},
    };

    use super::*;
    use crate::Memory;

    #[test]
    fn what_was_declared_passes_and_everything_else_is_refused_by_name() {
        let grants = [
            Grant::data(Action::Put, "T#"),
            Grant::data(Action::Get, "T#"),
            Grant::data(Action::QueryIndex(Index::Due), "due#"),
        ];
        let memory = Memory::new();
        let table = Restricted::new(memory.clone(), grants);
        let key = |partition: &str| Key::data(partition.to_owned(), "-");
        let write = |number, write| {
            block_on(table.write(WriteToken::from_bytes([number; 16]), vec![write]))
        };
        write(1, Write::create(Item::new(key("T#1")))).unwrap();
        block_on(table.get_many(&[key("T#1")])).unwrap();
        let index = |index| Query {
            range: Range::Index { index, entry: "due#00".into(), until: Time::from_millis(0) },
            after: None,
            limit: 1,
        };
        block_on(table.query(&index(Index::Due))).unwrap();
        assert!(table.refusals().is_empty());

        assert!(write(2, Write::create(Item::new(key("X#1")))).is_err());
        assert!(write(3, Write::Delete { key: key("T#1"), condition: Condition::Exists }).is_err());
        assert!(block_on(table.get_many(&[key("T#1"), key("X#2")])).is_err());
        assert!(block_on(table.query(&index(Index::Listing))).is_err());
        let texts: Vec<String> = table.refusals().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "no grant for Put on `X#` in data",
                "no grant for Delete on `T#` in data",
                "no grant for Get on `X#` in data",
                "no grant for QueryIndex(Listing) on `due#` in data",
            ]
        );
        assert_eq!(memory.len(), 1, "nothing refused was done");
    }
}
