//! Says what the platform did with a message, by the answer it gave: the codes of "WhatsApp Cloud API: Error codes".

use forthright_core::{http::Response, outbound::SendOutcome};
use serde::Deserialize;

use crate::meta::{Meaning, Scalar, classify_by};

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
pub fn classify(response: &Response) -> SendOutcome {
    classify_by(response, meaning, taken)
}

fn taken(body: &[u8]) -> Option<String> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    Some(answer.messages?.into_iter().next()?.id?.as_str().to_owned())
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

#[cfg(test)]
mod tests;
