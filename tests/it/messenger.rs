//! Messenger, by the same functions: a Page's webhooks in, the Send API out.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use forthright_cli::bundle::{Bundle, Parts};
use forthright_core::{
    Account, Accounts, Channel, Handle, Hint, Secret,
    http::{Exchange, ExchangeFault, Request, Response},
    ids::Address,
    ledger::Stores,
    table::Attribute,
};
use forthright_intent::Engines;
use forthright_language::Rules;
use forthright_policy::Language;
use forthright_testkit::{FixedVault, Memory, MovableClock, seeded_entropy};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{NOON, OPERATOR_TOKEN, ORDER, Order, Tray, served, texts};

const PAGE: &str = "1234567890321";
const PERSON: &str = "987654321432";

/// The Send API, as far as it takes texts.
#[derive(Debug, Default)]
struct SendApi(Mutex<Vec<Value>>);

impl Exchange for SendApi {
    async fn exchange(&self, request: Request) -> Result<Response, ExchangeFault> {
        assert_eq!(request.uri(), "https://graph.facebook.com/v25.0/1234567890321/messages");
        let mut sent = self.0.lock().unwrap();
        sent.push(serde_json::from_slice(request.body()).unwrap());
        let id = format!("m_OURS{}", sent.len());
        let body = json!({ "recipient_id": PERSON, "message_id": id }).to_string();
        Ok(Response::new(body.into()))
    }
}

struct Page {
    memory: Memory,
    time: MovableClock,
    api: Arc<SendApi>,
    tray: Tray,
    bundle: Bundle<Memory, Arc<FixedVault>, Arc<SendApi>, Tray>,
}

impl Page {
    fn new() -> Self {
        let (memory, time) = (Memory::new(), MovableClock::at(NOON));
        let served = served("CANARY-access-token-1");
        let brand = served.accounts.iter().next().unwrap().at.brand.clone();
        let account = Account {
            at: Address { brand, channel: Channel::Messenger, account: PAGE.parse().unwrap() },
            api_base: "https://graph.facebook.com".to_owned(),
            api_version: "v25.0".to_owned(),
            app_secrets: vec![Secret::from("CANARY-app-secret")],
            verify_token: Secret::from("CANARY-verify"),
            access_token: Secret::from("CANARY-token"),
        };
        let (api, tray) = (Arc::new(SendApi::default()), Tray::new(Order::Plain));
        let rules = served.book.intent_rules(Language::ENGLISH).unwrap();
        let (entropy, vault) = (seeded_entropy(1), Arc::new(FixedVault::new(7)));
        let bundle = Bundle::new(
            |_, _| {
                let (clock, vault) = (time.clock(), Arc::clone(&vault));
                Stores::new(memory.clone(), vault, clock, entropy.clone(), Duration::ZERO)
            },
            Parts {
                engines: Engines::embedded(&served.book, Rules::parse(rules).unwrap()).unwrap(),
                book: served.book,
                accounts: Accounts::new(vec![account]),
                operator_token: OPERATOR_TOKEN.into(),
                public_url: "https://privacy.example".to_owned(),
                exchange: Arc::clone(&api),
                queue: tray.clone(),
                clock: time.clock(),
            },
        );
        Self { memory, time, api, tray, bundle }
    }

    /// The platform tells what happened in the conversation, and everything follows that does.
    async fn hears(&self, mut item: Value) {
        self.time.advance(Duration::from_secs(1));
        for (name, value) in [
            ("sender", json!({ "id": PERSON })),
            ("recipient", json!({ "id": PAGE })),
            ("timestamp", json!(self.time.now().millis())),
        ] {
            if item.get(name).is_none() {
                item[name] = value;
            }
        }
        let entry = json!([{ "id": PAGE, "time": 1, "messaging": [item] }]);
        let body = json!({ "object": "page", "entry": entry }).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"CANARY-app-secret");
        let signature = HEXLOWER.encode(hmac::sign(&key, body.as_bytes()).as_ref());
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("/webhooks/messenger/{PAGE}").parse().unwrap();
        let value = format!("sha256={signature}").parse().unwrap();
        request.headers_mut().insert("x-hub-signature-256", value);
        let response = self.bundle.webhook.handle(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        while let Some(hint) = self.tray.next() {
            match hint {
                Hint::Inbound(job) => self.bundle.intent.handle(job).await.unwrap(),
                Hint::Outbound(job) => self.bundle.reply.handle(job).await.unwrap(),
                Hint::Human(job) => self.bundle.escalation.handle(job).await.unwrap(),
                Hint::Privacy(job) => self.bundle.privacy.handle(job).await.unwrap(),
            }
        }
    }

    async fn says(&self, mid: &str, text: &str) {
        self.hears(json!({ "message": { "mid": mid, "text": text } })).await;
    }

    fn sent(&self) -> Vec<Value> {
        self.api.0.lock().unwrap().clone()
    }

    fn states(&self) -> Vec<String> {
        let mut rows = self.memory.rows();
        rows.retain(|row| row.key.sort.starts_with("MSG#"));
        rows.sort_by_key(|row| row.get_time(Attribute::PlatformAt));
        texts(&rows, Attribute::State)
    }
}

#[tokio::test]
async fn a_question_is_answered_once_with_its_disclosure() {
    let page = Page::new();
    for _ in 0..2 {
        page.says("m_CANARY1", ORDER).await;
    }
    page.says("m_CANARY2", ORDER).await;
    let sent = page.sent();
    assert_eq!(sent.len(), 2, "a redelivery is answered with nothing");
    let text = |index: usize| sent[index]["message"]["text"].as_str().unwrap();
    assert!(text(0).starts_with("You are reading an automated message from Demo Shop."));
    assert!(text(1).ends_with("Reply AGENT to reach a person."));
    assert!(sent.iter().all(|one| one["recipient"]["id"] == PERSON));
    assert!(sent.iter().all(|one| one["messaging_type"] == "RESPONSE"));
    assert_eq!(page.states(), ["answered", "answered"]);
}

#[tokio::test]
async fn our_own_echo_changes_nothing_and_a_persons_holds_the_conversation() {
    let page = Page::new();
    page.says("m_CANARY1", ORDER).await;
    let echo = |mid: &str, metadata: &Value| {
        json!({
            "sender": { "id": PAGE },
            "recipient": { "id": PERSON },
            "message": { "mid": mid, "is_echo": true, "text": "CANARY", "metadata": metadata },
        })
    };
    page.hears(echo("m_OURS1", &page.sent()[0]["message"]["metadata"])).await;
    page.says("m_CANARY2", ORDER).await;
    assert_eq!(page.sent().len(), 2, "the machine does not fall silent at its own words");
    page.hears(echo("m_BOB", &Value::Null)).await;
    page.says("m_CANARY3", ORDER).await;
    assert_eq!(page.sent().len(), 2, "a person speaks");
    assert_eq!(page.states(), ["answered", "answered", "human"]);
}

#[tokio::test]
async fn a_button_is_answered_and_what_is_taken_back_is_not() {
    let page = Page::new();
    page.hears(json!({ "postback": { "title": ORDER, "payload": "ORDER" } })).await;
    page.hears(json!({ "message": { "mid": "m_CANARY2", "is_deleted": true } })).await;
    page.says("m_CANARY2", ORDER).await;
    page.hears(json!({ "reaction": { "mid": "m_OURS1", "action": "react" } })).await;
    page.hears(json!({ "read": { "watermark": 1 } })).await;
    assert_eq!(page.sent().len(), 1);
    assert_eq!(page.states(), ["answered", "suppressed"]);
}

#[tokio::test]
async fn two_machines_do_not_talk_for_ever() {
    let page = Page::new();
    // Whatever the machine says comes back as a person's words.
    page.says("m_CANARY0", ORDER).await;
    for round in 1..20 {
        let Some(last) = page.sent().get(round - 1).cloned() else {
            break;
        };
        let words = last["message"]["text"].as_str().unwrap().to_owned();
        page.says(&format!("m_CANARY{round}"), &words).await;
    }
    assert!(page.sent().len() <= 5, "{} answers", page.sent().len());
}
