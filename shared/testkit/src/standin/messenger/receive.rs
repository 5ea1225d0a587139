//! What Messenger checks of a message to send, and what it answers.
//!
//! Shapes and codes are those of "Messenger Platform: Send API" and "Error codes".

use forthright_core::{
    Personal, PlatformId,
    http::{Response, json},
    ids::IdKind,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::super::{
    Asked, Sent,
    graph::{INVALID, Refusal},
};

const TEXT_CHARS_MAX: usize = 2_000;
const METADATA_CHARS_MAX: usize = 1_000;
const QUICK_REPLIES_MAX: usize = 13;
const TITLE_CHARS_MAX: usize = 20;
const PAYLOAD_CHARS_MAX: usize = 1_000;
const ID_CHARS_MAX: usize = 128;

/// Nothing but what is documented: what the platform does not know, it refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    recipient: Recipient,
    messaging_type: String,
    tag: Option<String>,
    message: Message,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipient {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    text: String,
    metadata: Option<String>,
    #[serde(default)]
    quick_replies: Vec<QuickReply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickReply {
    content_type: String,
    title: String,
    payload: String,
}

/// Whether the platform takes a message, and which.
pub(in super::super) fn check(body: &[u8]) -> Result<Asked, Refusal> {
    let Send { recipient, messaging_type, tag, message } =
        serde_json::from_slice(body).map_err(|_cause| (INVALID, "The body is not a message"))?;
    let is_tagged = match (messaging_type.as_str(), tag.as_deref()) {
        ("RESPONSE" | "UPDATE", None) => false,
        ("MESSAGE_TAG", Some("HUMAN_AGENT")) => true,
        _ => return Err((INVALID, "messaging_type and tag do not go together")),
    };
    let has = |text: &str, chars_max| (1..=chars_max).contains(&text.chars().count());
    let is_id = has(&recipient.id, ID_CHARS_MAX)
        && recipient.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_id {
        return Err((INVALID, "recipient.id is not an id of a person"));
    }
    if !has(&message.text, TEXT_CHARS_MAX) {
        return Err((INVALID, "message.text does not have 1 to 2000 characters"));
    }
    if message.metadata.as_ref().is_some_and(|text| text.chars().count() > METADATA_CHARS_MAX) {
        return Err((INVALID, "message.metadata has more than 1000 characters"));
    }
    let are_right = message.quick_replies.len() <= QUICK_REPLIES_MAX
        && message.quick_replies.iter().all(|one| {
            one.content_type == "text"
                && has(&one.title, TITLE_CHARS_MAX)
                && has(&one.payload, PAYLOAD_CHARS_MAX)
        });
    if !are_right {
        return Err((INVALID, "message.quick_replies is too much, too long or not text"));
    }
    let offered = message.quick_replies.into_iter().map(|one| (one.payload, one.title)).collect();
    Ok(Asked {
        to: PlatformId { kind: IdKind::Psid, value: Personal::new(recipient.id) },
        text: Personal::new(message.text),
        offered,
        opaque: message.metadata,
        is_tagged,
    })
}

pub(in super::super) fn taken(sent: &Sent) -> Response {
    let answer = json!({ "recipient_id": sent.to.value.reveal(), "message_id": sent.id.reveal() });
    json(StatusCode::OK, &answer)
}
