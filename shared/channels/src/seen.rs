//! What a webhook body says, in the platform's own strings: read, and nothing judged yet.

use std::{borrow::Cow, fmt};

use forthright_core::{
    Time,
    event::{ReceiptOutcome, Unreadable},
    ids::IdKind,
};

/// What happened, by one name for every channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A person wrote, or sent something else.
    Message,
    /// A person pressed something that was offered.
    Postback,
    /// A text was changed.
    Edit,
    /// Something was taken back.
    Delete,
    /// Somebody reacted with a sign, or took that back.
    Reaction,
    /// A person read what was sent.
    Read,
    /// A person's device has what was sent.
    Delivered,
    /// It could not be delivered.
    Failed,
    /// The account itself said something: we, another app, or a person of the brand.
    Echo,
    /// A comment in public.
    Comment,
    /// The account was named in public.
    Mention,
    /// A person wants no more of something.
    OptOut,
    /// A person wants something.
    OptIn,
    /// A person has another id now.
    IdentityChange,
    /// Who may speak in a conversation changes.
    Handover,
    /// Understood, or not, and of no use here.
    Ignored,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Message,
        Self::Postback,
        Self::Edit,
        Self::Delete,
        Self::Reaction,
        Self::Read,
        Self::Delivered,
        Self::Failed,
        Self::Echo,
        Self::Comment,
        Self::Mention,
        Self::OptOut,
        Self::OptIn,
        Self::IdentityChange,
        Self::Handover,
        Self::Ignored,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Postback => "postback",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Reaction => "reaction",
            Self::Read => "read",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Echo => "echo",
            Self::Comment => "comment",
            Self::Mention => "mention",
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
            Self::IdentityChange => "identity_change",
            Self::Handover => "handover",
            Self::Ignored => "ignored",
        }
    }
}

/// A string of the platform's, borrowed from the body where it can be.
pub type Raw<'a> = Cow<'a, str>;

/// One thing that a body says. It may tell about a person in each of its strings, so it prints its kind only.
#[derive(Clone)]
pub struct Seen<'a> {
    /// What happened.
    pub kind: Kind,
    /// To which account, by the platform's id.
    pub account: Option<Raw<'a>>,
    /// The platform's id of the message that it is, or that it is about.
    pub id: Option<Raw<'a>>,
    /// Who did it, by the id that the platform names first.
    pub sender: Option<Raw<'a>>,
    /// The words.
    pub text: Option<Raw<'a>>,
    /// What we gave the platform to tell what was pressed.
    pub payload: Option<Raw<'a>>,
    /// The platform's time.
    pub time: Option<Time>,
    /// What is sent where it is not text, why something failed, or what is ignored: the platform's name for it.
    pub reason: Option<Raw<'a>>,
    /// Every id of the person, the one to prefer first.
    pub ids: [Option<(IdKind, Raw<'a>)>; 4],
    /// The name that the person shows.
    pub name: Option<Raw<'a>>,
    /// The field that we send for ourselves.
    pub opaque: Option<Raw<'a>>,
    /// What it says of a message of ours.
    pub receipt: Option<ReceiptOutcome>,
    /// Whether everybody could see it.
    pub is_public: bool,
    /// Where it stands, in bytes from the start of the body.
    pub offset: usize,
}

impl Seen<'_> {
    /// One of this kind, of which nothing else is known.
    pub const fn new(kind: Kind, offset: usize) -> Self {
        Self {
            kind,
            account: None,
            id: None,
            sender: None,
            text: None,
            payload: None,
            time: None,
            reason: None,
            ids: [None, None, None, None],
            name: None,
            opaque: None,
            receipt: None,
            is_public: false,
            offset,
        }
    }
}

impl<'a> Seen<'a> {
    /// Something of no use here, by the platform's name.
    pub fn ignored(name: impl Into<Raw<'a>>, offset: usize) -> Self {
        Self { reason: Some(name.into()), ..Seen::new(Kind::Ignored, offset) }
    }
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({})", self.kind.name())
    }
}

/// A part of a body.
#[derive(Debug, Clone)]
pub enum Part<'a> {
    /// It says this.
    Seen(Box<Seen<'a>>),
    /// It could not be read.
    Unreadable(Unreadable),
}

impl<'a> Part<'a> {
    /// The same, said to this account.
    pub fn addressed(mut self, account: Option<&Raw<'a>>) -> Self {
        if let Self::Seen(seen) = &mut self {
            seen.account = account.cloned();
        }
        self
    }
}

impl<'a> From<Seen<'a>> for Part<'a> {
    fn from(seen: Seen<'a>) -> Self {
        Self::Seen(Box::new(seen))
    }
}
