//! What an operator or the calendar switches off is off from the next claim on.

use forthright_core::{Time, table::Attribute};
use forthright_testkit::MovableClock;

use crate::desk::{Desk, ORDER, Setting, ada, texts};

/// A desk at which a reply was decided and not claimed yet.
async fn decided() -> Desk {
    let desk = Desk::new();
    desk.hears(&ada(), ORDER).await;
    let hint = desk.tray.next().unwrap();
    desk.deliver(hint).await;
    assert_eq!(desk.states(), ["decided"]);
    desk
}

async fn went_to_a_person(desk: &Desk, reason: &str) {
    desk.pump().await;
    assert_eq!(desk.states(), ["human"]);
    assert_eq!(texts(&desk.messages(), Attribute::Reason), [reason]);
    assert_eq!(desk.reasons().await, [reason]);
    desk.recover().await;
    assert_eq!(desk.line.calls(), 0);
}

#[tokio::test]
async fn the_kill_switch_is_read_at_the_claim() {
    let desk = decided().await;
    desk.register().set_automation(desk.brand(), false).await.unwrap();
    went_to_a_person(&desk, "automation_off").await;
}

#[tokio::test]
async fn switched_on_again_the_machine_answers() {
    let desk = decided().await;
    desk.register().set_automation(desk.brand(), false).await.unwrap();
    desk.register().set_automation(desk.brand(), true).await.unwrap();
    desk.pump().await;
    assert_eq!(desk.states(), ["answered"]);
}

#[tokio::test]
async fn a_template_that_was_withdrawn_silences_the_machine() {
    let desk = decided().await;
    desk.register().withdraw(desk.brand(), "order_status").await.unwrap();
    went_to_a_person(&desk, "template_unfit").await;
}

#[tokio::test]
async fn a_template_past_its_review_date_silences_the_machine() {
    // 2027-11-21T12:00:00Z, a day after the demo brand's templates were due for review.
    let time = MovableClock::at(Time::from_seconds(1_826_798_400));
    let desk = Desk::with(Setting { time, ..Setting::default() });
    desk.hears(&ada(), ORDER).await;
    went_to_a_person(&desk, "template_unfit").await;
}

#[tokio::test]
async fn an_agent_can_answer_while_the_machine_is_off() {
    let desk = Desk::new();
    desk.register().set_automation(desk.brand(), false).await.unwrap();
    desk.serves(&ada(), ORDER).await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let body = serde_json::json!({ "text": "CANARY hello" });
    let path = format!("/api/cases/{case}/answer");
    assert_eq!(desk.api(http::Method::POST, &path, body).await.0, 202);
    desk.pump().await;
    assert!(desk.sent() == ["CANARY hello"]);
}
