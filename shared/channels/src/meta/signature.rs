//! Proves that a webhook body came from Meta: `X-Hub-Signature-256` over the bytes as they came.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use forthright_core::Secret;
use http::HeaderMap;

use crate::verify::{Rejection, only_header, usable};

const HEADER: &str = "x-hub-signature-256";
const DIGEST_BYTES: usize = 32;

/// Whether Meta signed these very bytes with one of `secrets`.
///
/// Meta's page "Webhooks: Validating payloads" says that an escaped form of the payload is signed. The body
/// on the wire is that form already, so the bytes are neither decoded nor written anew.
pub(crate) fn check(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
    let digest = offered(headers)?;
    if !usable(secrets) {
        return Err(Rejection::NoSecret);
    }
    if !any_signed(secrets, body, &digest) {
        return Err(Rejection::Mismatch);
    }
    Ok(())
}

/// Whether `digest` is the HMAC-SHA256 of `message` under one of `secrets`. All are tried, whichever
/// fits, so that the time does not tell which.
pub(super) fn any_signed(secrets: &[Secret], message: &[u8], digest: &[u8]) -> bool {
    secrets.iter().fold(false, |found, secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal());
        found | hmac::verify(&key, message, digest).is_ok()
    })
}

fn offered(headers: &HeaderMap) -> Result<[u8; DIGEST_BYTES], Rejection> {
    let value = only_header(headers, HEADER)?;
    let digits = value.strip_prefix(b"sha256=").ok_or(Rejection::Prefix)?;
    let mut digest = [0; DIGEST_BYTES];
    if HEXLOWER.decode_len(digits.len()) != Ok(digest.len()) {
        return Err(Rejection::Length);
    }
    if digits.iter().any(u8::is_ascii_uppercase) {
        return Err(Rejection::UpperCase);
    }
    match HEXLOWER.decode_mut(digits, &mut digest) {
        Ok(_) => Ok(digest),
        Err(_) => Err(Rejection::NotDigits),
    }
}

#[cfg(test)]
mod tests;
