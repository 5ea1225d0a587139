//! A platform that does not exist, complete: copy this file to `src/<channel>.rs`, write `crate::` where it says
//! `forthright_channels::`, and change each piece to what your platform documents. README.md tells the way.
//!
//! The tests run it through the same suite as every real channel, so it is never out of date.
//!
//! Its webhooks are `{"account": "…", "events": [{"type": "text", "id": "…", "from": "…", "text": "…", "at": 1700000000000}]}`,
//! signed with `X-Example-Signature: v1=<base64 of HMAC-SHA256>`. It sends with `POST /{version}/{account}/messages`.

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::BASE64;
use forthright_channels::{
    ComposeError, HandshakeRejection, Kind, Part, Platform, Raw, Rejection, Seen, Seens, Sending,
    Served,
    json::{Parts, Scalar, object},
    only_header, sendable, usable,
};
use forthright_core::{
    Account, Personal, Secret, Time,
    event::{ReceiptOutcome, Unreadable, UnreadableKind},
    http::{Request, Response},
    ids::IdKind,
    outbound::{Obstacle, SendOutcome, TextLimit, TextUnit},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

/// The platform. It has no fields: what it needs to know comes with each question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example;

/// "A text has at most 1,000 UTF-16 code units." Write the source of every figure, and of every unit.
const TEXT_LIMIT: TextLimit = TextLimit { max: 1_000, unit: TextUnit::Utf16 };

// What comes in. Everything is optional, and unknown keys are let through: a platform adds some without notice.

/// `Scalar` takes an id as a string or as a number; `Parts` reads a list one part at a time, so that a part that makes no
/// sense takes no other with it.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    account: Option<Scalar<'a>>,
    #[serde(borrow)]
    events: Parts<'a>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Scalar<'a>>,
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
    #[serde(borrow)]
    from: Option<Scalar<'a>>,
    #[serde(borrow)]
    text: Option<Scalar<'a>>,
    /// What we sent for ourselves, in an echo.
    #[serde(borrow)]
    reference: Option<Scalar<'a>>,
    #[serde(borrow)]
    at: Option<Scalar<'a>>,
}

// What goes out.

#[derive(Serialize)]
struct Message<'a> {
    to: &'a str,
    text: &'a str,
    reference: &'a str,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
    #[serde(borrow)]
    error: Option<Scalar<'a>>,
}

