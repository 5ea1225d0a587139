//! Who reads a message: the engine that the brand chose, and no text leaves for another.

use forthright_core::{Hint, Intent, Poison};
use forthright_policy::Engine;

use crate::desk::{Desk, ORDER, Setting, ada, bea, customer};

/// What the rules cannot tell.
const UNCLEAR: &str = "CANARY well it came and it went and now what";

/// A desk whose brand chose `engine`; the judge is sure of `says`, or away.
fn desk(engine: Engine, says: Option<Intent>) -> Desk {
    let desk = Desk::with(Setting { engine, ..Setting::default() });
    *desk.judge.says.lock().unwrap() = says;
    desk
}

#[tokio::test]
async fn comprehend_is_asked_only_where_the_embedded_engine_is_unsure() {
    let desk = desk(Engine::EmbeddedThenComprehend, Some(Intent::OrderStatus));
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.judge.asked(), 0);
    desk.serves(&ada(), UNCLEAR).await;
    assert_eq!(desk.judge.asked(), 1);
    assert_eq!(desk.states(), ["answered", "answered"]);
}

#[tokio::test]
async fn what_leaves_nothing_to_judge_is_not_judged() {
    for engine in Engine::ALL {
        let desk = desk(engine, Some(Intent::Refund));
        desk.serves(&ada(), "STOP").await;
        assert!(desk.gate().suppressed.is_some());
        desk.serves(&bea(), "agent").await;
        assert_eq!(desk.reasons().await, ["asked_for_person"]);
        assert_eq!(desk.judge.asked(), 0);
    }
}

#[tokio::test]
async fn a_text_stays_where_the_machine_may_not_answer_whatever_it_says() {
    let desk = desk(Engine::Comprehend, Some(Intent::OrderStatus));
    desk.serves(&ada(), "agent").await;
    desk.serves(&ada(), UNCLEAR).await;
    desk.serves(&bea(), "STOP").await;
    desk.serves(&bea(), UNCLEAR).await;
    assert_eq!(desk.judge.asked(), 0);
    desk.serves(&customer(Some("4915550000009"), None, "CANARY"), ORDER).await;
    assert_eq!(desk.judge.asked(), 1, "the brand chose it for all that is to be judged");
}

#[tokio::test]
async fn a_person_gets_what_nobody_could_judge() {
    let desk = desk(Engine::EmbeddedThenComprehend, None);
    desk.serves(&ada(), UNCLEAR).await;
    assert_eq!(desk.judge.asked(), 1);
    assert_eq!(desk.reasons().await, ["not_understood"]);
}

#[tokio::test]
async fn a_judge_that_is_away_is_asked_again_and_at_last_a_person_gets_it() {
    let desk = desk(Engine::Comprehend, None);
    desk.hears(&ada(), UNCLEAR).await;
    let hint = desk.tray.next().unwrap();
    desk.deliver(hint.clone()).await;
    assert_eq!(desk.states(), ["received"], "it waits");

    let Hint::Inbound(job) = &hint else { panic!("a message is inbound") };
    desk.bundle.intent.to_a_person(job).await.unwrap();
    assert_eq!(desk.states(), ["human"]);

    *desk.judge.says.lock().unwrap() = Some(Intent::Refund);
    desk.serves(&bea(), UNCLEAR).await;
    assert_eq!(desk.states(), ["human", "answered"]);
}
