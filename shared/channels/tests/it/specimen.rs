//! The platforms that the suite is run for, each with what the suite must know of it.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use forthright_channels::{
    MESSENGER, NotTheChannels, Part, Platform, Seen, Served, WHATSAPP, read,
};
use forthright_core::{
    Account, Channel, PlatformId, event::UnreadableKind, gate::HUMAN_AGENT_WINDOW, ids::IdKind,
    outbound::Obstacle,
};
use serde_json::{Value, json};

use crate::template::Example;

/// A platform, with samples of what it says and hears.
pub(crate) struct Specimen {
    pub(crate) name: &'static str,
    pub(crate) platform: &'static dyn Platform,
    pub(crate) account: Account,
    /// Looks at a body as `forthright inspect` does.
    pub(crate) read: fn(&[u8]) -> Result<Vec<Seen<'_>>, NotTheChannels>,
    /// Bodies with what they say, one a line.
    pub(crate) fixtures: &'static str,
    /// How few of those there may be.
    pub(crate) fixtures_min: usize,
    /// The signature's header, and its value for a body under a secret.
    pub(crate) header: &'static str,
    pub(crate) sign: fn(&[u8], &[u8]) -> String,
    /// The query of a right handshake for the token `verify`, and what is answered.
    pub(crate) handshake: (&'static str, &'static str),
    /// Somebody to send to.
    pub(crate) to: PlatformId,
    /// Requests as the platform documents them.
    pub(crate) golden: &'static str,
    /// The answer to a message that was taken under the id `CANARY1`.
    pub(crate) taken: Value,
    /// The answer of an error with this code.
    pub(crate) error: fn(&Value) -> Value,
    /// The statuses that errors come with, whichever: the code decides.
    pub(crate) statuses: &'static [u16],
    /// Codes of errors, by what they mean.
    pub(crate) errors: Vec<(Means, Vec<Value>)>,
}

/// What an error means for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    Token,
    Later,
    Limited,
    Never(Obstacle),
}

/// Every platform.
pub(crate) fn all() -> [Specimen; 3] {
    [whatsapp(), messenger(), example()]
}

fn meta_signature(secret: &[u8], body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body).as_ref()))
}

fn graph_error(code: &Value) -> Value {
    let (code, subcode) = match code.as_array() {
        Some(both) => (both[0].clone(), both[1].clone()),
        None => (code.clone(), Value::Null),
    };
    let error = json!({
        "message": "CANARY", "type": "OAuthException", "code": code, "error_subcode": subcode,
    });
    json!({ "error": error })
}

fn codes(all: &[i64]) -> Vec<Value> {
    all.iter().map(|code| json!(code)).collect()
}

const META_STATUSES: &[u16] = &[400, 401, 403, 404, 429, 500, 503];

const META_HANDSHAKE: (&str, &str) =
    ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify", "1158201444");

fn whatsapp() -> Specimen {
    use Means::{Later, Limited, Never, Token};
    Specimen {
        name: "whatsapp",
        platform: &WHATSAPP,
        account: forthright_testkit::account(Channel::WhatsApp, "106540352242922"),
        read: |body| read(Channel::WhatsApp, body),
        fixtures: include_str!("../fixtures/whatsapp.jsonl"),
        fixtures_min: 30,
        header: "x-hub-signature-256",
        sign: meta_signature,
        handshake: META_HANDSHAKE,
        to: PlatformId { kind: IdKind::WaId, value: "4915550001".into() },
        golden: include_str!("../golden/whatsapp.jsonl"),
        taken: json!({
            "messaging_product": "whatsapp",
            "contacts": [{ "input": "4915550001" }],
            "messages": [{ "id": "CANARY1", "message_status": "accepted" }],
        }),
        error: graph_error,
        statuses: META_STATUSES,
        errors: vec![
            (Token, codes(&[0, 190])),
            (Later, codes(&[131_056, 1, 2, 131_000, 131_016, 135_000])),
            (Limited, codes(&[4, 613, 80_007, 130_429, 131_048])),
            (Never(Obstacle::Window), vec![json!(131_047), json!("131047")]),
            (Never(Obstacle::Unreachable), codes(&[131_026, 131_049, 131_050])),
            (Never(Obstacle::Restricted), codes(&[368, 131_031, 131_042, 131_045])),
            (
                Never(Obstacle::Other),
                codes(&[
                    10, 100, 200, 250, 299, 131_021, 131_051, 131_062, 132_000, 132_015, 137_000,
                    139_100,
                ]),
            ),
        ],
    }
}

fn messenger() -> Specimen {
    use Means::{Later, Limited, Never, Token};
    Specimen {
        name: "messenger",
        platform: &MESSENGER,
        account: Account {
            people_window: HUMAN_AGENT_WINDOW,
            ..forthright_testkit::account(Channel::Messenger, "1234567890321")
        },
        read: |body| read(Channel::Messenger, body),
        fixtures: include_str!("../fixtures/messenger.jsonl"),
        fixtures_min: 30,
        header: "x-hub-signature-256",
        sign: meta_signature,
        handshake: META_HANDSHAKE,
        to: PlatformId { kind: IdKind::Psid, value: "987654321432".into() },
        golden: include_str!("../golden/messenger.jsonl"),
        taken: json!({ "recipient_id": "987654321432", "message_id": "CANARY1" }),
        error: graph_error,
        statuses: META_STATUSES,
        errors: vec![
            (Token, vec![json!(190), json!([190, 460])]),
            (Later, codes(&[1, 2, 341, 1_200])),
            (Limited, codes(&[4, 32, 613, 80_006])),
            (Never(Obstacle::Window), vec![json!([10, 2_018_278])]),
            (Never(Obstacle::Unreachable), codes(&[551])),
            (Never(Obstacle::Restricted), codes(&[368])),
            (Never(Obstacle::Other), vec![json!(10), json!([100, 2_018_001]), json!(200)]),
        ],
    }
}

fn example() -> Specimen {
    use Means::Never;
    Specimen {
        name: "example",
        platform: &Example,
        account: forthright_testkit::account(Channel::WhatsApp, "77001"),
        read: |body| {
            let parts = Example.parts(body, Served::Any);
            let seen = parts.map(|part| match part {
                Part::Seen(seen) => Ok(*seen),
                Part::Unreadable(part) if part.kind == UnreadableKind::Message => {
                    Ok(Seen::ignored("unreadable", part.offset))
                }
                Part::Unreadable(_) => Err(NotTheChannels::NoWebhook),
            });
            seen.collect()
        },
        fixtures: include_str!("../../template/fixtures.jsonl"),
        fixtures_min: 5,
        header: "x-example-signature",
        sign: |secret, body| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            format!("v1={}", BASE64.encode(hmac::sign(&key, body).as_ref()))
        },
        handshake: ("token=verify", "ok"),
        to: PlatformId { kind: IdKind::UserId, value: "u_CANARY1".into() },
        golden: include_str!("../../template/golden.jsonl"),
        taken: json!({ "id": "CANARY1" }),
        error: |code| json!({ "error": code }),
        statuses: &[400, 403],
        errors: vec![
            (Never(Obstacle::Window), vec![json!("window_over")]),
            (Never(Obstacle::Unreachable), vec![json!("blocked_by_user")]),
            (Never(Obstacle::Restricted), vec![json!("account_on_hold")]),
            (Never(Obstacle::Other), vec![json!("no_such_thing")]),
        ],
    }
}
