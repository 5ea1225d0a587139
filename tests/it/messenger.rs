//! Messenger, by the same functions: a Page's webhooks in, the Send API out.

use std::time::Duration;

use forthright_core::{
    Channel,
    http::Request,
    offer::{Choice, Offer},
    table::Attribute,
};
use forthright_testkit::standin::Customer;
use http::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, desk_on, texts};

#[tokio::test]
async fn a_question_is_answered_once_with_its_disclosure() {
    let (desk, who) = desk_on(Channel::Messenger);
    let asked = desk.says(&who, ORDER);
    for _ in 0..2 {
        assert_eq!(desk.ask(asked.clone()).await.status(), StatusCode::OK);
        desk.pump().await;
    }
    desk.serves(&who, ORDER).await;
    let sent = desk.sent();
    assert_eq!(sent.len(), 2, "a redelivery is answered with nothing");
    assert!(sent[0].starts_with("You are reading an automated message from Demo Shop."));
    assert!(sent[1].ends_with("Reply AGENT to reach a person."));
    assert!(desk.line.stand_in.sent().iter().all(|one| one.to == who.ids()[0] && !one.is_tagged));
    assert_eq!(desk.states(), ["answered", "answered"]);
}

#[tokio::test]
async fn our_own_echo_changes_nothing_and_a_persons_holds_the_conversation() {
    let (desk, who) = desk_on(Channel::Messenger);
    desk.serves(&who, ORDER).await;
    let stand_in = &desk.line.stand_in;
    desk.ask(stand_in.status(&stand_in.sent()[0], "sent").unwrap()).await;
    desk.serves(&who, ORDER).await;
    assert_eq!(desk.sent().len(), 2, "the machine does not fall silent at its own words");
    desk.ask(stand_in.echoes(&who, "CANARY I am Bob", "m_CANARYbob")).await;
    desk.serves(&who, ORDER).await;
    assert_eq!(desk.sent().len(), 2, "a person speaks");
    assert_eq!(desk.states(), ["answered", "answered", "human"]);
}

#[tokio::test]
async fn what_is_taken_back_is_not_answered_and_what_only_happens_is_nothing() {
    let (desk, who) = desk_on(Channel::Messenger);
    desk.serves(&who, ORDER).await;
    let stand_in = &desk.line.stand_in;
    desk.ask(stand_in.takes_back(&who, "m_CANARY7")).await;
    desk.ask(stand_in.deliver_text(&who, ORDER, "m_CANARY7", desk.time.now().millis() / 1_000))
        .await;
    desk.pump().await;
    for status in ["delivered", "read"] {
        desk.ask(stand_in.status(&stand_in.sent()[0], status).unwrap()).await;
    }
    let reaction = json!({ "mid": "m_CANARY7", "action": "react" });
    desk.ask(instead_of_a_text(&desk, &who, "reaction", &reaction)).await;
    desk.pump().await;
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(desk.states(), ["answered", "suppressed"]);
}

/// The webhook call of something else that the person did.
fn instead_of_a_text(desk: &Desk, who: &Customer, name: &str, what: &Value) -> Request {
    desk.edited(&desk.says(who, "CANARY"), |body| {
        let item = body["entry"][0]["messaging"][0].as_object_mut().unwrap();
        item.remove("message");
        item.insert(name.to_owned(), what.clone());
    })
}

#[tokio::test]
async fn a_button_that_is_not_ours_counts_as_said() {
    let (desk, who) = desk_on(Channel::Messenger);
    let pressed = desk.line.stand_in.presses(
        &who,
        &Offer { choice: Choice::Person, title: ORDER.to_owned() },
        "m_CANARY1",
    );
    let pressed = desk.edited(&pressed, |body| {
        let message = &mut body["entry"][0]["messaging"][0]["message"];
        message["quick_reply"]["payload"] = "ORDER".into();
    });
    desk.ask(pressed).await;
    desk.pump().await;
    let postback = json!({ "title": ORDER, "payload": "ORDER" });
    desk.time.advance(Duration::from_secs(1));
    desk.ask(instead_of_a_text(&desk, &who, "postback", &postback)).await;
    desk.pump().await;
    assert_eq!(desk.states(), ["answered", "answered"]);
    assert_eq!(texts(&desk.messages(), Attribute::Kind), ["text", "text"]);
}
