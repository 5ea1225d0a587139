//! Says what the platform did with a message, by the answer it gave.
//!
//! The codes are those of "WhatsApp Cloud API: Error codes" and "Graph API: Handling errors". The code
//! decides where there is one, since titles and statuses change; the status decides where there is none.

use std::time::Duration;

use forthright_core::{Personal, http::Response, outbound::SendOutcome};
use http::{StatusCode, header};
use serde::Deserialize;

use crate::meta::Scalar;

/// What an error code means for the message that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Token,
    Later,
    Never,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    error: Option<GraphError<'a>>,
    #[serde(borrow)]
    messages: Option<Vec<Taken<'a>>>,
}

#[derive(Deserialize)]
struct GraphError<'a> {
    #[serde(borrow)]
    code: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
}

/// What the platform did with the message, by its response.
///
/// Where it is not certain that the message was refused, the outcome is unknown: it is never sent twice.
pub fn classify(response: &Response) -> SendOutcome {
    let status = response.status();
    let answer: Option<Answer<'_>> = serde_json::from_slice(response.body()).ok();
    if status.is_success() {
        return accepted(answer).unwrap_or(SendOutcome::Unknown);
    }
    let code = answer.and_then(|answer| answer.error?.code?.number());
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

fn accepted(answer: Option<Answer<'_>>) -> Option<SendOutcome> {
    let answer = answer.filter(|answer| answer.error.is_none())?;
    let id = answer.messages?.into_iter().next()?.id?;
    if id.as_str().is_empty() {
        return None;
    }
    Some(SendOutcome::Accepted { platform_message_id: Personal::from(id.as_str()) })
}

/// What the platform's error codes mean for a message.
const CODES: [(&[i64], Meaning); 5] = [
    // The access token is missing, expired or revoked.
    (&[0, 190], Meaning::Token),
    // Too many calls by the app, the account, the number, to one person, or reported as spam.
    (&[4, 613, 80_007, 130_429, 131_048, 131_056], Meaning::Later),
    // "Unknown", "service", "something went wrong", "service unavailable", "generic user error".
    (&[1, 2, 131_000, 131_016, 135_000], Meaning::Later),
    // Undeliverable; outside the window; kept from the person for a day or more, which outlasts the
    // window; stopped by the person; not supported; sender is recipient; user id not possible; identity
    // changed.
    (&[131_026, 131_047, 131_049, 131_050, 131_051, 131_021, 131_062, 137_000], Meaning::Never),
    // Invalid parameter; permission; account restricted or locked; payment; certificate.
    (&[100, 10, 368, 131_031, 131_042, 131_045], Meaning::Never),
];

fn meaning(code: i64) -> Option<Meaning> {
    // Permissions, templates, the block list: each a whole range.
    if let 200..=299 | 132_000..=132_999 | 139_100..=139_199 = code {
        return Some(Meaning::Never);
    }
    CODES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, meaning)| *meaning)
}

/// `Retry-After` in seconds. A date cannot be counted from without a clock and counts as not said.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
