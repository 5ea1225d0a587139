//! What it takes to believe a webhook body of one message and to make an event of it, on one core.
//!
//! `cargo bench -p forthright-channels`. The budget is 20 µs for 1 KB: signature, JSON, event. In a batch the budget is for
//! each of its updates.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up must stop")]

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use divan::{Bencher, black_box, counter::BytesCount};
use forthright_channels::{parse, verify};
use forthright_core::{Account, Accounts, Channel};
use http::HeaderMap;
use serde_json::json;

fn main() {
    divan::main();
}

const SECRET: &[u8] = b"app";

/// A webhook call, as far as a host has taken it in.
struct Call {
    account: Account,
    accounts: Accounts,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// One body with so many texts, of about 1 KB each.
    fn with(channel: Channel, texts: usize) -> Self {
        let id = match channel {
            Channel::WhatsApp => "106540352242922",
            Channel::Messenger => "1234567890321",
        };
        let account = forthright_testkit::account(channel, id);
        let words = "Where is my order? It was to come last week, äöü. ".repeat(14);
        let body = match channel {
            Channel::WhatsApp => {
                let contacts: Vec<_> = (0..texts)
                    .map(|it| json!({ "profile": { "name": "Customer" }, "wa_id": number(it) }))
                    .collect();
                let messages: Vec<_> = (0..texts)
                    .map(|it| {
                        json!({
                            "from": number(it),
                            "id": format!("wamid.HBgLMTIzNDU2Nzg5MDEVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDAwMA{it}"),
                            "timestamp": "1749416383",
                            "type": "text",
                            "text": { "body": words },
                        })
                    })
                    .collect();
                let metadata =
                    json!({ "display_phone_number": "15550783881", "phone_number_id": id });
                let value = json!({
                    "messaging_product": "whatsapp",
                    "metadata": metadata,
                    "contacts": contacts,
                    "messages": messages,
                });
                let change = json!({ "field": "messages", "value": value });
                let entry = json!({ "id": "102290129340398", "changes": [change] });
                json!({ "object": "whatsapp_business_account", "entry": [entry] })
            }
            Channel::Messenger => {
                let messaging: Vec<_> = (0..texts)
                    .map(|it| {
                        json!({
                            "sender": { "id": number(it) },
                            "recipient": { "id": id },
                            "timestamp": 1_749_416_383_123_u64,
                            "message": { "mid": format!("m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM_QPpz5jdCK48PnKAjSdjf{it}"), "text": words },
                        })
                    })
                    .collect();
                let entry =
                    json!({ "id": id, "time": 1_749_416_383_123_u64, "messaging": messaging });
                json!({ "object": "page", "entry": [entry] })
            }
        };
        let body = Bytes::from(body.to_string());
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        let signature = HEXLOWER.encode(hmac::sign(&key, &body).as_ref());
        let mut headers = HeaderMap::new();
        let value = format!("sha256={signature}").parse().expect("digits");
        headers.insert("x-hub-signature-256", value);
        Self { accounts: Accounts::new(vec![account.clone()]), account, headers, body }
    }

    /// How many events come of it.
    fn events(&self) -> usize {
        let secrets = &self.account.app_secrets;
        let body = verify(self.account.at.channel, secrets, &self.headers, self.body.clone());
        let body = body.expect("a right signature");
        parse(&body, &self.account, &self.accounts).map(black_box).count()
    }
}

fn number(customer: usize) -> String {
    format!("4915550{customer:06}")
}

#[divan::bench(args = [Channel::WhatsApp, Channel::Messenger])]
fn one_message(bencher: Bencher<'_, '_>, channel: Channel) {
    let call = Call::with(channel, 1);
    bencher.counter(BytesCount::new(call.body.len())).bench(|| assert_eq!(call.events(), 1));
}

#[divan::bench(args = [Channel::WhatsApp, Channel::Messenger])]
fn a_batch_of_1000(bencher: Bencher<'_, '_>, channel: Channel) {
    let call = Call::with(channel, 1_000);
    bencher.counter(BytesCount::new(call.body.len())).bench(|| assert_eq!(call.events(), 1_000));
}
