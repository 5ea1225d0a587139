//! Finds what is due: work whose hint was lost, leases that are over, outcomes that never came.

use forthright_core::{
    Fault, Handle, Lane, Queue, Table, Vault,
    ledger::{DUE_SHARDS, Replies},
    metric::{Metric, count_many},
    send_all,
    table::Grant,
};

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 4] = Lane::ALL;

/// A look around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// From time to time: what is due by now.
    Clock,
    /// When a process has just started and nothing is in flight: also what only waits for its hint.
    Resume,
}

/// The steward function.
#[derive(Debug)]
pub struct Steward<T, V, Q> {
    /// What may be due.
    pub replies: Replies<T, V>,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, Q: Queue> Steward<T, V, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 1] = [Replies::<T, V>::GRANTS];
}

impl<T: Table, V: Vault, Q: Queue> Handle<Tick> for Steward<T, V, Q> {
    /// How many pieces of work were found.
    type Output = usize;

    async fn handle(&self, tick: Tick) -> Result<usize, Fault> {
        let mut found = 0_usize;
        let mut outcome = Ok(());
        for shard in 0..DUE_SHARDS {
            // One shard that cannot be read must not keep the others waiting.
            let (hints, looked) = self.replies.overdue(shard, tick == Tick::Resume).await;
            found = found.saturating_add(hints.len());
            send_all(&self.queue, hints).await;
            outcome = outcome.and(looked);
        }
        count_many(Metric::OverdueFound, found);
        if found > 0 {
            tracing::info!(found, "found work that was due");
        }
        outcome.map(|()| found)
    }
}
