//! The ports of a simulated host: each call waits for its turn, and is seen.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use forthright_core::{
    Fault, Hint, Queue, QueueMessage, Table,
    http::{Exchange, ExchangeFault, Request, Response},
    table::{Item, Kept, Key, Page, Query, TableFault, TableName, Write, WriteFault, WriteToken},
};
use forthright_testkit::{Faulty, Memory};

use super::{kernel::Kernel, mutant::Mutated, platform::Platform, watch::Watch};

/// The table in memory, each of whose transactions is seen.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) memory: Memory,
    pub(super) kernel: Kernel,
    pub(super) watch: Watch,
    /// Whether a crash can undo what was written soon, as on the local host.
    pub(super) forgets: bool,
}

impl Table for Watched {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        self.memory.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        self.memory.query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        let before: Vec<_> = writes.iter().map(|write| self.memory.row(write.key())).collect();
        let kept = if self.forgets { kept } else { Kept::Now };
        let done = self.memory.write(token, writes, kept).await;
        if done.is_ok() {
            self.watch.committed(&self.kernel, &self.memory, &before, writes);
        }
        done
    }
}

/// A function's table.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub(super) inner: Mutated<Faulty<Watched>>,
    pub(super) kernel: Kernel,
    pub(super) watch: Watch,
    pub(super) torn_reads: bool,
}

impl Table for Shelf {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        let looks =
            keys.iter().any(|key| key.table == TableName::Data && key.partition.starts_with("B#"));
        if !self.torn_reads || keys.len() < 2 {
            let turn = self.kernel.call("read").await;
            if looks {
                self.watch.looks(self.kernel.task());
            }
            let rows = self.inner.get_many(keys).await;
            self.note_read(keys, &rows);
            turn.over().await;
            return rows;
        }
        if looks {
            self.watch.looks(self.kernel.task());
        }
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            let key = std::slice::from_ref(key);
            let turn = self.kernel.call("read").await;
            let row = self.inner.get_many(key).await;
            self.note_read(key, &row);
            turn.over().await;
            rows.extend(row?);
        }
        Ok(rows)
    }

    fn rows_at_once(&self) -> usize {
        Self::ROWS_AT_ONCE
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let turn = self.kernel.call("query").await;
        let page = self.inner.query(query).await;
        turn.over().await;
        page
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        let call = match kept {
            Kept::Now => "write",
            Kept::Soon => "write soon",
        };
        let turn = self.kernel.call(call).await;
        let line = self.watch.seen().trace.is_some().then(|| describe(writes));
        let done = self.inner.write(token, writes, kept).await;
        self.watch.note(|| {
            let done = match &done {
                Ok(()) => "done".to_owned(),
                Err(fault) => fault.to_string(),
            };
            format!("    task {} writes {}: {done}", self.kernel.task(), line.unwrap_or_default())
        });
        turn.over().await;
        done
    }
}

impl Shelf {
    /// One row, its case and the receipt: something can come between the deletions of any two rows.
    const ROWS_AT_ONCE: usize = 3;

    fn note_read(&self, keys: &[Key], rows: &Result<Vec<Option<Item>>, TableFault>) {
        self.watch.note(|| {
            let names: Vec<_> = match rows {
                Ok(rows) => {
                    keys.iter().zip(rows).map(|(key, row)| shown(key, row.as_ref())).collect()
                }
                Err(fault) => vec![fault.to_string()],
            };
            format!("    task {} reads {}", self.kernel.task(), names.join(", "))
        });
    }
}

fn shown(key: &Key, row: Option<&Item>) -> String {
    use forthright_core::table::Attribute;
    let name = super::watch::name(key);
    let Some(row) = row else {
        return format!("{name} absent");
    };
    let state = row.get_text(Attribute::State).map(|state| format!(" {state}")).unwrap_or_default();
    format!("{name} v{}{state}", row.version)
}

fn describe(writes: &[Write]) -> String {
    let one = |write: &Write| match write {
        Write::Put { item, condition } => {
            format!("put {} if {condition:?}", shown(&item.key, Some(item)))
        }
        Write::Delete { key, condition } => {
            format!("delete {} if {condition:?}", super::watch::name(key))
        }
        Write::Check { key, condition } => {
            format!("check {} {condition:?}", super::watch::name(key))
        }
    };
    writes.iter().map(one).collect::<Vec<_>>().join(" + ")
}

/// Where hints lie until the simulation takes them, as the bytes that a queue would carry.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    pub(super) kernel: Kernel,
    hints: Arc<Mutex<VecDeque<String>>>,
}

impl Lanes {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, hints: Arc::default() }
    }

    fn hints(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was sent since the last look.
    pub(super) fn take(&self) -> VecDeque<String> {
        std::mem::take(&mut self.hints())
    }
}

impl Queue for Lanes {
    async fn send(&self, hint: Hint) -> Result<(), Fault> {
        let turn = self.kernel.call("hint").await;
        let bytes = serde_json::to_string(&QueueMessage::V1(hint))
            .map_err(|source| Fault::unavailable("queue", source))?;
        self.hints().push_back(bytes);
        turn.over().await;
        Ok(())
    }
}

/// The call by which a message leaves.
pub(super) const SEND: &str = "send";

/// A host's line to the platform: what leaves, and what comes back, have a turn each.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) kernel: Kernel,
    pub(super) platform: Platform,
}

impl Exchange for Line {
    async fn exchange(&self, request: Request) -> Result<Response, ExchangeFault> {
        let turn = self.kernel.call(SEND).await;
        let answer = self.platform.receive(&request);
        turn.over().await;
        let turn = self.kernel.call("answer").await;
        turn.over().await;
        answer
    }
}
