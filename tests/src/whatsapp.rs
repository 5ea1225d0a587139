//! A webhook body of WhatsApp, behind a right signature: each part of it becomes one event, and each event is within its
//! limits.
//!
//! An input that begins with a brace is a body; any other is made into one, byte by byte.

mod made;

use std::sync::LazyLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_channels::{
    KIND_CHARS_MAX, MESSAGE_ID_BYTES_MAX, NAME_BYTES_MAX, OPAQUE_CHARS_MAX, TEXT_BYTES_MAX,
    Verified, parse, verify,
};
use forthright_core::{
    Account, Accounts, Channel, Secret,
    event::{Content, Event, Inbound},
    ids::{Address, IdKind, PLATFORM_ID_BYTES_MAX},
};
use http::{HeaderMap, HeaderValue};

use crate::{
    json::{Json, Misfit},
    signing,
};

const SECRET: &str = "app secret of no account";
const OWN: &str = "106540352242922";
const SIBLING: &str = "206540352242922";
const OF_ANOTHER_APP: &str = "306540352242922";
const OF_ANOTHER_BRAND: &str = "406540352242922";

static ACCOUNTS: LazyLock<Accounts> = LazyLock::new(|| {
    Accounts::new(vec![
        account("acme", OWN, SECRET),
        account("acme", SIBLING, SECRET),
        account("acme", OF_ANOTHER_APP, "another app secret"),
        account("other", OF_ANOTHER_BRAND, SECRET),
    ])
});

fn account(brand: &str, id: &str, secret: &str) -> Account {
    let mut account = forthright_testkit::account(Channel::WhatsApp, id);
    account.at.brand = brand.parse().expect("a name");
    account.app_secrets = vec![Secret::from(secret)];
    account
}

/// Checks one input.
pub fn check(input: &[u8]) {
    if input.starts_with(b"{") {
        checked(input);
    } else {
        checked(made::body(input).as_bytes());
    }
}

fn checked(bytes: &[u8]) {
    let body = verified(bytes);
    let own = ACCOUNTS.find(Channel::WhatsApp, OWN).expect("the account");
    let events: Vec<_> = parse(&body, own, &ACCOUNTS).collect();
    assert!(!events.is_empty(), "a body says nothing at all");
    assert!(
        parse(&body, own, &ACCOUNTS).eq(events.iter().cloned()),
        "it depends on something else"
    );
    for event in &events {
        is_within_limits(event, bytes.len());
    }
    if let Ok(json) = serde_json::from_slice(bytes) {
        let parts = parts_of(&json).unwrap_or(1).max(1);
        assert!(events.len() == parts, "a part of a body is lost, or counted twice");
    }
}

fn verified(bytes: &[u8]) -> Verified {
    let value = format!("sha256={}", HEXLOWER.encode(&signing::mac(SECRET.as_bytes(), bytes)));
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", HeaderValue::try_from(value).expect("a header"));
    let secrets = [Secret::from(SECRET)];
    let bytes = Bytes::copy_from_slice(bytes);
    verify(Channel::WhatsApp, &secrets, &headers, bytes).expect("a right signature is refused")
}

