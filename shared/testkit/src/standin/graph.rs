//! What both of Meta's platforms ask of any call, and the errors that they answer with.

use forthright_core::{
    Secret,
    http::{Request, Response, bears, json, text},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::StandInAccount;

/// "Invalid parameter".
pub(super) const INVALID: i64 = 100;

/// An error of the API: its code, and what it says of it.
pub(super) type Refusal = (i64, &'static str);

/// What to answer to a call whose message need not be looked at.
pub(super) fn refusal(
    request: &Request,
    account: &StandInAccount,
    token: &Secret,
) -> Option<Response> {
    if !bears(request, token) {
        return Some(token_refused());
    }
    if request.method() != Method::POST {
        return Some(refuse((INVALID, "Unsupported method")));
    }
    if request.uri().path() != format!("/{}/{}/messages", account.api_version, account.id) {
        return Some(refuse((INVALID, "Unsupported post request: no such object")));
    }
    let kind = request.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return Some(refuse((INVALID, "The content type is not application/json")));
    }
    None
}

pub(super) fn refuse((code, details): Refusal) -> Response {
    graph_error(StatusCode::BAD_REQUEST, code, details)
}

/// An error in the Graph API's form.
pub(super) fn graph_error(status: StatusCode, code: i64, details: &str) -> Response {
    let error = json!({
        "message": format!("(#{code}) {details}"),
        "type": "OAuthException",
        "code": code,
        "error_data": { "details": details },
        "fbtrace_id": "standin",
    });
    json(status, &json!({ "error": error }))
}

pub(super) fn token_refused() -> Response {
    graph_error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token")
}

/// "Application request limit reached": the code that both know.
pub(super) fn rate_limit(retry_after: Option<u64>) -> Response {
    let mut response =
        graph_error(StatusCode::TOO_MANY_REQUESTS, 4, "Application request limit reached");
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) fn bad_gateway(html: bool) -> Response {
    let body = if html { "<html><body><h1>502 Bad Gateway</h1></body></html>" } else { "" };
    text(StatusCode::BAD_GATEWAY, body)
}

pub(super) fn malformed() -> Response {
    text(StatusCode::OK, "{\"messages\":[{")
}
