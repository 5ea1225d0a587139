//! What may come in: the proof that a body is the platform's own, and why one is refused.

use std::fmt;

use bytes::Bytes;
use forthright_core::{
    Secret,
    http::{BODY_BYTES_MAX, is_encoded},
};
use http::{HeaderMap, StatusCode};

use crate::platform::Platform;

/// A body whose signature was checked. Only [`verify_by`] makes one.
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
    /// There is no header with the signature. An older kind, such as Meta's `X-Hub-Signature` (SHA-1), does not count.
    #[error("the signature's header is missing")]
    Missing,
    /// The header is there more than once.
    #[error("the signature's header is there more than once")]
    Repeated,
    /// The value has a comma: gateways join repeated headers with it.
    #[error("the signature is a list")]
    List,
    /// The value has white space.
    #[error("the signature has white space in it")]
    Whitespace,
    /// The value does not begin as the platform's do: Meta's with `sha256=`.
    #[error("the signature does not begin as the platform's do")]
    Prefix,
    /// There are more or fewer digits than a signature has.
    #[error("the signature is not as long as the platform's")]
    Length,
    /// Upper-case digits, which the platform never writes.
    #[error("the signature has upper-case letters")]
    UpperCase,
    /// Characters that are no digits of the platform's: hexadecimal, or base64.
    #[error("the signature has letters that are none of its digits")]
    NotDigits,
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
            | Self::NotDigits
            | Self::Mismatch => StatusCode::UNAUTHORIZED,
        }
    }
}

/// Why a handshake was refused. Nothing of the request or of the secret is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeRejection {
    /// It does not ask to subscribe, or not exactly once: Meta's `hub.mode`.
    #[error("it does not ask to subscribe")]
    Mode,
    /// It does not show the account's verify token: Meta's `hub.verify_token`.
    #[error("the verify token is not the account's")]
    Token,
    /// Its challenge holds what no platform sends: Meta's `hub.challenge`.
    #[error("the challenge is not 1 to 256 letters, digits, dashes or underscores")]
    Challenge,
}

impl HandshakeRejection {
    /// What to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Mode | Self::Token => StatusCode::FORBIDDEN,
            Self::Challenge => StatusCode::BAD_REQUEST,
        }
    }
}

/// Takes in a body only if `platform` signed these very bytes with one of `secrets`.
pub fn verify_by(
    platform: &dyn Platform,
    secrets: &[Secret],
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Verified, Rejection> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Rejection::TooLarge);
    }
    if is_encoded(headers) {
        return Err(Rejection::Encoded);
    }
    platform.check(secrets, headers, &body)?;
    Ok(Verified(body))
}

/// Whether there is something to check with. An empty secret is one that everybody knows.
pub fn usable(secrets: &[Secret]) -> bool {
    !secrets.is_empty() && secrets.iter().all(|secret| !secret.reveal().is_empty())
}

/// The one value of the header that holds the signature, if it has the form of one: no list, no white space.
pub fn only_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], Rejection> {
    let mut values = headers.get_all(name).iter();
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
    Ok(value)
}
