//! What concerns a person is sealed wherever it lies, and shown nowhere.

use data_encoding::{BASE64, HEXUPPER};
use forthright_core::{
    Hint, PlatformId,
    event::{Content, Inbound},
    ids::IdKind,
    ledger::Export,
    table::{Attribute, Item, Key, Retention, Value},
};
use forthright_testkit::canary;
use http::Method;
use serde_json::json;

use crate::desk::{Desk, ORDER, ada, bea, customer};

fn tells(text: &[u8]) -> bool {
    canary::find(text).is_some()
}

/// The places in a row that tell about a person.
pub(crate) fn leaks(row: &Item) -> Vec<String> {
    let kind = row.key.partition.split('#').next().unwrap_or_default();
    let mut leaks = Vec::new();
    for part in [&row.key.partition, &row.key.sort] {
        if tells(part.as_bytes()) {
            leaks.push(format!("{kind}: key"));
        }
    }
    for (attribute, value) in &row.attributes {
        let told = match value {
            Value::Text(text) => tells(text.as_bytes()),
            Value::Bytes(bytes) => tells(bytes),
            Value::Number(number) => tells(number.to_string().as_bytes()),
        };
        if told {
            leaks.push(format!("{kind}: {}", attribute.name()));
        }
    }
    leaks
}

/// A desk at which everything there is was done once.
async fn busy() -> Desk {
    let desk = Desk::new();
    let cem = customer(Some("4915550000003"), Some("US.CANARY3"), "CANARY Cem");
    desk.serves(&ada(), ORDER).await;
    desk.serves(&bea(), "agent").await;
    let case = desk.cases().await[0]["case"].as_str().unwrap().to_owned();
    let path = format!("/api/cases/{case}/answer");
    desk.api(Method::POST, &path, json!({ "text": "CANARY hello" })).await;
    desk.pump().await;
    desk.serves(&cem, "STOP").await;
    desk.serves(&cem, ORDER).await;
    let unreadable = desk.line.stand_in.deliver_body(b"CANARY 4915550000001"[..].into());
    desk.ask(unreadable).await;
    desk.request("access", "4915550000001").await;
    desk.request("erasure", "4915550000003").await;
    desk.hears(&ada(), ORDER).await;
    desk
}

#[tokio::test]
async fn no_row_tells_about_a_person() {
    let desk = busy().await;
    let rows = desk.memory.rows();
    assert!(rows.len() > 15);
    let found: Vec<_> = rows.iter().flat_map(leaks).collect();
    assert!(found.is_empty(), "{found:?}");
    let sealed = rows.iter().flat_map(|row| row.attributes.keys());
    let sealed = sealed.filter(|one| one.retention() == Retention::Subject).count();
    assert!(sealed >= 8, "what was said lies there, sealed");
}

#[tokio::test]
async fn no_hint_tells_about_a_person() {
    let desk = Desk::new();
    desk.hears(&ada(), ORDER).await;
    desk.hears(&bea(), "agent").await;
    let mut seen = 0;
    while let Some(hint) = desk.tray.next() {
        let bytes = serde_json::to_vec(&hint).unwrap();
        assert!(!tells(&bytes) && !tells(format!("{hint:?}").as_bytes()));
        seen += 1;
        desk.deliver(hint).await;
    }
    assert!(seen >= 5);
}

#[test]
fn a_row_that_tells_is_found() {
    let row =
        |value: &str| Item::new(Key::data("T#1".to_owned(), "-")).text(Attribute::Remark, value);
    for told in
        [ORDER.to_owned(), HEXUPPER.encode(ORDER.as_bytes()), BASE64.encode(ORDER.as_bytes())]
    {
        assert_eq!(leaks(&row(&told)), ["T: remark"]);
    }
    let sealed = row("-").bytes(Attribute::Sealed, ORDER.into());
    assert_eq!(leaks(&sealed), ["T: sealed"]);
    assert_eq!(leaks(&Item::new(Key::data(format!("T#{ORDER}"), "-"))), ["T: key"]);
    assert!(leaks(&row("delivered")).is_empty());
}

#[tokio::test]
async fn what_ledgers_open_shows_nothing_of_it() {
    let desk = Desk::new();
    desk.hears(&ada(), ORDER).await;
    let Some(Hint::Inbound(message)) = desk.tray.next() else {
        panic!("a message brings a hint to decide it");
    };
    let opened = desk.bundle.intent.inbox.open(&message).await.unwrap().unwrap();
    assert!(opened.text().is_some());
    assert!(!tells(format!("{opened:?}").as_bytes()));
    desk.deliver(Hint::Inbound(message)).await;
    let Some(Hint::Outbound(task)) = desk.tray.next() else {
        panic!("a decision brings a hint to send");
    };
    let due = desk.bundle.reply.replies.open(&task).await.unwrap().unwrap();
    assert!(!due.ids.is_empty() && !tells(format!("{due:?}").as_bytes()));

    let rights = &desk.bundle.privacy.rights;
    let subject = rights.locate(desk.at(), "4915550000001").await.unwrap();
    let export: Export = rights.export(desk.brand(), &subject).await.unwrap();
    assert_eq!(export.messages.len(), 1);
    assert!(!tells(format!("{export:?}").as_bytes()));
    let inbound = Inbound {
        at: desk.at().clone(),
        ids: vec![PlatformId::parse(IdKind::WaId, "4915550000001").unwrap()],
        name: Some("CANARY Ada".into()),
        platform_message_id: "wamid.CANARY".into(),
        platform_at: desk.time.now(),
        content: Content::Text(ORDER.into()),
    };
    assert!(!tells(format!("{inbound:?}").as_bytes()));
    for shown in [format!("{:?}", desk.served.accounts), format!("{:?}", desk.bundle.webhook)] {
        assert!(!tells(shown.as_bytes()));
    }
}
