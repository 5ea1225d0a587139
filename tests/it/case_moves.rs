//! Who moves a case has seen it as it is: of two people one takes it, and one answers.

use forthright_core::table::Attribute;
use forthright_testkit::{FaultKind, Plan};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::desk::{Desk, ORDER, ada, bea};

const WORDS: &str = "CANARY Hello, this is Kim. Your parcel is on its way.";
const NOTE: &str = "CANARY She called twice about the parcel.";

/// A desk at which Ada asked for a person, and the path of her case.
async fn called() -> (Desk, String) {
    let desk = Desk::new();
    desk.serves(&ada(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    (desk, format!("/api/cases/{case}"))
}

/// Which tag the case has now, as a header and as JSON tell it.
async fn tag(desk: &Desk, case: &str) -> String {
    let shown = desk.calls(Method::GET, case, Value::Null, HeaderMap::new()).await;
    let header = shown.headers()[header::ETAG].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_slice(shown.body()).unwrap();
    assert_eq!(body["case"]["etag"], header.as_str());
    header
}

/// A move under these demands, and under a key if it may be repeated.
async fn moves(
    desk: &Desk,
    path: &str,
    body: Value,
    demands: &[&str],
    key: Option<&str>,
) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    for demand in demands {
        headers.append(header::IF_MATCH, HeaderValue::from_str(demand).unwrap());
    }
    if let Some(key) = key {
        let name = HeaderName::from_static("idempotency-key");
        headers.insert(name, HeaderValue::from_str(key).unwrap());
    }
    let response = desk.calls(Method::POST, path, body, headers).await;
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let tagged = response.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap());
    assert_eq!(tagged, body["etag"].as_str(), "header and JSON say the same");
    (response.status().as_u16(), body)
}

async fn answers(desk: &Desk, case: &str, demands: &[&str]) -> (u16, Value) {
    moves(desk, &format!("{case}/answer"), json!({ "text": WORDS }), demands, None).await
}

async fn takes(desk: &Desk, case: &str, body: Value, demands: &[&str]) -> (u16, Value) {
    moves(desk, &format!("{case}/take"), body, demands, None).await
}

#[tokio::test]
async fn of_two_who_answer_at_once_one_does_and_one_message_is_sent() {
    let (desk, case) = called().await;
    let seen = tag(&desk, &case).await;
    let demands = [seen.as_str()];
    let (one, other) =
        futures::join!(answers(&desk, &case, &demands), answers(&desk, &case, &demands));
    let (won, lost) = if one.0 == 202 { (one, other) } else { (other, one) };
    assert_eq!((won.0, lost.0), (202, 412));
    let present = tag(&desk, &case).await;
    assert_ne!(present, seen);
    assert_eq!((&won.1["etag"], &lost.1["etag"]), (&json!(present), &json!(present)));
    assert!(lost.1["error"].as_str().unwrap().contains("read it again"));
    desk.pump().await;
    assert_eq!(desk.sent().iter().filter(|text| *text == WORDS).count(), 1);
    // Who lost has read the case again, and answers all the same.
    assert_eq!(answers(&desk, &case, &[&present]).await.0, 202);
}

#[tokio::test]
async fn of_two_who_take_a_case_at_once_one_has_it() {
    for named in [true, false] {
        let (desk, case) = called().await;
        let held = desk.gate().held;
        let seen = tag(&desk, &case).await;
        let demands = [seen.as_str()];
        let body = |agent: &str| if named { json!({ "agent": agent }) } else { Value::Null };
        let (kim, bo) = futures::join!(
            takes(&desk, &case, body("kim"), &demands),
            takes(&desk, &case, body("bo"), &demands)
        );
        let (winner, lost) = if kim.0 == 200 { ("kim", bo) } else { ("bo", kim) };
        assert_eq!(lost.0, 412, "{named}");
        let cases = desk.cases().await;
        let winner = if named { json!(winner) } else { Value::Null };
        let shown = (&cases[0]["state"], &cases[0]["actor"], &cases[0]["assignee"]);
        assert_eq!(shown, (&json!("assigned"), &json!("agent"), &winner));
        assert_eq!(cases[0]["etag"], lost.1["etag"]);
        assert_eq!(desk.gate().held, held, "who holds the conversation does not change");
        desk.serves(&ada(), ORDER).await;
        assert_eq!(desk.sent().len(), 1, "the machine is silent");
    }
}

