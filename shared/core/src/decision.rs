//! What was decided about a message, and why: kept with it, for the customer, the agent and the auditor.

use serde::{Deserialize, Serialize};

use crate::{case::Reason, detect::Intent, gate::Silence};

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
    /// Which detector, with its version.
    pub detector: String,
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
    /// The template that the machine is to send, if any.
    pub fn template(&self) -> Option<&TemplateId> {
        match self {
            Self::Reply { template } => Some(template),
            Self::Person { acknowledgement, .. } => acknowledgement.as_ref(),
            Self::OptOut { confirmation } => Some(confirmation),
            Self::Silent { .. } => None,
        }
    }
}
