//! Which disclosure an automated text carries, and when.

use std::time::Duration;

use forthright_core::outbound::Placement;
use forthright_testkit::standin::Behaviour;
use http::Method;
use serde_json::Value;

use crate::desk::{Desk, ORDER, ada};

const FIRST: Option<Placement> = Some(Placement::PrefixFirst);
const SUFFIX: Option<Placement> = Some(Placement::SuffixEvery);

#[tokio::test]
async fn the_first_reply_begins_with_who_speaks_that_it_is_a_machine_and_the_ways_out() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let sent = desk.sent();
    assert_eq!(sent.len(), 1);
    let (top, body) = sent[0].split_once("\n\n").unwrap();
    for part in ["Demo Shop", "automated", "not a person", "AGENT", "STOP"] {
        assert!(top.contains(part), "the disclosure does not say `{part}`");
    }
    assert!(body.contains("where your order is"), "the reply itself follows");
    assert_eq!(desk.disclosures(), [FIRST]);
}

#[tokio::test]
async fn within_a_day_it_stands_at_the_end_and_after_a_days_silence_at_the_top_again() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.time.advance(Duration::from_hours(23));
    desk.serves(&ada(), "CANARY I want my money back").await;
    desk.time.advance(Duration::from_hours(24));
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.disclosures(), [FIRST, SUFFIX, Some(Placement::PrefixAfterGap), SUFFIX]);
}

#[tokio::test]
async fn after_a_hand_back_it_stands_at_the_top_again() {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let path = format!("/api/cases/{case}/hand-back");
    assert_eq!(desk.api(Method::POST, &path, Value::Null).await.0, 200);
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.disclosures(), [FIRST, Some(Placement::PrefixOnHandback), SUFFIX]);
}

#[tokio::test]
async fn a_reply_that_was_refused_for_now_has_disclosed_nothing() {
    let desk = Desk::new();
    // "Too many messages to one person in a short time": nobody else has to wait.
    desk.script(&[Behaviour::GraphError { status: 400, code: 131_056 }]);
    desk.serves(&ada(), ORDER).await;
    assert!(desk.sent().is_empty() && desk.gate().disclosed_at.is_none());
    desk.serves(&ada(), "CANARY I want my money back").await;
    assert_eq!(desk.disclosures(), [FIRST]);
    desk.after(Duration::from_secs(601)).await;
    assert_eq!(desk.disclosures(), [FIRST, SUFFIX]);
    assert_eq!(desk.states(), ["answered", "answered"]);
}

#[tokio::test]
async fn a_reply_of_which_nobody_knows_if_it_arrived_has_disclosed_nothing() {
    let desk = Desk::new();
    desk.script(&[Behaviour::ServerError { html: true }]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.states(), ["unknown"]);
    assert!(desk.gate().disclosed_at.is_none());
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.disclosures(), [FIRST]);
}
