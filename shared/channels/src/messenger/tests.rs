use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{
    Account, Accounts, Channel, Personal, PlatformId, Secret, Time,
    event::{Content, Event},
    http::Response,
    ids::{Address, IdKind},
    outbound::{Authored, Outbound, SendOutcome},
};
use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::{ComposeError, parse, verify};

const PAGE: &str = "1234567890321";

fn account() -> Account {
    Account {
        at: Address {
            brand: "acme".parse().unwrap(),
            channel: Channel::Messenger,
            account: PAGE.parse().unwrap(),
        },
        api_base: "https://graph.facebook.com".to_owned(),
        api_version: "v25.0".to_owned(),
        app_secrets: vec![Secret::from("app")],
        verify_token: Secret::from("verify"),
        access_token: Secret::from("token-CANARY"),
    }
}

fn events(entry: &Value) -> Vec<Event> {
    let body = json!({ "object": "page", "entry": [entry] }).to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"app");
    let signature = HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
    let mut headers = http::HeaderMap::new();
    headers.insert("x-hub-signature-256", format!("sha256={signature}").parse().unwrap());
    let accounts = Accounts::new(vec![account()]);
    let own = accounts.find(Channel::Messenger, PAGE).unwrap();
    let secrets = &own.app_secrets;
    let verified = verify(Channel::Messenger, secrets, &headers, Bytes::from(body)).unwrap();
    parse(&verified, own, &accounts).collect()
}

