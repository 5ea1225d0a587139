//! What happens in a world, act by act. A trace is one JSON value a line, so that it can be read, kept and run
//! again.

use forthright_core::offer::{Choice, Rating};
use serde::{Deserialize, Serialize};

/// How a world is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// How many hosts serve: one is a process like `forthright serve`, more are Lambda's environments.
    pub(super) hosts: u8,
    /// How far the first host's clock is off; the others are later by up to five minutes.
    pub(super) skew_seconds: i64,
    /// The seed of conflicts and stale index pages; zero is fine weather.
    pub(super) weather: u64,
    /// Whether the rows of one read are read one after the other, as a batch on DynamoDB may be.
    pub(super) torn_reads: bool,
}

impl Setting {
    /// Nothing that makes it hard.
    pub(super) const PLAIN: Self =
        Self { hosts: 1, skew_seconds: 0, weather: 0, torn_reads: false };

    /// Whether one process holds everything, so that it dies as a whole.
    pub(super) const fn is_one_process(&self) -> bool {
        self.hosts <= 1
    }
}

/// What a person writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Text {
    /// A question with an automatic answer.
    Order,
    /// Another one.
    Refund,
    /// Asks for a person.
    Agent,
    /// Opts out.
    Stop,
    /// Asks about their data.
    MyData,
    /// Nothing that is understood.
    Odd,
    /// No text.
    Image,
    /// Presses what calls a person.
    PressPerson,
    /// Presses a rating.
    Rate,
}

impl Text {
    /// What is pressed, if it is not written.
    pub(super) const fn pressed(self) -> Option<Choice> {
        match self {
            Self::PressPerson => Some(Choice::Person),
            Self::Rate => Some(Choice::Rating(Rating::ALL[0])),
            Self::Order
            | Self::Refund
            | Self::Agent
            | Self::Stop
            | Self::MyData
            | Self::Odd
            | Self::Image => None,
        }
    }

    /// The words. A personal text holds the word that a search of logs looks for, unless it must be exact.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Order => "CANARY where is my order?",
            Self::Refund => "CANARY I want my money back",
            Self::Agent => "agent",
            Self::Stop => "STOP",
            Self::MyData => "my data",
            Self::Odd => "CANARY hm",
            Self::Image => "CANARY of an image",
            Self::PressPerson => "Talk to a person",
            Self::Rate => "5: very good",
        }
    }
}

/// One message of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// Who.
    pub(super) person: usize,
    /// What.
    pub(super) text: Text,
    /// How long it was on its way.
    pub(super) age_seconds: i64,
}

/// When a call is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Moment {
    /// Before its effect.
    Before,
    /// After its effect, before anybody hears of it.
    After,
}

/// What goes wrong with a call of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trouble {
    /// It is not done; the table is unavailable.
    Fails,
    /// It is not done; nobody knows.
    UnknownUndone,
    /// It is done; nobody knows.
    UnknownDone,
    /// It is done a while later; nobody knows.
    UnknownLater,
    /// It takes so many seconds.
    Slow(u32),
}

/// How the platform treats a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mood {
    /// It takes the message and the connection breaks.
    TakesAndDrops,
    /// No connection.
    Refuses,
    /// 429, with `Retry-After` in seconds, or without.
    RateLimit(Option<u32>),
    /// 502, as HTML or empty.
    BadGateway {
        /// As a page of HTML.
        html: bool,
    },
    /// An error for good: the message cannot be delivered.
    Undeliverable,
    /// It takes the message and answers nonsense.
    Nonsense,
    /// As documented.
    Kind,
}

/// What a person of the brand does with a live case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    /// Takes it.
    Take,
    /// Answers.
    Answer,
    /// Notes something.
    Note,
    /// Gives the conversation back to the machine.
    HandBack,
    /// Ends the case.
    Close,
}

/// What the platform says of a message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// On its way.
    Sent,
    /// There.
    Delivered,
    /// Seen.
    Read,
    /// Never arrived.
    Failed,
}

impl Fate {
    /// Its name on the platform.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// One thing that happens. Numbers that choose among what is there are taken modulo how much there is, so that
/// an act means something whatever came before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Act {
    /// People write, in one webhook body.
    Say(Vec<Said>),
    /// Somebody changes the words of a message.
    Edit {
        /// So many back from the newest.
        back: usize,
        /// The new words.
        text: Text,
    },
    /// Somebody takes a message back.
    TakeBack {
        /// So many back from the newest.
        back: usize,
    },
    /// Somebody writes and takes it back, and the platform tells the second first.
    Unsaid {
        /// Who.
        person: usize,
    },
    /// Somebody of the brand writes to a person in the platform's own app.
    Elsewhere {
        /// To whom.
        person: usize,
    },
    /// The platform delivers an earlier body again: so many back from the newest.
    Again(usize),
    /// The platform says, perhaps again or otherwise, what became of a message of ours.
    Report {
        /// So many back from the newest.
        back: usize,
        /// What it says.
        fate: Fate,
    },
    /// Calls have their turn.
    Run {
        /// So many.
        calls: u32,
        /// The seed of their order, and of what is lost, repeated or late on the way. Zero is the order of
        /// coming, and nothing goes astray.
        order: u64,
    },
    /// Time passes, and what comes due in it is done.
    Wait {
        /// So much.
        seconds: u64,
        /// As in a run.
        order: u64,
    },
    /// In so many calls a task dies, and every other of its process with it if there is one process only.
    Crash {
        /// The first is the next one.
        calls: u32,
        /// Before or after the effect.
        moment: Moment,
    },
    /// In so many calls a host stops for a while, as a machine that sleeps does, and goes on where it was.
    Stall {
        /// The first is the next one.
        calls: u32,
        /// For so long.
        seconds: u64,
    },
    /// In so many calls of the table something goes wrong.
    Trouble {
        /// The first is the next one.
        calls: u32,
        /// What.
        trouble: Trouble,
    },
    /// How the platform treats the next calls, one each.
    Moods(Vec<Mood>),
    /// The platform takes our access token no more.
    TokenExpires,
    /// There is a new access token, and the hosts are started with it.
    TokenRenewed,
    /// The kill switch: whether the machine may answer.
    Automation(bool),
    /// A person of the brand does something with one of the live cases.
    Agent {
        /// What.
        deed: Deed,
        /// Which.
        case: usize,
    },
    /// A person demands erasure.
    Erase {
        /// Who.
        person: usize,
    },
    /// Meta's data-deletion callback comes for a person.
    Callback {
        /// For whom.
        person: usize,
    },
    /// A copy of the data is made.
    Backup,
    /// The data becomes what it was in a copy, so many back from the newest; the keys stay as they are.
    Restore {
        /// Which.
        back: usize,
    },
    /// The hints that wait in queues are lost.
    LoseHints,
}
