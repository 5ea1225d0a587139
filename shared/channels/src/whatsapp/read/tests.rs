use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{
    Account, Accounts, Channel, Secret,
    event::{Content, Event, Inbound},
};
use serde_json::{Value as Json, json};

use super::*;
use crate::{MESSAGE_ID_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, Verified, parse, verify};

mod changes;
mod limits;

const BATCH: &str = include_str!("../../../tests/fixtures/batch.json");
const OWN: &str = "106540352242922";

fn account(brand: &str, id: &str, secret: &str) -> Account {
    let mut account = forthright_testkit::account(Channel::WhatsApp, id);
    account.at.brand = brand.parse().unwrap();
    account.app_secrets = vec![Secret::from(secret)];
    account
}

fn accounts() -> Accounts {
    Accounts::new(vec![
        account("acme", OWN, "app"),
        account("acme", "206540352242922", "app"),
        account("acme", "306540352242922", "another-app"),
        account("other", "406540352242922", "app"),
    ])
}

fn verified(body: &[u8]) -> Verified {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"app");
    let value = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body).as_ref()));
    let mut headers = http::HeaderMap::new();
    headers.insert("x-hub-signature-256", value.parse().unwrap());
    let (secrets, body) = ([Secret::from("app")], Bytes::copy_from_slice(body));
    verify(Channel::WhatsApp, &secrets, &headers, body).unwrap()
}

fn events(body: &[u8]) -> Vec<Event> {
    let accounts = accounts();
    let own = accounts.find(Channel::WhatsApp, OWN).unwrap();
    parse(&verified(body), own, &accounts).collect()
}

fn body_of(field: &str, mut value: Json) -> Json {
    if value.get("metadata").is_none() {
        value["metadata"] =
            json!({ "display_phone_number": "15550783881", "phone_number_id": OWN });
    }
    let changes = json!([{ "field": field, "value": value }]);
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": changes }] })
}

fn events_of(field: &str, value: Json) -> Vec<Event> {
    events(body_of(field, value).to_string().as_bytes())
}

fn text_message(number: u32) -> Json {
    json!({
        "from": "4915550001", "id": format!("wamid.CANARY{number}"), "timestamp": "1749416383",
        "type": "text", "text": { "body": format!("CANARY {number}") },
    })
}

fn message_with(change: impl Fn(&mut Json)) -> Vec<Event> {
    let mut message = text_message(1);
    change(&mut message);
    events_of("messages", json!({ "messages": [message] }))
}

/// The events in few words, without a person's words: kinds, and how many ids there are.
fn outline(events: &[Event]) -> Vec<String> {
    let kinds = events.iter().map(|event| match event {
        Event::Message(inbound) => {
            let ids: Vec<_> = inbound.ids.iter().map(|id| format!("{:?}", id.kind)).collect();
            match &inbound.content {
                Content::Text(_) => format!("text from {}", ids.join("+")),
                Content::Pressed { choice, .. } => format!("{choice} from {}", ids.join("+")),
                Content::Other { kind } => format!("{kind} from {}", ids.join("+")),
            }
        }
        Event::Receipt(receipt) => {
            format!("{:?} {}", receipt.outcome, receipt.opaque.as_deref().unwrap_or("-"))
        }
        Event::Edited(_) => "edited".to_owned(),
        Event::TakenBack(_) => "taken back".to_owned(),
        Event::Spoken(spoken) => {
            format!("spoken {}", spoken.opaque.as_deref().unwrap_or("by somebody"))
        }
        Event::SamePerson(same) => format!("{} ids of one", same.ids.len()),
        Event::Ignored { kind } => format!("ignored {kind}"),
        Event::Unreadable(unreadable) => format!("unreadable {}", unreadable.kind.name()),
    });
    kinds.collect()
}

fn inbound_of(event: &Event) -> &Inbound {
    let Event::Message(inbound) = event else {
        panic!("not a message");
    };
    inbound
}

