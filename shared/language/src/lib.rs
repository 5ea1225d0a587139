//! What a person wants: phrases and a linear model that read one message, in this process and in linear time.
//!
//! Phrases stand in `content/intents/<language>/rules.toml`; the model is trained from the utterances beside them when this
//! crate is built (`build.rs`, `train.rs`).

#[cfg(test)]
mod content;
pub mod detector;
#[cfg(test)]
mod encode;
mod features;
mod form;
pub mod model;
pub mod personal_data;
mod rank;
pub mod rules;
#[cfg(test)]
mod train;
mod utterances;
#[cfg(test)]
mod weights;
mod words;

pub use detector::{DETECTOR, Detector, DetectorError, check_intents};
pub use model::{Model, ModelError};
pub use rules::RulesError;
