//! What can be typed after `train`, `eval`, `detect`, `redact` and `fairness`.

use std::path::PathBuf;

/// A model to train.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = TRAIN_EXAMPLES)]
pub struct Train {
    /// Lines to learn from, each a label, a tab and a text
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub data: Vec<PathBuf>,
    /// Lines that belong to no label: a text each, or anything, a tab and a text
    #[arg(long, value_name = "FILE")]
    pub background: Option<PathBuf>,
    /// How large the model may become, in bytes
    #[arg(long, value_name = "N", default_value_t = 4_000_000)]
    pub max_bytes: usize,
    /// What chance begins with: the same lines and seed make the same model
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Under which licence the lines are; it is kept in the model
    #[arg(long, value_name = "TEXT", default_value = "unknown")]
    pub licence: String,
    /// Where the model goes
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  forthright train --data questions.tsv --out questions.model
  forthright train --data a.tsv b.tsv --background small-talk.tsv --max-bytes 1000000 --out small.model

A line of a data file is a label, a tab and a text. Few lines are learned by support vectors, many by factored models as well; lines that
were held out choose, and tell how far the model's confidence can be believed.";

/// A model to evaluate.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EVAL_EXAMPLES)]
pub struct Eval {
    /// The model; without one it is the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Lines to judge it by, each a label, a tab and a text
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Lines that belong to no label
    #[arg(long, value_name = "FILE")]
    pub out_of_scope: Option<PathBuf>,
    /// Other lines, to choose the threshold of the scope by; without them it is the model's own
    #[arg(long, value_name = "FILE")]
    pub calibrate_on: Option<PathBuf>,
    /// Other lines that belong to no label, to choose the threshold by as well
    #[arg(long, value_name = "FILE", requires = "calibrate_on")]
    pub calibrate_out_of_scope: Option<PathBuf>,
    /// Judge models of the data itself: five times one that is trained without a fifth judges that fifth
    #[arg(long, conflicts_with_all = ["model", "calibrate_on", "calibrate_out_of_scope"])]
    pub cross_validate: bool,
    /// How large a model may become that is trained for this, in bytes
    #[arg(long, value_name = "N", default_value_t = 4_000_000, requires = "cross_validate")]
    pub max_bytes: usize,
    /// What chance begins with when a model is trained for this
    #[arg(long, value_name = "N", default_value_t = 1, requires = "cross_validate")]
    pub seed: u64,
    /// What another engine said of the same lines: JSON lines in their order, each with an `intent`, or with `Classes` as
    /// Amazon Comprehend's classification jobs write them
    #[arg(long, value_name = "FILE", conflicts_with = "cross_validate")]
    pub compare: Option<PathBuf>,
    /// Where pictures go: how far confidence can be believed, and what a threshold costs
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

const EVAL_EXAMPLES: &str = "\
Examples:
  forthright eval --model questions.model --data test.tsv
  forthright eval --cross-validate --data questions.tsv --json
  forthright eval --model m --data test.tsv --out-of-scope chat.tsv --calibrate-on dev.tsv --calibrate-out-of-scope dev-chat.tsv
  forthright eval --data messages.tsv --compare comprehend.jsonl       both engines on the same lines

Times are of one thread and of everything between a text and its label.";

/// Lines to read.
#[derive(Debug, Clone, clap::Args)]
pub struct Detect {
    /// The model; without one it is the built-in one, with the phrases of the content
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
}

/// Lines to redact.
#[derive(Debug, Clone, clap::Args)]
pub struct RedactLines {
    /// Print what was found, and where, as JSON: one object a line
    #[arg(long)]
    pub json: bool,
}

/// A comparison between people who write differently.
#[derive(Debug, Clone, clap::Args)]
pub struct Fairness {
    /// The folder of content whose utterances are judged
    #[arg(long, value_name = "FOLDER", default_value = "./content")]
    pub content: PathBuf,
    /// A folder with a file for each language, `<language>.tsv`, whose lines are a variety, an intent and a text with tabs between
    #[arg(long, value_name = "FOLDER")]
    pub varieties: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
