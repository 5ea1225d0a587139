//! The webhook function over a table that forgets.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use allocation_counter::AllocationInfo;
use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{
    Account, Accounts, Channel, Clock, Fault, Handle, Hint, Queue, Secret, Table, Time,
    http::Request,
    ids::Address,
    ledger::{Inbox, Register, Replies, Stores},
    table::{Item, Kept, Key, Page, Query, TableFault, Write, WriteFault, WriteToken},
};
use forthright_testkit::{FixedVault, seeded_entropy};
use forthright_webhook::Webhook;
use http::{HeaderName, HeaderValue, Method};

const ACCOUNT: &str = "106540352242922";
const SECRET: &str = "CANARY-app-secret";

/// A table that counts its calls and keeps nothing.
#[derive(Debug, Clone, Default)]
struct Forgetful(Arc<AtomicU64>);

impl Forgetful {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Table for Forgetful {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        self.count();
        Ok(vec![None; keys.len()])
    }

    async fn query(&self, _: &Query) -> Result<Page, TableFault> {
        self.count();
        Ok(Page::default())
    }

    async fn write(&self, _: WriteToken, _: &[Write], _: Kept) -> Result<(), WriteFault> {
        self.count();
        Ok(())
    }
}

/// A queue that drops what it is sent.
#[derive(Debug)]
struct Nowhere;

impl Queue for Nowhere {
    async fn send(&self, _: Hint) -> Result<(), Fault> {
        Ok(())
    }
}

/// A webhook call.
pub(crate) struct Call(Request);

impl Call {
    /// With this body, signed.
    pub(crate) fn signed(body: Bytes) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let signature = format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, &body).as_ref()));
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("/webhooks/whatsapp/{ACCOUNT}").parse().unwrap();
        Self(request).with("x-hub-signature-256", &signature)
    }

    /// With one more header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.0.headers_mut().append(HeaderName::from_static(name), value);
        self
    }

    /// Without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.headers_mut().remove(name).unwrap();
        self
    }

    /// With another body under the same headers.
    pub(crate) fn of(self, body: Bytes) -> Self {
        Self(self.0.map(|_| body))
    }
}

/// The answer's status, the memory beside the body, and the calls of the table.
pub(crate) fn cost(call: &Call) -> (u16, AllocationInfo, u64) {
    let table = Forgetful::default();
    let clock = Clock::new(|| Time::from_seconds(1_796_126_400), |_| ready(()));
    let vault = Arc::new(FixedVault::new(7));
    let stores = Stores::new(table.clone(), vault, clock, seeded_entropy(1), Duration::ZERO);
    let webhook = Webhook {
        accounts: Accounts::new(vec![Account {
            at: Address {
                brand: "demo".parse().unwrap(),
                channel: Channel::WhatsApp,
                account: ACCOUNT.parse().unwrap(),
            },
            app_secrets: vec![Secret::from(SECRET)],
            ..forthright_testkit::account(Channel::WhatsApp, ACCOUNT)
        }]),
        inbox: Inbox::new(&stores),
        replies: Replies::new(&stores),
        register: Register::new(&stores),
        queue: Nowhere,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let request = call.0.clone();
    let mut status = 0;
    let memory = allocation_counter::measure(|| {
        status = runtime.block_on(webhook.handle(request)).unwrap().status().as_u16();
    });
    (status, memory, table.0.load(Ordering::Relaxed))
}

/// A body with this inside of its one value, beside the metadata.
pub(crate) fn value(inside: &str) -> String {
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"changes\":[{{\"field\":\"messages\",\
         \"value\":{{\"metadata\":{{\"phone_number_id\":\"{ACCOUNT}\"}},{inside}}}}}]}}]}}"
    )
}

/// A body with these messages.
pub(crate) fn messages(parts: &str) -> String {
    value(&format!("\"messages\":[{parts}]"))
}

/// A message with this id and these words, as JSON.
pub(crate) fn message(id: &str, words: &str) -> String {
    format!(
        "{{\"from\":\"4915550000001\",\"id\":\"wamid.CANARY{id}\",\"timestamp\":\"1796126400\",\
         \"type\":\"text\",\"text\":{{\"body\":{words}}}}}"
    )
}
