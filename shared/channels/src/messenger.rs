//! Messenger: what the webhooks of a Facebook Page say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod read;

use forthright_core::outbound::{TextLimit, TextUnit};

pub use classify::classify;
pub use compose::compose;
pub(crate) use read::entry;

/// What `object` says in its webhooks.
pub(crate) const OBJECT: &str = "page";

/// The longest text of one message. From memory, as "Send API: message.text": 2,000 characters. Counted in bytes, which
/// are never fewer, so that a text is too short for the platform rather than too long.
pub const TEXT_LIMIT: TextLimit = TextLimit { max: 2_000, unit: TextUnit::Bytes };

#[cfg(test)]
mod tests;
