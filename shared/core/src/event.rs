//! What a platform tells us, normalised: one shape for every channel.

use crate::{
    ids::{Address, PlatformId},
    offer::Choice,
    personal::Personal,
    time::Time,
};

/// One thing that a verified webhook body said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A person wrote.
    Message(Box<Inbound>),
    /// A person changed a text of theirs: the message has the id of the one that was changed, and its new words.
    Edited(Box<Inbound>),
    /// A person took a message back: it has the id of the one that was taken back, and no words.
    TakenBack(Box<Inbound>),
    /// Somebody spoke for the account.
    Spoken(Spoken),
    /// Ids were proven to be one person's.
    SamePerson(SamePerson),
    /// The platform says what became of a message of ours.
    Receipt(Receipt),
    /// A kind that we do not act on, by the platform's name for it.
    Ignored {
        /// The platform's name for it, shortened and without anything from a person.
        kind: String,
    },
    /// A part that could not be read.
    Unreadable(Unreadable),
}

/// A message of a person to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// To which account.
    pub at: Address,
    /// The person's ids, the one to prefer first; never empty.
    pub ids: Vec<PlatformId>,
    /// The name that the person shows on the platform.
    pub name: Option<Personal<String>>,
    /// The platform's id of the message. Personal: WhatsApp's holds the phone number.
    pub platform_message_id: Personal<String>,
    /// The platform's time of the message.
    pub platform_at: Time,
    /// What the person sent.
    pub content: Content,
}

/// What a person sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text.
    Text(Personal<String>),
    /// Something of ours to press.
    Pressed {
        /// What it says.
        choice: Choice,
        /// The words that stood on it.
        words: Personal<String>,
    },
    /// Something that the machine does not understand, by the platform's name: a person gets it.
    Other {
        /// The platform's name for it, such as `image`.
        kind: String,
    },
}

/// Something that was said for the account: by us, by another app, or by a person of the brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// From which account.
    pub at: Address,
    /// The ids of the person to whom it was said; never empty.
    pub ids: Vec<PlatformId>,
    /// The platform's id of the message.
    pub platform_message_id: Personal<String>,
    /// The platform's time of the message.
    pub platform_at: Time,
    /// The opaque field that was sent with it; ours tells that we said it.
    pub opaque: Option<String>,
}

/// Ids that are one person's, as the platform itself says: an old one and a new one, or two kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamePerson {
    /// To which account.
    pub at: Address,
    /// The ids, at least two, the one to prefer first.
    pub ids: Vec<PlatformId>,
}

/// What became of a message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// From which account it was sent.
    pub at: Address,
    /// What the platform says of it.
    pub outcome: ReceiptOutcome,
    /// The opaque field that we sent with it, back from the platform; none if it was not ours to settle.
    pub opaque: Option<String>,
    /// The platform's id of the message.
    pub platform_message_id: Personal<String>,
}

/// What the platform says of a message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// It has it: sent, delivered, read or played.
    Taken,
    /// It could not deliver it; the platform's error code, if there is one.
    Failed {
        /// The platform's error code.
        code: Option<i64>,
    },
}

/// What is said of bytes that could not be read: nothing of their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What could not be read.
    pub kind: UnreadableKind,
    /// Where reading stopped, in bytes from the start of the body.
    pub offset: usize,
}

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableKind {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not JSON, or not the platform's envelope.
    Envelope,
    /// One message in an otherwise readable body.
    Message,
    /// The account that it names is not one that this webhook serves.
    ForeignAccount,
}

impl UnreadableKind {
    /// Its name in records and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::Envelope => "envelope",
            Self::Message => "message",
            Self::ForeignAccount => "foreign_account",
        }
    }
}
