//! A webhook body of Messenger, behind a right signature: whatever it is, it becomes at least one event, each within its
//! limits, and none for a Page of somebody else.
//!
//! An input that begins with a brace is a body; any other is what stands in its first conversation.

use std::sync::LazyLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_channels::{
    KIND_CHARS_MAX, MESSAGE_ID_BYTES_MAX, OPAQUE_CHARS_MAX, TEXT_BYTES_MAX, parse, read, verify,
};
use forthright_core::{
    Account, Accounts, Channel, Secret,
    event::{Content, Event, Inbound},
    ids::IdKind,
};
use http::{HeaderMap, HeaderValue};

use crate::signing;

const SECRET: &str = "app secret of no account";
const OWN: &str = "1234567890321";

static ACCOUNTS: LazyLock<Accounts> = LazyLock::new(|| {
    let account = forthright_testkit::account(Channel::Messenger, OWN);
    Accounts::new(vec![Account { app_secrets: vec![Secret::from(SECRET)], ..account }])
});

/// Checks one input.
pub fn check(input: &[u8]) {
    if input.starts_with(b"{") {
        checked(input);
        return;
    }
    let before = format!(r#"{{"object":"page","entry":[{{"id":"{OWN}","messaging":["#);
    checked(&[before.as_bytes(), input, b"]}]}"].concat());
}

fn checked(body: &[u8]) {
    let own = ACCOUNTS.find(Channel::Messenger, OWN).expect("the account");
    let signature = HEXLOWER.encode(&signing::mac(SECRET.as_bytes(), body));
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("sha256={signature}")).expect("digits");
    headers.insert("x-hub-signature-256", value);
    let bytes = Bytes::copy_from_slice(body);
    let verified = verify(Channel::Messenger, &own.app_secrets, &headers, bytes)
        .expect("a right signature is refused");
    let events: Vec<_> = parse(&verified, own, &ACCOUNTS).collect();
    assert!(!events.is_empty(), "a body came to nothing");
    for event in &events {
        is_within_limits(event, body.len());
    }
    // Whoever only looks sees as many parts, unless one of another Page was left unread.
    if let Ok(seen) = read(Channel::Messenger, body) {
        assert!(seen.len() >= events.len(), "a part is seen in one way only");
    }
}

fn is_within_limits(event: &Event, bytes: usize) {
    let is_kind = |kind: &str| {
        (1..=KIND_CHARS_MAX).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    match event {
        Event::Message(inbound) | Event::Edited(inbound) | Event::TakenBack(inbound) => {
            is_well_formed(inbound);
            if let Content::Other { kind } = &inbound.content {
                assert!(is_kind(kind), "a kind that is no name");
            }
        }
        Event::Spoken(spoken) => {
            assert_eq!(spoken.at.account.as_str(), OWN, "said for a Page of somebody else");
            assert!(!spoken.ids.is_empty(), "said to nobody");
        }
        Event::SamePerson(_) => panic!("no body of Messenger proves that"),
        Event::Receipt(receipt) => {
            let opaque = receipt.opaque.as_ref().expect("a receipt of nothing");
            assert!(opaque.len() <= OPAQUE_CHARS_MAX, "an opaque field is too long");
        }
        Event::Ignored { kind } => assert!(is_kind(kind), "a kind that is no name"),
        Event::Unreadable(part) => assert!(part.offset <= bytes, "a place outside of the body"),
    }
}

fn is_well_formed(inbound: &Inbound) {
    assert_eq!(inbound.at.account.as_str(), OWN, "a message to a Page of somebody else");
    assert!(inbound.ids.iter().all(|id| id.kind == IdKind::Psid) && inbound.ids.len() == 1);
    let length = inbound.platform_message_id.reveal().len();
    assert!((1..=MESSAGE_ID_BYTES_MAX).contains(&length), "an id is empty or too long");
    if let Content::Text(text) | Content::Pressed { words: text, .. } = &inbound.content {
        assert!(text.reveal().len() <= TEXT_BYTES_MAX, "a text is too long");
    }
}
