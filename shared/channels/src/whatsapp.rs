//! The WhatsApp Business Cloud API: what its webhooks say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod parse;

use forthright_core::outbound::{TextLimit, TextUnit};

pub use classify::classify;
pub use compose::{ComposeError, OPAQUE_CHARS_MAX, compose};
pub use parse::{KIND_CHARS_MAX, MESSAGE_ID_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, parse};

/// The longest text of one message: `text.body` in "Cloud API reference: Messages".
pub const TEXT_LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };
