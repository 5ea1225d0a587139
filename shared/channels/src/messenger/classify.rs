//! Says what the platform did with a message, by the answer it gave: the codes of "Messenger Platform: Error codes".

use forthright_core::{http::Response, outbound::SendOutcome};
use serde::Deserialize;

use crate::meta::{Meaning, Scalar, classify_by};

#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(borrow)]
    message_id: Option<Scalar<'a>>,
}

/// What the platform did with the message, by its response.
pub fn classify(response: &Response) -> SendOutcome {
    classify_by(response, meaning, taken)
}

fn taken(body: &[u8]) -> Option<String> {
    let taken: Taken<'_> = serde_json::from_slice(body).ok()?;
    Some(taken.message_id?.as_str().to_owned())
}

fn meaning(code: i64) -> Option<Meaning> {
    Some(match code {
        // The access token is missing, expired or revoked.
        190 => Meaning::Token,
        // Too many calls, by the app or by the Page; and "unknown", "temporary". The last comes of a person who blocked
        // the business, too: tries are counted.
        1 | 2 | 4 | 32 | 341 | 613 | 1_200 | 80_006 => Meaning::Later,
        // Permission, under which "sent outside of the allowed window" stands, too (subcode 2018278); invalid parameter;
        // blocked for policy; "this person isn't available right now".
        10 | 100 | 200..=299 | 368 | 551 => Meaning::Never,
        _ => return None,
    })
}
