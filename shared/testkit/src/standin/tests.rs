use std::sync::Arc;

use bytes::Bytes;
use forthright_channels as channels;
use forthright_core::{
    Account, Accounts, Channel,
    event::{Content, Event, ReceiptOutcome},
    offer::Choice,
    outbound::{Authored, Obstacle, Outbound, SendOutcome},
};

use super::*;

fn stand_in() -> Arc<StandIn> {
    let account = StandInAccount {
        channel: Channel::WhatsApp,
        id: "106540352242922".to_owned(),
        api_version: "v25.0".to_owned(),
        app_secret: Secret::from("app"),
        access_token: Secret::from("token"),
    };
    let clock = Clock::new(|| Time::from_seconds(1_749_416_383), |_| std::future::ready(()));
    Arc::new(StandIn::new(account, clock))
}

fn account() -> Account {
    crate::account(Channel::WhatsApp, "106540352242922")
}

fn customer(wa_id: Option<&str>, user_id: Option<&str>) -> Customer {
    Customer::on_whatsapp(wa_id, user_id, "CANARY Ännä")
}

fn composed(to: &Customer, text: &str) -> Request {
    let text = Outbound::Person(Authored::by_agent(text.into()));
    let (to, is_after_window) = (to.ids(), false);
    let sending = channels::Sending { to: &to, text: &text, opaque: "opaque-1", is_after_window };
    channels::compose(&account(), &sending).unwrap()
}

fn events(delivery: Request) -> Vec<Event> {
    let (head, body) = delivery.into_parts();
    let secrets = [Secret::from("app")];
    let verified = channels::verify(Channel::WhatsApp, &secrets, &head.headers, body).unwrap();
    channels::parse(&verified, &account(), &Accounts::new(vec![account()])).collect()
}

fn outcome(stand_in: &StandIn, request: &Request) -> SendOutcome {
    channels::classify(Channel::WhatsApp, &stand_in.receive(request))
}

#[test]
fn what_it_delivers_is_signed_and_read() {
    let stand_in = stand_in();
    for (from, ids) in [
        (customer(Some("4915550001"), None), 1),
        (customer(None, Some("US.CANARY1")), 1),
        (customer(Some("4915550001"), Some("US.CANARY1")), 2),
    ] {
        let delivery = stand_in.deliver_text(&from, "CANARY ä/ö 😀", "wamid.CANARYin", 17);
        assert_eq!(delivery.uri(), "/webhooks/whatsapp/106540352242922");
        assert!(delivery.body().is_ascii());
        let events = events(delivery);
        let [Event::Message(inbound)] = events.as_slice() else { panic!("one message") };
        assert!(inbound.ids == from.ids());
        assert_eq!(inbound.ids.len(), ids);
        assert!(inbound.name == Some(from.name));
        assert!(inbound.content == Content::Text("CANARY ä/ö 😀".into()));
        assert_eq!(inbound.platform_at, Time::from_seconds(17));
    }
    let incoming = |number: i64| Incoming {
        from: customer(Some("4915550001"), None),
        text: "CANARY".into(),
        id: format!("wamid.CANARY{number}").as_str().into(),
        at_seconds: number,
    };
    let batch: Vec<_> = (0..3).map(incoming).collect();
    assert_eq!(events(stand_in.deliver(&batch)).len(), 3);
}

#[test]
fn what_is_composed_is_taken_and_told_of() {
    let stand_in = stand_in();
    let person = customer(Some("4915550001"), Some("US.CANARY1"));
    drop(stand_in.deliver_text(&person, "CANARY question", "wamid.CANARYin", 1));
    for to in [person.clone(), customer(None, Some("US.CANARY1"))] {
        let outcome = outcome(&stand_in, &composed(&to, "CANARY answer"));
        let id = stand_in.sent().pop().unwrap().id;
        assert!(outcome == SendOutcome::Accepted { platform_message_id: id });
    }
    let sent = stand_in.sent();
    assert_eq!((sent.len(), stand_in.sent_count()), (2, 2));
    assert!(sent[0].id != sent[1].id && sent[0].text == "CANARY answer".into());
    assert_eq!(sent[0].opaque.as_deref(), Some("opaque-1"));

    let lines = stand_in.conversation(&person);
    let from: Vec<_> = lines.iter().map(|line| line.from_customer).collect();
    assert_eq!(from, [true, false, false]);
    assert!(stand_in.conversation(&customer(Some("4915550002"), None)).is_empty());

    for (status, expected) in [
        ("delivered", ReceiptOutcome::Taken),
        ("failed", ReceiptOutcome::Failed { code: Some(131_026) }),
    ] {
        let events = events(stand_in.status(&sent[1], status).unwrap());
        let [Event::Receipt(receipt)] = events.as_slice() else { panic!("one receipt") };
        assert_eq!((receipt.outcome, receipt.opaque.as_deref()), (expected, Some("opaque-1")));
        assert!(receipt.platform_message_id == sent[1].id);
    }
}