#[test]
fn a_batch_is_read_whole_and_in_order() {
    let events = events(BATCH.as_bytes());
    assert_eq!(
        outline(&events),
        [
            "text from WaId",
            "text from UserId",
            "text from UserId+WaId",
            "text from WaId",
            "image from WaId",
            "text from WaId",
            "Taken token-1",
            "Failed { code: Some(131047) } token-2",
            "ignored status",
            "text from WaId",
            "text from WaId",
            "text from WaId",
            "text from WaId",
            "text from WaId",
            "ignored reaction",
            "Taken token-4",
        ]
    );
    let first = inbound_of(&events[0]);
    assert!(first.ids[0].value == "4915550001".into());
    assert!(first.name == Some("CANARY Ann".into()));
    assert!(first.platform_message_id == "wamid.CANARY1".into());
    assert!(first.content == Content::Text("CANARY one".into()));
    assert_eq!(first.platform_at, Time::from_seconds(1_749_416_381));
    assert_eq!(first.at.account.as_str(), OWN);
    assert!(inbound_of(&events[1]).name == Some("CANARY Bea".into()));
    // The second entry speaks of another account of the same app.
    assert_eq!(inbound_of(&events[9]).at.account.as_str(), "206540352242922");
    assert_eq!(inbound_of(&events[9]).platform_at, Time::from_seconds(1_749_416_390));
    assert!(inbound_of(&events[10]).ids[0].value == "4915550008".into());
}

#[test]
fn the_list_of_contacts_completes_the_ids() {
    let contact = |wa_id: Json, user_id: Json| json!({ "profile": { "name": "CANARY" }, "wa_id": wa_id, "user_id": user_id });
    let ids = |change: fn(&mut Json), contacts: Json| {
        let mut message = text_message(1);
        change(&mut message);
        let events = events_of("messages", json!({ "contacts": contacts, "messages": [message] }));
        match &events[0] {
            Event::Message(inbound) => {
                let ids = inbound.ids.iter().map(|id| id.value.reveal().clone());
                (ids.collect::<Vec<_>>(), inbound.name.is_some())
            }
            _ => (Vec::new(), false),
        }
    };
    let user = |message: &mut Json| {
        message.as_object_mut().unwrap().remove("from");
        message["from_user_id"] = json!("US.CANARY1");
    };
    let both = |message: &mut Json| message["from_user_id"] = json!("US.CANARY1");
    let same = |_: &mut Json| {};

    let full = contact(json!("4915550001"), json!("US.CANARY1"));
    for change in [user, both, same] {
        let (found, named) =
            ids(change, json!([contact(json!("4915550002"), json!("US.CANARY2")), full]));
        assert!(named && found == ["US.CANARY1", "4915550001"]);
    }
    // A contact that says another user id is another person.
    let (found, named) = ids(both, json!([contact(json!("4915550001"), json!("US.CANARY2"))]));
    assert!(!named && found == ["US.CANARY1", "4915550001"]);
    // Contacts that cannot be read take nothing with them; nor does nobody's contact give an id.
    let (found, named) =
        ids(same, json!([7, { "profile": 7 }, {}, contact(Json::Null, Json::Null)]));
    assert!(!named && found == ["4915550001"]);
    let (found, _) =
        ids(|message| drop(message.as_object_mut().unwrap().remove("from")), json!([full]));
    assert!(found.is_empty());
}

#[test]
fn a_bad_message_takes_no_other_with_it() {
    let long = "1".repeat(257);
    let spoil: [fn(&mut Json); 9] = [
        |message| drop(message.as_object_mut().unwrap().remove("from")),
        |message| drop(message.as_object_mut().unwrap().remove("id")),
        |message| drop(message.as_object_mut().unwrap().remove("timestamp")),
        |message| message["timestamp"] = json!("soon"),
        |message| message["from"] = json!({}),
        |message| message["from"] = json!(""),
        |message| message["id"] = json!(""),
        |message| message["text"] = json!({ "body": [] }),
        |message| *message = json!("CANARY"),
    ];
    for (index, spoil) in spoil.into_iter().enumerate() {
        let mut messages = [text_message(1), text_message(2), text_message(3)];
        spoil(&mut messages[1]);
        let body = body_of("messages", json!({ "messages": messages })).to_string();
        let events = events(body.as_bytes());
        let expected = ["text from WaId", "unreadable message", "text from WaId"];
        assert_eq!(outline(&events), expected, "row {index}");
        let Event::Unreadable(unreadable) = &events[1] else { panic!("readable") };
        let bad = messages[1].to_string();
        assert_eq!(body.find(&bad), Some(unreadable.offset), "row {index}");
    }
    assert_eq!(outline(&message_with(|one| one["from"] = json!(long))), ["unreadable message"]);
}

