//! What was promised, and what a world has seen broken of it.

use std::fmt;

use forthright_core::Time;
use serde::{Deserialize, Serialize};

/// A promise of the design that a simulation can see broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// Every acknowledged message, request and answer comes to one end.
    Lost,
    /// At most one automatic reply for each message, each answer of a person once, and one to each version of a case.
    Double,
    /// The machine is silent while a person holds the conversation, after an opt-out, outside the window, under the
    /// kill switch, and about what a person was given.
    SaidWhileSilent,
    /// Nothing brings back what was erased.
    Resurrected,
    /// No automated text without the disclosure that is due.
    DisclosureMissing,
    /// Terminal stays terminal.
    Reopened,
    /// A text reaches the person whom it is for, and an export holds nobody else's words.
    WrongPerson,
    /// Personal data is sealed, and in no queue.
    InTheClear,
    /// A receipt counts what was erased.
    Miscounted,
    /// A function does to the store what it declared, and does not panic.
    Misbehaved,
}

impl Promise {
    /// Every one of them.
    pub const ALL: [Self; 10] = [
        Self::Lost,
        Self::Double,
        Self::SaidWhileSilent,
        Self::Resurrected,
        Self::DisclosureMissing,
        Self::Reopened,
        Self::WrongPerson,
        Self::InTheClear,
        Self::Miscounted,
        Self::Misbehaved,
    ];

    /// How a report names a break of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Double => "sent twice",
            Self::SaidWhileSilent => "said while silent",
            Self::Resurrected => "resurrected",
            Self::DisclosureMissing => "disclosures missing",
            Self::Reopened => "terminal reopened",
            Self::WrongPerson => "to the wrong person",
            Self::InTheClear => "personal data in the clear",
            Self::Miscounted => "receipts wrong",
            Self::Misbehaved => "beyond grants, or panics",
        }
    }
}

/// A broken promise: what was seen, in ids and enums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) promise: Promise,
    pub(super) what: String,
    pub(super) at: Time,
    /// During which act, counted from zero; after the last one it is the end.
    pub(super) act: usize,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} ({}, act {})",
            self.promise.name(),
            self.what,
            self.at.rfc3339(),
            self.act
        )
    }
}
