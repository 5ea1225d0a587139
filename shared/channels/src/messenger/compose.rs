//! Makes the request that sends a text: `POST /{version}/{page id}/messages` of the Send API.

use forthright_core::{Account, PlatformId, http::Request, ids::IdKind, outbound::Outbound};
use serde::Serialize;

use super::TEXT_LIMIT;
use crate::meta::{ComposeError, post, sendable};

#[derive(Serialize)]
struct Send<'a> {
    recipient: Recipient<'a>,
    /// An answer to what the person wrote, inside the 24 hours ("Send API: Messaging types").
    messaging_type: &'static str,
    message: Message<'a>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
    /// Comes back in the message's echo.
    metadata: &'a str,
}

/// The request that sends `text` to the person with the ids `to`; `opaque` comes back in its echo.
pub fn compose(
    account: &Account,
    to: &[PlatformId],
    text: &Outbound,
    opaque: &str,
) -> Result<Request, ComposeError> {
    let text = sendable(text, TEXT_LIMIT, opaque)?;
    let mut ids = to.iter().filter(|id| id.kind == IdKind::Psid);
    let id = ids.find(|id| !id.value.reveal().is_empty()).ok_or(ComposeError::NoRecipient)?;
    let send = Send {
        recipient: Recipient { id: id.value.reveal() },
        messaging_type: "RESPONSE",
        message: Message { text, metadata: opaque },
    };
    post(account, &send)
}
