//! The process dies, or the table fails, at every call there is: each message still comes to one end, and is
//! answered at most once.

use forthright_core::table::{Attribute, Key};
use forthright_testkit::{FaultKind, Memory, Plan, standin::Customer};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, Setting, ada, bea, texts};

const KINDS: [FaultKind; 5] = [
    FaultKind::CrashBefore,
    FaultKind::CrashAfter,
    FaultKind::UnknownAfter,
    FaultKind::UnknownBefore,
    FaultKind::FailBefore,
];

/// How often the platform delivers a body that is not acknowledged. It goes on for a week.
const DELIVERIES: usize = 20;

/// A message from its delivery to its end, through whatever is planned.
async fn scenario(desk: &Desk, who: &Customer, text: &str) {
    let request = desk.says(who, text);
    let mut acknowledged = false;
    for _ in 0..DELIVERIES {
        acknowledged = desk.ask(request.clone()).await.status() == StatusCode::OK;
        if acknowledged {
            break;
        }
        desk.table.revive();
    }
    assert!(acknowledged);
    desk.pump().await;
    desk.recover().await;
}

/// How many calls of the table an undisturbed run makes, up to the last reply.
async fn calls(text: &str) -> u64 {
    let desk = Desk::new();
    desk.hears(&ada(), text).await;
    desk.pump().await;
    desk.table.calls()
}

async fn survives(text: &str, most: u64) {
    let calls = calls(text).await;
    assert!(calls > 8, "there is something to disturb");
    for kind in KINDS {
        for at in 1..=calls {
            let desk = Desk::new();
            desk.table.plan(Plan { at, kind });
            scenario(&desk, &ada(), text).await;
            let ends = desk.states();
            let ended = matches!(&ends[..], [end] if end == "answered" || end == "human");
            assert!(ended, "{kind:?} at {at}: {ends:?}");
            let sent = desk.line.stand_in.sent_count();
            assert!(sent <= most && desk.line.calls() <= most, "{kind:?} at {at}: {sent} sent");
            assert_eq!(desk.gates().len(), 1, "{kind:?} at {at}");
            if ends == ["answered"] {
                assert_eq!(sent, 1, "{kind:?} at {at}");
            } else {
                assert_eq!(desk.cases().await.len(), 1, "{kind:?} at {at}");
            }
            let due = texts(&desk.messages(), Attribute::Due);
            assert_eq!(due, [""], "{kind:?} at {at}: nothing is due any more");
        }
    }
}

#[tokio::test]
async fn a_message_survives_a_fault_at_every_call() {
    survives(ORDER, 1).await;
}

#[tokio::test]
async fn a_message_that_calls_a_person_survives_a_fault_at_every_call() {
    survives("agent", 1).await;
}

#[tokio::test]
async fn an_opt_out_survives_a_fault_at_every_call() {
    survives("STOP", 1).await;
}

#[tokio::test]
async fn in_bad_weather_everything_is_answered_once() {
    for seed in 0..50 {
        let memory = Memory::with_weather(seed);
        let desk = Desk::with(Setting { memory, ..Setting::default() });
        let mut requests = Vec::new();
        for who in [ada(), bea(), ada()] {
            requests.push(desk.says(&who, ORDER));
        }
        let deliver = async |request: &forthright_core::http::Request| {
            for _ in 0..DELIVERIES {
                if desk.ask(request.clone()).await.status() == StatusCode::OK {
                    return;
                }
            }
            panic!("seed {seed}: never acknowledged");
        };
        futures::join!(deliver(&requests[0]), deliver(&requests[1]), deliver(&requests[2]));
        futures::join!(desk.pump(), desk.pump());
        desk.recover().await;
        assert_eq!(desk.states(), ["answered"; 3], "seed {seed}");
        assert_eq!(desk.line.calls(), 3, "seed {seed}");
        assert_eq!(desk.gates().len(), 2, "seed {seed}");
    }
}

