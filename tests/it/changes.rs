//! What people and platforms change of what was said: in whichever order it comes, and however often.

use std::time::Duration;

use forthright_core::{
    Hint,
    gate::WINDOW,
    http::Request,
    ledger::Claim,
    outbound::{Placement, SendOutcome},
    table::Attribute,
};
use forthright_reply::prepare;
use forthright_testkit::standin::Customer;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::desk::{Desk, ORDER, ada, customer, texts};

const FIRST: &str = "wamid.CANARYfirst";

impl Desk {
    /// The customer writes the message that is changed later.
    async fn first(&self, text: &str) {
        let seconds = self.time.now().millis() / 1_000;
        self.told(self.line.stand_in.deliver_text(&ada(), text, FIRST, seconds)).await;
    }

    /// The platform tells something, and nothing follows from it yet.
    async fn told(&self, request: Request) {
        self.time.advance(Duration::from_secs(1));
        assert_eq!(self.ask(request).await.status(), StatusCode::OK);
    }

    fn edit(&self, text: &str) -> Request {
        self.line.stand_in.edits(&ada(), FIRST, text, 1)
    }

    fn revoke(&self) -> Request {
        self.line.stand_in.takes_back(&ada(), FIRST)
    }

    fn echo(&self, id: &str) -> Request {
        self.line.stand_in.echoes(&ada(), "CANARY I am Bob of the shop", id)
    }

    /// The words that are held of a person's messages.
    async fn held(&self) -> Vec<String> {
        let export = self.export("4915550000001").await;
        let text = |message: &Value| message["text"].as_str().map(str::to_owned);
        export["messages"].as_array().unwrap().iter().filter_map(text).collect()
    }
}

#[tokio::test]
async fn what_is_taken_back_before_it_is_answered_is_forgotten_and_not_answered() {
    for is_decided in [false, true] {
        let desk = Desk::new();
        desk.first(ORDER).await;
        if is_decided {
            desk.deliver_and_lose().await;
        }
        for _ in 0..2 {
            desk.told(desk.revoke()).await;
        }
        desk.recover().await;
        assert_eq!(desk.states(), ["suppressed"]);
        assert_eq!(texts(&desk.messages(), Attribute::Reason), ["taken_back"]);
        assert!(desk.sent().is_empty() && desk.held().await.is_empty());
    }
}

#[tokio::test]
async fn a_picture_is_taken_back_like_words() {
    let desk = Desk::new();
    let seconds = desk.time.now().millis() / 1_000;
    let text = desk.line.stand_in.deliver_text(&ada(), "CANARY", FIRST, seconds);
    let picture = desk.edited(&text, |body| {
        let message = body.pointer_mut("/entry/0/changes/0/value/messages/0").unwrap();
        message["type"] = "image".into();
    });
    desk.told(picture).await;
    desk.told(desk.revoke()).await;
    desk.recover().await;
    assert_eq!(desk.states(), ["suppressed"]);
    assert!(desk.sent().is_empty() && desk.cases().await.is_empty());
}

/// The states, after the answer was claimed, something was told of the question, and the platform refused for now.
async fn refused_after(told: impl AsyncFn(&Desk)) -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.first(ORDER).await;
    desk.deliver(desk.tray.next().unwrap()).await;
    let Some(Hint::Outbound(task)) = desk.tray.next() else { panic!("it is not to be answered") };
    let replies = &desk.bundle.reply.replies;
    let due = replies.open(&task).await.unwrap().unwrap();
    let prepared = prepare(&due, &desk.served.book, WINDOW, desk.time.now()).unwrap();
    let claim = Claim {
        outbound: &prepared.outbound,
        template: prepared.template,
        ruleset: desk.served.book.ruleset_digest(),
    };
    let claimed = replies.claim(&due, &claim).await.unwrap().unwrap();
    told(&desk).await;
    desk.tray.lose_all();
    let refused = SendOutcome::RefusedForNow { retry_after: None, is_accounts: false };
    assert!(replies.settle(claimed, &refused).await.unwrap().is_empty());
    let states = desk.states();
    desk.recover().await;
    (desk, states)
}

#[tokio::test]
async fn what_is_taken_back_while_it_is_answered_is_not_tried_again() {
    let (desk, states) = refused_after(async |desk| desk.told(desk.revoke()).await).await;
    assert_eq!((states, desk.sent().len()), (vec!["suppressed".to_owned()], 0));
    assert!(desk.held().await.is_empty());
}

