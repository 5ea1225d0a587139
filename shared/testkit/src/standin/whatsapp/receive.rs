//! What WhatsApp checks of a message to send, and what it answers.
//!
//! Shapes and codes are those of "Cloud API reference: Messages" and "Cloud API: Error codes".

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

const TEXT_CHARS_MAX: usize = 4_096;
const INTERACTIVE_CHARS_MAX: usize = 1_024;
const TITLE_CHARS_MAX: usize = 20;
const ROW_TITLE_CHARS_MAX: usize = 24;
const CHOICE_ID_CHARS_MAX: usize = 256;
const BUTTONS_MAX: usize = 3;
const ROWS_MAX: usize = 10;
const OPAQUE_CHARS_MAX: usize = 512;
const USER_ID_CHARS_MAX: usize = 128;
/// The most digits that a phone number has, by ITU-T E.164.
const PHONE_DIGITS_MAX: usize = 15;

/// "Required parameter is missing".
const MISSING: i64 = 131_008;
/// "Parameter value is not valid".
const VALUE: i64 = 131_009;

/// Nothing but what is documented: what the platform does not know, it refuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    messaging_product: String,
    recipient_type: Option<String>,
    to: Option<String>,
    recipient: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    text: Option<Text>,
    interactive: Option<Interactive>,
    biz_opaque_callback_data: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    body: String,
    #[serde(default, rename = "preview_url")]
    _preview_url: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interactive {
    #[serde(rename = "type")]
    kind: String,
    body: Body,
    action: Action,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    #[serde(default)]
    buttons: Vec<Button>,
    button: Option<String>,
    #[serde(default)]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    #[serde(rename = "type")]
    kind: String,
    reply: Choice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    rows: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    id: String,
    title: String,
}

/// Whether the platform takes a message, and which.
pub(in super::super) fn check(body: &[u8]) -> Result<Asked, Refusal> {
    let message: Message =
        serde_json::from_slice(body).map_err(|_cause| (INVALID, "The body is not a message"))?;
    if message.messaging_product != "whatsapp" {
        return Err((INVALID, "messaging_product is not whatsapp"));
    }
    if message.recipient_type.is_some_and(|kind| kind != "individual") {
        return Err((INVALID, "recipient_type is not individual"));
    }
    let (text, offered) = match (message.kind.as_str(), message.text, message.interactive) {
        ("text", Some(text), None) => (plain(text.body)?, Vec::new()),
        ("interactive", None, Some(interactive)) => offering(interactive)?,
        ("text", None, _) => return Err((MISSING, "text is missing")),
        _ => return Err((INVALID, "type does not say what stands in the message")),
    };
    let opaque = message.biz_opaque_callback_data;
    if opaque.as_ref().is_some_and(|opaque| opaque.chars().count() > OPAQUE_CHARS_MAX) {
        return Err((INVALID, "biz_opaque_callback_data has more than 512 characters"));
    }
    // With both, the phone number wins.
    let (kind, id, right) = match (message.to, message.recipient) {
        (Some(to), _) => {
            let right = is_phone(&to);
            (IdKind::WaId, to, right)
        }
        (None, Some(recipient)) => {
            let right = is_user_id(&recipient);
            (IdKind::UserId, recipient, right)
        }
        (None, None) => return Err((MISSING, "to is missing")),
    };
    if !right {
        return Err((VALUE, "the recipient is not a phone number or a user id"));
    }
    Ok(Asked {
        to: PlatformId { kind, value: Personal::new(id) },
        text: Personal::new(text),
        offered,
        opaque,
        is_tagged: false,
    })
}

fn has(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.chars().count())
}

fn plain(body: String) -> Result<String, Refusal> {
    if has(&body, TEXT_CHARS_MAX) {
        return Ok(body);
    }
    Err((VALUE, "text.body does not have 1 to 4096 characters"))
}

type Offering = (String, Vec<(String, String)>);

fn offering(interactive: Interactive) -> Result<Offering, Refusal> {
    let Interactive { kind, body, action } = interactive;
    if !has(&body.text, INTERACTIVE_CHARS_MAX) {
        return Err((VALUE, "interactive.body.text does not have 1 to 1024 characters"));
    }
    let Action { buttons, button, sections } = action;
    let (choices, title_chars_max) = match (kind.as_str(), button, sections.as_slice()) {
        ("button", None, []) if (1..=BUTTONS_MAX).contains(&buttons.len()) => {
            if buttons.iter().any(|button| button.kind != "reply") {
                return Err((INVALID, "a button is not a reply"));
            }
            (buttons.into_iter().map(|button| button.reply).collect::<Vec<_>>(), TITLE_CHARS_MAX)
        }
        ("list", Some(button), [_]) if buttons.is_empty() && has(&button, TITLE_CHARS_MAX) => {
            (sections.into_iter().flat_map(|section| section.rows).collect(), ROW_TITLE_CHARS_MAX)
        }
        _ => return Err((INVALID, "interactive is neither a list nor one to three buttons")),
    };
    let are_right = (1..=ROWS_MAX).contains(&choices.len())
        && choices
            .iter()
            .all(|one| has(&one.title, title_chars_max) && has(&one.id, CHOICE_ID_CHARS_MAX));
    let are_unique = choices.iter().enumerate().all(|(index, one)| {
        choices.iter().take(index).all(|other| other.id != one.id && other.title != one.title)
    });
    if !are_right || !are_unique {
        return Err((VALUE, "what is offered is too much, too long or there twice"));
    }
    Ok((body.text, choices.into_iter().map(|one| (one.id, one.title)).collect()))
}

fn is_phone(id: &str) -> bool {
    (1..=PHONE_DIGITS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// `CC.` and 1 to 128 letters or digits.
fn is_user_id(id: &str) -> bool {
    id.split_once('.').is_some_and(|(country, rest)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=USER_ID_CHARS_MAX).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

pub(in super::super) fn taken(sent: &Sent) -> Response {
    let id = sent.to.value.reveal();
    let name = if sent.to.kind == IdKind::UserId { "user_id" } else { "wa_id" };
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": id, name: id }],
        "messages": [{ "id": sent.id.reveal() }],
    });
    json(StatusCode::OK, &answer)
}