/// Two messages and a case, then an erasure that somebody demands again until it is noted.
async fn erase(desk: &Desk) -> Vec<String> {
    let id = ada().wa_id.unwrap().into_revealed();
    let mut status = 0;
    for _ in 0..DELIVERIES {
        status = desk.request("erasure", &id).await.0;
        if status == 202 {
            break;
        }
        desk.table.revive();
    }
    assert_eq!(status, 202);
    desk.pump().await;
    desk.recover().await;
    let partitions = desk.rows("R#").into_iter().map(|row| row.key.partition);
    partitions.map(|one| one.trim_start_matches("R#").to_owned()).collect()
}

async fn spoken() -> Desk {
    let desk = Desk::new();
    desk.serves(&ada(), ORDER).await;
    desk.serves(&ada(), "agent").await;
    desk
}

#[tokio::test]
async fn an_erasure_survives_a_fault_at_every_call() {
    let calls = {
        let desk = spoken().await;
        let before = desk.table.calls();
        desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
        desk.pump().await;
        assert!(desk.rows("S#").is_empty());
        desk.table.calls() - before
    };
    for kind in KINDS {
        for at in 1..=calls {
            let desk = spoken().await;
            let sent = desk.sent().len();
            desk.table.plan(Plan { at: desk.table.calls() + at, kind });
            let requests = erase(&desk).await;

            assert!(desk.rows("S#").is_empty(), "{kind:?} at {at}");
            assert_eq!(desk.gate().epoch.number(), 2, "{kind:?} at {at}");
            assert_eq!(
                texts(&desk.rows("K#"), Attribute::State),
                ["destroyed"],
                "{kind:?} at {at}"
            );
            let mut erased = 0;
            for request in &requests {
                let path = format!("/api/requests/{request}");
                let (_, view) = desk.api(Method::GET, &path, Value::Null).await;
                assert_eq!(view["state"], "completed", "{kind:?} at {at}");
                erased += view["erased"]["messages"].as_u64().unwrap();
            }
            assert_eq!(erased, 2, "{kind:?} at {at}: the receipts count each message once");
            let notices = desk.sent().len() - sent;
            assert!(notices <= requests.len(), "{kind:?} at {at}: {notices} notices");
        }
    }
}

const WORDS: &str = "CANARY from a person of the brand";

/// An agent's answer, repeated under the same key until it is taken, to its end.
async fn answer(desk: &Desk, case: &str) {
    let mut headers = HeaderMap::new();
    headers.insert("idempotency-key", HeaderValue::from_static("7a1"));
    for _ in 0..DELIVERIES {
        let path = format!("/api/cases/{case}/answer");
        let body = json!({ "text": WORDS });
        if desk.api_with(Method::POST, &path, body, headers.clone()).await.0 == 202 {
            break;
        }
        desk.table.revive();
    }
    desk.pump().await;
}

async fn called() -> (Desk, String) {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    (desk, case)
}

#[tokio::test]
async fn an_agents_answer_survives_a_fault_at_every_call() {
    let calls = {
        let (desk, case) = called().await;
        let before = desk.table.calls();
        answer(&desk, &case).await;
        desk.table.calls() - before
    };
    for kind in KINDS {
        for at in 1..=calls {
            let (desk, case) = called().await;
            desk.table.plan(Plan { at: desk.table.calls() + at, kind });
            answer(&desk, &case).await;
            desk.recover().await;
            let mut outs = desk.rows("S#");
            outs.retain(|row| row.key.sort.starts_with(Key::OUT));
            assert_eq!(outs.len(), 1, "{kind:?} at {at}: it is noted once");
            let sent = desk.sent().iter().filter(|text| *text == WORDS).count();
            match outs[0].get_text(Attribute::State) {
                Some("answered") => assert_eq!(sent, 1, "{kind:?} at {at}"),
                Some("human") => {
                    assert!(sent <= 1, "{kind:?} at {at}: {sent} sent");
                    assert_eq!(desk.reasons().await, ["outcome_unknown"], "{kind:?} at {at}");
                }
                other => panic!("{kind:?} at {at}: {other:?}"),
            }
        }
    }
}