#[test]
fn what_is_wrong_is_refused_as_documented() {
    let stand_in = stand_in();
    let right = composed(&customer(Some("4915550001"), None), "CANARY");
    let changed = |change: &dyn Fn(&mut Request)| {
        let mut request = right.clone();
        change(&mut request);
        outcome(&stand_in, &request)
    };
    let body = |change: &dyn Fn(&mut serde_json::Value)| {
        changed(&|request| {
            let mut json = serde_json::from_slice(request.body()).unwrap();
            change(&mut json);
            *request.body_mut() = Bytes::from(json.to_string());
        })
    };
    let refused =
        |code| SendOutcome::RefusedForGood { code: Some(code), obstacle: Obstacle::Other };
    let token = changed(&|request| drop(request.headers_mut().remove("authorization")));
    assert_eq!(token, SendOutcome::TokenInvalid);
    let token = changed(&|request| {
        request.headers_mut().insert("authorization", http::HeaderValue::from_static("Bearer x"));
    });
    assert_eq!(token, SendOutcome::TokenInvalid);
    for (path, code) in [("/v24.0/106540352242922/messages", 100), ("/v25.0/1/messages", 100)] {
        assert_eq!(changed(&|request| *request.uri_mut() = path.parse().unwrap()), refused(code));
    }
    assert_eq!(changed(&|request| *request.method_mut() = http::Method::GET), refused(100));
    assert_eq!(changed(&|request| request.headers_mut().clear()), SendOutcome::TokenInvalid);
    let type_gone = changed(&|request| drop(request.headers_mut().remove("content-type")));
    assert_eq!(type_gone, refused(100));
    assert_eq!(changed(&|request| *request.body_mut() = Bytes::from_static(b"{")), refused(100));
    for (name, value, code) in [
        ("messaging_product", "telegram".into(), 100),
        ("recipient_type", "group".into(), 100),
        ("type", "image".into(), 100),
        ("unheard_of", 1.into(), 100),
        ("to", "+49 CANARY".into(), 131_009),
        ("to", "4".repeat(16).into(), 131_009),
        ("to", serde_json::Value::Null, 131_008),
        ("text", serde_json::Value::Null, 131_008),
        ("biz_opaque_callback_data", "x".repeat(513).into(), 100),
    ] {
        assert_eq!(body(&|json| json[name] = value.clone()), refused(code), "{name}");
    }
    for (text, code) in [(String::new(), 131_009), ("😀".repeat(4_097), 131_009)] {
        assert_eq!(body(&|json| json["text"]["body"] = text.clone().into()), refused(code));
    }
    assert!(stand_in.sent().is_empty());
    assert!(matches!(
        body(&|json| json["text"]["body"] = "😀".repeat(4_096).into()),
        SendOutcome::Accepted { .. }
    ));
}

