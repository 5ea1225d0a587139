//! What a person wants, how they feel, in which language they write, and what they tell of themselves: read from one message,
//! in this process and in linear time.
//!
//! Phrases stand in `content/intents/<language>/rules.toml` and `moods.toml`; the model is trained from the utterances beside
//! them when this crate is built (`build.rs`).

mod content;
pub mod detector;
mod identify;
mod lexicon;
pub mod moods;
pub mod personal_data;
mod redactor;
pub mod rules;
pub mod training;
mod typos;
mod utterances;

pub use detector::{DETECTOR, Detector, DetectorError, Reading, built_in_model, check_intents};
pub use moods::MoodsError;
pub use redactor::Redactor;
pub use rules::RulesError;
