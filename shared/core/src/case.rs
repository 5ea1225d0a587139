//! Cases: conversations that a person must look at.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, ids::IdError, personal::Personal};

/// A closed set of names that is stored as text.
macro_rules! named {
    ($(#[doc = $doc:literal])+ $name:ident $what:literal { $($(#[doc = $case_doc:literal])+ $case:ident = $text:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $case_doc])+ #[serde(rename = $text)] $case,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$case,)*];

            /// Its name in rows, records and answers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$case => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = Fault;

            fn from_str(text: &str) -> Result<Self, Fault> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.name() == text)
                    .ok_or(Fault::Damaged { what: $what })
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Why a person must look.
    Reason "case reason" {
        /// The customer asked for a person.
        AskedForPerson = "asked_for_person",
        /// The customer asks about their data: the privacy officer's work.
        MyData = "my_data",
        /// Somebody may come to harm.
        Safety = "safety",
        /// A lawyer, a court or an authority is named.
        LegalThreat = "legal_threat",
        /// The customer was robbed by others, or suspects it.
        Fraud = "fraud",
        /// The customer is very angry.
        Anger = "anger",
        /// Another machine seems to write.
        Machine = "machine",
        /// The machine has answered so often in a row that it does not seem to help.
        RepeatedFailure = "repeated_failure",
        /// The customer writes in a language that the brand does not speak.
        Language = "language",
        /// No intent was found with enough confidence.
        NotUnderstood = "not_understood",
        /// The customer sent something that is not text.
        NotText = "not_text",
        /// The message came too late to be answered by a machine.
        Late = "late",
        /// The customer opted out and wrote again.
        OptedOut = "opted_out",
        /// Processing is restricted (GDPR art. 18).
        Restricted = "restricted",
        /// Answering by machine is switched off for the brand.
        AutomationOff = "automation_off",
        /// The template is missing, withdrawn, past its review date, or does not fit.
        TemplateUnfit = "template_unfit",
        /// A person already holds the conversation.
        HeldByPerson = "held_by_person",
        /// The platform's window for free text is closed.
        WindowClosed = "window_closed",
        /// The platform cannot reach the customer: they blocked the account, or left.
        Unreachable = "unreachable",
        /// The platform holds the account back: for spam, a broken policy, an unpaid bill.
        AccountRestricted = "account_restricted",
        /// The platform refused the reply for good.
        Refused = "refused",
        /// Nobody knows whether the reply went out: the customer may already have been answered.
        OutcomeUnknown = "outcome_unknown",
        /// Sending was tried as often as it may be.
        TriesOver = "tries_over",
        /// A job failed in a way that trying again cannot mend.
        Poison = "poison",
        /// The data was put back from a copy: the message may have been answered before.
        Restored = "restored",
        /// A signed body could not be read.
        Unreadable = "unreadable",
        /// The platform refuses the account's access token.
        ChannelSuspended = "channel_suspended",
        /// Somebody answered the customer elsewhere, such as in the platform's own app.
        AnsweredElsewhere = "answered_elsewhere",
    }
}

named! {
    /// Where a case stands.
    CaseState "case state" {
        /// Nobody has it.
        Open = "open",
        /// Somebody has it.
        Assigned = "assigned",
        /// Somebody answered; the person still holds the conversation.
        Answered = "answered",
        /// The machine has the conversation again.
        HandedBack = "handed_back",
        /// Done.
        Closed = "closed",
        /// The customer's data is gone, and with it what the case was about.
        Erased = "erased",
    }
}

named! {
    /// What people of the brand do with a case.
    Move "case move" {
        /// Somebody has it from now on.
        Take = "take",
        /// Somebody writes to the customer.
        Answer = "answer",
        /// Somebody writes to their colleagues only.
        Note = "note",
        /// The machine has the conversation again.
        HandBack = "hand-back",
        /// It is done.
        Close = "close",
    }
}

impl CaseState {
    /// Whether a person still has something to do.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Open | Self::Assigned | Self::Answered => true,
            Self::HandedBack | Self::Closed | Self::Erased => false,
        }
    }
}

named! {
    /// How urgent a case is; the first is the most urgent.
    Priority "case priority" {
        /// Something is broken or a right is at stake.
        Urgent = "urgent",
        /// A customer waits.
        Normal = "normal",
    }
}

impl Reason {
    /// How urgent a case with this reason is.
    pub const fn priority(self) -> Priority {
        match self {
            Self::MyData
            | Self::Safety
            | Self::LegalThreat
            | Self::Fraud
            | Self::OutcomeUnknown
            | Self::Poison
            | Self::Unreadable
            | Self::ChannelSuspended
            | Self::AccountRestricted
            | Self::Restricted => Priority::Urgent,
            Self::AskedForPerson
            | Self::Anger
            | Self::Machine
            | Self::RepeatedFailure
            | Self::Language
            | Self::NotUnderstood
            | Self::NotText
            | Self::Late
            | Self::OptedOut
            | Self::AutomationOff
            | Self::TemplateUnfit
            | Self::HeldByPerson
            | Self::WindowClosed
            | Self::Refused
            | Self::Unreachable
            | Self::AnsweredElsewhere
            | Self::Restored
            | Self::TriesOver => Priority::Normal,
        }
    }
}

/// Why and how urgently a person is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Why.
    pub reason: Reason,
    /// Whether the customer says that it cannot wait.
    pub is_urgent: bool,
}

impl From<Reason> for Call {
    fn from(reason: Reason) -> Self {
        Self { reason, is_urgent: false }
    }
}

impl Call {
    /// How urgent its case is.
    pub const fn priority(self) -> Priority {
        if self.is_urgent { Priority::Urgent } else { self.reason.priority() }
    }

    /// Within which time its case should be answered. Our own targets: WhatsApp demands a
    /// "prompt" path to a person (WhatsApp Business policy), no law names a figure for every brand.
    pub const fn sla(self) -> Duration {
        match self.priority() {
            Priority::Urgent => Duration::from_hours(1),
            Priority::Normal => Duration::from_hours(4),
        }
    }
}

/// The name under which one of the brand's people has cases: up to 64 letters, digits, dots, underscores, dashes and
/// `@`. It tells about that person, so it is in no log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AgentName(Personal<String>);

impl AgentName {
    /// The name itself, for the case's row.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl FromStr for AgentName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
        if fits { Ok(Self(text.into())) } else { Err(IdError::of("agent name")) }
    }
}

named! {
    /// Who moved a case or wrote a message of ours.
    Actor "actor" {
        /// Forthright itself.
        Machine = "machine",
        /// A person of the brand.
        Agent = "agent",
        /// The privacy function, for a data subject's request.
        Privacy = "privacy",
        /// A person on the platform's side of the conversation: the customer.
        Customer = "customer",
    }
}