#[tokio::test]
async fn what_is_edited_while_it_is_answered_is_decided_anew_if_that_was_refused() {
    let (desk, states) =
        refused_after(async |desk| desk.told(desk.edit("CANARY my refund please")).await).await;
    assert_eq!(states, ["received"]);
    assert_eq!((desk.states(), desk.sent().len()), (vec!["answered".to_owned()], 1));
    assert!(!desk.sent()[0].contains("know where your order is"), "not to the old words");
}

#[tokio::test]
async fn an_echo_in_the_same_body_as_the_first_message_is_heard() {
    let desk = Desk::new();
    let seconds = desk.time.now().millis() / 1_000;
    let text = desk.line.stand_in.deliver_text(&ada(), ORDER, FIRST, seconds);
    let echo: Value = serde_json::from_slice(desk.echo("wamid.CANARYecho1").body()).unwrap();
    let both = desk.edited(&text, |body| {
        let changes = body.pointer_mut("/entry/0/changes").unwrap().as_array_mut().unwrap();
        changes.push(echo.pointer("/entry/0/changes/0").unwrap().clone());
    });
    desk.told(both).await;
    desk.recover().await;
    assert!(desk.sent().is_empty(), "somebody answered already");
    assert_eq!(desk.states(), ["human"]);
}

#[tokio::test]
async fn what_is_taken_back_before_it_comes_never_comes() {
    let desk = Desk::new();
    desk.told(desk.revoke()).await;
    desk.first(ORDER).await;
    desk.told(desk.edit(ORDER)).await;
    desk.recover().await;
    assert_eq!(desk.states(), ["suppressed"]);
    assert!(desk.sent().is_empty() && desk.held().await.is_empty());
    // Whoever did that is answered when they write again.
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.sent().len(), 1);
}

#[tokio::test]
async fn what_is_taken_back_after_its_answer_is_forgotten_and_stays_answered() {
    let desk = Desk::new();
    desk.first(ORDER).await;
    desk.pump().await;
    desk.told(desk.revoke()).await;
    desk.recover().await;
    assert_eq!(desk.states(), ["answered"]);
    assert_eq!(desk.sent().len(), 1);
    assert!(desk.held().await.is_empty());
}

#[tokio::test]
async fn a_person_who_is_called_sees_that_the_words_are_gone() {
    let desk = Desk::new();
    desk.first("CANARY agent please, my number is 123").await;
    desk.pump().await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let thread = async || {
        let (_, case) = desk.api(Method::GET, &format!("/api/cases/{case}"), Value::Null).await;
        case.to_string()
    };
    assert!(thread().await.contains("my number"));
    desk.told(desk.revoke()).await;
    desk.recover().await;
    assert!(!thread().await.contains("my number"));
}

#[tokio::test]
async fn new_words_are_what_is_answered() {
    for lost in [false, true] {
        let desk = Desk::new();
        desk.first("agent").await;
        if lost {
            desk.tray.lose_all();
        }
        desk.told(desk.edit(ORDER)).await;
        desk.told(desk.edit(ORDER)).await;
        if lost {
            desk.tray.lose_all();
        }
        desk.recover().await;
        assert_eq!(desk.states(), ["answered"]);
        assert_eq!(desk.sent().len(), 1);
        assert!(desk.cases().await.is_empty(), "nobody is called");
        assert_eq!(desk.held().await, [ORDER]);
    }
}

#[tokio::test]
async fn new_words_after_the_decision_are_decided_again_and_after_the_answer_only_kept() {
    let desk = Desk::new();
    desk.first(ORDER).await;
    desk.deliver_and_lose().await;
    assert_eq!(desk.states(), ["decided"]);
    desk.told(desk.edit("CANARY are you a human?")).await;
    assert_eq!(desk.states(), ["received"]);
    desk.recover().await;
    assert_eq!((desk.states(), desk.sent().len()), (vec!["answered".to_owned()], 1));
    let answer = desk.sent().remove(0);
    desk.told(desk.edit(ORDER)).await;
    desk.recover().await;
    assert_eq!(desk.sent(), [answer]);
    assert_eq!(desk.held().await, [ORDER]);
}

#[tokio::test]
async fn new_words_that_come_first_are_taken_in_and_the_old_ones_are_not() {
    let desk = Desk::new();
    desk.told(desk.edit(ORDER)).await;
    desk.first("agent").await;
    desk.recover().await;
    assert_eq!(desk.states(), ["answered"]);
    assert_eq!(desk.held().await, [ORDER]);
}

