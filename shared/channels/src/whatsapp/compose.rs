//! Makes the request that sends a text: `POST /{version}/{phone number id}/messages`.

use forthright_core::{Account, PlatformId, http::Request, ids::IdKind, outbound::Outbound};
use serde::Serialize;

use super::TEXT_LIMIT;
use crate::meta::{ComposeError, post, sendable};

#[derive(Serialize)]
struct Message<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(flatten)]
    recipient: Recipient<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    text: Text<'a>,
    biz_opaque_callback_data: &'a str,
}

/// With both, the platform takes the phone number ("Business-scoped user ids"), so one is enough.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Recipient<'a> {
    To(&'a str),
    Recipient(&'a str),
}

#[derive(Serialize)]
struct Text<'a> {
    preview_url: bool,
    body: &'a str,
}

/// The request that sends `text` to the person with the ids `to`; `opaque` comes back in its statuses.
pub fn compose(
    account: &Account,
    to: &[PlatformId],
    text: &Outbound,
    opaque: &str,
) -> Result<Request, ComposeError> {
    let body = sendable(text, TEXT_LIMIT, opaque)?;
    let message = Message {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        recipient: recipient(to).ok_or(ComposeError::NoRecipient)?,
        kind: "text",
        // The platform would fetch the page behind a link and show it: nobody approved that.
        text: Text { preview_url: false, body },
        biz_opaque_callback_data: opaque,
    };
    post(account, &message)
}

fn recipient(to: &[PlatformId]) -> Option<Recipient<'_>> {
    let of =
        |kind| to.iter().filter(move |id| id.kind == kind).map(|id| id.value.reveal().as_str());
    let mut phones = of(IdKind::WaId)
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    phones
        .next()
        .map(Recipient::To)
        .or_else(|| of(IdKind::UserId).find(|id| !id.is_empty()).map(Recipient::Recipient))
}

#[cfg(test)]
mod tests;
