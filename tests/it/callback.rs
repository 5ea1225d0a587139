//! Meta's data-deletion callback: its signature is the proof, and its answer is strict JSON.

use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use forthright_core::{RequestId, http::Response};
use forthright_testkit::{FaultKind, Plan};
use futures::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, bea, plain};

const SECRET: &[u8] = b"CANARY-app-secret-of-the-demo";

/// The form that Meta posts, signed with this secret.
fn form(secret: &[u8], payload: &Value) -> String {
    let payload = BASE64URL_NOPAD.encode(payload.to_string().as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, payload.as_bytes());
    format!("signed_request={}.{payload}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

fn payload(desk: &Desk, user: &str) -> Value {
    let issued = desk.time.now().millis() / 1_000;
    json!({ "algorithm": "HMAC-SHA256", "issued_at": issued, "user_id": user })
}

async fn post(desk: &Desk, form: String) -> Response {
    desk.ask(plain(Method::POST, "/meta/data-deletion", form)).await
}

fn answer(response: &Response) -> (String, String) {
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 2, "Meta wants these two and no more");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("url"), text("confirmation_code"))
}

#[tokio::test]
async fn an_id_that_matches_nobody_gets_a_code_and_an_honest_page() {
    let desk = Desk::new();
    desk.serves(&bea(), ORDER).await;
    let rows = desk.rows("S#");
    let response = post(&desk, form(SECRET, &payload(&desk, "CANARY-app-scoped"))).await;
    let (url, code) = answer(&response);
    assert!(code.parse::<RequestId>().is_ok(), "128 bits in hexadecimal");
    assert_eq!(url, format!("https://privacy.example/privacy/status/{code}"));
    desk.pump().await;
    let page =
        desk.ask(plain(Method::GET, &format!("/privacy/status/{code}"), String::new())).await;
    let page = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(page.contains("could not match") && page.contains("Nothing was erased"));
    assert!(desk.rows("S#") == rows);
}

#[tokio::test]
async fn an_id_that_matches_is_erased() {
    let desk = Desk::new();
    desk.serves(&bea(), ORDER).await;
    let user = bea().user_id.unwrap().into_revealed();
    let (_, code) = answer(&post(&desk, form(SECRET, &payload(&desk, &user))).await);
    desk.pump().await;
    assert!(desk.rows("S#").is_empty());
    assert_eq!(desk.gate().epoch.number(), 2);
    let path = format!("/api/requests/{code}");
    let (_, view) = desk.api(Method::GET, &path, Value::Null).await;
    assert_eq!((&view["state"], &view["erased"]["messages"]), (&json!("completed"), &json!(1)));
    assert_eq!(desk.sent().len(), 1, "Meta's own page told the person");
}

#[tokio::test]
async fn a_hundred_repeats_are_one_request_with_one_code() {
    let desk = Desk::new();
    desk.serves(&bea(), ORDER).await;
    let form = form(SECRET, &payload(&desk, bea().user_id.unwrap().reveal()));
    let answers = join_all((0..50).map(|_| post(&desk, form.clone()))).await;
    desk.pump().await;
    let mut codes: Vec<_> = answers.iter().map(|one| answer(one).1).collect();
    for _ in 0..50 {
        codes.push(answer(&post(&desk, form.clone()).await).1);
        desk.pump().await;
    }
    codes.dedup();
    assert_eq!((codes.len(), desk.rows("R#").len()), (1, 1));
    let (_, view) =
        desk.api(Method::GET, &format!("/api/requests/{}", codes[0]), Value::Null).await;
    assert_eq!(view["erased"]["messages"], 1);
}

/// Demands an erasure by callback, until it is acknowledged, and brings it to its end. How many calls of the
/// table that took.
async fn erased(plan: Option<Plan>) -> u64 {
    let desk = Desk::new();
    desk.serves(&bea(), ORDER).await;
    desk.serves(&bea(), "agent").await;
    let before = desk.table.calls();
    if let Some(Plan { at, kind }) = plan {
        desk.table.plan(Plan { at: before + at, kind });
    }
    let form = form(SECRET, &payload(&desk, bea().user_id.unwrap().reveal()));
    let mut response = post(&desk, form.clone()).await;
    while response.status() != StatusCode::OK {
        desk.table.revive();
        response = post(&desk, form.clone()).await;
    }
    desk.pump().await;
    let calls = desk.table.calls() - before;
    desk.recover().await;
    let path = format!("/api/requests/{}", answer(&response).1);
    let (_, view) = desk.api(Method::GET, &path, Value::Null).await;
    assert_eq!(view["state"], "completed", "{plan:?}");
    assert_eq!(view["erased"]["messages"], 2, "{plan:?}");
    assert_eq!((desk.rows("S#").len(), desk.rows("R#").len()), (0, 1), "{plan:?}");
    calls
}

#[tokio::test]
async fn a_callback_survives_a_fault_at_every_call_and_its_receipt_is_exact() {
    let calls = erased(None).await;
    for kind in [FaultKind::CrashBefore, FaultKind::CrashAfter, FaultKind::UnknownBefore] {
        for at in 1..=calls {
            erased(Some(Plan { at, kind })).await;
        }
    }
}

#[tokio::test]
async fn what_meta_did_not_sign_or_signed_long_ago_or_otherwise_is_refused() {
    let desk = Desk::new();
    desk.serves(&bea(), ORDER).await;
    let rows = desk.memory.rows();
    let good = payload(&desk, bea().user_id.unwrap().reveal());
    let with = |name: &str, value: Value| {
        let mut payload = good.clone();
        payload[name] = value;
        payload
    };
    let seconds = desk.time.now().millis() / 1_000;
    let mut flipped = form(SECRET, &good);
    let last = if flipped.ends_with('A') { 'B' } else { 'A' };
    flipped.pop();
    flipped.push(last);
    for refused in [
        form(b"CANARY-another-secret", &good),
        form(SECRET, &with("algorithm", json!("none"))),
        form(SECRET, &with("algorithm", json!("HMAC-SHA1"))),
        form(SECRET, &with("issued_at", json!(seconds - 8 * 24 * 3_600))),
        form(SECRET, &with("issued_at", json!(seconds + 600))),
        form(SECRET, &with("issued_at", Value::Null)),
        flipped,
    ] {
        let status = post(&desk, refused).await.status();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    for unreadable in ["", "signed_request=", "signed_request=a.b.c", "signed_request=?.?"] {
        assert!(post(&desk, unreadable.to_owned()).await.status().is_client_error());
    }
    assert!(desk.memory.rows() == rows, "nothing of it leaves a trace");
}

#[tokio::test]
async fn a_code_that_nobody_gave_shows_nothing() {
    let desk = Desk::new();
    desk.time.advance(Duration::from_secs(1));
    for code in ["ab".repeat(16), "CANARY".to_owned(), String::new()] {
        let path = format!("/privacy/status/{code}");
        let page = desk.ask(plain(Method::GET, &path, String::new())).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND);
        assert!(!page.body().windows(6).any(|part| part == b"CANARY"));
    }
}
