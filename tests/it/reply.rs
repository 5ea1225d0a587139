//! Hints get lost, come twice and come in the wrong order; processes die. One reply each, or a person.

use std::time::Duration;

use forthright_core::{
    Hint,
    gate::WINDOW,
    ledger::{Claim, HINT_GRACE, LEASE, UNKNOWN_WAIT},
    table::{Attribute, Index},
};
use forthright_reply::prepare;
use forthright_steward::Tick;
use forthright_testkit::standin::Customer;
use http::Method;
use serde_json::{Value, json};

use crate::desk::{Death, Desk, ORDER, Order, Setting, ada, bea, customer, texts};

const SECOND: Duration = Duration::from_secs(1);

fn three() -> [Customer; 3] {
    [ada(), bea(), customer(Some("4915550000003"), Some("US.CANARY3"), "CANARY Cem")]
}

#[tokio::test]
async fn everything_is_answered_when_every_hint_is_lost() {
    let desk = Desk::new();
    for one in three() {
        desk.hears(&one, ORDER).await;
        desk.hears(&one, "CANARY I want my money back").await;
    }
    desk.tray.lose_all();
    desk.tick(Tick::Clock).await;
    assert!(desk.sent().is_empty(), "the steward does not race with hints that may still come");
    for _ in 0..3 {
        desk.time.advance(HINT_GRACE + SECOND);
        // Only what the steward itself finds arrives.
        drop(forthright_core::Handle::handle(&desk.bundle.steward, Tick::Clock).await);
        desk.deliver_and_lose().await;
    }
    assert_eq!(desk.states(), ["answered"; 6]);
    assert_eq!(desk.sent().len(), 6);
}

#[tokio::test]
async fn doubled_and_reversed_hints_bring_one_reply_each() {
    for order in [Order::Doubled, Order::Reversed] {
        let desk = Desk::with(Setting { order, ..Setting::default() });
        for one in three() {
            desk.hears(&one, ORDER).await;
            desk.hears(&one, "CANARY I want my money back").await;
        }
        let waiting = desk.tray.bytes();
        futures::join!(desk.pump(), desk.pump(), desk.pump());
        assert!(!waiting.is_empty());
        assert_eq!(desk.states(), ["answered"; 6], "{order:?}");
        assert_eq!(desk.sent().len(), 6, "{order:?}");
    }
}

#[tokio::test]
async fn a_claim_whose_holder_died_goes_to_a_person_and_is_never_sent_again() {
    for (death, sent) in [(Death::BeforeSending, 0), (Death::AfterSending, 1)] {
        let desk = Desk::new();
        *desk.line.death.lock().unwrap() = death;
        desk.serves(&ada(), ORDER).await;
        assert!(desk.table.is_crashed());
        desk.table.revive();
        assert_eq!((desk.states(), desk.sent().len()), (vec!["sending".to_owned()], sent));

        desk.tick(Tick::Resume).await;
        // It stands no more before those that can be helped now.
        let [row] = &*desk.messages() else { panic!("one message") };
        let (_, due) = row.listing(Index::Due).unwrap();
        assert_eq!(Some(due), row.get_time(Attribute::LeaseUntil));
        desk.after(LEASE.saturating_sub(SECOND * 2)).await;
        assert_eq!(desk.states(), ["sending"], "the lease is its holder's to the end");
        desk.after(SECOND * 3).await;
        assert_eq!(desk.states(), ["unknown"]);
        desk.after(UNKNOWN_WAIT + SECOND).await;
        assert_eq!(desk.states(), ["human"]);
        assert_eq!(desk.reasons().await, ["outcome_unknown"]);
        desk.recover().await;
        assert_eq!((desk.line.calls(), desk.sent().len()), (1, sent), "{death:?}");
    }
}

#[tokio::test]
async fn a_message_that_comes_late_or_after_the_window_goes_to_a_person() {
    let desk = Desk::new();
    let request = desk.says(&ada(), ORDER);
    desk.time.advance(Duration::from_mins(16));
    desk.ask(request).await;
    desk.pump().await;
    assert_eq!(texts(&desk.messages(), Attribute::Reason), ["late"]);
    assert!(desk.sent().is_empty());

    let desk = Desk::new();
    desk.hears(&ada(), ORDER).await;
    let hint = desk.tray.next().unwrap();
    desk.deliver(hint).await;
    assert_eq!(desk.states(), ["decided"]);
    desk.time.advance(Duration::from_hours(24));
    desk.pump().await;
    assert_eq!(texts(&desk.messages(), Attribute::Reason), ["window_closed"]);
    assert!(desk.sent().is_empty() && desk.line.calls() == 0);
}

