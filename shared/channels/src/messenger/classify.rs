//! Says what the platform did with a message, by the answer it gave: the codes of "Messenger Platform: Error codes".

use forthright_core::{
    http::Response,
    outbound::{Obstacle, SendOutcome},
};
use serde::Deserialize;

use crate::{
    json::Scalar,
    meta::{Meaning, classify_by},
};

/// "Message sent outside of allowed window", below code 10.
const OUTSIDE_WINDOW: i64 = 2_018_278;

#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(borrow)]
    message_id: Option<Scalar<'a>>,
}

/// What the platform did with the message, by its response.
pub(super) fn classify(response: &Response) -> SendOutcome {
    classify_by(response, meaning, taken)
}

fn taken(body: &[u8]) -> Option<String> {
    let taken: Taken<'_> = serde_json::from_slice(body).ok()?;
    Some(taken.message_id?.as_str().to_owned())
}

fn meaning(code: i64, subcode: Option<i64>) -> Option<Meaning> {
    Some(match code {
        // The access token is missing, expired or revoked.
        190 => Meaning::Token,
        // Too many calls, by the app or for the Page.
        4 | 32 | 613 | 80_006 => Meaning::Limited,
        // "Unknown", "temporary". The second comes of a person who blocked the business, too: tries are counted.
        1 | 2 | 341 | 1_200 => Meaning::Later,
        10 if subcode == Some(OUTSIDE_WINDOW) => Meaning::Never(Obstacle::Window),
        // "This person isn't available right now."
        551 => Meaning::Never(Obstacle::Unreachable),
        // Blocked for a policy.
        368 => Meaning::Never(Obstacle::Restricted),
        // Permission; invalid parameter.
        10 | 100 | 200..=299 => Meaning::Never(Obstacle::Other),
        _ => return None,
    })
}
