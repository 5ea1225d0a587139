//! Reads the `signed_request` with which Meta asks for a person's data to be deleted.
//!
//! The form is that of Meta's page "Data Deletion Request Callback": two parts of base64url, the signature
//! first, joined by a dot. The signature is over the second part as it is written, not as it is decoded.

use std::{fmt, str};

use data_encoding::{BASE64URL, BASE64URL_NOPAD};
use forthright_core::{Personal, Secret, Time};
use http::StatusCode;
use serde::Deserialize;

use super::{form::only_value, signature::any_signed};
use crate::{json::Scalar, verify::usable};

/// The largest form that is read, in bytes. A real one has a few hundred.
const FORM_BYTES_MAX: usize = 16 * 1_024;

/// What Meta said and signed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The person's app-scoped id, which is not the id of their messages. A page has none.
    pub user_id: Option<Personal<String>>,
    /// When it was signed.
    pub issued_at: Option<Time>,
    /// The whole decoded payload: the same bytes again are the same request. It tells about a person.
    pub payload: Vec<u8>,
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest").field("issued_at", &self.issued_at).finish_non_exhaustive()
    }
}

/// Why a signed request was refused. Nothing of the request or of the right signature is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignedRequestRejection {
    /// More bytes than Meta sends.
    #[error("the form is larger than 16 KiB")]
    TooLarge,
    /// No secret to check with, or an empty one: nothing is let in.
    #[error("no secret is configured to check the signature with")]
    NoSecret,
    /// There is not exactly one field `signed_request`.
    #[error("there is not exactly one field `signed_request`")]
    Field,
    /// The field is not two parts joined by one dot.
    #[error("the signed request is not two parts joined by a dot")]
    Shape,
    /// A part is not base64url.
    #[error("the signed request is not base64url")]
    Encoding,
    /// The signature is not of this payload by any of the secrets.
    #[error("the signature does not match the payload")]
    Mismatch,
    /// The signed payload is not what Meta describes.
    #[error("the signed payload is not readable")]
    Payload,
    /// The payload names another algorithm than HMAC-SHA256.
    #[error("the algorithm is not HMAC-SHA256")]
    Algorithm,
}

impl SignedRequestRejection {
    /// What to answer with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Field | Self::Shape | Self::Encoding | Self::Payload => StatusCode::BAD_REQUEST,
            Self::NoSecret | Self::Mismatch | Self::Algorithm => StatusCode::UNAUTHORIZED,
        }
    }
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    algorithm: Option<Scalar<'a>>,
    #[serde(borrow)]
    issued_at: Option<Scalar<'a>>,
    #[serde(borrow)]
    user_id: Option<Scalar<'a>>,
}

/// Reads the form's `signed_request` if Meta signed it with one of `secrets`. How old it may be is the
/// caller's to decide: there is no clock here.
pub fn signed_request(
    secrets: &[Secret],
    form_body: &[u8],
) -> Result<SignedRequest, SignedRequestRejection> {
    if form_body.len() > FORM_BYTES_MAX {
        return Err(SignedRequestRejection::TooLarge);
    }
    if !usable(secrets) {
        return Err(SignedRequestRejection::NoSecret);
    }
    let field = only_value(form_body, "signed_request").ok_or(SignedRequestRejection::Field)?;
    let mut parts = field.split(|byte| *byte == b'.');
    let (Some(signature), Some(encoded), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(SignedRequestRejection::Shape);
    };
    let digest = decode(signature)?;
    // What is not signed is not parsed, whatever algorithm it names.
    if !any_signed(secrets, encoded, &digest) {
        return Err(SignedRequestRejection::Mismatch);
    }
    let payload = decode(encoded)?;
    read(payload)
}

fn read(payload: Vec<u8>) -> Result<SignedRequest, SignedRequestRejection> {
    // Serde reads over what is not UTF-8 in fields that nobody asks for, and takes a list of the values in
    // their order for an object.
    let text =
        str::from_utf8(&payload).ok().filter(|text| text.trim_ascii_start().starts_with('{'));
    let fields: Option<Payload<'_>> = text.and_then(|text| serde_json::from_str(text).ok());
    let fields = fields.ok_or(SignedRequestRejection::Payload)?;
    if !fields.algorithm.is_some_and(|name| name.as_str().eq_ignore_ascii_case("HMAC-SHA256")) {
        return Err(SignedRequestRejection::Algorithm);
    }
    let issued_at = match fields.issued_at {
        None => None,
        Some(written) => {
            Some(Time::from_seconds(written.number().ok_or(SignedRequestRejection::Payload)?))
        }
    };
    let user_id = fields.user_id.map(|id| Personal::from(id.as_str()));
    Ok(SignedRequest { user_id, issued_at, payload })
}

/// Meta's own examples come with and without padding.
fn decode(part: &[u8]) -> Result<Vec<u8>, SignedRequestRejection> {
    let encoding = if part.ends_with(b"=") { &BASE64URL } else { &BASE64URL_NOPAD };
    encoding.decode(part).ok().ok_or(SignedRequestRejection::Encoding)
}

#[cfg(test)]
mod tests;
