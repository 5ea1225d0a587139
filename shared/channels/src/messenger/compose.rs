//! Makes the request that sends a text: `POST /{version}/{page id}/messages` of the Send API.

use forthright_core::{
    Account, gate::WINDOW, http::Request, ids::IdKind, offer::Offers, outbound::Outbound,
};
use serde::Serialize;

use super::TEXT_LIMIT;
use crate::{
    compose::{ComposeError, sendable},
    meta::post,
    platform::Sending,
};

/// "A maximum of 13 quick replies are supported" (Messenger Platform: Quick replies).
const QUICK_REPLIES_MAX: usize = 13;

#[derive(Serialize)]
struct Send<'a> {
    recipient: Recipient<'a>,
    #[serde(flatten)]
    kind: Kind,
    message: Message<'a>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    id: &'a str,
}

/// What the message is to the platform ("Send API: Messaging types").
#[derive(Serialize)]
#[serde(tag = "messaging_type", rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    /// An answer to what the person wrote, inside the window.
    Response,
    /// Something that the platform lets through later.
    MessageTag {
        /// `HUMAN_AGENT`: a person answers, within 7 days. No machine may use it.
        tag: &'static str,
    },
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
    /// Comes back in the message's echo.
    metadata: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quick_replies: Vec<QuickReply<'a>>,
}

#[derive(Serialize)]
struct QuickReply<'a> {
    content_type: &'static str,
    title: &'a str,
    payload: String,
}

/// The request that sends a text; its opaque field comes back in the message's echo.
pub(super) fn compose(account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
    let text = sendable(sending, TEXT_LIMIT)?;
    let mut ids = sending.to.iter().filter(|id| id.kind == IdKind::Psid);
    let id = ids.find(|id| !id.value.reveal().is_empty()).ok_or(ComposeError::NoRecipient)?;
    let send = Send {
        recipient: Recipient { id: id.value.reveal() },
        kind: kind(account, sending)?,
        message: Message {
            text,
            metadata: sending.opaque,
            quick_replies: sending.text.offers().map(quick_replies).unwrap_or_default(),
        },
    };
    post(account, &send)
}

fn kind(account: &Account, sending: &Sending<'_>) -> Result<Kind, ComposeError> {
    let is_allowed = account.people_window > WINDOW;
    match (sending.is_after_window, sending.text) {
        (false, _) => Ok(Kind::Response),
        (true, Outbound::Person(_)) if is_allowed => Ok(Kind::MessageTag { tag: "HUMAN_AGENT" }),
        (true, Outbound::Person(_) | Outbound::Machine(_)) => Err(ComposeError::WindowOver),
    }
}

fn quick_replies(offers: &Offers) -> Vec<QuickReply<'_>> {
    let offers = offers.all.iter().take(QUICK_REPLIES_MAX);
    offers
        .map(|offer| QuickReply {
            content_type: "text",
            title: &offer.title,
            payload: offer.choice.to_string(),
        })
        .collect()
}
