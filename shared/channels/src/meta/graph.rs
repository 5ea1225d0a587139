//! The Graph API, as both platforms use it: the request that sends, and what its answers mean.
//!
//! The codes are those of "Graph API: Handling errors" and of each platform's own list. The code decides where there is
//! one, since titles and statuses change; the status decides where there is none.

use std::time::Duration;

use bytes::Bytes;
use forthright_core::{
    Account, Personal,
    http::{Request, Response},
    outbound::{Outbound, SendOutcome, TextLimit},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};

use super::{OPAQUE_CHARS_MAX, Scalar};

/// Why a text cannot be sent this way. Sending it again cannot help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ComposeError {
    /// None of the person's ids is one that the platform sends to.
    #[error("the person has no id that the platform sends to")]
    NoRecipient,
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text is longer than the platform takes. It is never cut: that could cut the disclosure.
    #[error("the text is longer than the platform takes")]
    TooLong,
    /// The opaque field is longer than the platform takes.
    #[error("the opaque field is longer than the platform takes")]
    OpaqueTooLong,
    /// The account's API address, version or token makes no request.
    #[error("the account's API address, version or token is not usable")]
    Account,
}

/// The text and the opaque field, if the platform takes both. Nothing is ever cut: that could cut the disclosure.
pub(crate) fn sendable<'a>(
    text: &'a Outbound,
    limit: TextLimit,
    opaque: &str,
) -> Result<&'a str, ComposeError> {
    let text = text.text().reveal();
    if text.is_empty() {
        return Err(ComposeError::Empty);
    }
    if !limit.fits(text) {
        return Err(ComposeError::TooLong);
    }
    if opaque.chars().count() > OPAQUE_CHARS_MAX {
        return Err(ComposeError::OpaqueTooLong);
    }
    Ok(text)
}

/// `POST /{version}/{account}/messages` with this body.
pub(crate) fn post(account: &Account, body: &impl Serialize) -> Result<Request, ComposeError> {
    let Ok(bytes) = serde_json::to_vec(body) else {
        return Err(ComposeError::Account);
    };
    let mut request = Request::new(Bytes::from(bytes));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address(account).ok_or(ComposeError::Account)?;
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::AUTHORIZATION, bearer(account).ok_or(ComposeError::Account)?);
    Ok(request)
}

fn address(account: &Account) -> Option<Uri> {
    let base = account.api_base.trim_end_matches('/');
    let version = account.api_version.as_str();
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    if version.is_empty() || !version.bytes().all(safe) {
        return None;
    }
    let uri: Uri = format!("{base}/{version}/{}/messages", account.at.account).parse().ok()?;
    (uri.scheme().is_some() && uri.authority().is_some() && uri.query().is_none()).then_some(uri)
}

fn bearer(account: &Account) -> Option<HeaderValue> {
    let token = account.access_token.reveal();
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    // So that no `Debug` of the request shows it.
    value.set_sensitive(true);
    Some(value)
}

/// What an error code means for the message that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The access token is missing, expired or revoked.
    Token,
    /// It may go later.
    Later,
    /// It never goes.
    Never,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    error: Option<GraphError<'a>>,
}

#[derive(Deserialize)]
struct GraphError<'a> {
    #[serde(borrow)]
    code: Option<Scalar<'a>>,
}

/// What the platform did with a message, by its response. `meaning` tells what a code means, `taken` the id of the
/// message that the answer has.
///
/// Where it is not certain that the message was refused, the outcome is unknown: it is never sent twice.
pub(crate) fn classify_by(
    response: &Response,
    meaning: fn(i64) -> Option<Meaning>,
    taken: fn(&[u8]) -> Option<String>,
) -> SendOutcome {
    let status = response.status();
    let error = serde_json::from_slice(response.body()).ok().and_then(|it: Answer<'_>| it.error);
    if status.is_success() {
        let id = error.is_none().then(|| taken(response.body())).flatten();
        return match id.filter(|id| !id.is_empty()) {
            Some(id) => SendOutcome::Accepted { platform_message_id: Personal::new(id) },
            None => SendOutcome::Unknown,
        };
    }
    let code = error.and_then(|error| error.code?.number());
    let later = || SendOutcome::RefusedForNow { retry_after: retry_after(response) };
    match code.and_then(meaning) {
        Some(Meaning::Token) => return SendOutcome::TokenInvalid,
        Some(Meaning::Later) => return later(),
        Some(Meaning::Never) => return SendOutcome::RefusedForGood { code },
        None => {}
    }
    match status {
        StatusCode::UNAUTHORIZED => SendOutcome::TokenInvalid,
        StatusCode::TOO_MANY_REQUESTS => later(),
        // A proxy's word that it waited too long says nothing of what the platform did.
        StatusCode::REQUEST_TIMEOUT if code.is_none() => SendOutcome::Unknown,
        status if status.is_client_error() => SendOutcome::RefusedForGood { code },
        // The platform's own error body is a refusal; without one, a gateway may have lost its answer.
        status if status.is_server_error() && code.is_some() => {
            SendOutcome::RefusedForGood { code }
        }
        // Redirects are not followed, and nobody says that the message was not taken.
        _ => SendOutcome::Unknown,
    }
}

/// `Retry-After` in seconds. A date cannot be counted from without a clock and counts as not said.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
