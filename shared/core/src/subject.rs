//! Writes that can create rows of a subject: there is no way to make one without the subject's gate.

use crate::{
    gate::Gate,
    table::{Condition, Item, Key, Write},
};

/// A transaction that may create rows of one subject. It checks, or replaces, the gate at the version
/// that was read, so that nothing is created behind an erasure, an opt-out or a hand-over.
#[derive(Debug)]
pub struct SubjectWrites(Vec<Write>);

impl SubjectWrites {
    /// Only while the gate is as it was read. A gate that has no row yet is made.
    pub fn new(gate: &Gate) -> Self {
        if gate.version == 0 {
            return Self(vec![Write::create(gate.to_item())]);
        }
        Self(vec![unmoved(gate)])
    }

    /// Only while the gate is as `next` was read, and it becomes `next`.
    pub fn moving(next: &Gate) -> Self {
        let item = next.to_item();
        let write = if next.version == 0 { Write::create(item) } else { Write::replace(item) };
        Self(vec![write])
    }

    /// Also only while the gate of another subject is as it was read. One that is written anyway is checked by that.
    #[must_use]
    pub fn only_while(mut self, gate: &Gate) -> Self {
        let check = unmoved(gate);
        if !self.0.iter().any(|write| write.key() == check.key()) {
            self.0.push(check);
        }
        self
    }

    /// Makes a row.
    #[must_use]
    pub fn create(mut self, item: Item) -> Self {
        self.0.push(Write::create(item));
        self
    }

    /// Adds any other write.
    #[must_use]
    pub fn and(mut self, write: Write) -> Self {
        self.0.push(write);
        self
    }

    /// Adds a write, if there is one.
    #[must_use]
    pub fn and_maybe(mut self, write: Option<Write>) -> Self {
        self.0.extend(write);
        self
    }

    /// The transaction.
    pub fn into_writes(self) -> Vec<Write> {
        self.0
    }
}

fn unmoved(gate: &Gate) -> Write {
    Write::Check { key: Key::gate(gate.pid), condition: Condition::Version(gate.version) }
}
