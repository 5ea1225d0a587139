//! The Graph API, as both platforms use it: the request that sends, and what its answers mean.
//!
//! The codes are those of "Graph API: Handling errors" and of each platform's own list. The code decides where there is
//! one, since titles and statuses change; the status decides where there is none.

use std::time::Duration;

use bytes::Bytes;
use forthright_core::{
    Account, Personal,
    http::{Request, Response},
    outbound::{Obstacle, SendOutcome},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};

use crate::{compose::ComposeError, json::Scalar};

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
    /// Too much was sent from the account: it may go later, and so may everything else from there.
    Limited,
    /// It never goes.
    Never(Obstacle),
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
    #[serde(borrow)]
    error_subcode: Option<Scalar<'a>>,
}

/// What the platform did with a message, by its response. `meaning` tells what a code and its subcode mean, `taken` the id
/// of the message that the answer has.
///
/// Where it is not certain that the message was refused, the outcome is unknown: it is never sent twice.
pub(crate) fn classify_by(
    response: &Response,
    meaning: fn(i64, Option<i64>) -> Option<Meaning>,
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
    let number = |scalar: Option<Scalar<'_>>| scalar?.number();
    let (code, subcode) =
        error.map_or((None, None), |error| (number(error.code), number(error.error_subcode)));
    let later = |is_accounts| SendOutcome::RefusedForNow {
        retry_after: retry_after(response),
        is_accounts,
    };
    let never = |obstacle| SendOutcome::RefusedForGood { code, obstacle };
    match code.and_then(|code| meaning(code, subcode)) {
        Some(Meaning::Token) => return SendOutcome::TokenInvalid,
        Some(Meaning::Later) => return later(false),
        Some(Meaning::Limited) => return later(true),
        Some(Meaning::Never(obstacle)) => return never(obstacle),
        None => {}
    }
    match status {
        StatusCode::UNAUTHORIZED => SendOutcome::TokenInvalid,
        StatusCode::TOO_MANY_REQUESTS => later(true),
        // A proxy's word that it waited too long says nothing of what the platform did.
        StatusCode::REQUEST_TIMEOUT if code.is_none() => SendOutcome::Unknown,
        status if status.is_client_error() => never(Obstacle::Other),
        // The platform's own error body is a refusal; without one, a gateway may have lost its answer.
        status if status.is_server_error() && code.is_some() => never(Obstacle::Other),
        // Redirects are not followed, and nobody says that the message was not taken.
        _ => SendOutcome::Unknown,
    }
}

/// `Retry-After` in seconds. A date cannot be counted from without a clock and counts as not said.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
