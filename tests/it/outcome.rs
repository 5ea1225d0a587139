//! What the platform did with a message, and what becomes of it.

use std::time::Duration;

use forthright_core::{
    ledger::{ATTEMPTS_MAX, SUSPENDED_WAIT, UNKNOWN_WAIT},
    table::Attribute,
};
use forthright_testkit::{MovableClock, standin::Behaviour};
use http::StatusCode;

use crate::desk::{Desk, ORDER, Setting, ada, bea, texts};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_rate_limit_is_waited_for_and_then_it_is_sent_once() {
    let desk = Desk::new();
    desk.script(&[Behaviour::RateLimit { retry_after: Some(120) }]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!((desk.states(), desk.line.calls()), (vec!["decided".to_owned()], 1));
    desk.after(Duration::from_secs(118)).await;
    assert_eq!(desk.line.calls(), 1, "not before the time that the platform asked for");
    desk.after(SECOND * 3).await;
    assert_eq!((desk.states(), desk.sent().len()), (vec!["answered".to_owned()], 1));
    desk.recover().await;
    assert_eq!(desk.line.calls(), 2);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_sent_once() {
    let desk = Desk::new();
    desk.script(&[Behaviour::RefuseConnection, Behaviour::RefuseConnection]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!((desk.states(), desk.line.calls()), (vec!["decided".to_owned()], 1));
    desk.after(Duration::from_mins(1)).await;
    desk.after(Duration::from_mins(1)).await;
    assert_eq!((desk.states(), desk.sent().len()), (vec!["answered".to_owned()], 1));
    assert!(desk.cases().await.is_empty());
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_goes_to_a_person_and_is_never_sent_again() {
    for (behaviour, taken) in [
        (Behaviour::ServerError { html: true }, 0),
        (Behaviour::ServerError { html: false }, 0),
        (Behaviour::Malformed200, 1),
    ] {
        let desk = Desk::new();
        desk.script(&[behaviour]);
        desk.serves(&ada(), ORDER).await;
        assert_eq!(desk.states(), ["unknown"], "{behaviour:?}");
        desk.after(UNKNOWN_WAIT.saturating_sub(SECOND)).await;
        assert_eq!(desk.states(), ["unknown"], "{behaviour:?}");
        desk.after(SECOND * 2).await;
        assert_eq!(desk.states(), ["human"], "{behaviour:?}");
        assert_eq!(desk.reasons().await, ["outcome_unknown"]);
        desk.recover().await;
        assert_eq!((desk.line.calls(), desk.sent().len()), (1, taken), "{behaviour:?}");
    }
}

#[tokio::test]
async fn the_platforms_status_settles_what_was_not_known() {
    let desk = Desk::new();
    desk.script(&[Behaviour::AcceptThenDrop]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!((desk.states(), desk.sent().len()), (vec!["unknown".to_owned()], 1));
    let sent = desk.line.stand_in.sent().remove(0);
    for status in ["sent", "delivered", "read"] {
        let answer = desk.ask(desk.line.stand_in.status(&sent, status).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        desk.pump().await;
        assert_eq!(desk.states(), ["answered"]);
    }
    assert!(desk.gate().disclosed_at.is_some(), "now it is known that the person was told");
    desk.recover().await;
    assert_eq!(desk.line.calls(), 1);
    assert!(desk.cases().await.is_empty());
}

#[tokio::test]
async fn proof_that_comes_after_a_person_was_called_annotates_the_case() {
    let desk = Desk::new();
    desk.script(&[Behaviour::AcceptThenDrop]);
    desk.serves(&ada(), ORDER).await;
    desk.after(UNKNOWN_WAIT + SECOND).await;
    assert_eq!(desk.states(), ["human"]);
    let sent = desk.line.stand_in.sent().remove(0);
    desk.ask(desk.line.stand_in.status(&sent, "delivered").unwrap()).await;
    desk.pump().await;
    assert_eq!(desk.states(), ["human"], "terminal stays terminal");
    let cases = desk.cases().await;
    assert_eq!((cases.len(), cases[0]["remark"].as_str()), (1, Some("delivered")));
}

#[tokio::test]
async fn a_message_that_was_taken_and_not_delivered_becomes_a_case() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    let sent = desk.line.stand_in.sent().remove(0);
    for _ in 0..2 {
        desk.ask(desk.line.stand_in.status(&sent, "failed").unwrap()).await;
        desk.pump().await;
    }
    let cases = desk.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["reason"], "refused");
    assert_eq!(texts(&desk.messages(), Attribute::Remark), ["not_delivered"]);
    assert_eq!(desk.line.calls(), 1);
}

#[tokio::test]
async fn a_status_with_an_opaque_field_that_is_not_ours_changes_nothing() {
    let desk = Desk::new();
    desk.script(&[Behaviour::AcceptThenDrop]);
    desk.serves(&ada(), ORDER).await;
    let sent = desk.line.stand_in.sent().remove(0);
    let rows = desk.memory.rows();
    let mut token = sent.opaque.clone().unwrap();
    let last = if token.ends_with('A') { 'B' } else { 'A' };
    token.pop();
    token.push(last);
    for opaque in [None, Some(token), Some("1.2.3".to_owned())] {
        let mut forged = sent.clone();
        forged.opaque = opaque;
        let answer = desk.ask(desk.line.stand_in.status(&forged, "delivered").unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert!(desk.memory.rows() == rows);
}

#[tokio::test]
async fn a_refusal_for_good_goes_to_a_person() {
    let desk = Desk::new();
    desk.script(&[Behaviour::GraphError { status: 400, code: 131_047 }]);
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.states(), ["human"]);
    assert_eq!(desk.reasons().await, ["window_closed"]);
    desk.recover().await;
    assert_eq!(desk.line.calls(), 1);
}

#[tokio::test]
async fn when_every_try_was_refused_a_person_gets_it() {
    let desk = Desk::new();
    let tries = usize::try_from(ATTEMPTS_MAX).unwrap();
    // "Too many messages to one person in a short time."
    desk.script(&vec![Behaviour::GraphError { status: 400, code: 131_056 }; tries]);
    desk.serves(&ada(), ORDER).await;
    for _ in 0..40 {
        desk.after(SECOND * 20).await;
    }
    assert_eq!(desk.states(), ["human"]);
    assert_eq!(desk.reasons().await, ["tries_over"]);
    assert_eq!((desk.line.calls(), desk.sent().len()), (u64::from(ATTEMPTS_MAX), 0));
}

#[tokio::test]
async fn what_waits_for_its_account_is_not_used_up_but_never_answered_late() {
    let desk = Desk::new();
    desk.script(&[Behaviour::RateLimit { retry_after: None }; 100]);
    desk.serves(&ada(), ORDER).await;
    for _ in 0..42 {
        desk.after(SECOND * 20).await;
    }
    assert_eq!(desk.states(), ["decided"]);
    assert!(desk.line.calls() > u64::from(ATTEMPTS_MAX), "{}", desk.line.calls());
    desk.after(Duration::from_hours(1)).await;
    assert_eq!(desk.reasons().await, ["late"]);
    assert!(desk.sent().is_empty());
}

#[tokio::test]
async fn a_refused_token_suspends_the_account_until_there_is_a_new_one() {
    let desk = Desk::new();
    desk.script(&[Behaviour::TokenExpired]);
    desk.serves(&ada(), ORDER).await;
    desk.serves(&bea(), ORDER).await;
    desk.after(SUSPENDED_WAIT + SECOND).await;
    assert_eq!(desk.line.calls(), 1, "no call is made while the account is suspended");
    assert_eq!(desk.reasons().await, ["channel_suspended"]);
    assert_eq!(desk.states(), ["decided", "decided"]);

    // The same rows under a new token, as after a rotation of the secret.
    let again = Desk::with(Setting {
        memory: desk.memory.clone(),
        time: MovableClock::at(desk.time.now()),
        access_token: "CANARY-access-token-2",
        seed: 2,
        ..Setting::default()
    });
    again.after(SUSPENDED_WAIT + SECOND).await;
    assert_eq!(again.states(), ["answered", "answered"]);
    assert_eq!((again.sent().len(), again.line.calls()), (2, 2));
}
