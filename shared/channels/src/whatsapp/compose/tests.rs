use forthright_core::{
    Channel, Personal, Secret,
    ids::Address,
    outbound::{Authored, Placement, Rendered, Statement, disclose},
};
use http::Method;
use serde_json::{Value, json};

use super::*;

fn account() -> Account {
    Account {
        at: Address {
            brand: "acme".parse().unwrap(),
            channel: Channel::WhatsApp,
            account: "106540352242922".parse().unwrap(),
        },
        api_base: "https://graph.facebook.com".to_owned(),
        api_version: "v25.0".to_owned(),
        app_secrets: vec![Secret::from("secret")],
        verify_token: Secret::from("verify"),
        access_token: Secret::from("token-CANARY"),
    }
}

fn phone(value: &str) -> PlatformId {
    PlatformId { kind: IdKind::WaId, value: value.into() }
}

fn user(value: &str) -> PlatformId {
    PlatformId { kind: IdKind::UserId, value: value.into() }
}

fn written(text: &str) -> Outbound {
    Outbound::Person(Authored::by_agent(Personal::from(text)))
}

fn to_phone(text: &str, opaque: &str) -> Result<Request, ComposeError> {
    compose(&account(), &[phone("4915550001")], &written(text), opaque)
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn a_request_is_what_the_platform_documents() {
    let request = to_phone("CANARY hello \"you\"", "opaque-1").unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://graph.facebook.com/v25.0/106540352242922/messages");
    assert_eq!(request.headers()["content-type"], "application/json");
    assert!(request.headers()["authorization"] == "Bearer token-CANARY");
    assert!(!format!("{:?}", request.headers()).contains("CANARY"));
    let expected = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "4915550001",
        "type": "text",
        "text": { "preview_url": false, "body": "CANARY hello \"you\"" },
        "biz_opaque_callback_data": "opaque-1",
    });
    assert!(body(&request) == expected);
}

#[test]
fn the_phone_is_taken_before_the_user_id() {
    let to = |ids: &[PlatformId]| {
        let request = compose(&account(), ids, &written("CANARY"), "")?;
        let body = body(&request);
        let id = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Ok::<_, ComposeError>((id("to"), id("recipient")))
    };
    let both = to(&[user("US.CANARY1"), phone("4915550001")]).unwrap();
    assert!(both == ("4915550001".to_owned(), String::new()));
    let only_user = to(&[user("US.CANARY1")]).unwrap();
    assert!(only_user == (String::new(), "US.CANARY1".to_owned()));
    let odd_phone = to(&[user("US.CANARY1"), phone("+49 CANARY")]).unwrap();
    assert!(odd_phone == (String::new(), "US.CANARY1".to_owned()));
    for none in [&[][..], &[phone("CANARY")], &[phone("")], &[user("")]] {
        assert!(to(none).is_err_and(|why| why == ComposeError::NoRecipient));
    }
}

#[test]
fn a_text_is_sent_whole_or_not_at_all() {
    // One character each: plain, outside the basic plane, and a letter with a combining mark as two.
    for (unit, characters) in [("a", 1), ("😀", 1), ("e\u{301}", 2)] {
        let longest = unit.repeat(4_096 / characters);
        for text in [longest.clone(), longest.chars().skip(1).collect()] {
            let request = to_phone(&text, "").unwrap();
            assert!(body(&request)["text"]["body"] == text.as_str());
        }
        let longer = format!("{longest}a");
        assert_eq!(to_phone(&longer, "").err(), Some(ComposeError::TooLong));
    }
    assert_eq!(to_phone("", "").err(), Some(ComposeError::Empty));
}

#[test]
fn a_machines_text_keeps_its_disclosure() {
    let statement =
        Statement { full: "I am a machine, not a person.".into(), short: "Bot.".into() };
    let rendered = Rendered { full: "CANARY answer".into(), short: None };
    let text = disclose(&rendered, &statement, Placement::PrefixFirst, TEXT_LIMIT).unwrap();
    let request =
        compose(&account(), &[phone("4915550001")], &Outbound::Machine(text), "").unwrap();
    let text = body(&request)["text"]["body"].as_str().unwrap().to_owned();
    assert!(text.starts_with("I am a machine, not a person.\n\n"));
}

#[test]
fn the_opaque_field_has_its_limit() {
    assert!(to_phone("CANARY", &"ü".repeat(512)).is_ok());
    let outcome = to_phone("CANARY", &"ü".repeat(513));
    assert_eq!(outcome.err(), Some(ComposeError::OpaqueTooLong));
}

#[test]
fn an_account_that_cannot_be_called_is_refused() {
    let changed = |change: fn(&mut Account)| {
        let mut account = account();
        change(&mut account);
        compose(&account, &[phone("4915550001")], &written("CANARY"), "")
            .map(|request| request.uri().to_string())
    };
    assert_eq!(
        changed(|account| account.api_base = "http://127.0.0.1:9000/".to_owned()).as_deref(),
        Ok("http://127.0.0.1:9000/v25.0/106540352242922/messages")
    );
    let refused: [fn(&mut Account); 7] = [
        |account| account.api_base = String::new(),
        |account| account.api_base = "graph.facebook.com".to_owned(),
        |account| account.api_base = "https://graph.facebook.com?x=".to_owned(),
        |account| account.api_version = String::new(),
        |account| account.api_version = "v25.0/../v1".to_owned(),
        |account| account.access_token = Secret::from(""),
        |account| account.access_token = Secret::from("a\nb"),
    ];
    for change in refused {
        assert_eq!(changed(change), Err(ComposeError::Account));
    }
}