#[tokio::test]
async fn who_does_not_say_what_they_have_seen_takes_nothing_and_answers_nothing() {
    let (desk, case) = called().await;
    let rows = desk.memory.rows();
    for done in [answers(&desk, &case, &[]).await, takes(&desk, &case, json!({}), &[]).await] {
        assert_eq!(done.0, 428);
        let said = done.1["error"].as_str().unwrap();
        assert!(said.starts_with("read the case and send its ETag as If-Match"), "{said}");
    }
    for malformed in ["v2", "\"v2", "*, *", "w/\"v2\""] {
        assert_eq!(answers(&desk, &case, &[malformed]).await.0, 400, "{malformed}");
    }
    assert!(desk.memory.rows() == rows, "nothing is done");
    let note = moves(&desk, &format!("{case}/note"), json!({ "text": NOTE }), &[], None).await;
    let closed = moves(&desk, &format!("{case}/close"), Value::Null, &[], None).await;
    assert_eq!((note.0, closed.0), (200, 200), "what does nobody harm needs no tag");
}

#[tokio::test]
async fn another_version_or_a_weak_tag_moves_nothing_and_any_version_is_a_star() {
    let (desk, case) = called().await;
    let seen = tag(&desk, &case).await;
    let (weak, older) = (format!("W/{seen}"), "\"v0\"");
    let rows = desk.memory.rows();
    for action in ["take", "answer", "note", "hand-back", "close"] {
        let words = matches!(action, "answer" | "note");
        let body = if words { json!({ "text": WORDS }) } else { json!({}) };
        for demand in [weak.as_str(), older, "", "\"v\""] {
            let path = format!("{case}/{action}");
            let (status, answer) = moves(&desk, &path, body.clone(), &[demand], None).await;
            assert_eq!((status, &answer["etag"]), (412, &json!(seen)), "{action} {demand}");
        }
    }
    assert!(desk.memory.rows() == rows, "nothing is done");
    for demands in [vec!["*"], vec!["\"v0\", W/\"v1\"", "*"]] {
        let expected = if demands.len() == 1 { 200 } else { 400 };
        assert_eq!(takes(&desk, &case, json!({}), &demands).await.0, expected);
    }
    let seen = tag(&desk, &case).await;
    assert_eq!(answers(&desk, &case, &["\"v0\"", &seen]).await.0, 202, "one of a list");
    let nowhere = format!("/api/cases/{}", "ab".repeat(16));
    assert_eq!(answers(&desk, &nowhere, &["*"]).await.0, 404);
}

#[tokio::test]
async fn a_repeated_answer_gives_its_first_result_whatever_became_of_the_case() {
    let (desk, case) = called().await;
    let seen = tag(&desk, &case).await;
    let path = format!("{case}/answer");
    let words = || json!({ "text": WORDS });
    let first = moves(&desk, &path, words(), &[&seen], Some("7a1")).await;
    assert_eq!(first.0, 202);
    desk.pump().await;
    for action in ["note", "hand-back"] {
        let body = if action == "note" { json!({ "text": NOTE }) } else { Value::Null };
        let done = moves(&desk, &format!("{case}/{action}"), body, &["*"], None).await;
        assert_eq!(done.0, 200);
        let again = moves(&desk, &path, words(), &[&seen], Some("7a1")).await;
        assert_eq!((again.0, &again.1["out"]), (202, &first.1["out"]), "after {action}");
        assert_eq!(again.1["etag"], done.1["etag"], "the case as it is now");
        desk.pump().await;
    }
    assert_eq!(moves(&desk, &path, words(), &[&seen], Some("7a2")).await.0, 412);
    // Another move under the same key is another call.
    let closed = moves(&desk, &format!("{case}/close"), Value::Null, &["*"], Some("7a1")).await;
    assert_eq!(closed.0, 409);
    assert_eq!(desk.sent().len(), 2);
}

#[tokio::test]
async fn a_repeated_move_is_one_move() {
    let (desk, case) = called().await;
    for (action, body) in [
        ("take", json!({ "agent": "kim" })),
        ("note", json!({ "text": NOTE })),
        ("hand-back", Value::Null),
    ] {
        let seen = tag(&desk, &case).await;
        let path = format!("{case}/{action}");
        let first = moves(&desk, &path, body.clone(), &[&seen], Some("7a1")).await;
        assert_eq!(first.0, 200);
        let rows = desk.memory.rows();
        let again = moves(&desk, &path, body, &[&seen], Some("7a1")).await;
        assert!(again == first && desk.memory.rows() == rows, "{action}");
    }
}

