use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{
    Account, Accounts, Channel, PlatformId, Secret, Time,
    event::{Content, Event},
    ids::IdKind,
    offer::Choice,
    outbound::{Authored, Outbound},
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::{ComposeError, Sending, parse, verify};

const PAGE: &str = "1234567890321";

fn account() -> Account {
    Account {
        access_token: Secret::from("token-CANARY"),
        ..forthright_testkit::account(Channel::Messenger, PAGE)
    }
}

fn events(entry: &Value) -> Vec<Event> {
    let body = json!({ "object": "page", "entry": [entry] }).to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"app");
    let signature = HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
    let mut headers = HeaderMap::new();
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
                Content::Text(_) | Content::Pressed { .. } => panic!("text"),
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

#[test]
fn a_text_goes_to_a_page_scoped_person_only() {
    let text = Outbound::Person(Authored::by_agent("CANARY".into()));
    let to = |ids: &[PlatformId], opaque: &str| {
        let sending = Sending { to: ids, text: &text, opaque, is_after_window: false };
        (MESSENGER.compose)(&account(), &sending).map(|_| ())
    };
    let person = |kind, value: &str| PlatformId { kind, value: value.into() };
    assert_eq!(to(&[person(IdKind::Psid, "1")], &"t".repeat(512)), Ok(()));
    assert_eq!(to(&[person(IdKind::WaId, "1")], "t"), Err(ComposeError::NoRecipient));
    assert_eq!(to(&[person(IdKind::Psid, "")], "t"), Err(ComposeError::NoRecipient));
    assert_eq!(to(&[], "t"), Err(ComposeError::NoRecipient));
    let long = to(&[person(IdKind::Psid, "1")], &"t".repeat(513));
    assert_eq!(long, Err(ComposeError::OpaqueTooLong));
}

#[test]
fn what_we_offered_and_was_pressed_is_a_choice_and_what_others_did_is_text() {
    for (payload, choice) in
        [("forthright.person", Some(Choice::Person)), ("forthright.else", None), ("CANARY", None)]
    {
        let quick_reply = json!({ "payload": payload });
        let message = json!({ "mid": "m", "text": "CANARY", "quick_reply": quick_reply });
        let postback = json!({ "title": "CANARY", "payload": payload });
        for item in [json!({ "message": message }), json!({ "postback": postback })] {
            let Event::Message(inbound) = of(item) else { panic!("not a message") };
            let expected = match choice {
                Some(choice) => Content::Pressed { choice, words: "CANARY".into() },
                None => Content::Text("CANARY".into()),
            };
            assert!(inbound.content == expected, "{payload}");
        }
    }
}
