//! What can be typed.

pub mod learn;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use forthright_core::{AccountId, Channel};
use forthright_policy::Moment;
use jiff::civil::Date;

use crate::simulate::Mutant;

/// Forthright answers customers on social media and stays honest, lawful and secure.
///
/// Without a command it serves a demo brand on this machine.
#[derive(Debug, Parser)]
#[command(name = "forthright", version, about)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve every function in one process: a demo on this machine, or a brand of yours
    Serve(Serve),
    /// Write everything that is held about a person, as JSON
    Export(Whose),
    /// Erase everything that is held about a person, and print the receipt
    Erase(Whose),
    /// Switch answering by machine on or off for a brand; it holds from the next message on
    Automation(Automation),
    /// Copy the state into a folder, while it is served or not
    Backup(Backup),
    /// Put the data back from a copy, with the keys as they are now; no server may run
    Restore(Restore),
    /// Check the signature of a webhook body that lies in a file
    Verify(Verify),
    /// Show what webhook bodies in files say, without checking who sent them and without storing anything
    Inspect(Inspect),
    /// Look through content and list every mistake in it, and what is dubious
    Check(Check),
    /// Show a reply as the customer would read it, and what would keep the machine from sending it
    Preview(Preview),
    /// Train a model from labelled lines
    Train(learn::Train),
    /// Say how good a model is, where it errs, and how far it can be believed
    Eval(learn::Eval),
    /// Read lines from standard input: what each wants, in which language, how it feels, and which personal data is in it
    Detect(learn::Detect),
    /// Take personal data out of the lines of standard input
    Redact(learn::RedactLines),
    /// Compare how well people are understood in each language, variety and spelling
    Fairness(learn::Fairness),
    /// Put the functions under every fault that can be thought of, in virtual time, and say which promises broke
    Simulate(Simulate),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

/// Where the state lies and whose it is.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The folder that holds the state
    #[arg(long, value_name = "FOLDER", default_value = "./.forthright")]
    pub data: PathBuf,
    /// The brand file; without one it is the demo brand
    #[arg(long, value_name = "FILE")]
    pub brand: Option<PathBuf>,
}

impl Default for Place {
    fn default() -> Self {
        Self { data: "./.forthright".into(), brand: None }
    }
}

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Where the state lies and whose it is.
    #[command(flatten)]
    pub place: Place,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A folder of content instead of the built-in one
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
    /// Where people reach this server from outside, such as <https://chat.example.com>
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            place: Place::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            content: None,
            public_url: None,
        }
    }
}

/// Whose data.
#[derive(Debug, Clone, clap::Args)]
pub struct Whose {
    /// Where the state lies and whose it is.
    #[command(flatten)]
    pub place: Place,
    /// The channel
    #[arg(long, default_value = "whatsapp")]
    pub channel: Channel,
    /// The account, by the platform's id; not needed if the brand has only one
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
    /// The person, by the id that the platform uses: a phone number, a business-scoped or a page-scoped id
    #[arg(long, value_name = "ID")]
    pub id: String,
}

/// Whether the machine may answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Switch {
    /// It may.
    On,
    /// It may not: people answer everything.
    Off,
}

/// The kill switch.
#[derive(Debug, Clone, clap::Args)]
pub struct Automation {
    /// Where the state lies and whose it is.
    #[command(flatten)]
    pub place: Place,
    /// On or off
    pub to: Switch,
}

/// A copy to make.
#[derive(Debug, Clone, clap::Args)]
pub struct Backup {
    /// The folder that holds the state
    #[arg(long, value_name = "FOLDER", default_value = "./.forthright")]
    pub data: PathBuf,
    /// Where to copy it; there must be no copy yet
    #[arg(value_name = "FOLDER")]
    pub to: PathBuf,
}

/// A copy to put back.
#[derive(Debug, Clone, clap::Args)]
pub struct Restore {
    /// Where the state lies and whose it is.
    #[command(flatten)]
    pub place: Place,
    /// The copy that `backup` made
    #[arg(value_name = "FOLDER")]
    pub from: PathBuf,
}

