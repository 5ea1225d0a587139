//! Access: a person gets everything that is held about them, and nothing about others.

use http::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, ada, bea};

#[tokio::test]
async fn an_export_holds_what_was_written_why_it_was_decided_and_what_was_answered() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "agent").await;
    desk.serves(&bea(), "CANARY of another person").await;
    let cases = desk.cases().await;
    let case = cases.iter().find(|case| case["reason"] == "asked_for_person").unwrap();
    let path = format!("/api/cases/{}/answer", case["case"].as_str().unwrap());
    desk.api(Method::POST, &path, json!({ "text": "CANARY hello" })).await;
    desk.pump().await;

    let export = desk.export(ada().wa_id.unwrap().reveal()).await;
    assert_eq!(
        (&export["processing_confirmed"], &export["quarantined_rows"]),
        (&json!(true), &json!(0))
    );
    let messages = export["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert!(messages[0]["text"] == ORDER);
    assert!(messages[0]["reply"]["text"] == desk.sent()[0]);
    assert_eq!(messages[0]["reply"]["template"], "order_status@2");
    assert_eq!(messages[0]["reply"]["disclosure"], "prefix_first");
    let decision = &messages[0]["decision"];
    assert_eq!(decision["found"]["intent"], "order_status");
    assert_eq!(decision["ruleset"], json!(desk.served.book.ruleset_digest()));
    assert_eq!(messages[0]["state"], "answered");
    assert!(export["sent"][0]["text"] == "CANARY hello" && export["sent"][0]["by"] == "agent");
    assert_eq!(export["cases"][0]["reason"], "asked_for_person");
    assert!(export["names"] == json!(["CANARY Ada"]));
    assert!(!export.to_string().contains("another person"));
}

#[tokio::test]
async fn a_request_for_access_sends_nothing_to_the_customer_and_changes_nothing_of_theirs() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let rows = desk.rows("S#");
    desk.export(ada().wa_id.unwrap().reveal()).await;
    desk.pump().await;
    desk.recover().await;
    assert_eq!(desk.sent().len(), 1);
    assert!(desk.rows("S#") == rows);
}

#[tokio::test]
async fn who_is_not_known_is_told_so() {
    let desk = Desk::new();
    let export = desk.export("4915550000099").await;
    assert_eq!((&export["processing_confirmed"], &export["messages"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_request_for_erasure_opens_no_export() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let (_, request) = desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
    let path = format!("/api/requests/{request}/export");
    assert_eq!(desk.api(Method::GET, &path, Value::Null).await.0, 409);
    let unknown = format!("/api/requests/{}/export", "ab".repeat(16));
    assert_eq!(desk.api(Method::GET, &unknown, Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_demand_that_cannot_be_read_is_refused_without_an_echo() {
    let desk = Desk::new();
    let subject = json!({ "channel": "whatsapp", "account": "1", "id": "4915550000001" });
    for body in [
        json!({ "kind": "CANARY" }),
        json!([]),
        json!({ "kind": "access", "subject": { "channel": "CANARY", "account": "1", "id": "1" } }),
        json!({ "kind": "access", "subject": subject }),
        json!({ "kind": "access", "subject": subject, "more": "CANARY" }),
    ] {
        let (status, answer) = desk.api(Method::POST, "/api/requests", body).await;
        assert_eq!(status, 422);
        assert!(!answer.to_string().contains("CANARY"));
    }
    assert!(desk.memory.is_empty());
}
