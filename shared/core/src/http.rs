//! HTTP as functions see it: whole bodies, no framework.

use std::{error::Error, future::Future, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{fault::Fault, personal::Secret};

/// A request with its whole body, exactly the bytes that came in.
pub type Request = http::Request<Bytes>;
/// A response with its whole body.
pub type Response = http::Response<Bytes>;

/// The largest body that any function reads: WhatsApp sends up to 3 MB.
pub const BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Calls a platform's API. One implementation serves every host: it holds the list of hosts that may be
/// called, follows no redirect, and gives up after its time-out.
pub trait Exchange: Send + Sync {
    /// Sends one request and reads the whole response.
    fn exchange(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, ExchangeFault>> + Send;
}

impl<E: Exchange> Exchange for std::sync::Arc<E> {
    fn exchange(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, ExchangeFault>> + Send {
        self.as_ref().exchange(request)
    }
}

/// How long a call to a platform may take at most, its connection included.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A call did not bring a response.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeFault {
    /// The host is not on the list, or the request is malformed: no byte left.
    #[error("the call is not allowed: {0}")]
    NotAllowed(&'static str),
    /// No connection: no byte of the request left.
    #[error("no connection")]
    NotSent(#[source] Box<dyn Error + Send + Sync>),
    /// The connection broke or the time ran out after bytes may have left.
    #[error("the outcome of the call is unknown")]
    Unknown(#[source] Box<dyn Error + Send + Sync>),
}

/// A response of plain text.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response {
    respond(status, "text/plain; charset=utf-8", body.into())
}

/// A response of JSON.
pub fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    serde_json::to_vec(body).map_or_else(
        |_| text(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written"),
        |bytes| respond(status, "application/json", bytes.into()),
    )
}

/// A response of HTML that may load nothing and run nothing.
pub fn page(status: StatusCode, body: String) -> Response {
    let mut response = respond(status, "text/html; charset=utf-8", body.into());
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    response
}

/// An error as `{"error": …}`: what is wrong and what to do, never anything from the input.
pub fn error(status: StatusCode, message: &str) -> Response {
    json(status, &serde_json::json!({ "error": message }))
}

/// The one place that turns a fault into a status, for every host: 503 where trying again can help.
pub fn fault(fault: &Fault) -> Response {
    match fault {
        Fault::Rejected { reason } => error(StatusCode::BAD_REQUEST, reason),
        Fault::Unavailable { .. } | Fault::Contended { .. } => {
            error(StatusCode::SERVICE_UNAVAILABLE, "not available now; try again")
        }
        Fault::Damaged { .. } => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a stored row is damaged; an operator was told",
        ),
    }
}

/// Why a request is refused by its head alone, before any of its body is read; none if it may come in.
pub fn refused(headers: &HeaderMap) -> Option<Response> {
    if is_encoded(headers) {
        let how = "send the body without a Content-Encoding";
        return Some(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, how));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let is_too_long = |length: &HeaderValue| {
        let bytes = length.to_str().ok().and_then(|digits| digits.parse::<usize>().ok());
        // What is no number, or one that is too large for any memory, promises nothing good.
        bytes.is_none_or(|bytes| bytes > BODY_BYTES_MAX)
    };
    lengths.any(is_too_long).then(too_large)
}

/// The answer to a body that is larger than any that is read.
pub fn too_large() -> Response {
    error(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 MiB")
}

/// Whether the body is compressed: it could grow without bound, and nobody who calls here needs it.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether the request carries `token` as its bearer token.
pub fn bears(request: &Request, token: &Secret) -> bool {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    value.as_bytes().strip_prefix(b"Bearer ").is_some_and(|offered| token.matches(offered))
}

fn respond(status: StatusCode, kind: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_promises_too_much_is_enough_to_refuse() {
        let status = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(name, HeaderValue::from_str(value).unwrap());
            refused(&headers).map(|response| response.status().as_u16())
        };
        let largest = BODY_BYTES_MAX.to_string();
        let larger = (BODY_BYTES_MAX + 1).to_string();
        for (length, expected) in [
            ("0", None),
            (largest.as_str(), None),
            (larger.as_str(), Some(413)),
            ("99999999999999999999999", Some(413)),
            ("-1", Some(413)),
            ("4 194 304", Some(413)),
        ] {
            assert_eq!(status("content-length", length), expected, "{length}");
        }
        for (encoding, expected) in [
            ("identity", None),
            ("Identity", None),
            ("gzip", Some(415)),
            ("br", Some(415)),
            ("deflate", Some(415)),
            ("identity, gzip", Some(415)),
            ("", Some(415)),
        ] {
            assert_eq!(status("content-encoding", encoding), expected, "{encoding}");
        }
        assert!(refused(&HeaderMap::new()).is_none());
    }
}