#[tokio::test]
async fn what_no_function_can_open_goes_to_a_person_who_can_still_answer() {
    // Damaged before it was decided, and before it was sent.
    for decided in [false, true] {
        let desk = Desk::new();
        desk.serves(&ada(), "CANARY I want my money back").await;
        desk.time.advance(SECOND);
        desk.hears(&ada(), ORDER).await;
        if decided {
            let hint = desk.tray.next().unwrap();
            desk.deliver(hint).await;
        }
        desk.damage(&desk.messages()[1]).await;
        desk.pump().await;
        assert_eq!(desk.states(), ["answered", "human"]);
        assert_eq!(desk.reasons().await, ["poison"]);

        let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
        let path = format!("/api/cases/{case}");
        let (status, shown) = desk.api(Method::GET, &path, Value::Null).await;
        assert_eq!(status, 200);
        let kinds: Vec<_> =
            shown["thread"].as_array().unwrap().iter().map(|line| line["kind"].clone()).collect();
        assert_eq!(kinds, ["text", "text", "damaged"]);
        let words = json!({ "text": "CANARY hello" });
        assert_eq!(desk.api(Method::POST, &format!("{path}/answer"), words).await.0, 202);
        desk.pump().await;
        assert_eq!(desk.sent().len(), 2);

        let export = desk.export(ada().wa_id.unwrap().reveal()).await;
        assert_eq!(export["quarantined_rows"], 1);
        assert_eq!(export["messages"].as_array().unwrap().len(), 1);
    }
}

/// Brings a message up to where it may be sent, lets `meanwhile` happen, and then tries to claim it.
async fn claims(who: &Customer, desk: &Desk, meanwhile: impl AsyncFnOnce()) -> bool {
    desk.time.advance(SECOND);
    desk.hears(who, ORDER).await;
    let hint = desk.tray.next().unwrap();
    desk.deliver(hint).await;
    let Some(Hint::Outbound(task)) = desk.tray.next() else {
        panic!("a decision to reply brings a hint to send");
    };
    let replies = &desk.bundle.reply.replies;
    let due = replies.open(&task).await.unwrap().unwrap();
    let book = &desk.served.book;
    let prepared = prepare(&due, book, WINDOW, desk.time.now()).unwrap();
    meanwhile().await;
    let claim = Claim {
        outbound: &prepared.outbound,
        template: prepared.template,
        ruleset: book.ruleset_digest(),
    };
    let first = replies.claim(&due, &claim).await.unwrap().is_some();
    assert!(replies.claim(&due, &claim).await.unwrap().is_none(), "nothing is claimed twice");
    first
}

#[tokio::test]
async fn a_claim_fails_if_the_conversation_moved_since_it_was_read() {
    let desk = Desk::new();
    assert!(claims(&ada(), &desk, async || {}).await);
    for text in ["STOP", "agent", ORDER] {
        let desk = Desk::new();
        let claimed = claims(&ada(), &desk, async || desk.serves(&ada(), text).await).await;
        assert!(!claimed, "after {text}");
    }
    let desk = Desk::new();
    let erase = async || {
        desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
        desk.pump().await;
    };
    assert!(!claims(&ada(), &desk, erase).await);
}

#[tokio::test]
async fn a_claim_fails_if_another_subject_of_the_same_person_moved_since_it_was_read() {
    let [by_phone, by_user, by_both] = [
        customer(Some("4915550000004"), None, "CANARY Dan"),
        customer(None, Some("US.CANARY4"), "CANARY Dan"),
        customer(Some("4915550000004"), Some("US.CANARY4"), "CANARY Dan"),
    ];
    for text in ["STOP", "agent"] {
        let desk = Desk::new();
        for one in [&by_phone, &by_user, &by_both] {
            desk.serves(one, ORDER).await;
        }
        assert!(claims(&by_phone, &desk, async || {}).await);
        let claimed = claims(&by_phone, &desk, async || desk.serves(&by_user, text).await).await;
        assert!(!claimed, "after {text}");
    }
}