#[tokio::test]
async fn a_case_of_somebody_else_is_taken_only_from_them() {
    let (desk, case) = called().await;
    let kim = json!({ "agent": "kim@demo.example" });
    assert_eq!(takes(&desk, &case, kim.clone(), &["*"]).await.0, 200);
    assert_eq!(takes(&desk, &case, kim, &["*"]).await.0, 200, "it is hers already");
    for wrong in [json!({ "agent": "bo" }), json!({}), json!({ "agent": "bo", "from": "al" })] {
        let (status, refused) = takes(&desk, &case, wrong, &["*"]).await;
        assert_eq!((status, &refused["assignee"]), (409, &json!("kim@demo.example")));
    }
    // She keeps it when she has answered, and when the customer writes again.
    assert_eq!(answers(&desk, &case, &["*"]).await.0, 202);
    desk.serves(&ada(), ORDER).await;
    let shown = desk.cases().await.remove(0);
    assert_eq!(
        (&shown["state"], &shown["assignee"]),
        (&json!("assigned"), &json!("kim@demo.example"))
    );
    let from = json!({ "agent": "bo", "from": "kim@demo.example" });
    assert_eq!(takes(&desk, &case, from, &["*"]).await.0, 200);
    assert_eq!(desk.cases().await[0]["assignee"], "bo");

    let (_, back) = moves(&desk, &format!("{case}/hand-back"), Value::Null, &["*"], None).await;
    let shown = desk.api(Method::GET, &case, Value::Null).await.1;
    assert_eq!(
        (&shown["case"]["state"], &shown["case"]["etag"]),
        (&json!("handed_back"), &back["etag"])
    );
    let row = desk.rows("C#").remove(0);
    for gone in [Attribute::Assignee, Attribute::Listing] {
        assert!(row.get_text(gone).is_none(), "nobody has what is at its end");
    }
    assert_eq!(takes(&desk, &case, json!({}), &["*"]).await.0, 409);
}

#[tokio::test]
async fn what_is_not_asked_for_is_refused_and_not_repeated() {
    let (desk, case) = called().await;
    let rows = desk.memory.rows();
    for (action, body) in [
        ("take", json!({ "agent": "CANARY name with blanks" })),
        ("take", json!({ "agent": "a".repeat(65) })),
        ("take", json!({ "CANARY": "kim" })),
        ("take", json!(["CANARY"])),
        ("note", json!({ "text": "" })),
        ("note", json!({ "text": "CANARY".repeat(667) })),
        ("note", json!({ "text": "CANARY", "to": "CANARY" })),
        ("answer", json!({ "text": "CANARY", "agent": "kim" })),
        ("close", json!({ "reason": "CANARY" })),
        ("hand-back", json!("CANARY")),
    ] {
        let path = format!("{case}/{action}");
        let (status, refused) = moves(&desk, &path, body, &["*"], None).await;
        assert_eq!(status, 422, "{action}");
        assert!(!refused["error"].as_str().unwrap().is_empty());
        assert!(!refused.to_string().contains("CANARY"));
    }
    assert!(desk.memory.rows() == rows);
}

#[tokio::test]
async fn a_note_is_for_colleagues_and_belongs_to_the_person() {
    let (desk, case) = called().await;
    desk.serves(&bea(), "agent").await;
    let path = format!("{case}/note");
    let (status, noted) = moves(&desk, &path, json!({ "text": NOTE }), &["*"], None).await;
    assert!(status == 200 && noted["note"].is_string() && noted["out"].is_null());
    assert_eq!(noted["etag"], tag(&desk, &case).await, "who has not read it is to read it");
    desk.pump().await;
    assert!(!desk.sent().iter().any(|text| text == NOTE), "it is never sent");

    let shown = desk.api(Method::GET, &case, Value::Null).await.1;
    assert_eq!(shown["case"]["state"], "open");
    let lines = shown["thread"].as_array().unwrap();
    let line = lines.iter().find(|line| line["kind"] == "note").unwrap();
    assert!(line["text"] == NOTE && line["by"] == "agent" && line.get("state").is_none());
    let note = desk.rows("S#").into_iter().find(|row| row.key.sort.starts_with("NOTE#")).unwrap();
    assert!(crate::secrecy::leaks(&note).is_empty(), "it is sealed");

    let export = desk.export(ada().wa_id.unwrap().reveal()).await;
    assert!(export["notes"][0]["text"] == NOTE && export["notes"][0]["at"].is_string());
    let other = desk.export(bea().user_id.unwrap().reveal()).await;
    assert_eq!(other["notes"], json!([]));

    // What is damaged is shown to be there, and hides nothing.
    desk.damage(&note).await;
    let shown = desk.api(Method::GET, &case, Value::Null).await.1;
    let lines = shown["thread"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["kind"] == "damaged" && line["by"] == "agent"));
    let export = desk.export(ada().wa_id.unwrap().reveal()).await;
    assert_eq!((&export["notes"], &export["quarantined_rows"]), (&json!([]), &json!(1)));

    desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
    desk.pump().await;
    assert!(!desk.memory.rows().iter().any(|row| row.key.sort.starts_with("NOTE#")));
    let export = desk.export(ada().wa_id.unwrap().reveal()).await;
    assert_eq!(export["notes"], json!([]));
    for action in ["note", "take", "answer", "close"] {
        let path = format!("{case}/{action}");
        assert_eq!(moves(&desk, &path, json!({ "text": NOTE }), &[], None).await.0, 410);
    }
}

