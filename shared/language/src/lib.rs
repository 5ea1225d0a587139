//! What a person wants: plain rules that read one message, in this process and in linear time.

pub mod rules;
mod words;

pub use rules::{DETECTOR, Rules, RulesError};
