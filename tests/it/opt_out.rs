//! An opt-out acts at once and stays.

use std::time::Duration;

use forthright_core::{outbound::Placement, table::Attribute};
use http::Method;
use serde_json::json;

use crate::desk::{Desk, ORDER, ada, texts};

#[tokio::test]
async fn an_opt_out_is_confirmed_once_and_then_the_machine_is_silent() {
    let desk = Desk::new();
    desk.serves(&ada(), "STOP").await;
    assert_eq!(desk.disclosures(), [Some(Placement::PrefixFirst)]);
    assert!(desk.sent()[0].contains("You will get no more automated messages"));

    desk.serves(&ada(), "stop").await;
    assert!(desk.cases().await.is_empty(), "to say so again calls nobody");
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.states(), ["answered", "suppressed", "human"]);
    assert_eq!(desk.reasons().await, ["opted_out"]);
    desk.recover().await;
    assert_eq!(desk.line.calls(), 1);
}

#[tokio::test]
async fn an_opt_out_stops_a_reply_that_was_decided_before_it() {
    let desk = Desk::new();
    desk.hears(&ada(), ORDER).await;
    let first = desk.tray.next().unwrap();
    desk.deliver(first).await;
    let reply = desk.tray.next().unwrap();
    assert_eq!(desk.states(), ["decided"]);
    desk.serves(&ada(), "STOP").await;
    desk.deliver(reply).await;
    desk.recover().await;
    assert_eq!(desk.states(), ["suppressed", "answered"]);
    assert_eq!(texts(&desk.messages(), Attribute::Reason)[0], "opted_out");
    assert_eq!(desk.sent().len(), 1, "only the confirmation");
}

#[tokio::test]
async fn an_opt_out_acts_while_a_person_holds_the_conversation() {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    desk.serves(&ada(), "STOP").await;
    assert!(desk.gate().suppressed.is_some());
}

#[tokio::test]
async fn an_opt_out_survives_an_erasure() {
    let desk = Desk::new();
    desk.serves(&ada(), "STOP").await;
    let id = ada().wa_id.unwrap().into_revealed();
    assert_eq!(desk.request("erasure", &id).await.0, 202);
    desk.pump().await;
    assert_eq!(desk.gate().epoch.number(), 2);
    assert_eq!(desk.sent().len(), 1, "no notice to who wants no messages");
    desk.time.advance(Duration::from_mins(1));
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "STOP").await;
    assert_eq!(desk.states(), ["human", "suppressed"]);
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn an_agent_may_answer_who_opted_out_and_wrote_again() {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let path = format!("/api/cases/{case}/answer");
    desk.serves(&ada(), "STOP").await;
    let body = json!({ "text": "CANARY hello" });
    let (status, refused) = desk.api(Method::POST, &path, body.clone()).await;
    assert_eq!((status, &refused["reason"]), (409, &json!("opted_out")));

    let before = desk.sent().len();
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.api(Method::POST, &path, body).await.0, 202);
    desk.pump().await;
    assert_eq!(desk.sent().len(), before + 1);
    assert!(desk.sent()[before] == "CANARY hello");
}
