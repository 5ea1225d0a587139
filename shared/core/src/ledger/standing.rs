//! Where a task stands: its row and its subject's gate, as they were read.

use super::stores::Stores;
use crate::{
    fault::Fault,
    gate::Gate,
    queue::TaskRef,
    seal::Vault,
    state::State,
    table::{Attribute, Item, Key, Table},
};

/// A task's row and its subject's gate, as they were read.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) gate: Gate,
    pub(super) item: Item,
    pub(super) state: State,
}

impl<T: Table, V: Vault> Stores<T, V> {
    /// The task's row and gate; none if the subject's epoch is over.
    pub(super) async fn standing(&self, task: &TaskRef) -> Result<Option<Standing>, Fault> {
        let keys = [Key::gate(task.pid), Key::task(task.pid, task.epoch, task.task)];
        let [Some(gate), Some(item)] = self.get(keys).await? else {
            return Ok(None);
        };
        let gate = Gate::from_item(task.pid, &gate)?;
        if gate.epoch != task.epoch || gate.at.brand != task.brand {
            return Ok(None);
        }
        let state = item.parse_required(Attribute::State)?;
        Ok(Some(Standing { gate, item, state }))
    }
}