#[tokio::test]
async fn after_an_erasure_nothing_of_it_can_be_changed_back() {
    let desk = Desk::new();
    desk.first(ORDER).await;
    desk.pump().await;
    let (edit, revoke) = (desk.edit("CANARY again"), desk.revoke());
    let (status, _) = desk.request("erasure", "4915550000001").await;
    assert_eq!(status, 202);
    desk.recover().await;
    for request in [edit, revoke] {
        desk.told(request).await;
    }
    desk.recover().await;
    assert!(desk.messages().is_empty());
    assert!(desk.held().await.is_empty());
}

#[tokio::test]
async fn whoever_speaks_elsewhere_holds_the_conversation() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.told(desk.echo("wamid.CANARYecho1")).await;
    desk.told(desk.echo("wamid.CANARYecho2")).await;
    desk.pump().await;
    assert!(desk.cases().await.is_empty(), "nobody has to look");

    desk.serves(&ada(), ORDER).await;
    assert_eq!(
        (desk.states(), desk.sent().len()),
        (vec!["answered".to_owned(), "human".to_owned()], 1)
    );
    let case = desk.cases().await.remove(0);
    assert_eq!(
        (&case["state"], &case["reason"]),
        (&"assigned".into(), &"answered_elsewhere".into())
    );

    let path = format!("/api/cases/{}/hand-back", case["case"].as_str().unwrap());
    let (status, _) = desk.api(Method::POST, &path, Value::Null).await;
    assert_eq!(status, 200);
    // What was said before comes again, and changes nothing.
    desk.told(desk.edited(&desk.echo("wamid.CANARYecho1"), |body| {
        let at = "/entry/0/changes/0/value/message_echoes/0/timestamp";
        *body.pointer_mut(at).unwrap() = "1796126402".into();
    }))
    .await;
    desk.time.advance(Duration::from_secs(5));
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.sent().len(), 2);
    assert_eq!(desk.disclosures()[1], Some(Placement::PrefixOnHandback));
}

#[tokio::test]
async fn an_answer_that_was_decided_does_not_go_after_somebody_spoke() {
    let desk = Desk::new();
    desk.first(ORDER).await;
    desk.deliver_and_lose().await;
    desk.told(desk.echo("wamid.CANARYecho1")).await;
    desk.recover().await;
    assert!(desk.sent().is_empty());
    assert_eq!(desk.states(), ["human"]);
}

#[tokio::test]
async fn what_is_said_to_somebody_unknown_is_not_kept() {
    let desk = Desk::new();
    desk.told(desk.echo("wamid.CANARYecho1")).await;
    let nobody = customer(Some("4915550000009"), Some("US.CANARY9"), "CANARY Eve");
    desk.told(desk.line.stand_in.changes_user_id(&nobody, "US.CANARY10").unwrap()).await;
    assert!(desk.memory.rows().is_empty());
}

#[tokio::test]
async fn an_id_that_the_platform_changes_is_the_same_person() {
    let who = |phone: bool, id: &str| -> Customer {
        customer(phone.then_some("4915550000004"), Some(id), "CANARY Dan")
    };
    let desk = Desk::new();
    desk.serves(&who(true, "US.CANARY4"), ORDER).await;
    let change =
        desk.line.stand_in.changes_user_id(&who(true, "US.CANARY4"), "US.CANARY5").unwrap();
    desk.told(change).await;
    desk.serves(&who(false, "US.CANARY5"), "STOP").await;
    assert_eq!(desk.gates().len(), 1, "one person");
    desk.serves(&who(false, "US.CANARY4"), ORDER).await;
    assert_eq!(desk.reasons().await, ["opted_out"]);
}

#[tokio::test]
async fn what_is_taken_back_is_found_under_whichever_id_it_came() {
    let by = |phone: bool, user: bool| -> Customer {
        customer(phone.then_some("4915550000004"), user.then_some("US.CANARY4"), "CANARY Dan")
    };
    let desk = Desk::new();
    desk.serves(&by(false, true), "CANARY by user").await;
    let seconds = desk.time.now().millis() / 1_000;
    desk.told(desk.line.stand_in.deliver_text(&by(true, false), ORDER, FIRST, seconds)).await;
    assert_eq!(desk.gates().len(), 2, "nobody knows that they are one");
    desk.told(desk.line.stand_in.takes_back(&by(true, true), FIRST)).await;
    desk.recover().await;
    let export = desk.export("4915550000004").await.to_string();
    assert!(!export.contains(ORDER), "it is forgotten");
    assert!(desk.states().contains(&"suppressed".to_owned()));
}
