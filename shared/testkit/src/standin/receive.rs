//! What the platform checks of a message to send, and what it answers.
//!
//! Shapes and codes are those of "Cloud API reference: Messages" and "Cloud API: Error codes".

use forthright_core::{
    Personal, PlatformId,
    http::{Request, Response, bears, json, text},
    ids::IdKind,
};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::WhatsAppStandIn;

const TEXT_CHARS_MAX: usize = 4_096;
const OPAQUE_CHARS_MAX: usize = 512;
const USER_ID_CHARS_MAX: usize = 128;
/// The most digits that a phone number has, by ITU-T E.164.
const PHONE_DIGITS_MAX: usize = 15;

/// "Invalid parameter".
const INVALID: i64 = 100;
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
    biz_opaque_callback_data: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    body: String,
    #[serde(default, rename = "preview_url")]
    _preview_url: bool,
}

/// An error of the API: its code, and what it says of it.
type Refusal = (i64, &'static str);

impl WhatsAppStandIn {
    pub(super) fn answer(&self, request: &Request) -> Response {
        let renewed = self.state().renewed.clone();
        if !bears(request, renewed.as_ref().unwrap_or(&self.account.access_token)) {
            return token_refused();
        }
        if request.method() != Method::POST {
            return refuse((INVALID, "Unsupported method"));
        }
        let path =
            format!("/{}/{}/messages", self.account.api_version, self.account.phone_number_id);
        if request.uri().path() != path {
            return refuse((INVALID, "Unsupported post request: no such object"));
        }
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
            return refuse((INVALID, "The content type is not application/json"));
        }
        let Ok(message) = serde_json::from_slice::<Message>(request.body()) else {
            return refuse((INVALID, "The body is not a message"));
        };
        match check(message) {
            Ok((to, text, opaque)) => taken(&to, self.keep(to.clone(), text, opaque).id.reveal()),
            Err(refusal) => refuse(refusal),
        }
    }
}

type Checked = (PlatformId, Personal<String>, Option<String>);

fn check(message: Message) -> Result<Checked, Refusal> {
    if message.messaging_product != "whatsapp" {
        return Err((INVALID, "messaging_product is not whatsapp"));
    }
    if message.recipient_type.is_some_and(|kind| kind != "individual") {
        return Err((INVALID, "recipient_type is not individual"));
    }
    if message.kind != "text" {
        return Err((INVALID, "type is not text"));
    }
    let text = message.text.ok_or((MISSING, "text is missing"))?.body;
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Err((VALUE, "text.body does not have 1 to 4096 characters"));
    }
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
    Ok((PlatformId { kind, value: Personal::new(id) }, Personal::new(text), opaque))
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

fn taken(to: &PlatformId, id: &str) -> Response {
    let contact = match to.kind {
        IdKind::WaId | IdKind::Psid => {
            json!({ "input": to.value.reveal(), "wa_id": to.value.reveal() })
        }
        IdKind::UserId => json!({ "input": to.value.reveal(), "user_id": to.value.reveal() }),
    };
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{ "id": id }],
    });
    json(StatusCode::OK, &answer)
}

fn refuse((code, details): Refusal) -> Response {
    graph_error(StatusCode::BAD_REQUEST, code, details)
}

/// An error in the Graph API's form.
pub(super) fn graph_error(status: StatusCode, code: i64, details: &str) -> Response {
    let error = json!({
        "message": format!("(#{code}) {details}"),
        "type": "OAuthException",
        "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": details },
        "fbtrace_id": "standin",
    });
    json(status, &json!({ "error": error }))
}

pub(super) fn token_refused() -> Response {
    graph_error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token")
}

pub(super) fn rate_limit(retry_after: Option<u64>) -> Response {
    let mut response = graph_error(StatusCode::TOO_MANY_REQUESTS, 130_429, "Rate limit hit");
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) fn bad_gateway(html: bool) -> Response {
    let body = if html { "<html><body><h1>502 Bad Gateway</h1></body></html>" } else { "" };
    text(StatusCode::BAD_GATEWAY, body)
}

pub(super) fn malformed() -> Response {
    text(StatusCode::OK, "{\"messaging_product\":\"whatsapp\",\"messages\":[{")
}
