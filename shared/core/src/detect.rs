//! What a person wants, as a detector tells it.

use std::{convert::Infallible, fmt, future::Future, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, ids::BrandId, personal::Personal};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Where is my order?
    OrderStatus,
    /// I want my money back.
    Refund,
    /// I want to talk to a person.
    TalkToPerson,
    /// What do you know about me? Erase it.
    MyData,
    /// Do not write to me any more.
    Stop,
    /// Anything else: a person gets it.
    NoneOfThese,
}

impl Intent {
    /// Every intent.
    pub const ALL: [Self; 6] = [
        Self::OrderStatus,
        Self::Refund,
        Self::TalkToPerson,
        Self::MyData,
        Self::Stop,
        Self::NoneOfThese,
    ];

    /// The name used in content files and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrderStatus => "order_status",
            Self::Refund => "refund",
            Self::TalkToPerson => "talk_to_person",
            Self::MyData => "my_data",
            Self::Stop => "stop",
            Self::NoneOfThese => "none_of_these",
        }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Intent {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|intent| intent.name() == text)
            .ok_or(Fault::rejected("unknown intent"))
    }
}

/// What a detector found in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// What the person wants.
    pub intent: Intent,
    /// How sure the detector is, in thousandths.
    pub confidence_permille: u16,
    /// Whether the message says this and nothing else, word by word: there is nothing to judge.
    pub is_whole_message: bool,
    /// Which detector said so, with its version, for the decision's record.
    pub detector: &'static str,
}

/// One message, as a detector is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// To whom the person wrote.
    pub brand: &'a BrandId,
    /// What.
    pub text: &'a Personal<String>,
    /// Whether what is found decides more than an opt-out. If not, the text has no reason to leave the process.
    pub machine_may_answer: bool,
}

/// Tells what a person wants.
pub trait DetectIntent: Send + Sync {
    /// Reads one message; the text never leaves the process unless the implementation says so.
    fn detect(&self, asked: Asked<'_>) -> impl Future<Output = Result<Detection, Fault>> + Send;
}

/// The detector of a host that has none: it cannot be asked.
impl DetectIntent for Infallible {
    async fn detect(&self, _asked: Asked<'_>) -> Result<Detection, Fault> {
        match *self {}
    }
}
