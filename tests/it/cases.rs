//! What people of the brand see and do.

use std::time::Duration;

use forthright_core::{
    Time,
    outbound::Placement,
    people::{Caller, Role},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, ada, plain};

const WORDS: &str = "CANARY Hello, this is Kim. Your parcel is on its way.";

/// A desk at which Ada asked for a person, and the path of her case.
async fn called() -> (Desk, String) {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    (desk, format!("/api/cases/{case}"))
}

async fn answer(desk: &Desk, case: &str, text: &str) -> (u16, Value) {
    let answer = desk.api(Method::POST, &format!("{case}/answer"), json!({ "text": text })).await;
    desk.pump().await;
    answer
}

async fn post(desk: &Desk, path: &str) -> u16 {
    let (status, _) = desk.api(Method::POST, path, Value::Null).await;
    desk.pump().await;
    status
}

#[tokio::test]
async fn who_asks_for_a_person_is_told_once_and_is_in_the_list() {
    let (desk, _) = called().await;
    assert_eq!(desk.disclosures(), [Some(Placement::PrefixFirst)]);
    assert!(desk.sent()[0].contains("I have called a person"));
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    let case = &cases[0];
    assert_eq!((&case["reason"], &case["state"]), (&json!("asked_for_person"), &json!("open")));
    let opened: Time = desk.time.now();
    assert_eq!(case["sla_at"], json!(opened.plus(Duration::from_hours(4)).rfc3339()));

    for text in [ORDER, "agent", "CANARY hello?"] {
        desk.serves(&ada(), text).await;
    }
    assert_eq!(desk.sent().len(), 1, "the machine says nothing more");
    assert_eq!(desk.cases().await.len(), 1, "it is the same case");
    assert_eq!(desk.states(), ["answered", "human", "human", "human"]);
}

#[tokio::test]
async fn an_agents_words_arrive_as_they_are_and_once() {
    let (desk, case) = called().await;
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("7a1"));
    for _ in 0..3 {
        let path = format!("{case}/answer");
        let body = json!({ "text": WORDS });
        let (status, answer) = desk.api_with(Method::POST, &path, body, headers.clone()).await;
        assert_eq!(status, 202);
        assert!(answer["out"].is_string());
        desk.pump().await;
    }
    let sent = desk.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1] == WORDS, "no disclosure: a person speaks");
    assert_eq!(desk.cases().await[0]["state"], "answered");

    let (status, shown) = desk.api(Method::GET, &case, Value::Null).await;
    assert_eq!(status, 200);
    let by: Vec<_> =
        shown["thread"].as_array().unwrap().iter().map(|line| line["by"].clone()).collect();
    assert_eq!(by, ["customer", "machine", "agent"]);
}

#[tokio::test]
async fn a_customer_who_writes_again_wakes_the_case() {
    let (desk, case) = called().await;
    assert_eq!(answer(&desk, &case, WORDS).await.0, 202);
    desk.serves(&ada(), ORDER).await;
    let cases = desk.cases().await;
    assert_eq!((cases.len(), &cases[0]["state"]), (1, &json!("assigned")));
    assert_eq!(desk.sent().len(), 2, "a person holds the conversation");
}

#[tokio::test]
async fn without_the_token_nothing_is_shown_or_done() {
    let (desk, case) = called().await;
    let rows = desk.memory.rows();
    for (method, path, body) in [
        (Method::GET, "/api/cases".to_owned(), String::new()),
        (Method::GET, case.clone(), String::new()),
        (Method::POST, format!("{case}/answer"), json!({ "text": WORDS }).to_string()),
        (Method::POST, format!("{case}/close"), String::new()),
        (Method::POST, "/api/requests".to_owned(), "{}".to_owned()),
    ] {
        let mut wrong = plain(method.clone(), &path, body.clone());
        wrong.headers_mut().insert("authorization", HeaderValue::from_static("Bearer CANARY"));
        for request in [plain(method, &path, body), wrong] {
            let answer = desk.ask(request).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(!answer.body().windows(6).any(|part| part == b"CANARY"));
        }
    }
    assert!(desk.memory.rows() == rows);
}

