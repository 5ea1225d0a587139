//! Decides whether a data-deletion callback is Meta's, for which accounts, and recent enough.

use std::time::Duration;

use forthright_channels::meta::{SignedRequest, SignedRequestRejection, signed_request};
use forthright_core::{Account, Accounts, Time};

/// How old a callback may be. Meta names no figure; it repeats a callback that failed, and a captured one
/// must not work for ever.
const AGE_MAX: Duration = Duration::from_hours(7 * 24);

/// How far ahead of our clock it may be.
const AHEAD_MAX: Duration = Duration::from_mins(5);

/// The accounts whose app signed the request. Every account's secrets are tried: the callback's address
/// names none.
pub(crate) fn signed_by<'a>(
    accounts: &'a Accounts,
    body: &[u8],
) -> Result<(Vec<&'a Account>, SignedRequest), SignedRequestRejection> {
    let mut last = SignedRequestRejection::NoSecret;
    let mut found = None;
    for account in accounts.iter() {
        match (signed_request(&account.app_secrets, body), &mut found) {
            (Ok(signed), None) => found = Some((vec![account], signed)),
            // Another account of the same app. One request concerns one brand.
            (Ok(_), Some((signers, _))) => {
                if signers.iter().all(|signer| signer.at.brand == account.at.brand) {
                    signers.push(account);
                }
            }
            (Err(rejection), _) => last = rejection,
        }
    }
    found.ok_or(last)
}

/// Whether the request was issued a short while ago. One that does not say when is not.
pub(crate) fn is_recent(signed: &SignedRequest, now: Time) -> bool {
    signed
        .issued_at
        .is_some_and(|issued| issued <= now.plus(AHEAD_MAX) && now.since(issued) <= AGE_MAX)
}
