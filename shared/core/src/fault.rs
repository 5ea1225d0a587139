//! The one failure that crosses a boundary: *never* or *later*.

use std::error::Error;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same input will fail again.
    Never,
    /// The same input may succeed later.
    Later,
}

/// What a port, a ledger or a function reports when it cannot do its work.
///
/// The texts are constants: no personal data can be in them. The cause goes to the log of the one place
/// that handles the fault.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The input can never succeed: a malformed job, an unknown brand.
    #[error("rejected: {reason}")]
    Rejected {
        /// Why, without anything from the input.
        reason: &'static str,
    },
    /// A port did not answer, or answered that it cannot now.
    #[error("{port} is unavailable")]
    Unavailable {
        /// Which port.
        port: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Others changed the same rows again and again.
    #[error("{what} is contended")]
    Contended {
        /// Which rows.
        what: &'static str,
    },
    /// Stored bytes are not what was written: they are quarantined, never served.
    #[error("damaged: {what}")]
    Damaged {
        /// Which kind of row or value.
        what: &'static str,
    },
}

impl Fault {
    /// An input that can never succeed.
    pub const fn rejected(reason: &'static str) -> Self {
        Self::Rejected { reason }
    }

    /// A port that cannot now.
    pub fn unavailable(
        port: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { port, source: source.into() }
    }

    /// Whether trying again can help.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Rejected { .. } | Self::Damaged { .. } => Retry::Never,
            Self::Unavailable { .. } | Self::Contended { .. } => Retry::Later,
        }
    }
}