#[test]
fn kinds_that_the_machine_does_not_know_go_to_a_person() {
    for kind in [
        "image",
        "video",
        "audio",
        "voice",
        "document",
        "sticker",
        "location",
        "contacts",
        "button",
        "interactive",
        "order",
        "unsupported",
        "unknown",
        "edit",
    ] {
        let events = message_with(|message| message["type"] = json!(kind));
        assert_eq!(outline(&events), [format!("{kind} from WaId")]);
    }
    for kind in ["reaction", "system", "request_welcome"] {
        // These need no sender.
        let events = message_with(|message| *message = json!({ "type": kind }));
        assert_eq!(outline(&events), [format!("ignored {kind}")]);
    }
    // The name of a kind is not sealed, so it must be none that somebody could have chosen.
    for unheard_of in ["brand_new", "CANARY 4915550001", "ä", "", "TEXT"] {
        let events = message_with(|message| message["type"] = json!(unheard_of));
        assert_eq!(outline(&events), ["unknown from WaId"]);
    }
    for other in [Json::Null, json!(7)] {
        let events = message_with(|message| message["type"] = other.clone());
        assert_eq!(outline(&events), ["unknown from WaId"]);
    }
    let events = message_with(|message| message["group_id"] = json!("CANARY"));
    assert_eq!(outline(&events), ["group from WaId"]);
}

#[test]
fn own_messages_are_not_answered() {
    for own in ["4915550001", "+49 155-50001"] {
        let metadata = json!({ "display_phone_number": own, "phone_number_id": OWN });
        let messages = json!([text_message(1)]);
        let events = events_of("messages", json!({ "metadata": metadata, "messages": messages }));
        assert_eq!(outline(&events), ["ignored own_echo"]);
    }
    let echo = json!({ "from": "15550783881", "to": "4915550001", "id": "wamid.CANARY1",
        "timestamp": "1", "type": "text", "text": { "body": "CANARY" } });
    let mut ours = echo.clone();
    ours["biz_opaque_callback_data"] = json!("token-1");
    let events = events_of("smb_message_echoes", json!({ "message_echoes": [echo, ours] }));
    assert_eq!(outline(&events), ["spoken by somebody", "spoken token-1"]);
}

#[test]
fn receipts_are_told_by_their_opaque_field() {
    let status = |change: Json| {
        let mut status =
            json!({ "id": "wamid.CANARY1", "status": "sent", "biz_opaque_callback_data": "t" });
        status.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        outline(&events_of("messages", json!({ "statuses": [status] }))).remove(0)
    };
    for taken in ["sent", "delivered", "read", "played"] {
        assert_eq!(status(json!({ "status": taken })), "Taken t");
    }
    let failed = |errors: Json| status(json!({ "status": "failed", "errors": errors }));
    assert_eq!(failed(json!([{ "code": 131_026 }])), "Failed { code: Some(131026) } t");
    assert_eq!(failed(json!([{ "code": "131026" }])), "Failed { code: Some(131026) } t");
    for without in [Json::Null, json!([]), json!("CANARY"), json!([{}])] {
        assert_eq!(failed(without), "Failed { code: None } t");
    }
    for other in [
        json!({ "biz_opaque_callback_data": null }),
        json!({ "status": "brand_new" }),
        json!({ "status": null }),
        json!({ "id": null }),
    ] {
        assert_eq!(status(other), "ignored status");
    }
    assert_eq!(status(json!({ "status": [] })), "unreadable message");
}

#[test]
fn an_account_of_somebody_else_is_not_believed() {
    for (id, served) in [
        (json!(OWN), true),
        (json!(106_540_352_242_922_u64), true),
        (json!("206540352242922"), true),
        // Another app of the brand; another brand; unknown; missing.
        (json!("306540352242922"), false),
        (json!("406540352242922"), false),
        (json!("999"), false),
        (Json::Null, false),
    ] {
        let metadata = json!({ "phone_number_id": id });
        let messages = json!([text_message(1), text_message(2)]);
        let events = events_of("messages", json!({ "metadata": metadata, "messages": messages }));
        let expected: &[&str] = if served {
            &["text from WaId", "text from WaId"]
        } else {
            &["unreadable foreign_account"]
        };
        assert_eq!(outline(&events), expected);
    }
}

#[test]
fn other_fields_are_ignored_by_name() {
    for field in ["account_update", "calls"] {
        let events = events_of(field, json!({ "event": "CANARY", "errors": 7, "contacts": "x" }));
        assert_eq!(outline(&events), [format!("ignored {field}")]);
    }
    for field in ["user_preferences", "user_id_update"] {
        assert_eq!(
            outline(&events_of(field, json!({ "errors": 7 }))),
            [format!("ignored {field}")]
        );
    }
    let events = events_of("messages", json!({ "errors": [{ "code": 130_429 }] }));
    assert_eq!(outline(&events), ["ignored errors"]);
}

