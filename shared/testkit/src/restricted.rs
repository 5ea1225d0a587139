//! A table that refuses what a ledger did not declare, and a subject's row that is made without its gate.

use std::sync::{Arc, Mutex, PoisonError};

use forthright_core::{
    Table,
    table::{
        Action, Condition, Grant, Item, Kept, Key, Page, Query, Range, TableFault, TableName,
        Write, WriteFault, WriteToken,
    },
};

/// A [`Table`] behind the grants of a function: what IAM will refuse on AWS is refused in a test.
#[derive(Debug, Clone)]
pub struct Restricted<T> {
    inner: T,
    grants: Arc<[Grant]>,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

/// Something that nobody may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No grant allows it.
    Undeclared {
        /// What was tried.
        action: Action,
        /// In which table.
        table: TableName,
        /// How the partition key, or the index entry, begins: up to its first `#`, for the rest names a
        /// subject.
        prefix: String,
    },
    /// A transaction that may create a row of a subject neither checks nor writes that subject's gate.
    Ungated,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Undeclared { action, table, prefix } => {
                write!(f, "no grant for {action:?} on `{prefix}` in {}", table.name())
            }
            Self::Ungated => f.write_str("a subject's row is made without its gate"),
        }
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
        let refusal = Refusal::Undeclared { action, table, prefix: prefix.to_owned() };
        self.note(refusal.clone());
        refusal
    }

    fn note(&self, refusal: Refusal) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }

    fn check(&self, writes: &[Write]) -> Result<(), WriteFault> {
        for write in writes {
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
        if writes.iter().any(|write| makes_ungated(write, writes)) {
            self.note(Refusal::Ungated);
            return Err(WriteFault::Malformed("a subject's row is made without its gate"));
        }
        Ok(())
    }
}

/// Whether `write` may create a row of a subject whose gate nothing in its transaction looks at.
fn makes_ungated(write: &Write, transaction: &[Write]) -> bool {
    let creates = matches!(write, Write::Put { condition: Condition::Absent, .. });
    let key = write.key();
    if !creates || !key.is_subjects() {
        return false;
    }
    let pid = key.partition.strip_prefix(Key::SUBJECT).and_then(|rest| rest.split('#').next());
    let gate = format!("G#{}", pid.unwrap_or_default());
    !transaction.iter().any(|other| {
        matches!(other, Write::Put { .. } | Write::Check { .. })
            && other.key().table == TableName::Data
            && other.key().partition == gate
    })
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

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        self.check(writes)?;
        self.inner.write(token, writes, kept).await
    }

    fn rows_at_once(&self) -> usize {
        self.inner.rows_at_once()
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::block_on;
    use forthright_core::{Epoch, Pid, Time, table::Index};

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
            block_on(table.write(WriteToken::from_bytes([number; 16]), &[write], Kept::Now))
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

    #[test]
    fn a_subjects_row_cannot_be_made_without_its_own_gate() {
        let grants = ["G#", "S#"].map(|prefix| Grant::data(Action::Put, prefix));
        let table = Restricted::new(
            Memory::new(),
            [&grants[..], &[Grant::data(Action::Check, "G#")]].concat(),
        );
        let pid = Pid::from_bytes([1; 16]);
        let row = || Item::new(Key::data(Key::subject_partition(pid, Epoch::FIRST), "ROW"));
        let gate = |of: u8| Key::gate(Pid::from_bytes([of; 16]));
        let check = |of: u8| Write::Check { key: gate(of), condition: Condition::Exists };
        let write = |number, writes: Vec<Write>| {
            block_on(table.write(WriteToken::from_bytes([number; 16]), &writes, Kept::Now))
        };
        write(1, vec![Write::create(Item::new(gate(1)))]).unwrap();
        write(2, vec![Write::create(Item::new(gate(2)))]).unwrap();
        for without in [vec![Write::create(row())], vec![Write::create(row()), check(2)]] {
            assert!(matches!(write(3, without), Err(WriteFault::Malformed(_))));
        }
        assert_eq!(table.refusals(), [Refusal::Ungated, Refusal::Ungated]);
        write(4, vec![check(1), Write::create(row())]).unwrap();
        write(5, vec![Write::replace(row().next())]).unwrap();
    }
}
