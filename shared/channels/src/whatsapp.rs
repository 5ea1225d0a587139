//! The WhatsApp Business Cloud API: what its webhooks say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod read;

use forthright_core::outbound::{TextLimit, TextUnit};

use crate::meta::OnMeta;

/// "The text of the text message": at most 4,096 characters (Cloud API reference: Messages).
const TEXT_LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };

/// WhatsApp, for a business number.
pub const WHATSAPP: OnMeta = OnMeta {
    object: "whatsapp_business_account",
    entry: read::entry,
    compose: compose::compose,
    classify: classify::classify,
    text_limit: TEXT_LIMIT,
};
