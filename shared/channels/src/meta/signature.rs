//! Proves that a webhook body came from Meta: `X-Hub-Signature-256` over the bytes as they came.

use std::fmt;

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{
    Secret,
    http::{BODY_BYTES_MAX, is_encoded},
};
use http::{HeaderMap, StatusCode};

const HEADER: &str = "x-hub-signature-256";
const DIGEST_BYTES: usize = 32;

/// A body whose signature was checked. Only [`verify`] makes one.
#[derive(Clone)]
pub struct Verified(Bytes);

impl Verified {
    /// The bytes, exactly as they were signed. They tell about persons: they belong into no log.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({} bytes)", self.0.len())
    }
}

/// Why a webhook body was refused. Nothing of the request or of the right signature is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// More bytes than any platform sends.
    #[error("the body is larger than 4 MiB")]
    TooLarge,
    /// The body is compressed: it could grow without bound, and no platform does it.
    #[error("the body has a Content-Encoding")]
    Encoded,
    /// No secret to check with, or an empty one: nothing is let in.
    #[error("no secret is configured to check the signature with")]
    NoSecret,
    /// There is no `X-Hub-Signature-256`. The older `X-Hub-Signature` (SHA-1) does not count.
    #[error("the header X-Hub-Signature-256 is missing")]
    Missing,
    /// The header is there more than once.
    #[error("the header X-Hub-Signature-256 is there more than once")]
    Repeated,
    /// The value has a comma: gateways join repeated headers with it.
    #[error("the signature is a list")]
    List,
    /// The value has white space.
    #[error("the signature has white space in it")]
    Whitespace,
    /// The value does not begin with `sha256=`.
    #[error("the signature does not begin with `sha256=`")]
    Prefix,
    /// There are not 64 characters after the prefix.
    #[error("the signature does not have 64 digits")]
    Length,
    /// Upper-case digits, which the platform never writes.
    #[error("the signature has upper-case letters")]
    UpperCase,
    /// Characters that are not hexadecimal digits.
    #[error("the signature is not hexadecimal")]
    NotHexadecimal,
    /// The signature is not of this body by any of the secrets.
    #[error("the signature does not match the body")]
    Mismatch,
}

impl Rejection {
    /// What to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoSecret
            | Self::Missing
            | Self::Repeated
            | Self::List
            | Self::Whitespace
            | Self::Prefix
            | Self::Length
            | Self::UpperCase
            | Self::NotHexadecimal
            | Self::Mismatch => StatusCode::UNAUTHORIZED,
        }
    }
}

/// Takes in a body only if Meta signed these very bytes with one of `secrets`.
///
/// Meta's page "Webhooks: Validating payloads" says that an escaped form of the payload is signed. The body
/// on the wire is that form already, so the bytes are neither decoded nor written anew.
pub fn verify(secrets: &[Secret], headers: &HeaderMap, body: Bytes) -> Result<Verified, Rejection> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Rejection::TooLarge);
    }
    if is_encoded(headers) {
        return Err(Rejection::Encoded);
    }
    let digest = offered(headers)?;
    if !usable(secrets) {
        return Err(Rejection::NoSecret);
    }
    if !any_signed(secrets, &body, &digest) {
        return Err(Rejection::Mismatch);
    }
    Ok(Verified(body))
}

/// Whether there is something to check with. An empty secret is one that everybody knows.
pub(super) fn usable(secrets: &[Secret]) -> bool {
    !secrets.is_empty() && secrets.iter().all(|secret| !secret.reveal().is_empty())
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
    let mut values = headers.get_all(HEADER).iter();
    let value = values.next().ok_or(Rejection::Missing)?.as_bytes();
    if values.next().is_some() {
        return Err(Rejection::Repeated);
    }
    if value.contains(&b',') {
        return Err(Rejection::List);
    }
    if value.iter().any(u8::is_ascii_whitespace) {
        return Err(Rejection::Whitespace);
    }
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
        Err(_) => Err(Rejection::NotHexadecimal),
    }
}

#[cfg(test)]
mod tests;
