//! What must hold of every input, whatever it is: one check for each place where the outside comes in.
//!
//! Fuzzers call these with bytes of their own making (`fuzz/`), the tests with those under `fuzz/corpus`. A check panics
//! when something does not hold, and never says what the input was.

pub mod item;
pub mod messenger;
pub mod model;
pub mod personal_data;
pub mod queue_message;
pub mod signature;
pub mod signed_request;
pub mod template;
pub mod whatsapp;

mod json;
mod signing;

/// A check of one input.
pub type Check = fn(&[u8]);

/// Every check, by the name of its fuzz target and of its folder of inputs.
pub const CHECKS: [(&str, Check); 9] = [
    ("item", item::check),
    ("messenger", messenger::check),
    ("model", model::check),
    ("personal_data", personal_data::check),
    ("queue_message", queue_message::check),
    ("signature", signature::check),
    ("signed_request", signed_request::check),
    ("template", template::check),
    ("whatsapp", whatsapp::check),
];
