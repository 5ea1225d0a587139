//! What was decided about a message, and why: kept with it, for the customer, the agent and the auditor.

use serde::{Deserialize, Serialize};

use crate::{
    case::Reason,
    challenge::RequestKind,
    detect::{Intent, Sentiment, Trigger},
    gate::Silence,
    language::Language,
};

/// The name of a reply template: its folder in `content/replies`.
pub type TemplateId = String;

/// A decision about one message. Closed enums, scores and ids: nothing that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who answers, and with what.
    pub route: Route,
    /// What the detector found, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// In which language the machine says what it says; none means that of the brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The digest of the rules and texts that were in force.
    pub ruleset: String,
}

/// What the detector found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What the person wants.
    pub intent: Intent,
    /// How sure the detector was, in thousandths.
    pub confidence_permille: u16,
    /// What called a person, whatever the intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// What else the person may want, the likeliest first, with thousandths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<(Intent, u16)>,
    /// How sure the detector had to be for a machine to answer, in thousandths.
    #[serde(default)]
    pub threshold_permille: u16,
    /// How the person feels.
    #[serde(default = "neutral")]
    pub sentiment: Sentiment,
    /// Whether it cannot wait.
    #[serde(default)]
    pub is_urgent: bool,
    /// Which detector, with its version: the embedded one with the checksum of its model.
    pub detector: String,
}

/// What older records do not say.
const fn neutral() -> Sentiment {
    Sentiment::Neutral
}

/// Who answers a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Route {
    /// The machine, with a template.
    Reply {
        /// Which template.
        template: TemplateId,
    },
    /// A person; the machine may say once that one was called.
    Person {
        /// Why.
        reason: Reason,
        /// The template that says that a person will answer, if the machine may speak.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledgement: Option<TemplateId>,
    },
    /// The machine, which asks for a code first: the person demands something of their data.
    Challenge {
        /// What they demand.
        kind: RequestKind,
        /// The template that tells the code.
        template: TemplateId,
    },
    /// The machine, which says that a code was wrong.
    WrongCode {
        /// The template that says so.
        template: TemplateId,
    },
    /// The privacy function: the code was right, and everything is erased after a last notice.
    Erase {
        /// The template of the notice.
        notice: TemplateId,
    },
    /// Nobody: the person opted out, and gets one confirmation.
    OptOut {
        /// The template that confirms it.
        confirmation: TemplateId,
    },
    /// Nobody, by rule.
    Silent {
        /// Which rule.
        silence: Silence,
    },
}

impl Route {
    /// What the person demands of their data, if they are to confirm it with a code.
    pub const fn challenge(&self) -> Option<RequestKind> {
        if let Self::Challenge { kind, .. } = self { Some(*kind) } else { None }
    }

    /// The template that the machine is to send, if any.
    pub fn template(&self) -> Option<&TemplateId> {
        match self {
            Self::Reply { template }
            | Self::Challenge { template, .. }
            | Self::WrongCode { template } => Some(template),
            Self::Person { acknowledgement, .. } => acknowledgement.as_ref(),
            Self::OptOut { confirmation } => Some(confirmation),
            Self::Silent { .. } | Self::Erase { .. } => None,
        }
    }
}
