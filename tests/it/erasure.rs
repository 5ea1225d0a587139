//! Erasure is real: nothing of the person is left, and nothing in flight brings it back.

use std::time::Duration;

use forthright_core::{
    ledger::CLOCK_SKEW,
    outbound::Placement,
    table::{Attribute, TableName},
};
use futures::future::join_all;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, ada, bea, plain, texts};

fn id() -> String {
    ada().wa_id.unwrap().into_revealed()
}

/// The request as the API shows it.
async fn shown(desk: &Desk, request: &str) -> Value {
    desk.api(Method::GET, &format!("/api/requests/{request}"), Value::Null).await.1
}

#[tokio::test]
async fn an_erasure_says_goodbye_closes_the_gate_destroys_the_key_and_leaves_a_receipt() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let (status, request) = desk.request("erasure", &id()).await;
    assert_eq!(status, 202);
    assert_eq!(shown(&desk, &request).await["state"], "in_progress");
    desk.pump().await;

    let sent = desk.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent[2].contains("We were asked to erase"));
    assert_eq!(desk.disclosures()[2], Some(Placement::SuffixEvery));
    let gate = desk.gate();
    assert_eq!(gate.epoch.number(), 2);
    assert!(gate.erased_at.is_some() && gate.held.is_none() && gate.disclosed_at.is_none());
    assert!(desk.rows("S#").is_empty());
    let keys = desk.rows("K#");
    assert_eq!(texts(&keys, Attribute::State), ["destroyed"]);
    assert!(keys[0].get_bytes(Attribute::Wrapped).is_none());

    let receipt = shown(&desk, &request).await;
    assert_eq!(
        (&receipt["state"], &receipt["erased"]["messages"]),
        (&json!("completed"), &json!(2))
    );
    let page = plain(Method::GET, &format!("/privacy/status/{request}"), String::new());
    let page = String::from_utf8(desk.ask(page).await.body().to_vec()).unwrap();
    assert!(page.contains("We erased 2 of your messages"));
    assert!(desk.cases().await.is_empty());
    let path = format!("/api/cases/{case}");
    assert_eq!(desk.api(Method::GET, &path, Value::Null).await.0, 410);
    let words = json!({ "text": "CANARY hello" });
    assert_eq!(desk.api(Method::POST, &format!("{path}/answer"), words).await.0, 410);
    desk.recover().await;
    assert_eq!(desk.sent().len(), 3);
}

#[tokio::test]
async fn the_notice_is_a_courtesy_and_the_erasure_a_duty() {
    use forthright_testkit::standin::Behaviour;
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.script(&[Behaviour::RateLimit { retry_after: Some(3_000) }]);
    let (_, request) = desk.request("erasure", &id()).await;
    desk.pump().await;
    assert_eq!(shown(&desk, &request).await["state"], "in_progress", "the notice may still go");
    desk.after(Duration::from_secs(31)).await;
    assert_eq!(shown(&desk, &request).await["state"], "completed");
    desk.recover().await;
    assert!(desk.rows("S#").is_empty());
    assert_eq!(desk.sent().len(), 1, "and afterwards the notice is gone with the rest");
}

#[tokio::test]
async fn a_redelivery_of_what_was_erased_changes_nothing() {
    let desk = Desk::new();
    let request = desk.says(&ada(), ORDER);
    desk.ask(request.clone()).await;
    desk.pump().await;
    desk.request("erasure", &id()).await;
    desk.pump().await;
    let rows = desk.memory.rows();
    assert_eq!(desk.ask(request).await.status(), StatusCode::OK);
    desk.pump().await;
    assert!(desk.memory.rows() == rows);
}

#[tokio::test]
async fn a_status_of_what_was_erased_changes_nothing() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let sent = desk.line.stand_in.sent().remove(0);
    desk.request("erasure", &id()).await;
    desk.pump().await;
    let rows = desk.memory.rows();
    for status in ["delivered", "failed"] {
        let answer = desk.ask(desk.line.stand_in.status(&sent, status).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert!(desk.memory.rows() == rows);
}

#[tokio::test]
async fn who_writes_after_an_erasure_begins_anew() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.request("erasure", &id()).await;
    desk.pump().await;
    let pid = desk.gate().pid;
    desk.time.advance(Duration::from_secs(1));
    desk.serves(&ada(), ORDER).await;
    let gate = desk.gate();
    assert_eq!((gate.pid, gate.epoch.number()), (pid, 2));
    assert_eq!(desk.disclosures().last().unwrap(), &Some(Placement::PrefixFirst));
    let export = desk.export(&id()).await;
    assert_eq!(export["messages"].as_array().unwrap().len(), 1);
    assert_eq!(texts(&desk.rows("K#"), Attribute::State), ["destroyed", ""]);
}

#[tokio::test]
async fn a_restored_backup_cannot_be_read() {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let backup = desk.memory.snapshot(TableName::Data);
    desk.request("erasure", &id()).await;
    desk.pump().await;
    desk.memory.restore(&backup);
    assert_eq!(desk.messages().len(), 1, "the sealed rows are back");

    let export = desk.export(&id()).await;
    assert_eq!(export["messages"], json!([]));
    assert_eq!(export["sent"], json!([]));
    let path = format!("/api/cases/{case}");
    assert_eq!(desk.api(Method::GET, &path, Value::Null).await.0, 410);
    let sent = desk.line.calls();
    desk.recover().await;
    assert_eq!(desk.line.calls(), sent, "and nothing is sent from it");
}

