//! A copy of the data table that is older than an erasure: it can be put back, and cannot be read.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    deployment::Deployed,
    rows::{Subject, number, take_in},
    story::api,
};

async fn export(deployed: &Deployed, number: &str) -> Value {
    let account = &deployed.stand_in.account().phone_number_id;
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

    let account = &deployed.stand_in.account().phone_number_id;
    let body = json!({
        "kind": "erasure",
        "subject": { "channel": "whatsapp", "account": account, "id": number },
    });
    let (status, body) = api(deployed, Method::POST, "/api/requests", body).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let path = format!("/api/requests/{}", body["request"]["request"].as_str().unwrap());
    let completed =
        async || api(deployed, Method::GET, &path, Value::Null).await.1["state"] == "completed";
    Deployed::until("the erasure is done", completed).await;

    Subject::restore(deployed, &copy).await;
    // The same environments still run: whatever they keep of keys is gone by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!export(deployed, &number).await.to_string().contains("CANARY"));
    subject.remove(deployed).await;
}
