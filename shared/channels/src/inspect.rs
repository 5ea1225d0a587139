//! Looks at a body that nobody has verified, for whoever wants to see what it would say.

use forthright_core::{
    Channel,
    event::{Unreadable, UnreadableKind},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    MESSENGER, WHATSAPP,
    json::Scalar,
    meta::envelope::offset,
    platform,
    seen::{Part, Seen},
    served::Served,
};

/// A body that is not the channel's at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTheChannels {
    /// It is no text.
    #[error("not UTF-8: reading stopped at byte {0}")]
    NotUtf8(usize),
    /// It is no JSON object.
    #[error("not a JSON object: reading stopped at byte {0}")]
    NotJson(usize),
    /// It is another platform's webhook.
    #[error("another platform's webhook, by its `object`")]
    AnotherPlatforms,
    /// It is no webhook.
    #[error("no webhook: it has no `object`")]
    NoWebhook,
}

#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow)]
    object: Option<Scalar<'a>>,
    #[serde(borrow)]
    messaging_product: Option<&'a RawValue>,
    #[serde(borrow)]
    algorithm: Option<&'a RawValue>,
    #[serde(borrow)]
    recipient_id: Option<&'a RawValue>,
}

/// Everything that a body says, in its order, whoever sent it and whichever account it names. What cannot be read
/// counts as ignored, with the reason `unreadable`.
pub fn read(channel: Channel, body: &[u8]) -> Result<Vec<Seen<'_>>, NotTheChannels> {
    let text =
        str::from_utf8(body).map_err(|error| NotTheChannels::NotUtf8(error.valid_up_to()))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(NotTheChannels::NotJson(0));
    }
    let top: Top<'_> = serde_json::from_str(text)
        .map_err(|error| NotTheChannels::NotJson(offset(text, &error)))?;
    let Some(object) = top.object else {
        let what = match (top.algorithm, top.messaging_product, top.recipient_id) {
            (Some(_), _, _) if channel == Channel::Messenger => "signed_request",
            (_, Some(_), _) if channel == Channel::WhatsApp => "response",
            (_, _, Some(_)) if channel == Channel::Messenger => "response",
            _ => return Err(NotTheChannels::NoWebhook),
        };
        return Ok(vec![Seen::ignored(what, 0)]);
    };
    let others = match channel {
        Channel::WhatsApp => [MESSENGER.object, "instagram"],
        Channel::Messenger => [WHATSAPP.object, "instagram"],
    };
    if others.contains(&object.as_str()) {
        return Err(NotTheChannels::AnotherPlatforms);
    }
    let seen = platform(channel).parts(body, Served::Any).map(|part| match part {
        Part::Seen(seen) => *seen,
        Part::Unreadable(Unreadable { kind, offset }) => {
            debug_assert_ne!(kind, UnreadableKind::ForeignAccount, "any account may be named");
            Seen::ignored("unreadable", offset)
        }
    });
    Ok(seen.collect())
}
