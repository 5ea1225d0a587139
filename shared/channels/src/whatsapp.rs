//! The WhatsApp Business Cloud API: what its webhooks say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod read;

use forthright_core::outbound::{TextLimit, TextUnit};

pub use classify::classify;
pub use compose::compose;
pub(crate) use read::entry;

/// What `object` says in its webhooks.
pub(crate) const OBJECT: &str = "whatsapp_business_account";

/// The longest text of one message: `text.body` in "Cloud API reference: Messages".
pub const TEXT_LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };
