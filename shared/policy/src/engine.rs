//! What tells, for a brand, what a person wants.

use std::{fmt, str::FromStr};

/// A brand's choice of who reads its messages. Without one, no text leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The engine in this process, alone.
    #[default]
    Embedded,
    /// Amazon Comprehend, for all that leaves something to judge.
    Comprehend,
    /// The engine in this process, and Amazon Comprehend where that is unsure.
    EmbeddedThenComprehend,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 3] = [Self::Embedded, Self::Comprehend, Self::EmbeddedThenComprehend];

    /// The name used in brand files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Comprehend => "comprehend",
            Self::EmbeddedThenComprehend => "embedded_then_comprehend",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not the name of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `embedded`, `comprehend` or `embedded_then_comprehend`")]
pub struct EngineError;

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        Self::ALL.into_iter().find(|engine| engine.name() == text).ok_or(EngineError)
    }
}