#[tokio::test]
async fn an_erased_case_names_nobody_who_had_it() {
    let (desk, case) = called().await;
    assert_eq!(takes(&desk, &case, json!({ "agent": "kim" }), &["*"]).await.0, 200);
    desk.request("erasure", ada().wa_id.unwrap().reveal()).await;
    desk.pump().await;
    let row = desk.rows("C#").remove(0);
    assert_eq!(row.get_text(Attribute::State), Some("erased"));
    assert!(
        row.get_text(Attribute::Assignee).is_none() && row.get_text(Attribute::MovedBy).is_none()
    );
}

#[tokio::test]
async fn a_case_with_nobody_behind_it_can_be_taken_and_has_no_notes() {
    let desk = Desk::new();
    desk.ask(desk.line.stand_in.deliver_body(b"CANARY"[..].into())).await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let case = format!("/api/cases/{case}");
    let note = moves(&desk, &format!("{case}/note"), json!({ "text": NOTE }), &[], None).await;
    assert_eq!(note.0, StatusCode::CONFLICT.as_u16());
    assert_eq!(takes(&desk, &case, json!({ "agent": "kim" }), &["*"]).await.0, 200);
    assert_eq!(desk.cases().await[0]["assignee"], "kim");
    let closed = moves(&desk, &format!("{case}/close"), json!({}), &["*"], None).await;
    assert_eq!(closed.0, 200);
}

/// Makes a move while the table fails as planned, and repeats it under its key until it is answered; how many calls of
/// the table it took at first.
async fn survives(action: &str, body: &Value, plan: Option<Plan>) -> u64 {
    let (desk, case) = called().await;
    let seen = tag(&desk, &case).await;
    let rows = desk.memory.rows();
    let before = desk.table.calls();
    if let Some(Plan { at, kind }) = plan {
        desk.table.plan(Plan { at: before + at, kind });
    }
    let path = format!("{case}/{action}");
    let mut done = moves(&desk, &path, body.clone(), &[&seen], Some("7a1")).await;
    let calls = desk.table.calls() - before;
    while done.0 == 503 {
        desk.table.revive();
        let versions = |rows: &[forthright_core::table::Item]| -> Vec<_> {
            rows.iter().map(|row| (row.key.clone(), row.version)).collect()
        };
        let now = desk.memory.rows();
        let notes = now.iter().filter(|row| row.key.sort.starts_with("NOTE#")).count();
        let moved = desk.rows("C#")[0].get_text(Attribute::Actor) == Some("agent");
        assert!(
            versions(&now) == versions(&rows) && !moved
                || moved && (notes == 1) == (action == "note"),
            "{action} {plan:?}: all or nothing"
        );
        done = moves(&desk, &path, body.clone(), &[&seen], Some("7a1")).await;
    }
    assert_eq!(done.0, if action == "answer" { 202 } else { 200 }, "{action} {plan:?}");
    assert_eq!(done.1["etag"], tag(&desk, &case).await);
    assert_eq!(done.1["etag"], "\"v2\"", "{action} {plan:?}: it moved once");
    desk.recover().await;
    let notes = desk.rows("S#").iter().filter(|row| row.key.sort.starts_with("NOTE#")).count();
    let sent = desk.sent().iter().filter(|text| *text == WORDS).count();
    assert_eq!((notes, sent), (usize::from(action == "note"), usize::from(action == "answer")));
    calls
}

#[tokio::test]
async fn a_fault_at_every_call_of_a_move_leaves_all_of_it_or_nothing() {
    for (action, body) in [
        ("take", json!({ "agent": "kim" })),
        ("note", json!({ "text": NOTE })),
        ("answer", json!({ "text": WORDS })),
        ("hand-back", Value::Null),
    ] {
        let calls = survives(action, &body, None).await;
        assert!(calls >= 3, "{action}: {calls}");
        for kind in [
            FaultKind::CrashBefore,
            FaultKind::CrashAfter,
            FaultKind::UnknownBefore,
            FaultKind::UnknownAfter,
        ] {
            for at in 1..=calls {
                survives(action, &body, Some(Plan { at, kind })).await;
            }
        }
    }
}
