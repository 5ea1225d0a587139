//! Rows that are not what was written: noticed, left to a person, in nobody else's way.

use std::time::Duration;

use forthright_core::{
    Handle, Pid, Retry, Table,
    ledger::HINT_GRACE,
    table::{Attribute, Index, Kept, Key, Write, WriteToken},
};
use forthright_steward::Tick;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{CLOSED_BRAND, Desk, ORDER, ada, bea};

/// A desk at which both wrote and nobody looked yet, and the row of Ada's message.
async fn both_wrote() -> (Desk, Key) {
    let desk = Desk::new();
    assert_eq!(desk.hears(&ada(), ORDER).await, StatusCode::OK);
    let hers = desk.messages().remove(0).key;
    desk.time.advance(Duration::from_secs(1));
    assert_eq!(desk.hears(&bea(), ORDER).await, StatusCode::OK);
    (desk, hers)
}

#[tokio::test]
async fn a_message_whose_row_is_damaged_calls_a_person_once_and_stops_nobody() {
    for hint_arrives in [true, false] {
        let (desk, hers) = both_wrote().await;
        desk.memory.damage(&hers);
        if !hint_arrives {
            desk.tray.lose_all();
        }
        desk.pump().await;
        for _ in 0..3 {
            desk.after(HINT_GRACE).await;
        }
        let cases = desk.cases().await;
        assert_eq!(cases.len(), 1, "one person is called, once");
        let case = &cases[0];
        assert_eq!((&case["reason"], &case["priority"]), (&json!("poison"), &json!("urgent")));
        assert_eq!(desk.sent().len(), 1, "the other one is answered");

        // Whoever looked closes it, and is not called again.
        let close = format!("/api/cases/{}/close", case["case"].as_str().unwrap());
        assert_eq!(desk.api(Method::POST, &close, Value::Null).await.0, 200);
        desk.after(HINT_GRACE).await;
        assert!(desk.cases().await.is_empty());
        assert_eq!((desk.sent().len(), desk.line.calls()), (1, 1));
    }
}

#[tokio::test]
async fn a_brand_whose_key_cannot_be_opened_keeps_nobody_elses_work_waiting() {
    let desk = Desk::new();
    assert_eq!(desk.hears(&ada(), ORDER).await, StatusCode::OK);
    desk.tray.lose_all();
    // Work of the other brand that stands before Ada's in the same shard: pseudonyms that begin alike share one.
    let hers = desk.messages().remove(0);
    let (pid, epoch, task) = hers.key.as_task().unwrap();
    let mut bytes = *pid.bytes();
    bytes[15] ^= 1;
    let other = Pid::from_bytes(bytes);
    let (entry, due) = hers.listing(Index::Due).unwrap();
    let mut stray = hers.clone().text(Attribute::Brand, CLOSED_BRAND);
    stray = stray.listed(Index::Due, entry, due.minus(Duration::from_millis(1)));
    stray.key = Key::task(other, epoch, task);
    let mut gate = desk.memory.row(&Key::gate(pid)).unwrap();
    gate.key = Key::gate(other);
    let writes = vec![Write::create(gate), Write::create(stray)];
    desk.memory.write(WriteToken::from_bytes([9; 16]), &writes, Kept::Now).await.unwrap();

    desk.time.advance(HINT_GRACE);
    let steward = &desk.bundle.steward;
    assert_eq!(steward.handle(Tick::Clock).await.unwrap_err().retry(), Retry::Later);
    desk.pump().await;
    assert_eq!(desk.sent().len(), 1, "the fault is told, and hers is answered");
}

#[tokio::test]
async fn a_claimed_message_whose_row_is_damaged_calls_a_person_and_is_never_sent_again() {
    let desk = Desk::new();
    desk.script(&[forthright_testkit::standin::Behaviour::AcceptThenDrop]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.states(), ["unknown"]);
    desk.memory.damage(&desk.messages().remove(0).key);
    desk.recover().await;
    assert_eq!(desk.reasons().await, ["poison"]);
    assert_eq!(desk.line.calls(), 1);
}

#[tokio::test]
async fn an_export_counts_what_is_damaged_and_holds_the_rest() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "CANARY where is it now?").await;
    desk.memory.damage(&desk.messages().remove(0).key);
    let export = desk.export(ada().wa_id.unwrap().reveal()).await;
    assert_eq!(export["quarantined_rows"], 1);
    let messages = export["messages"].as_array().unwrap();
    assert!(messages.len() == 1 && messages[0]["text"] == "CANARY where is it now?");
}

#[tokio::test]
async fn a_case_shows_what_can_be_seen_and_the_queue_what_can_be_listed() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "agent").await;
    desk.serves(&bea(), "agent").await;
    desk.memory.damage(&desk.messages().remove(0).key);
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 2);
    let path = format!("/api/cases/{}", cases[0]["case"].as_str().unwrap());
    let (status, view) = desk.api(Method::GET, &path, Value::Null).await;
    assert_eq!(status, 200);
    let thread = view["thread"].as_array().unwrap();
    assert!(thread.iter().any(|line| line["kind"] == "damaged"));
    assert!(thread.iter().any(|line| line["text"] == "agent"));

    desk.memory.damage(&desk.rows("C#").remove(0).key);
    assert_eq!(desk.cases().await.len(), 1);
}

#[tokio::test]
async fn an_erasure_takes_damaged_rows_along() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "agent").await;
    for row in desk.rows("S#").iter().chain(&desk.rows("C#")) {
        desk.memory.damage(&row.key);
    }
    let (status, _) = desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
    assert_eq!(status, 202);
    desk.pump().await;
    for _ in 0..3 {
        desk.after(Duration::from_secs(31)).await;
    }
    assert!(desk.rows("S#").is_empty(), "something is left of an erased person");
    let cases = desk.rows("C#");
    assert!(cases.iter().all(|case| case.get_text(Attribute::Pid).is_none()));
    let request = desk.rows("R#").remove(0);
    assert_eq!(request.get_text(Attribute::State), Some("completed"));
}
