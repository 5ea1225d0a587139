//! What people do about their data in the conversation itself, and in which language they are answered.

use std::time::Duration;

use forthright_core::{outbound::Placement, table::Attribute};
use forthright_testkit::{FaultKind, Plan};

use crate::desk::{Desk, ORDER, ada, texts};

fn id() -> String {
    ada().wa_id.unwrap().into_revealed()
}

/// The code in what was said last.
fn code(desk: &Desk) -> String {
    let last = desk.sent().pop().unwrap();
    let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    last.split_whitespace().find(is_code).expect("a code").to_owned()
}

/// Another code than this.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

#[tokio::test]
async fn a_code_in_the_same_conversation_has_everything_erased_after_a_last_notice() {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "CANARY delete my data").await;
    let asked = desk.sent().pop().unwrap();
    assert!(asked.contains("reply with this code"), "{asked}");
    assert_eq!(desk.disclosures()[1], Some(Placement::SuffixEvery));
    assert!(desk.gate().challenge.is_some() && desk.cases().await.is_empty());
    let code = code(&desk);
    let kept = format!("{:?}", desk.rows("G#"));
    assert!(!kept.contains(&code), "the code lies nowhere");

    desk.serves(&ada(), &wrong(&code)).await;
    assert!(desk.sent().pop().unwrap().contains("not the code"));
    desk.serves(&ada(), &format!(" {} {} ", &code[..4], &code[4..])).await;
    let sent = desk.sent();
    assert_eq!(sent.len(), 4);
    assert!(sent[3].contains("We were asked to erase"), "{}", sent[3]);
    assert!(desk.rows("S#").is_empty());
    assert_eq!(texts(&desk.rows("K#"), Attribute::State), ["destroyed"]);
    let gate = desk.gate();
    assert_eq!((gate.epoch.number(), gate.challenge, gate.turns), (2, None, 0));
    assert_eq!(desk.export(&id()).await["processing_confirmed"], false);
    desk.recover().await;
    assert_eq!(desk.sent().len(), 4);
}

#[tokio::test]
async fn who_asks_in_german_reads_the_code_and_the_notice_in_german() {
    let desk = Desk::new();
    desk.serves(&ada(), "CANARY bitte löscht alle meine Daten, ich möchte das nicht mehr").await;
    assert!(desk.sent()[0].contains("mit diesem Code"), "{}", desk.sent()[0]);
    assert!(desk.sent()[0].contains("kein Mensch"), "{}", desk.sent()[0]);
    desk.serves(&ada(), &code(&desk)).await;
    // A code has no language.
    assert!(desk.sent()[1].contains("kein Mensch"), "{}", desk.sent()[1]);
    assert!(desk.rows("S#").is_empty());
}

#[tokio::test]
async fn a_code_holds_for_ten_minutes_and_five_tries() {
    let desk = Desk::new();
    desk.serves(&ada(), "CANARY delete my data").await;
    let first = code(&desk);
    desk.time.advance(Duration::from_mins(10));
    desk.serves(&ada(), &first).await;
    let second = code(&desk);
    assert_ne!(first, second, "another code");
    assert!(desk.gate().challenge.is_some() && !desk.rows("S#").is_empty());
    for _ in 0..5 {
        desk.serves(&ada(), &wrong(&second)).await;
    }
    desk.serves(&ada(), &second).await;
    assert_eq!(desk.reasons().await, ["my_data"]);
    assert!(!desk.rows("S#").is_empty(), "nothing is erased");
}

#[tokio::test]
async fn the_code_of_another_conversation_or_for_something_else_confirms_nothing() {
    let desk = Desk::new();
    desk.serves(&ada(), "CANARY delete my data").await;
    let adas = code(&desk);
    let bea = crate::desk::bea();
    desk.serves(&bea, "CANARY delete my data").await;
    desk.serves(&bea, &adas).await;
    assert!(desk.sent().pop().unwrap().contains("not the code"));
    // The newest question counts, and its code is for a copy.
    desk.serves(&ada(), "CANARY what do you know about me?").await;
    desk.serves(&ada(), &adas).await;
    assert!(desk.sent().pop().unwrap().contains("not the code"));
    assert_eq!(texts(&desk.rows("K#"), Attribute::State), ["", ""], "no key is destroyed");
}

#[tokio::test]
async fn who_wants_a_copy_gets_a_person_after_the_code() {
    let desk = Desk::new();
    desk.serves(&ada(), "CANARY what do you know about me?").await;
    assert!(desk.cases().await.is_empty());
    desk.serves(&ada(), &code(&desk)).await;
    assert_eq!(desk.reasons().await, ["my_data"]);
    assert_eq!(desk.sent().len(), 2);
}

/// Plays the confirmation with this plan; how many calls it took, and whether the plan came to pass.
async fn confirmed_with(plan: Option<Plan>) -> u64 {
    let desk = Desk::new();
    desk.serves(&ada(), "CANARY delete my data").await;
    let code = code(&desk);
    let before = desk.table.calls();
    if let Some(Plan { at, kind }) = plan {
        desk.table.plan(Plan { at: before + at, kind });
    }
    desk.time.advance(Duration::from_secs(1));
    let request = desk.says(&ada(), &code);
    let taken = desk.ask(request.clone()).await.status().is_success();
    desk.pump().await;
    let calls = desk.table.calls() - before;
    desk.table.revive();
    if !taken {
        desk.ask(request).await; // the platform comes again
    }
    desk.recover().await;
    assert!(desk.rows("S#").is_empty(), "{plan:?}");
    assert_eq!(texts(&desk.rows("K#"), Attribute::State), ["destroyed"], "{plan:?}");
    let notices = desk.sent().iter().filter(|text| text.contains("asked to erase")).count();
    assert!(notices <= 1, "{plan:?}: {notices} notices");
    calls
}

#[tokio::test]
async fn a_break_at_any_call_leaves_an_erasure_that_comes_to_its_end_once() {
    let calls = confirmed_with(None).await;
    assert!(calls > 10, "{calls} calls");
    for at in 1..=calls {
        for kind in [FaultKind::CrashBefore, FaultKind::CrashAfter, FaultKind::UnknownAfter] {
            confirmed_with(Some(Plan { at, kind })).await;
        }
    }
}

#[tokio::test]
async fn what_calls_a_person_says_why_and_the_machine_says_only_that() {
    for (text, reason, said) in [
        ("CANARY I will see you in court", "legal_threat", 1),
        ("CANARY the charger caught fire", "safety", 1),
        ("CANARY das ist eine Frechheit", "anger", 1),
        ("CANARY This is an automated reply, I am out of the office", "machine", 0),
    ] {
        let desk = Desk::new();
        desk.serves(&ada(), text).await;
        assert_eq!(desk.reasons().await, [reason], "{text}");
        assert_eq!(desk.sent().len(), said, "{text}");
    }
}

#[tokio::test]
async fn who_writes_on_and_on_gets_a_person() {
    let desk = Desk::new();
    let turns = desk.served.book.brand(desk.brand()).unwrap().turns_max();
    for _ in 0..turns {
        desk.serves(&ada(), ORDER).await;
    }
    assert!(desk.cases().await.is_empty());
    desk.serves(&ada(), ORDER).await;
    assert_eq!(desk.reasons().await, ["repeated_failure"]);
    // Who comes back after a pause begins anew.
    let desk = Desk::new();
    for _ in 0..turns {
        desk.serves(&ada(), ORDER).await;
    }
    desk.time.advance(Duration::from_mins(30));
    desk.serves(&ada(), ORDER).await;
    assert!(desk.cases().await.is_empty());
}