#[tokio::test]
async fn a_role_opens_what_belongs_to_it_and_no_more() {
    let (desk, case) = called().await;
    let subject = json!({ "channel": "whatsapp", "account": desk.at().account, "id": "1" });
    let request = json!({ "kind": "access", "subject": subject }).to_string();
    let export = format!("/api/requests/{}/export", "ab".repeat(16));
    for (method, path, body, roles) in [
        (Method::GET, "/api/cases", "", "agent auditor operator"),
        (Method::GET, case.as_str(), "", "agent operator"),
        (Method::POST, &format!("{case}/answer"), "{}", "agent operator"),
        (Method::POST, &format!("{case}/unknown"), "", "agent operator"),
        (Method::POST, "/api/requests", &request, "operator privacy_officer"),
        (Method::POST, "/api/restores", "{}", "operator"),
        (Method::GET, &export, "", "operator privacy_officer"),
        (Method::GET, export.trim_end_matches("/export"), "", "auditor operator privacy_officer"),
    ] {
        for role in Role::ALL {
            let mut call = plain(method.clone(), path, body.to_owned());
            call.extensions_mut().insert(Caller(vec![role]));
            let status = desk.ask(call).await.status();
            let opens = roles.split(' ').any(|name| name == role.name());
            assert_eq!(
                status != StatusCode::FORBIDDEN,
                opens,
                "{method} {path} {role:?}: {status}"
            );
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{path} {role:?}");
        }
    }
}

#[tokio::test]
async fn a_conversation_that_was_handed_back_is_the_machines_again() {
    let (desk, case) = called().await;
    assert_eq!(answer(&desk, &case, WORDS).await.0, 202);
    assert_eq!(post(&desk, &format!("{case}/hand-back")).await, 200);
    assert!(desk.cases().await.is_empty());
    desk.serves(&ada(), ORDER).await;
    let disclosures = desk.disclosures();
    let first = Some(Placement::PrefixFirst);
    assert_eq!(disclosures, [first, None, Some(Placement::PrefixOnHandback)]);
    assert_eq!(answer(&desk, &case, WORDS).await.0, 409, "the case is at its end");
}

#[tokio::test]
async fn a_closed_case_is_at_its_end_and_the_next_call_opens_another() {
    let (desk, case) = called().await;
    assert_eq!(post(&desk, &format!("{case}/close")).await, 200);
    assert_eq!(post(&desk, &format!("{case}/close")).await, 409);
    assert!(desk.cases().await.is_empty());
    desk.serves(&ada(), "agent").await;
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert!(!case.ends_with(cases[0]["case"].as_str().unwrap()));
}

#[tokio::test]
async fn a_case_that_came_back_without_holding_the_conversation_can_be_closed() {
    let (desk, case) = called().await;
    let acknowledgement = desk.line.stand_in.sent().remove(0);
    assert_eq!(post(&desk, &format!("{case}/hand-back")).await, 200);
    desk.ask(desk.line.stand_in.status(&acknowledgement, "failed").unwrap()).await;
    assert_eq!(desk.reasons().await, ["refused"]);
    assert!(desk.gate().held.is_none());
    assert_eq!(post(&desk, &format!("{case}/close")).await, 200);
    assert!(desk.cases().await.is_empty());
}

#[tokio::test]
async fn nobody_answers_outside_the_platforms_window() {
    let (desk, case) = called().await;
    desk.time.advance(Duration::from_hours(24));
    let (status, body) = answer(&desk, &case, WORDS).await;
    assert_eq!((status, &body["reason"]), (409, &json!("window_closed")));
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn an_answer_must_be_text_that_the_platform_takes() {
    let (desk, case) = called().await;
    for text in ["", " \n ", &"CANARY".repeat(700)] {
        assert_eq!(answer(&desk, &case, text).await.0, 422);
    }
    let (status, _) = desk.api(Method::POST, &format!("{case}/answer"), json!([])).await;
    assert_eq!(status, 422);
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(desk.cases().await[0]["state"], "open");
}

#[tokio::test]
async fn a_case_that_does_not_exist_is_not_found() {
    let desk = Desk::new();
    let case = format!("/api/cases/{}", "ab".repeat(16));
    assert_eq!(desk.api(Method::GET, &case, Value::Null).await.0, 404);
    assert_eq!(post(&desk, &format!("{case}/close")).await, 404);
    assert_eq!(post(&desk, "/api/cases/CANARY/close").await, 404);
}

#[tokio::test]
async fn the_case_of_an_unreadable_body_can_be_closed_and_has_nobody_to_answer() {
    let desk = Desk::new();
    let request = desk.line.stand_in.deliver_body(b"CANARY"[..].into());
    desk.ask(request).await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let case = format!("/api/cases/{case}");
    assert_eq!(answer(&desk, &case, WORDS).await.0, 409);
    assert_eq!(post(&desk, &format!("{case}/close")).await, 200);
    assert!(desk.cases().await.is_empty());
}
