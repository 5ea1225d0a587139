//! Messenger: what the webhooks of a Facebook Page say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod read;

use forthright_core::outbound::{TextLimit, TextUnit};

use crate::meta::OnMeta;

/// The longest text of one message. From memory, as "Send API: message.text": 2,000 characters. Counted in bytes, which
/// are never fewer, so that a text is too short for the platform rather than too long.
const TEXT_LIMIT: TextLimit = TextLimit { max: 2_000, unit: TextUnit::Bytes };

/// Messenger, for a Facebook Page.
pub const MESSENGER: OnMeta = OnMeta {
    object: "page",
    entry: read::entry,
    compose: compose::compose,
    classify: classify::classify,
    text_limit: TEXT_LIMIT,
};

#[cfg(test)]
mod tests;