impl Platform for Example {
    fn check(&self, secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
        // Form first, so that what is no signature costs no hash; then the secrets, all of them, in constant time.
        let value = only_header(headers, "x-example-signature")?;
        let digits = value.strip_prefix(b"v1=").ok_or(Rejection::Prefix)?;
        if digits.len() != BASE64.encode_len(32) {
            return Err(Rejection::Length);
        }
        let signature = BASE64.decode(digits).map_err(|_cause| Rejection::NotDigits)?;
        if !usable(secrets) {
            return Err(Rejection::NoSecret);
        }
        let is_signed = secrets.iter().fold(false, |found, secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal());
            found | hmac::verify(&key, body, &signature).is_ok()
        });
        if is_signed { Ok(()) } else { Err(Rejection::Mismatch) }
    }

    fn handshake(
        &self,
        query: Option<&str>,
        verify_token: &Secret,
    ) -> Result<String, HandshakeRejection> {
        // "GET …?token=…": an empty token would match a request that offers none.
        let offered = query.and_then(|query| query.strip_prefix("token=")).unwrap_or_default();
        if verify_token.reveal().is_empty() || !verify_token.matches(offered.as_bytes()) {
            return Err(HandshakeRejection::Token);
        }
        Ok("ok".to_owned())
    }

    fn parts<'a>(&self, body: &'a [u8], served: Served<'a>) -> Seens<'a> {
        let one = |part: Part<'a>| -> Seens<'a> { Box::new(std::iter::once(part)) };
        let unreadable = |kind, offset| Part::Unreadable(Unreadable { kind, offset });
        let text = match str::from_utf8(body) {
            Ok(text) => text,
            Err(error) => {
                return one(unreadable(UnreadableKind::NotUtf8, error.valid_up_to()));
            }
        };
        let Some(Body { account, events }) = object::<Body<'a>>(text.trim_ascii_start()) else {
            return one(unreadable(UnreadableKind::Envelope, 0));
        };
        // A signature says which app sent a body, not of whose account it may speak.
        let account = account.map(Raw::from);
        if !served.has(account.as_deref()) {
            return one(unreadable(UnreadableKind::ForeignAccount, 0));
        }
        if events.is_empty() {
            return one(Seen::ignored("empty", 0).into());
        }
        Box::new(events.map(move |raw| {
            let event = object(raw.get()).map(seen);
            event
                .unwrap_or_else(|| unreadable(UnreadableKind::Message, 0))
                .addressed(account.as_ref())
        }))
    }

    fn compose(&self, account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
        let text = sendable(sending, TEXT_LIMIT)?;
        if sending.is_after_window {
            return Err(ComposeError::WindowOver);
        }
        let mut ids = sending.to.iter().filter(|id| id.kind == IdKind::UserId);
        let to = ids.find(|id| !id.value.reveal().is_empty()).ok_or(ComposeError::NoRecipient)?;
        let message = Message { to: to.value.reveal(), text, reference: sending.opaque };
        let body = serde_json::to_vec(&message).map_err(|_cause| ComposeError::Account)?;
        let uri =
            format!("{}/{}/{}/messages", account.api_base, account.api_version, account.at.account);
        let bearer = [b"Bearer ", account.access_token.reveal()].concat();
        let mut bearer =
            HeaderValue::from_bytes(&bearer).map_err(|_cause| ComposeError::Account)?;
        // So that no `Debug` of the request shows it.
        bearer.set_sensitive(true);
        http::Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, bearer)
            .body(Bytes::from(body))
            .map_err(|_cause| ComposeError::Account)
    }

    fn classify(&self, response: &Response) -> SendOutcome {
        let answer: Option<Answer<'_>> = serde_json::from_slice(response.body()).ok();
        let never = |obstacle| SendOutcome::RefusedForGood { code: None, obstacle };
        let error = answer.as_ref().and_then(|answer| answer.error.as_ref()).map(Scalar::as_str);
        match (response.status(), error) {
            (status, None) if status.is_success() => {
                let id = answer.and_then(|answer| answer.id).map(Raw::from);
                id.filter(|id| !id.is_empty()).map_or(SendOutcome::Unknown, |id| {
                    SendOutcome::Accepted { platform_message_id: Personal::from(&*id) }
                })
            }
            (StatusCode::UNAUTHORIZED, _) => SendOutcome::TokenInvalid,
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                SendOutcome::RefusedForNow { retry_after: None, is_accounts: true }
            }
            (status, Some(error)) if status.is_client_error() => never(match error {
                "window_over" => Obstacle::Window,
                "blocked_by_user" => Obstacle::Unreachable,
                "account_on_hold" => Obstacle::Restricted,
                _ => Obstacle::Other,
            }),
            // Nobody says for certain that the message was not taken.
            _ => SendOutcome::Unknown,
        }
    }

    fn text_limit(&self) -> TextLimit {
        TEXT_LIMIT
    }
}

/// What one event says: in the platform's own strings, and nothing judged yet.
fn seen(event: Event<'_>) -> Part<'_> {
    let from = event.from.map(Raw::from);
    let mut seen = Seen::new(Kind::Ignored, 0);
    seen.id = event.id.map(Raw::from);
    seen.ids = [from.clone().map(|id| (IdKind::UserId, id)), None, None, None];
    seen.sender = from;
    seen.time = event.at.and_then(|at| at.number()).map(Time::from_millis);
    match event.kind.as_ref().map_or("unknown", Scalar::as_str) {
        "text" => {
            seen.kind = Kind::Message;
            seen.text = event.text.map(Raw::from);
        }
        "deleted" => seen.kind = Kind::Delete,
        // Ours, or a person's in the platform's own app: never a customer's words.
        "echo" => {
            seen.kind = Kind::Echo;
            seen.text = event.text.map(Raw::from);
            seen.opaque = event.reference.map(Raw::from);
            seen.receipt = Some(ReceiptOutcome::Taken);
        }
        // Unknown kinds are ignored by name.
        _ => seen.reason = Some(event.kind.map_or("unknown".into(), Raw::from)),
    }
    seen.into()
}
