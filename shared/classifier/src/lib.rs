//! Tells short texts apart: features, training, calibration, and a scorer that takes microseconds.
//!
//! What is learned is linear: each word, pair of words and piece of a word speaks for or against each label. Few lines are
//! learned by support vectors alone, many by them and factored models together; what was held out chooses. A model is a file of
//! some hundred kilobytes (`form.rs`).

mod algebra;
mod calibration;
mod encode;
mod factors;
mod features;
mod fitted;
mod form;
pub mod measures;
pub mod model;
mod pack;
mod parallel;
mod random;
mod rank;
mod sums;
mod support_vectors;
pub mod training;
mod vocabulary;
mod weights;
mod words;

pub use calibration::{RIGHT_ANSWERS_LOST_PERMILLE, scope_threshold};
pub use model::{Judged, Model, ModelError, Scores};
pub use training::{Line, Names, Origin, Progress, Settings, Trained, TrainingSet};
pub use words::words;
