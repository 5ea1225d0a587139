//! Says what the platform did with a message, by the answer it gave: the codes of "WhatsApp Cloud API: Error codes".

use forthright_core::{
    http::Response,
    outbound::{Obstacle, SendOutcome},
};
use serde::Deserialize;

use crate::{
    json::Scalar,
    meta::{Meaning, classify_by},
};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    messages: Option<Vec<Taken<'a>>>,
}

#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(borrow)]
    id: Option<Scalar<'a>>,
}

/// What the platform did with the message, by its response.
pub(super) fn classify(response: &Response) -> SendOutcome {
    classify_by(response, meaning, taken)
}

fn taken(body: &[u8]) -> Option<String> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    Some(answer.messages?.into_iter().next()?.id?.as_str().to_owned())
}

/// What the platform's error codes mean for a message.
const CODES: [(&[i64], Meaning); 7] = [
    // The access token is missing, expired or revoked.
    (&[0, 190], Meaning::Token),
    // Too many calls by the app, the account, the number; too many messages that were reported as spam.
    (&[4, 613, 80_007, 130_429, 131_048], Meaning::Limited),
    // Too many to one person; "unknown", "service", "something went wrong", "service unavailable", "generic user error".
    (&[131_056, 1, 2, 131_000, 131_016, 135_000], Meaning::Later),
    // Outside the window.
    (&[131_047], Meaning::Never(Obstacle::Window)),
    // Undeliverable; kept from the person for a day or more, which outlasts the window; stopped by the person.
    (&[131_026, 131_049, 131_050], Meaning::Never(Obstacle::Unreachable)),
    // Blocked for a policy; locked; not paid; without its certificate.
    (&[368, 131_031, 131_042, 131_045], Meaning::Never(Obstacle::Restricted)),
    // Not supported; sender is recipient; user id not possible; identity changed; invalid parameter; permission.
    (&[131_051, 131_021, 131_062, 137_000, 100, 10], Meaning::Never(Obstacle::Other)),
];

fn meaning(code: i64, _subcode: Option<i64>) -> Option<Meaning> {
    // Permissions, templates, the block list: each a whole range.
    if let 200..=299 | 132_000..=132_999 | 139_100..=139_199 = code {
        return Some(Meaning::Never(Obstacle::Other));
    }
    CODES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests;