fn of(mut item: Value) -> Event {
    for (key, value) in [("sender", json!({ "id": "CANARY-psid" })), ("timestamp", json!(1_700))] {
        if item.get(key).is_none() {
            item[key] = value;
        }
    }
    let mut all = events(&json!({ "id": PAGE, "messaging": [item] }));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_text_is_a_message_of_a_page_scoped_person() {
    let Event::Message(inbound) = of(json!({ "message": { "mid": "m_CANARY", "text": "CANARY" } }))
    else {
        panic!("not a message");
    };
    assert_eq!((inbound.at, inbound.platform_at), (account().at, Time::from_millis(1_700)));
    assert!(inbound.ids == [PlatformId::parse(IdKind::Psid, "CANARY-psid").unwrap()]);
    assert!(inbound.platform_message_id.reveal() == "m_CANARY");
    assert!(inbound.content == Content::Text("CANARY".into()));
}

#[test]
fn what_is_pressed_counts_as_said_and_two_presses_are_two() {
    let pressed = |timestamp: u64| {
        let item = json!({ "postback": { "title": "CANARY a person" }, "timestamp": timestamp });
        let Event::Message(inbound) = of(item) else { panic!("not a message") };
        assert!(inbound.content == Content::Text("CANARY a person".into()));
        inbound.platform_message_id.into_revealed()
    };
    assert!(pressed(1) == pressed(1) && pressed(1) != pressed(2));
}

#[test]
fn what_is_not_text_is_named_for_a_person_to_see() {
    let attached = |kind: Value| {
        let attachments = json!([{ "type": kind, "payload": { "url": "CANARY" } }]);
        match of(json!({ "message": { "mid": "m", "attachments": attachments } })) {
            Event::Message(inbound) => match inbound.content {
                Content::Other { kind } => kind,
                Content::Text(_) => panic!("text"),
            },
            _ => panic!("not a message"),
        }
    };
    for (kind, expected) in
        [(json!("image"), "image"), (json!("CANARY"), "unknown"), (Value::Null, "unknown")]
    {
        assert_eq!(attached(kind), expected);
    }
}

#[test]
fn an_echo_tells_to_whom_it_was_said_and_with_which_field() {
    let echo = |metadata: Value| {
        let message =
            json!({ "mid": "m", "is_echo": true, "text": "CANARY", "metadata": metadata });
        of(
            json!({ "sender": { "id": PAGE }, "recipient": { "id": "CANARY-psid" }, "message": message }),
        )
    };
    for (metadata, opaque) in [(json!("token"), Some("token")), (Value::Null, None)] {
        let Event::Spoken(spoken) = echo(metadata) else { panic!("not said") };
        assert_eq!(spoken.opaque.as_deref(), opaque);
        assert!(spoken.ids == [PlatformId::parse(IdKind::Psid, "CANARY-psid").unwrap()]);
        assert!(spoken.platform_message_id.reveal() == "m");
    }
}

#[test]
fn who_takes_the_thread_away_speaks_from_now_on() {
    let taken = json!({ "take_thread_control": { "previous_owner_app_id": "1" } });
    assert!(matches!(of(taken), Event::Spoken(_)));
    let passed = json!({ "pass_thread_control": { "new_owner_app_id": "1" } });
    assert!(matches!(of(passed), Event::Ignored { .. }));
}

#[test]
fn an_id_longer_than_any_is_not_kept_with_each_part() {
    let long = "x".repeat(257);
    let item = json!({ "sender": { "id": long }, "delivery": { "mids": ["m1", "m2"] } });
    let events = events(&json!({ "id": PAGE, "messaging": [item] }));
    assert!(events.len() == 2 && events.iter().all(|event| matches!(event, Event::Ignored { .. })));
}

#[test]
fn what_is_changed_names_what_it_changes() {
    let edit = json!({ "mid": "m_CANARY0", "text": "CANARY new", "num_edit": "1" });
    let Event::Edited(edited) = of(json!({ "message_edit": edit })) else { panic!("not edited") };
    assert!(edited.platform_message_id.reveal() == "m_CANARY0");
    assert!(edited.content == Content::Text("CANARY new".into()));
    let deleted = json!({ "mid": "m_CANARY0", "is_deleted": true });
    let Event::TakenBack(taken) = of(json!({ "message": deleted })) else {
        panic!("not taken back")
    };
    assert!(taken.platform_message_id.reveal() == "m_CANARY0");
    assert!(!matches!(taken.content, Content::Text(_)));
}

#[test]
fn a_page_of_somebody_else_is_not_believed() {
    let item = json!({ "sender": { "id": "1" }, "timestamp": 1, "message": { "mid": "m", "text": "CANARY" } });
    for id in [json!("999"), Value::Null] {
        let events = events(&json!({ "id": id, "messaging": [item, item] }));
        assert!(matches!(events.as_slice(), [Event::Unreadable(_)]), "{}", events.len());
    }
}

#[test]
fn what_lacks_its_sender_its_id_or_its_time_is_unreadable() {
    let whole = json!({ "sender": { "id": "1" }, "timestamp": 1, "message": { "mid": "m", "text": "CANARY" } });
    for missing in ["/sender/id", "/timestamp", "/message/mid"] {
        let mut item = whole.clone();
        *item.pointer_mut(missing).unwrap() = Value::Null;
        let events = events(&json!({ "id": PAGE, "messaging": [item] }));
        assert!(matches!(events.as_slice(), [Event::Unreadable(_)]), "{missing}");
    }
}

fn person(value: &str) -> PlatformId {
    PlatformId { kind: IdKind::Psid, value: value.into() }
}

fn words(text: &str) -> Outbound {
    Outbound::Person(Authored::by_agent(text.into()))
}

#[test]
fn the_request_is_what_the_send_api_documents() {
    let request =
        compose(&account(), &[person("CANARY-psid")], &words("CANARY hello"), "token").unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://graph.facebook.com/v25.0/1234567890321/messages");
    assert_eq!(request.headers()["authorization"], "Bearer token-CANARY");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let expected = json!({
        "recipient": { "id": "CANARY-psid" },
        "messaging_type": "RESPONSE",
        "message": { "text": "CANARY hello", "metadata": "token" },
    });
    assert!(body == expected);
}

#[test]
fn a_text_goes_as_it_is_or_not_at_all() {
    let composed = |text: &str| compose(&account(), &[person("1")], &words(text), "t").map(|_| ());
    for unit in ["x", "é", "字", "😀", "👩‍👩‍👧"] {
        let fits = 2_000 / unit.len();
        assert_eq!(composed(&unit.repeat(fits)), Ok(()), "{unit}");
        assert_eq!(composed(&unit.repeat(fits + 1)), Err(ComposeError::TooLong), "{unit}");
    }
    assert_eq!(composed(&"x".repeat(1_999)), Ok(()));
    assert_eq!(composed(""), Err(ComposeError::Empty));
    let to = |ids: &[PlatformId]| compose(&account(), ids, &words("x"), "t").map(|_| ());
    let phone = PlatformId { kind: IdKind::WaId, value: "1".into() };
    assert_eq!(to(&[phone]), Err(ComposeError::NoRecipient));
    assert_eq!(to(&[]), Err(ComposeError::NoRecipient));
    let long = compose(&account(), &[person("1")], &words("x"), &"t".repeat(513));
    assert!(matches!(long, Err(ComposeError::OpaqueTooLong)));
}

#[test]
fn an_answer_means_what_its_code_says() {
    let response = |status: u16, body: Value| -> Response {
        http::Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap()
    };
    let taken = classify(&response(200, json!({ "recipient_id": "1", "message_id": "m_CANARY" })));
    let id = Personal::from("m_CANARY");
    assert!(taken == SendOutcome::Accepted { platform_message_id: id });
    assert_eq!(classify(&response(200, json!({}))), SendOutcome::Unknown);
    let error = |status, code: i64, subcode: i64| {
        let error = json!({ "message": "m", "code": code, "error_subcode": subcode });
        classify(&response(status, json!({ "error": error })))
    };
    let never = |code| SendOutcome::RefusedForGood { code: Some(code) };
    let later = SendOutcome::RefusedForNow { retry_after: None };
    for (status, code, subcode, expected) in [
        (400, 190, 460, SendOutcome::TokenInvalid),
        (400, 10, 2_018_278, never(10)),
        (403, 10, 0, never(10)),
        (400, 100, 2_018_001, never(100)),
        (400, 551, 0, never(551)),
        (400, 200, 0, never(200)),
        (400, 368, 0, never(368)),
        (400, 613, 0, later.clone()),
        (400, 4, 0, later.clone()),
        (500, 2, 0, later.clone()),
        (500, 1_200, 0, later.clone()),
        (500, 1_201, 0, never(1_201)),
    ] {
        assert_eq!(error(status, code, subcode), expected, "{code}");
    }
}
