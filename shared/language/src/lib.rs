//! What a person wants, how they feel, in which language they write, and what they tell of themselves: read from one message,
//! in this process and in linear time.
//!
//! Phrases stand in `content/intents/<language>/rules.toml` and `moods.toml`. When this crate is built (`build.rs`), they are read,
//! and the model is trained from the utterances beside them: a function that starts has both as they are used.

mod built_in;
mod content;
pub mod detector;
mod identify;
mod lexicon;
pub mod moods;
mod moods_file;
pub mod personal_data;
mod phrases;
mod redactor;
pub mod rules;
mod rules_file;
pub mod training;
mod typos;
mod utterances;

pub use detector::{DETECTOR, Detector, DetectorError, Reading, built_in_model, check_intents};
pub use moods::MoodsError;
pub use redactor::Redactor;
pub use rules::RulesError;