#[test]
fn a_conversation_shows_how_far_each_message_is_and_what_was_pressed() {
    let stand_in = stand_in();
    let person = customer(Some("4915550001"), None);
    let other = customer(Some("4915550002"), None);
    drop(stand_in.deliver_text(&person, "CANARY question", "wamid.CANARYin", 1));
    assert!(matches!(
        outcome(&stand_in, &composed(&person, "CANARY answer")),
        SendOutcome::Accepted { .. }
    ));
    let offer = Offer { choice: Choice::Person, title: "CANARY press".to_owned() };
    assert_eq!(events(stand_in.presses(&person, &offer, "wamid.CANARYpressed")).len(), 1);
    let marks = || {
        let lines = stand_in.conversation(&person);
        lines.iter().map(|line| (line.from_customer, line.mark)).collect::<Vec<_>>()
    };
    assert_eq!(marks(), [(true, Mark::Sent), (false, Mark::Sent), (true, Mark::Sent)]);
    assert!(stand_in.conversation(&person)[2].text == "CANARY press".into());

    stand_in.took(&"wamid.CANARYin".into());
    assert!(stand_in.mark(Some(&other), Mark::Read).is_empty());
    let delivered = stand_in.mark(None, Mark::Delivered);
    assert!(delivered == stand_in.sent(), "each is told of once");
    assert!(stand_in.mark(None, Mark::Delivered).is_empty());
    assert_eq!(marks(), [(true, Mark::Delivered), (false, Mark::Delivered), (true, Mark::Sent)]);
    assert_eq!(stand_in.mark(Some(&person), Mark::Read).len(), 1);
    assert!(stand_in.mark(Some(&person), Mark::Delivered).is_empty(), "nothing goes back");
}

#[tokio::test]
async fn it_misbehaves_on_command_and_then_behaves() {
    let stand_in = stand_in();
    let person = customer(Some("4915550001"), None);
    stand_in.script(vec![
        Behaviour::AcceptThenDrop,
        Behaviour::RefuseConnection,
        Behaviour::RateLimit { retry_after: Some(7) },
        Behaviour::ServerError { html: true },
        Behaviour::ServerError { html: false },
        Behaviour::GraphError { status: 400, code: 131_047 },
        Behaviour::TokenExpired,
        Behaviour::Malformed200,
    ]);
    let call = || stand_in.exchange(composed(&person, "CANARY"));
    assert!(matches!(call().await, Err(ExchangeFault::Unknown(_))));
    assert_eq!(stand_in.sent_count(), 1);
    assert!(matches!(call().await, Err(ExchangeFault::NotSent(_))));
    let mut outcomes = Vec::new();
    for _ in 0..6 {
        outcomes.push(channels::classify(Channel::WhatsApp, &call().await.unwrap()));
    }
    let retry_after = Some(std::time::Duration::from_secs(7));
    assert_eq!(
        outcomes,
        [
            SendOutcome::RefusedForNow { retry_after, is_accounts: true },
            SendOutcome::Unknown,
            SendOutcome::Unknown,
            SendOutcome::RefusedForGood { code: Some(131_047), obstacle: Obstacle::Window },
            SendOutcome::TokenInvalid,
            SendOutcome::Unknown,
        ]
    );
    // Two of them took the message without saying so.
    assert_eq!(stand_in.sent_count(), 2);
    assert!(matches!(
        outcome(&stand_in, &composed(&person, "CANARY")),
        SendOutcome::Accepted { .. }
    ));

    stand_in.script(vec![Behaviour::AcceptThenDrop]);
    assert!(stand_in.receive_or_drop(&composed(&person, "CANARY")).is_none());
    assert_eq!(stand_in.sent_count(), 4);
}

#[test]
fn a_renewed_token_is_the_only_right_one() {
    let stand_in = stand_in();
    let request = composed(&customer(Some("4915550001"), None), "CANARY");
    stand_in.renew_token(Secret::from("token 2"));
    assert_eq!(outcome(&stand_in, &request), SendOutcome::TokenInvalid);
    stand_in.renew_token(Secret::from("token"));
    assert!(matches!(outcome(&stand_in, &request), SendOutcome::Accepted { .. }));
    assert!(stand_in.newest_sent() == stand_in.sent().pop());
}

#[test]
fn its_memory_is_bounded() {
    let stand_in = stand_in();
    let request = composed(&customer(Some("4915550001"), None), "CANARY");
    for _ in 0..KEPT_MAX + 5 {
        assert_eq!(stand_in.receive(&request).status(), 200);
    }
    assert_eq!((stand_in.sent().len(), stand_in.sent_count()), (KEPT_MAX, 1_005));
    assert!(stand_in.sent()[0].id == "wamid.CANARY6".into());
}
