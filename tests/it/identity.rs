//! One person, whichever of their ids a message bears.

use forthright_core::ids::IdKind;
use forthright_testkit::standin::Customer;
use serde_json::json;

use crate::desk::{Desk, ORDER, customer};

const PHONE: &str = "4915550000004";
const USER: &str = "US.CANARY4";

fn by_phone() -> Customer {
    customer(Some(PHONE), None, "CANARY Dan")
}

fn by_user() -> Customer {
    customer(None, Some(USER), "CANARY Dan")
}

fn by_both() -> Customer {
    customer(Some(PHONE), Some(USER), "CANARY Dan")
}

#[tokio::test]
async fn each_kind_of_id_alone_and_both_together_are_answered() {
    let kinds = [IdKind::WaId, IdKind::UserId, IdKind::WaId];
    for (who, kind) in [by_phone(), by_user(), by_both()].into_iter().zip(kinds) {
        let desk = Desk::new();
        desk.serves(&who, ORDER).await;
        let sent = desk.line.stand_in.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to.kind, kind);
        assert_eq!(desk.gates().len(), 1);
    }
}

#[tokio::test]
async fn an_id_that_comes_along_with_a_known_one_is_the_same_person() {
    for (first, second) in [(by_phone(), by_user()), (by_user(), by_phone())] {
        let desk = Desk::new();
        desk.serves(&first, ORDER).await;
        desk.serves(&by_both(), ORDER).await;
        desk.serves(&second, "STOP").await;
        assert_eq!(desk.gates().len(), 1);
        desk.serves(&first, ORDER).await;
        assert_eq!(desk.states(), ["answered", "answered", "answered", "human"]);
    }
}

/// A desk at which two subjects were proven to be one person.
async fn proven_late() -> Desk {
    let desk = Desk::new();
    desk.serves(&by_phone(), "CANARY where is my order, by phone").await;
    desk.serves(&by_user(), "CANARY where is my order, by user").await;
    assert_eq!(desk.gates().len(), 2);
    assert!(desk.gates().iter().all(|gate| !gate.twins));
    desk.serves(&by_both(), "CANARY where is my order, by both").await;
    let gates = desk.gates();
    assert_eq!(gates.len(), 2, "both stay");
    assert!(gates.iter().all(|gate| gate.twins), "and each names the other");
    assert_eq!(desk.states(), ["answered"; 3]);
    desk
}

#[tokio::test]
async fn the_stricter_gate_holds_for_both() {
    for (says, writes) in [(by_user(), by_phone()), (by_phone(), by_user())] {
        let desk = proven_late().await;
        desk.serves(&says, "STOP").await;
        let before = desk.sent().len();
        desk.serves(&writes, ORDER).await;
        assert_eq!(desk.reasons().await, ["opted_out"]);
        assert_eq!(desk.sent().len(), before);

        let desk = proven_late().await;
        desk.serves(&says, "agent").await;
        let before = desk.sent().len();
        desk.serves(&writes, ORDER).await;
        assert_eq!(desk.states().last().unwrap(), "human");
        assert_eq!(desk.sent().len(), before, "a person holds the conversation");
    }
}

#[tokio::test]
async fn export_and_erasure_cover_both() {
    for id in [PHONE, USER] {
        let desk = proven_late().await;
        let export = desk.export(id).await;
        assert_eq!(export["messages"].as_array().unwrap().len(), 3);
        assert_eq!(export["ids"].as_array().unwrap().len(), 2);

        let (status, request) = desk.request("erasure", id).await;
        assert_eq!(status, 202);
        desk.pump().await;
        desk.recover().await;
        assert!(desk.rows("S#").is_empty());
        assert!(desk.gates().iter().all(|gate| gate.epoch.number() == 2));
        let path = format!("/api/requests/{request}");
        let (_, view) = desk.api(http::Method::GET, &path, json!(null)).await;
        assert_eq!((&view["state"], &view["erased"]["messages"]), (&json!("completed"), &json!(3)));
    }
}

#[tokio::test]
async fn who_was_erased_under_one_id_alone_is_known_again_under_both() {
    for erased in [PHONE, USER] {
        let desk = Desk::new();
        desk.serves(&by_phone(), ORDER).await;
        desk.serves(&by_user(), ORDER).await;
        // The request comes before the platform proves that both are one person, and is served after it.
        let (status, _) = desk.request("erasure", erased).await;
        assert_eq!(status, 202);
        desk.serves(&by_both(), ORDER).await;
        desk.recover().await;
        let epochs: Vec<_> = desk.gates().iter().map(|gate| gate.epoch.number()).collect();
        assert_eq!(epochs.iter().sum::<u32>(), 3, "one of them is erased: {epochs:?}");

        desk.serves(&by_both(), ORDER).await;
        assert!(desk.gates().iter().all(|gate| gate.twins), "each names the other again");
        desk.serves(&by_phone(), "STOP").await;
        let before = desk.sent().len();
        desk.serves(&by_user(), ORDER).await;
        assert_eq!(desk.sent().len(), before, "the stricter gate holds for both");
    }
}
