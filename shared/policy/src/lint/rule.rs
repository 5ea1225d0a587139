//! What content is held to, and how much each of it matters.

use std::fmt;

use serde::{Serialize, Serializer};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The content is not served, or a text can never be sent as it should be.
    Error,
    /// It is safe, but not as somebody wanted it: a person gets what the machine could answer, or it reads badly.
    Warning,
    /// Perhaps it is as it should be.
    Hint,
}

impl Severity {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Each rule with its name and what a breach of it is.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident = $name:literal $severity:ident,)*) => {
        /// What content is held to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[doc = $doc])+ $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// Its name in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// How much a breach of it matters.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity,)* }
            }
        }
    };
}

rules! {
    /// A file can be read: it is UTF-8 and lies in the folder.
    Unread = "unread" Error,
    /// A file lies where something looks for it.
    Misplaced = "misplaced" Error,
    /// A file says what it must, in the form in which it must.
    Unreadable = "unreadable" Error,
    /// There is a brand.
    NoBrand = "no_brand" Error,
    /// What a reply offers to press has words in its language.
    OfferWords = "offer_words" Error,
    /// The book takes the content.
    Refused = "refused" Error,
    /// A language that a brand speaks has disclosures: without one the machine says nothing.
    NoDisclosures = "no_disclosures" Error,
    /// A reply is not past its review date.
    ReviewOver = "review_over" Error,
    /// Every reply fits on every channel with every disclosure, in its short form at least.
    TooLong = "too_long" Error,
    /// Links are encrypted.
    InsecureLink = "insecure_link" Error,
    /// A reply is there in every language that a brand speaks.
    MissingReply = "missing_reply" Warning,
    /// A reply may be sent on every channel of a brand.
    ChannelMissing = "channel_missing" Warning,
    /// A reply has more than a month until its review date.
    ReviewSoon = "review_soon" Warning,
    /// A reply's approval does not lie in the future.
    NotYetApproved = "not_yet_approved" Warning,
    /// A reply tells no decision of weight: the machine never sends one that does.
    SignificantEffect = "significant_effect" Warning,
    /// A reply uses nothing that customers made: the machine does not send one that does.
    UsesUgc = "uses_ugc" Warning,
    /// A reply quotes no facts: there is no book of facts yet, and so the machine does not send one that does.
    QuotesFacts = "quotes_facts" Warning,
    /// A reply that offers a person says what to write to reach one: not every app shows what can be pressed.
    PersonWord = "person_word" Warning,
    /// A text has one exclamation mark at most.
    Exclamations = "exclamations" Warning,
    /// A text has no words in capitals but the brand's own, which must stand out.
    Capitals = "capitals" Warning,
    /// A text promises nothing that the business may not be able to keep.
    Promise = "promise" Hint,
    /// A text is in a language that some brand speaks.
    UnspokenLanguage = "unspoken_language" Hint,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
