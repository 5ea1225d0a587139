//! What a webhook takes in, and what it does not.

use bytes::Bytes;
use forthright_core::{http::BODY_BYTES_MAX, table::Attribute};
use forthright_testkit::{FaultKind, Plan, standin::Incoming};
use futures::future::join_all;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::json;

use crate::desk::{Desk, ORDER, VERIFY_TOKEN, ada, customer, plain, texts};

const SIGNATURE: &str = "x-hub-signature-256";
const MESSAGES: &str = "/entry/0/changes/0/value/messages";

#[tokio::test]
async fn the_same_body_fifty_times_at_once_is_one_message_and_one_reply() {
    let desk = Desk::new();
    let request = desk.says(&ada(), ORDER);
    let answers = join_all((0..50).map(|_| desk.ask(request.clone()))).await;
    assert!(answers.iter().all(|answer| answer.status() == StatusCode::OK));
    desk.pump().await;
    assert_eq!((desk.states(), desk.sent().len()), (vec!["answered".to_owned()], 1));
    assert_eq!(desk.gates().len(), 1, "fifty first contacts are one subject");
    assert_eq!(desk.rows("K#").len(), 1, "keys of subjects that never came to be are taken back");
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let good = desk.says(&ada(), ORDER);
    let name = HeaderName::from_static(SIGNATURE);

    let mut flipped = good.clone();
    let mut bytes = flipped.body().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    *flipped.body_mut() = bytes.into();
    let mut missing = good.clone();
    missing.headers_mut().remove(&name);
    let mut doubled = good.clone();
    let value = good.headers()[&name].clone();
    doubled.headers_mut().append(&name, value);
    let mut older = missing.clone();
    let sha1 = HeaderValue::from_static("sha1=0123456789012345678901234567890123456789");
    older.headers_mut().insert("x-hub-signature", sha1);
    let mut empty = missing.clone();
    empty.headers_mut().insert(&name, HeaderValue::from_static("sha256="));

    for request in [flipped, missing, doubled, older, empty] {
        assert_eq!(desk.ask(request).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert!(desk.memory.is_empty() && desk.tray.bytes().is_empty());
    assert_eq!(desk.ask(good).await.status(), StatusCode::OK, "and the untouched one is taken");
    assert_eq!(desk.messages().len(), 1);
}

#[tokio::test]
async fn signed_bytes_that_cannot_be_read_are_noted_once_without_content() {
    for body in [&b"CANARY not JSON"[..], b"{\"object\": \"CANARY\xff\"}", b"[]", b""] {
        let desk = Desk::new();
        let request = desk.line.stand_in.deliver_body(Bytes::copy_from_slice(body));
        assert_eq!(desk.ask(request.clone()).await.status(), StatusCode::OK);
        let rows = desk.memory.rows();
        assert_eq!(desk.rows("U#").len(), 1);
        let length = i64::try_from(body.len()).unwrap();
        assert_eq!(desk.rows("U#")[0].get_number(Attribute::BodyBytes), Some(length));
        assert_eq!(desk.reasons().await, ["unreadable"]);
        assert!(desk.messages().is_empty() && desk.gates().is_empty());

        assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
        assert!(desk.memory.rows() == rows, "a redelivery changes nothing");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_noted_before_it_is_acknowledged() {
    let calls = {
        let desk = Desk::new();
        desk.ask(desk.line.stand_in.deliver_body(b"CANARY"[..].into())).await;
        desk.table.calls()
    };
    for kind in [FaultKind::FailBefore, FaultKind::UnknownBefore, FaultKind::UnknownAfter] {
        for at in 1..=calls {
            let desk = Desk::new();
            desk.table.plan(Plan { at, kind });
            let request = desk.line.stand_in.deliver_body(b"CANARY"[..].into());
            while desk.ask(request.clone()).await.status() != StatusCode::OK {}
            assert_eq!(desk.rows("U#").len(), 1, "{kind:?} at {at}");
            assert_eq!(desk.reasons().await, ["unreadable"], "{kind:?} at {at}");
        }
    }
}

#[tokio::test]
async fn a_handshake_needs_the_verify_token() {
    let desk = Desk::new();
    let path = format!("/webhooks/whatsapp/{}", desk.at().account);
    let query = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        plain(Method::GET, &format!("{path}?{query}"), String::new())
    };
    let answer = desk.ask(query(VERIFY_TOKEN)).await;
    assert_eq!((answer.status(), &answer.body()[..]), (StatusCode::OK, &b"1158201444"[..]));
    for wrong in ["", "CANARY-another-token"] {
        let answer = desk.ask(query(wrong)).await;
        assert!(answer.status().is_client_error());
        assert!(!answer.body().starts_with(b"1158201444"));
    }
}

#[tokio::test]
async fn wrong_addresses_methods_and_sizes_are_refused() {
    let desk = Desk::new();
    for path in ["/webhooks/whatsapp/1", "/webhooks/other/200417739962058", "/webhooks/"] {
        let mut request = desk.says(&ada(), ORDER);
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(desk.ask(request).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let mut request = desk.says(&ada(), ORDER);
    *request.method_mut() = Method::PUT;
    assert_eq!(desk.ask(request).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let large = desk.line.stand_in.deliver_body(vec![b' '; BODY_BYTES_MAX + 1].into());
    assert_eq!(desk.ask(large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(desk.memory.is_empty());
}

#[tokio::test]
async fn a_batch_of_a_thousand_is_stored_whole() {
    let desk = Desk::new();
    let messages: Vec<_> = (0..1_000)
        .map(|number| Incoming {
            from: customer(Some(&format!("49155501{:05}", number % 90)), None, "CANARY"),
            text: format!("CANARY {number}").as_str().into(),
            id: format!("wamid.CANARYbatch{number}").as_str().into(),
            at_seconds: desk.time.now().millis() / 1_000 + number / 90,
        })
        .collect();
    let request = desk.line.stand_in.deliver(&messages);
    assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
    assert_eq!((desk.messages().len(), desk.gates().len()), (1_000, 90));
    assert!(desk.states().iter().all(|state| state == "received"));
}

#[tokio::test]
async fn a_bad_message_among_good_ones_loses_none() {
    let desk = Desk::new();
    let good = [ada(), customer(Some("4915550000009"), None, "CANARY Ben")];
    let messages: Vec<_> = good
        .iter()
        .enumerate()
        .map(|(number, from)| Incoming {
            from: from.clone(),
            text: ORDER.into(),
            id: format!("wamid.CANARYgood{number}").as_str().into(),
            at_seconds: desk.time.now().millis() / 1_000,
        })
        .collect();
    let request = desk.edited(&desk.line.stand_in.deliver(&messages), |body| {
        let list = body.pointer_mut(MESSAGES).unwrap().as_array_mut().unwrap();
        list.insert(1, json!({ "id": "wamid.CANARYbad", "type": "text", "text": 7 }));
    });
    assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
    desk.pump().await;
    assert_eq!(desk.states(), ["answered", "answered"]);
    assert_eq!(desk.rows("U#").len(), 1);
    assert_eq!(desk.reasons().await, ["unreadable"]);
}

#[tokio::test]
async fn a_body_that_speaks_of_a_foreign_account_is_noted_and_not_taken_in() {
    let desk = Desk::new();
    let request = desk.edited(&desk.says(&ada(), ORDER), |body| {
        body["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("999");
    });
    assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
    assert!(desk.messages().is_empty());
    assert_eq!(desk.reasons().await, ["unreadable"]);
}

#[tokio::test]
async fn own_echoes_and_unknown_kinds_leave_nothing() {
    let desk = Desk::new();
    let base = desk.says(&ada(), ORDER);
    let own = desk.edited(&base, |body| {
        let number = json!("15550100100");
        body["entry"][0]["changes"][0]["value"]["messages"][0]["from"] = number;
    });
    let field = desk.edited(&base, |body| {
        body["entry"][0]["changes"][0]["field"] = json!("account_update");
    });
    let reaction = desk.edited(&base, |body| {
        let message = &mut body["entry"][0]["changes"][0]["value"]["messages"][0];
        message["type"] = json!("reaction");
    });
    let object = desk.edited(&base, |body| body["object"] = json!("page"));
    for request in [own, field, reaction, object] {
        assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
        desk.pump().await;
    }
    assert!(desk.memory.is_empty());
    assert_eq!(desk.line.calls(), 0);
}

#[tokio::test]
async fn what_is_not_text_is_answered_by_a_person() {
    let desk = Desk::new();
    let image = desk.edited(&desk.says(&ada(), ORDER), |body| {
        let message = &mut body["entry"][0]["changes"][0]["value"]["messages"][0];
        message["type"] = json!("image");
        message["image"] = json!({ "id": "1", "caption": "CANARY" });
    });
    assert_eq!(desk.ask(image).await.status(), StatusCode::OK);
    desk.pump().await;
    assert_eq!(desk.reasons().await, ["not_text"]);
    assert_eq!(texts(&desk.messages(), Attribute::Kind), ["image"]);
}

#[tokio::test]
async fn a_table_that_fails_at_ingest_is_never_acknowledged_and_never_stores_twice() {
    let calls = {
        let desk = Desk::new();
        assert_eq!(desk.hears(&ada(), ORDER).await, StatusCode::OK);
        desk.table.calls()
    };
    assert!(calls >= 4);
    for at in 1..=calls {
        let desk = Desk::new();
        desk.table.plan(Plan { at, kind: FaultKind::FailBefore });
        let request = desk.says(&ada(), ORDER);
        let answer = desk.ask(request.clone()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "call {at}");
        assert!(desk.messages().is_empty(), "call {at}");
        for _ in 0..2 {
            assert_eq!(desk.ask(request.clone()).await.status(), StatusCode::OK, "call {at}");
        }
        desk.pump().await;
        assert_eq!((desk.messages().len(), desk.sent().len()), (1, 1), "call {at}");
    }
}

#[tokio::test]
async fn a_commit_of_which_nobody_knows_is_looked_after_and_acknowledged() {
    let calls = {
        let desk = Desk::new();
        desk.hears(&ada(), ORDER).await;
        desk.table.calls()
    };
    let desk = Desk::new();
    desk.table.plan(Plan { at: calls, kind: FaultKind::UnknownAfter });
    let request = desk.says(&ada(), ORDER);
    assert_eq!(desk.ask(request.clone()).await.status(), StatusCode::OK);
    assert_eq!(desk.messages().len(), 1);
    let rows = desk.memory.rows();
    assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
    assert!(desk.memory.rows() == rows, "a redelivery changes nothing");
    desk.pump().await;
    assert_eq!(desk.sent().len(), 1);
}
