//! What a ledger does to which rows: the source of each function's IAM policy.

use super::{Index, Query, Range, TableName, Write};

/// An action on a table, by the kind that IAM tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Reads rows by key.
    Get,
    /// Reads a partition.
    Query,
    /// Reads an index.
    QueryIndex(Index),
    /// Creates or replaces rows.
    Put,
    /// Removes rows.
    Delete,
    /// Checks rows in a transaction.
    Check,
}

/// That a ledger does something to the rows whose partition keys begin in a certain way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// What it does.
    pub action: Action,
    /// In which table.
    pub table: TableName,
    /// How the partition keys begin; for an index, how its entries begin.
    pub prefix: &'static str,
}

impl Grant {
    /// A grant on the `data` table.
    pub const fn data(action: Action, prefix: &'static str) -> Self {
        Self { action, table: TableName::Data, prefix }
    }

    /// A grant on the `keys` table.
    pub const fn keys(action: Action, prefix: &'static str) -> Self {
        Self { action, table: TableName::Keys, prefix }
    }

    /// Whether it allows `action` on a partition.
    pub fn allows(&self, action: Action, table: TableName, partition: &str) -> bool {
        self.action == action && self.table == table && partition.starts_with(self.prefix)
    }

    /// Whether it allows a query.
    pub fn allows_query(&self, query: &Query) -> bool {
        match &query.range {
            Range::Partition { table, partition, .. } => {
                self.allows(Action::Query, *table, partition)
            }
            Range::Index { index, entry, .. } => {
                self.allows(Action::QueryIndex(*index), TableName::Data, entry)
            }
        }
    }

    /// Whether it allows a write.
    pub fn allows_write(&self, write: &Write) -> bool {
        let action = match write {
            Write::Put { .. } => Action::Put,
            Write::Delete { .. } => Action::Delete,
            Write::Check { .. } => Action::Check,
        };
        let key = write.key();
        self.allows(action, key.table, &key.partition)
    }
}