/// A signature to check.
#[derive(Debug, Clone, clap::Args)]
pub struct Verify {
    /// The channel
    #[arg(long)]
    pub channel: Channel,
    /// The app secret; repeat it while secrets are rotated
    #[arg(long, value_name = "SECRET", required = true)]
    pub secret: Vec<String>,
    /// A header of the request, as `Name: value`; repeat it for more
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// The address that the platform called, for channels that sign it
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The body, exactly as it came; `-` for standard input
    pub file: PathBuf,
}

/// Bodies to look at.
#[derive(Debug, Clone, clap::Args)]
pub struct Inspect {
    /// The channel
    #[arg(long)]
    pub channel: Channel,
    /// One line of JSON for each file
    #[arg(long)]
    pub json: bool,
    /// The bodies, exactly as they came; `-` for standard input
    #[arg(required = true)]
    pub file: Vec<PathBuf>,
}

/// Content to look through.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = CHECK_EXAMPLES)]
pub struct Check {
    /// The folder, laid out like `content/`; without one it is the content that this program was built with
    pub folder: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The day for which it is asked, in UTC; without one it is today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  forthright check                              what this program was built with
  forthright check content                      a folder that you are editing
  forthright check content --today 2027-11-01   what will be past its review date then
  forthright check content --json               for a pipeline

An error keeps content from being served, or a text from being sent as it should be; the exit code is then 1. A warning \
is something that somebody should look at, a hint something that may be as it should be.";

/// A reply to show.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = PREVIEW_EXAMPLES)]
pub struct Preview {
    /// The brand that says it; not needed if there is only one
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// The reply, by its folder in `replies`
    #[arg(long, value_name = "NAME")]
    pub reply: Option<String>,
    /// Where it is read
    #[arg(long, value_enum, default_value = "all")]
    pub channel: ChannelChoice,
    /// In which language; without one it is the brand's first
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// When it is read: nothing automated was said before, it was, it was long ago, or a person has just handed back
    #[arg(long, value_enum, default_value = "first")]
    pub moment: MomentChoice,
    /// The day for which it is asked, in UTC; without one it is today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
    /// A folder of content instead of the built-in one
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
    /// List every reply with its language, version, owner and review date
    #[arg(long, conflicts_with_all = ["brand", "reply", "channel", "language", "moment"])]
    pub list: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const PREVIEW_EXAMPLES: &str = "\
Examples:
  forthright preview --list                                      what can be shown
  forthright preview --brand demo --reply refund                 the first answer, on every channel
  forthright preview --reply refund --moment later --channel messenger
  forthright preview --reply refund --content content --today 2027-12-01

The exit code is 1 if the machine would not send it on a channel that is shown.";

/// Which channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ChannelChoice {
    /// `WhatsApp`.
    #[value(name = "whatsapp")]
    WhatsApp,
    /// Messenger.
    Messenger,
    /// Each of them.
    All,
}

impl ChannelChoice {
    /// The channels that are meant.
    pub fn channels(self) -> Vec<Channel> {
        match self {
            Self::WhatsApp => vec![Channel::WhatsApp],
            Self::Messenger => vec![Channel::Messenger],
            Self::All => Channel::ALL.to_vec(),
        }
    }
}

/// When in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MomentChoice {
    /// Nothing automated was said before.
    First,
    /// It was said already that a machine answers.
    Later,
    /// It was, and long ago.
    Gap,
    /// A person has just handed the conversation back.
    HandBack,
}

impl MomentChoice {
    /// The moment that is meant.
    pub const fn moment(self) -> Moment {
        match self {
            Self::First => Moment::First,
            Self::Later => Moment::Later,
            Self::Gap => Moment::Gap,
            Self::HandBack => Moment::HandBack,
        }
    }
}

/// A simulation.
#[derive(Debug, Clone, clap::Args)]
pub struct Simulate {
    /// The seed: the same one gives the same worlds
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many messages people write in random worlds
    #[arg(long, default_value_t = 2_000)]
    pub messages: usize,
    /// A mistake of the protocol to make on purpose: the simulation must find it
    #[arg(long, value_enum, value_name = "NAME")]
    pub mutant: Option<Mutant>,
    /// Only random worlds, without a crash at every call of the stories
    #[arg(long)]
    pub no_stories: bool,
    /// Where a trace that breaks a promise is kept
    #[arg(long, value_name = "FOLDER", default_value = "./simulation-traces")]
    pub keep: PathBuf,
    /// Run a kept trace again and tell its story, call by call
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "messages", "no_stories", "keep"])]
    pub replay: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
