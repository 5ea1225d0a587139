//! What the HTTP host hands to a function, and what it makes of the outcome.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use forthright_aws::{answer, to_request};
use forthright_core::{
    Fault, Handle,
    http::{BODY_BYTES_MAX, Request, Response, text},
    people::{Caller, Role},
};
use http::{Method, StatusCode};
use serde_json::json;

const SENT: &[u8] = include_bytes!("events/body.json");

fn read(event: &str) -> Request {
    to_request(lambda_http::request::from_str(event).unwrap())
}

#[test]
fn a_function_sees_the_very_bytes_that_were_signed() {
    for event in [
        include_str!("events/http-api-base64.json"),
        include_str!("events/http-api-plain.json"),
        include_str!("events/function-url-base64.json"),
    ] {
        let request = read(event);
        assert!(request.body().as_ref() == SENT, "the body must be what was sent, byte by byte");
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "/webhooks/whatsapp/106");
        assert_eq!(request.headers().get_all("x-hub-signature-256").iter().count(), 1);
    }
}

/// The recorded call with claims that the authorizer has verified.
fn called_with(claims: &serde_json::Value) -> Request {
    let mut event: serde_json::Value =
        serde_json::from_str(include_str!("events/http-api-base64.json")).unwrap();
    event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    read(&event.to_string())
}

#[test]
fn roles_come_from_a_verified_token_and_from_nowhere_else() {
    for (claims, roles) in [
        (json!({ "cognito:groups": "[agent operator]" }), vec![Role::Agent, Role::Operator]),
        (json!({ "forthright_roles": "privacy_officer" }), vec![Role::PrivacyOfficer]),
        (json!({ "cognito:groups": "[admin agents Agent]", "sub": "agent" }), vec![]),
        (json!({}), vec![]),
    ] {
        let request = called_with(&claims);
        assert_eq!(request.extensions().get(), Some(&Caller(roles)), "{claims}");
        assert_eq!(request.extensions().len(), 1);
    }
    let mut event: serde_json::Value =
        serde_json::from_str(include_str!("events/http-api-base64.json")).unwrap();
    event["headers"]["forthright_roles"] = "operator".into();
    assert!(read(&event.to_string()).extensions().is_empty(), "a header proves nothing");
}

#[test]
fn bytes_that_are_no_text_pass_unchanged() {
    let mut event: serde_json::Value =
        serde_json::from_str(include_str!("events/http-api-base64.json")).unwrap();
    event["body"] = "/wCA8A==".into();
    assert_eq!(read(&event.to_string()).body().as_ref(), [0xff, 0x00, 0x80, 0xf0]);
}

#[test]
fn two_signatures_stay_one_value_that_no_check_accepts() {
    let request = read(include_str!("events/http-api-two-signatures.json"));
    let values: Vec<_> = request.headers().get_all("x-hub-signature-256").iter().collect();
    let [value] = values.as_slice() else { panic!("there must be one value") };
    assert!(value.as_bytes().contains(&b','));
}

#[test]
fn a_handshake_keeps_its_query_as_it_was_sent() {
    let request = read(include_str!("events/function-url-handshake.json"));
    assert_eq!(request.method(), Method::GET);
    assert_eq!(
        request.uri(),
        "/webhooks/whatsapp/106?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a%20token%26more"
    );
    assert!(request.body().is_empty());
    assert!(request.extensions().is_empty(), "no function may come to depend on the host's facts");
}

enum Does {
    Answers,
    Rejects,
    IsUnavailable,
    Panics,
}

struct Function {
    does: Does,
    calls: AtomicUsize,
}

impl Function {
    fn that(does: Does) -> Self {
        Self { does, calls: AtomicUsize::new(0) }
    }
}

impl Handle<Request> for Function {
    type Output = Response;

    async fn handle(&self, _request: Request) -> Result<Response, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.does {
            Does::Answers => Ok(text(StatusCode::OK, "fine")),
            Does::Rejects => Err(Fault::rejected("the form is wrong")),
            Does::IsUnavailable => Err(Fault::unavailable("the table", "shard 7 is down")),
            Does::Panics => panic!("on purpose: secret detail"),
        }
    }
}

#[tokio::test]
async fn an_outcome_becomes_a_status_and_tells_no_detail() {
    for (does, status) in [
        (Does::Answers, StatusCode::OK),
        (Does::Rejects, StatusCode::BAD_REQUEST),
        (Does::IsUnavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Does::Panics, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let response = answer(&Function::that(does), Request::new(Bytes::new())).await;
        assert_eq!(response.status(), status);
        let body = String::from_utf8_lossy(response.body());
        assert!(!body.contains("shard") && !body.contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn too_large_a_body_reaches_no_function() {
    for (bytes, status, calls) in [
        (BODY_BYTES_MAX, StatusCode::OK, 1),
        (BODY_BYTES_MAX + 1, StatusCode::PAYLOAD_TOO_LARGE, 0),
    ] {
        let function = Function::that(Does::Answers);
        let response = answer(&function, Request::new(vec![b' '; bytes].into())).await;
        assert_eq!(response.status(), status);
        assert_eq!(function.calls.load(Ordering::Relaxed), calls);
    }
}

#[tokio::test]
async fn a_body_that_is_compressed_or_promises_too_much_reaches_no_function() {
    for (name, value, status) in [
        ("content-encoding", "gzip", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-encoding", "identity, br", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("content-length", "4194305", StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let function = Function::that(Does::Answers);
        let mut request = Request::new(Bytes::from_static(b"small"));
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(answer(&function, request).await.status(), status);
        assert_eq!(function.calls.load(Ordering::Relaxed), 0);
    }
}
