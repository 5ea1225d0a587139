//! A copy of the data table that is older than an erasure: it can be put back, and cannot be read.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    deployment::Deployed,
    rows::{Subject, number, remove, take_in},
    story::api,
};

async fn export(deployed: &Deployed, number: &str) -> Value {
    let account = &deployed.stand_in.account().id;
    let subject = json!({ "channel": "whatsapp", "account": account, "id": number });
    let body = json!({ "kind": "access", "subject": subject });
    let (status, body) = api(deployed, Method::POST, "/api/requests", body).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let request = body["request"]["request"].as_str().unwrap().to_owned();
    let path = format!("/api/requests/{request}/export");
    let (status, export) = api(deployed, Method::GET, &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    export
}

#[tokio::test]
async fn a_copy_from_before_an_erasure_cannot_be_read_after_it() {
    let deployed = Deployed::here();
    let number = number();
    let subject = take_in(deployed, &number).await;
    let copy = subject.rows(deployed).await;
    assert!(copy.len() >= 3, "the gate, the link and the message");
    assert!(!json!(copy).to_string().contains("CANARY"), "a copy shows nobody's words");
    assert!(export(deployed, &number).await.to_string().contains("CANARY"));

    let account = &deployed.stand_in.account().id;
    let body = json!({
        "kind": "erasure",
        "subject": { "channel": "whatsapp", "account": account, "id": number },
    });
    let (status, body) = api(deployed, Method::POST, "/api/requests", body).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let request = body["request"]["request"].as_str().unwrap();
    let path = format!("/api/requests/{request}");
    let completed =
        async || api(deployed, Method::GET, &path, Value::Null).await.1["state"] == "completed";
    Deployed::until("the erasure is done", completed).await;

    Subject::restore(deployed, &copy).await;
    let only = json!({ "S": "-" });
    remove(deployed, &json!({ "S": format!("R#{request}") }), &only).await;
    // The same environments still run: whatever they keep of keys is gone by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!export(deployed, &number).await.to_string().contains("CANARY"));

    // The erasure that the copy does not know is done again; the ledger of it is no part of the copy.
    let body = json!({ "brand": "demo" });
    let (status, body) = api(deployed, Method::POST, "/api/restores", body).await;
    assert_eq!((status, &body["erased_again"]), (StatusCode::OK, &json!(1)));
    assert_eq!(api(deployed, Method::GET, &path, Value::Null).await.1["state"], "completed");
    let left = subject.rows(deployed).await;
    let epoch = format!("S#{}#1", subject.pid);
    assert!(left.iter().all(|row| row["pk"]["S"] != epoch.as_str()), "the sealed rows are gone");

    // From here on everything would go to people, since it might be older than the copy.
    remove(deployed, &json!({ "S": "B#demo" }), &only).await;
    subject.remove(deployed).await;
}