fn is_within_limits(event: &Event, bytes: usize) {
    let is_kind = |kind: &str| {
        (1..=KIND_CHARS_MAX).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    match event {
        Event::Message(inbound) | Event::Edited(inbound) | Event::TakenBack(inbound) => {
            is_well_formed(inbound, is_kind);
        }
        Event::Spoken(spoken) => {
            assert!(is_served(&spoken.at), "said for an account of somebody else");
            assert!(!spoken.ids.is_empty(), "said to nobody");
            let id = spoken.platform_message_id.reveal();
            assert!((1..=MESSAGE_ID_BYTES_MAX).contains(&id.len()), "an id is too long");
        }
        Event::SamePerson(same) => {
            assert!(is_served(&same.at), "ids for an account of somebody else");
            assert!(same.ids.len() > 1, "one id is proof of nothing");
        }
        Event::Receipt(receipt) => {
            let opaque = receipt.opaque.as_ref().expect("a receipt of nothing");
            assert!(opaque.len() <= OPAQUE_CHARS_MAX, "an opaque field is too long");
            let id = receipt.platform_message_id.reveal();
            assert!(id.len() <= MESSAGE_ID_BYTES_MAX, "an id is too long");
            assert!(is_served(&receipt.at), "a receipt for an account of somebody else");
        }
        Event::Ignored { kind } => assert!(is_kind(kind), "a kind that is no name"),
        Event::Unreadable(part) => assert!(part.offset <= bytes, "a place outside of the body"),
    }
}

fn is_well_formed(inbound: &Inbound, is_kind: impl Fn(&str) -> bool) {
    assert!(is_served(&inbound.at), "a message to an account of somebody else");
    let kinds: Vec<_> = inbound.ids.iter().map(|id| id.kind).collect();
    let orders = [&[IdKind::UserId, IdKind::WaId][..], &[IdKind::UserId], &[IdKind::WaId]];
    assert!(orders.contains(&kinds.as_slice()), "ids are missing, or in another order");
    for id in &inbound.ids {
        let length = id.value.reveal().len();
        assert!((1..=PLATFORM_ID_BYTES_MAX).contains(&length), "an id is empty or too long");
    }
    let length = inbound.platform_message_id.reveal().len();
    assert!((1..=MESSAGE_ID_BYTES_MAX).contains(&length), "an id is empty or too long");
    let name = inbound.name.as_ref().map_or(0, |name| name.reveal().len());
    assert!(name <= NAME_BYTES_MAX, "a name is too long");
    match &inbound.content {
        Content::Text(text) | Content::Pressed { words: text, .. } => {
            assert!(text.reveal().len() <= TEXT_BYTES_MAX, "a text is too long");
        }
        Content::Other { kind } => assert!(is_kind(kind), "a kind that is no name"),
    }
}

fn is_served(at: &Address) -> bool {
    at.brand.as_str() == "acme" && [OWN, SIBLING].contains(&at.account.as_str())
}

/// How many parts a body has, each of which must become one event. A misfit as a whole is one part.
fn parts_of(body: &Json) -> Result<usize, Misfit> {
    let object = Json::scalar(body.only("object")?)?.ok_or(Misfit)?;
    let entries = Json::list(body.only("entry")?)?;
    if object != "whatsapp_business_account" {
        return Ok(1);
    }
    Ok(entries.iter().map(|entry| parts_of_entry(entry).unwrap_or(1)).sum())
}

fn parts_of_entry(entry: &Json) -> Result<usize, Misfit> {
    let changes = Json::list(entry.only("changes")?)?;
    Ok(changes.iter().map(|change| parts_of_change(change).unwrap_or(1)).sum())
}

fn parts_of_change(change: &Json) -> Result<usize, Misfit> {
    let field = Json::scalar(change.only("field")?)?;
    let Some(value) = change.only("value")? else {
        return Ok(1);
    };
    if !matches!(
        field,
        Some("messages" | "smb_message_echoes" | "user_preferences" | "user_id_update")
    ) {
        return Ok(1);
    }
    let mut parts = 0;
    for list in ["messages", "statuses", "message_echoes", "user_preferences", "user_id_update"] {
        parts += Json::list(value.only(list)?)?.len();
    }
    Json::list(value.only("contacts")?)?;
    value.only("errors")?;
    let served = value.only("metadata")?.and_then(|metadata| {
        Json::scalar(metadata.only("display_phone_number").ok()?).ok()?;
        Json::scalar(metadata.only("phone_number_id").ok()?).ok()?
    });
    Ok(if matches!(served, Some(OWN | SIBLING)) { parts.max(1) } else { 1 })
}