#[tokio::test]
async fn what_a_restored_backup_does_not_know_is_erased_again() {
    let desk = Desk::new();
    for one in [ada(), bea()] {
        desk.serves(&one, ORDER).await;
    }
    let backup = desk.memory.snapshot(TableName::Data);
    let (_, request) = desk.request("erasure", &id()).await;
    desk.pump().await;
    assert_eq!(desk.rows("E#").len(), 1);
    desk.memory.restore(&backup);
    assert_eq!(desk.messages().len(), 2, "the sealed rows are back");

    let body = json!({ "brand": "demo" });
    let (status, answer) = desk.api(Method::POST, "/api/restores", body.clone()).await;
    assert_eq!((status, &answer["erased_again"]), (200, &json!(1)));
    assert_eq!(desk.messages().len(), 1, "of others nothing is gone");
    assert_eq!(shown(&desk, &request).await["state"], "completed");
    let (_, answer) = desk.api(Method::POST, "/api/restores", body).await;
    assert_eq!(answer["erased_again"], 0);
    // Who was erased is known from now on, and what they write next is answered.
    desk.time.advance(CLOCK_SKEW + Duration::from_mins(1));
    let before = desk.sent().len();
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.sent().len(), before + 1);
}

#[tokio::test]
async fn whose_data_was_put_back_must_be_said() {
    let desk = Desk::new();
    for (method, body, status) in [
        (Method::POST, json!({ "brand": "demo" }), 200),
        (Method::POST, json!({ "brand": "nobody" }), 422),
        (Method::POST, json!({}), 422),
        (Method::GET, Value::Null, 405),
    ] {
        assert_eq!(desk.api(method, "/api/restores", body).await.0, status);
    }
}

#[tokio::test]
async fn who_writes_after_a_backup_was_restored_is_not_shut_out() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let backup = desk.memory.snapshot(TableName::Data);
    desk.request("erasure", &id()).await;
    desk.pump().await;
    desk.memory.restore(&backup);

    // It may be one of those that were erased: nobody can know, so it counts as erased.
    assert_eq!(desk.hears(&ada(), ORDER).await, StatusCode::OK);
    desk.pump().await;
    desk.time.advance(Duration::from_mins(1));
    let before = desk.sent().len();
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.sent().len(), before + 1);
    assert_eq!(desk.export(&id()).await["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_erasure_leaves_other_people_alone() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&bea(), ORDER).await;
    let bea = bea().user_id.unwrap().into_revealed();
    let before = desk.export(&bea).await;
    desk.request("erasure", &id()).await;
    desk.pump().await;
    let after = desk.export(&bea).await;
    assert!(after == before);
    assert_eq!(before["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_call_is_one_request() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let subject = json!({ "channel": "whatsapp", "account": desk.at().account, "id": id() });
    let body = json!({ "kind": "erasure", "subject": subject });
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("r-17"));
    for _ in 0..3 {
        let (status, answer) =
            desk.api_with(Method::POST, "/api/requests", body.clone(), headers.clone()).await;
        assert_eq!((status, &answer["request"]["matched"]), (202, &json!(true)));
        desk.pump().await;
    }
    assert_eq!(desk.rows("R#").len(), 1);
    assert_eq!(desk.sent().len(), 2, "an answer and one notice");
}

#[tokio::test]
async fn an_erasure_of_nobody_says_so() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let rows = desk.rows("S#");
    let (status, request) = desk.request("erasure", "4915550000099").await;
    assert_eq!(status, 202);
    desk.pump().await;
    let view = shown(&desk, &request).await;
    assert_eq!((&view["matched"], &view["state"]), (&json!(false), &json!("identifying")));
    assert!(desk.rows("S#") == rows);
}

#[tokio::test]
async fn messages_that_come_during_an_erasure_are_erased_dropped_or_begin_anew() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let incoming: Vec<_> = (0..24).map(|_| desk.says(&ada(), ORDER)).collect();
    let erase = async {
        let (status, request) = desk.request("erasure", &id()).await;
        assert_eq!(status, 202);
        desk.pump().await;
        request
    };
    let write = join_all(incoming.iter().map(async |request| {
        // As the platform does: again, until it is acknowledged.
        while desk.ask(request.clone()).await.status() != StatusCode::OK {}
        desk.pump().await;
    }));
    let (request, _) = futures::join!(erase, write);
    desk.recover().await;

    let epochs: Vec<_> = desk.rows("S#").iter().map(|row| row.key.partition.clone()).collect();
    assert!(epochs.iter().all(|one| one.ends_with("#2")), "the erased partition stays empty");
    let receipt = shown(&desk, &request).await;
    assert_eq!(receipt["state"], "completed");
    let erased = receipt["erased"]["messages"].as_u64().unwrap();
    let left = u64::try_from(desk.messages().len()).unwrap();
    assert!(erased >= 1 && erased + left <= 25, "{erased} erased, {left} left");
    assert!(desk.states().iter().all(|state| state == "answered" || state == "human"));

    desk.time.advance(Duration::from_secs(1));
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.gate().epoch.number(), 2);
    assert_eq!(desk.states().last().unwrap(), "answered");
}
