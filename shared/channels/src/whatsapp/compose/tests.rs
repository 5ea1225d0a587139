use forthright_core::{
    Channel, Personal, Secret,
    offer::{Choice, Offer, Rating},
    outbound::{Authored, Outbound, Placement, Rendered, Statement, disclose},
};
use serde_json::Value;

use super::*;

fn account() -> Account {
    Account {
        access_token: Secret::from("token-CANARY"),
        ..forthright_testkit::account(Channel::WhatsApp, "106540352242922")
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

fn made(
    account: &Account,
    to: &[PlatformId],
    text: &Outbound,
    opaque: &str,
) -> Result<Request, ComposeError> {
    compose(account, &Sending { to, text, opaque, is_after_window: false })
}

fn to_phone(text: &str, opaque: &str) -> Result<Request, ComposeError> {
    made(&account(), &[phone("4915550001")], &written(text), opaque)
}

fn body_of(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn the_phone_is_taken_before_the_user_id() {
    let to = |ids: &[PlatformId]| {
        let request = made(&account(), ids, &written("CANARY"), "")?;
        let body = body_of(&request);
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
        made(&account, &[phone("4915550001")], &written("CANARY"), "")
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

#[test]
fn a_text_that_is_too_long_for_buttons_goes_without_them() {
    let statement =
        Statement { full: "I am a machine, not a person.".into(), short: "Bot.".into() };
    let kind_of = |chars: usize, count: usize| {
        let body = "a".repeat(chars - statement.full.len() - 2);
        let rendered = Rendered { full: body.as_str().into(), short: None };
        let text = disclose(&rendered, &statement, Placement::PrefixFirst, TEXT_LIMIT).unwrap();
        let offer = |one| Offer { choice: Choice::Rating(one), title: one.number().to_string() };
        let all = Rating::ALL.map(offer).into_iter().cycle().take(count).collect();
        let offers = Offers { label: "Rate".to_owned(), all };
        let text = Outbound::Machine(text.offering(Some(offers)));
        let body = body_of(&made(&account(), &[phone("4915550001")], &text, "").unwrap());
        body["interactive"]["type"].as_str().unwrap_or("text").to_owned()
    };
    for (chars, count, kind) in [
        (1_024, 3, "button"),
        (1_024, 4, "list"),
        (1_024, 10, "list"),
        (1_024, 11, "text"),
        (1_024, 0, "text"),
        (1_025, 3, "text"),
        (1_025, 4, "text"),
    ] {
        assert_eq!(kind_of(chars, count), kind, "{chars} {count}");
    }
}