#[test]
fn odd_envelopes_still_become_events() {
    let envelope = |rest: &str| format!(r#"{{"object":"whatsapp_business_account"{rest}}}"#);
    for (body, expected) in [
        (envelope(""), "ignored empty"),
        (envelope(r#","entry":null"#), "ignored empty"),
        (envelope(r#","entry":[]"#), "ignored empty"),
        (envelope(r#","entry":[{}]"#), "ignored empty"),
        (envelope(r#","entry":[{"changes":[]}]"#), "ignored empty"),
        (envelope(r#","entry":[{"changes":[{}]}]"#), "ignored unknown"),
        (envelope(r#","entry":[{"changes":[{"field":"messages"}]}]"#), "ignored empty"),
        (
            envelope(r#","entry":[{"changes":[{"field":"messages","value":[]}]}]"#),
            "unreadable envelope",
        ),
        (envelope(r#","entry":[{"changes":[{"field":"messages","value":{}}]}]"#), "ignored empty"),
        (
            envelope(r#","entry":[{"changes":[{"field":"messages","value":7}]}]"#),
            "unreadable envelope",
        ),
        (envelope(r#","entry":[7]"#), "unreadable envelope"),
        (envelope(r#","entry":[{"changes":[7]}]"#), "unreadable envelope"),
        (envelope(r#","entry":7"#), "unreadable envelope"),
        (envelope(r#","entry":[]} {"#), "unreadable envelope"),
        (r#"{"object":"page","entry":[7]}"#.to_owned(), "ignored object"),
        (r#"{"entry":[]}"#.to_owned(), "unreadable envelope"),
        ("[]".to_owned(), "unreadable envelope"),
        (String::new(), "unreadable envelope"),
        ("CANARY".to_owned(), "unreadable envelope"),
        ("\u{feff}{}".to_owned(), "unreadable envelope"),
    ] {
        assert_eq!(outline(&events(body.as_bytes())), [expected], "{}", body.len());
    }
}

#[test]
fn it_says_where_reading_stopped() {
    let place = |body: &[u8]| match events(body).remove(0) {
        Event::Unreadable(unreadable) => (unreadable.kind, unreadable.offset),
        _ => panic!("readable"),
    };
    assert_eq!(place(b"{\"a\":\"\xff\"}"), (UnreadableKind::NotUtf8, 6));
    assert_eq!(place(b"{\n \"object\": x}"), (UnreadableKind::Envelope, 14));
    assert_eq!(place(b"{"), (UnreadableKind::Envelope, 1));
}

#[test]
fn escapes_are_undone_once() {
    let text = |escaped: &str| {
        let body = body_of("messages", json!({ "messages": [text_message(1)] })).to_string();
        let mut events = events(body.replace("CANARY 1", escaped).as_bytes());
        match events.remove(0) {
            Event::Message(inbound) => match inbound.content {
                Content::Text(text) | Content::Pressed { words: text, .. } => {
                    Some(text.into_revealed())
                }
                Content::Other { .. } => None,
            },
            _ => None,
        }
    };
    let read = text(r"CANARY \u00e4\u00f6 \ud83d\ude00 a\/b \\u00e4 \u0000 {{x}}");
    assert!(read.as_deref() == Some("CANARY äö 😀 a/b \\u00e4 \0 {{x}}"));
    assert!(text("CANARY äö").as_deref() == Some("CANARY äö"));
    // Half of a pair is no character.
    assert!(text(r"CANARY \ud83d").is_none());
}

#[test]
fn depth_and_number_break_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let value = format!(r#"{{"messages":[{{"type":"image","image":{deep}}}]}}"#);
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{{"field":"messages","value":{value}}}]}}]}}"#
    );
    assert_eq!(events(body.as_bytes()).len(), 1);
    assert_eq!(outline(&events(deep.as_bytes())), ["unreadable envelope"]);

    let messages: Vec<_> = (0..1_500).map(text_message).collect();
    let events = events_of("messages", json!({ "messages": messages }));
    assert_eq!(events.len(), 1_500);
    assert!(events.iter().all(|event| matches!(event, Event::Message(_))));
}

#[test]
fn no_cut_or_changed_byte_makes_it_lose_everything() {
    for end in 0..BATCH.len() {
        assert!(!events(&BATCH.as_bytes()[..end]).is_empty());
    }
    for index in (0..BATCH.len()).step_by(3) {
        for byte in [b'"', b'{', b'7', 0xff] {
            let mut body = BATCH.as_bytes().to_vec();
            body[index] = byte;
            assert!(!events(&body).is_empty());
        }
    }
}
