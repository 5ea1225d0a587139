//! Signed WhatsApp webhooks, each a distinct text message, made before a run.

use std::{
    net::SocketAddr,
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};

/// What every customer writes; it has an automatic reply.
const TEXT: &str = "Where is my order? I bought it last week and nothing has come yet.";

/// Makes the messages of one run after another; no two are alike.
#[derive(Debug)]
pub(crate) struct Messages {
    account: &'static str,
    key: hmac::Key,
    /// The customers in random order. Each writes again only after all others did.
    order: Vec<u32>,
    next: usize,
    random: Random,
}

/// A webhook as the platform sends it.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) body: String,
    /// The value of `x-hub-signature-256`.
    pub(crate) signature: String,
    customer: u32,
}

/// Requests that are ready to be written to a socket.
#[derive(Debug)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    requests: Vec<(Range<usize>, u32)>,
}

impl Batch {
    /// How many requests there are.
    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// The bytes of a request, and which customer it comes from.
    pub(crate) fn get(&self, index: usize) -> (&[u8], u32) {
        let (range, customer) = &self.requests[index];
        (&self.bytes[range.clone()], *customer)
    }
}

impl Messages {
    /// Messages to this account, signed with its secret, from so many customers.
    pub(crate) fn new(account: &'static str, secret: &str, customers: u32) -> Self {
        let mut random = Random::new();
        let mut order: Vec<_> = (0..customers).collect();
        for index in (1..order.len()).rev() {
            let other = (random.next() % (index as u64 + 1)) as usize;
            order.swap(index, other);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Self { account, key, order, next: 0, random }
    }

    /// Makes and signs so many messages for the host at `host`, written now.
    pub(crate) fn prepare(&mut self, host: SocketAddr, count: usize) -> Batch {
        let mut batch =
            Batch { bytes: Vec::with_capacity(count * 1_024), requests: Vec::with_capacity(count) };
        for _ in 0..count {
            let Signed { body, signature, customer } = self.signed();
            let from = batch.bytes.len();
            let head = self.head(host, &signature, body.len());
            batch.bytes.extend_from_slice(head.as_bytes());
            batch.bytes.extend_from_slice(body.as_bytes());
            batch.requests.push((from..batch.bytes.len(), customer));
        }
        batch
    }

    /// One request with so many messages, each of another customer, as long as makes about so many bytes together.
    pub(crate) fn prepare_together(
        &mut self,
        host: SocketAddr,
        count: usize,
        bytes: usize,
    ) -> Vec<u8> {
        let written = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let (mut contacts, mut messages) = (Vec::new(), Vec::new());
        // A contact and what stands around a text have about 300 bytes.
        let text = TEXT.repeat((bytes / count).saturating_sub(300) / TEXT.len());
        for _ in 0..count {
            let (contact, message) = self.parts(written, &text);
            contacts.push(contact);
            messages.push(message);
        }
        let body = self.around(&contacts.join(","), &messages.join(","));
        let mut request = self.head(host, &self.sign(&body), body.len()).into_bytes();
        request.extend_from_slice(body.as_bytes());
        request
    }

    /// The next message, written now.
    pub(crate) fn signed(&mut self) -> Signed {
        let written = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let customer = self.order[self.next % self.order.len()];
        let (contact, message) = self.parts(written, TEXT);
        let body = self.around(&contact, &message);
        Signed { signature: self.sign(&body), body, customer }
    }

    fn sign(&self, body: &str) -> String {
        let hash = HEXLOWER.encode(hmac::sign(&self.key, body.as_bytes()).as_ref());
        format!("sha256={hash}")
    }

    fn head(&self, host: SocketAddr, signature: &str, length: usize) -> String {
        format!(
            "POST /webhooks/whatsapp/{} HTTP/1.1\r\nhost: {host}\r\n\
             content-type: application/json\r\nuser-agent: facebookexternalua\r\n\
             x-hub-signature-256: {signature}\r\ncontent-length: {length}\r\n\r\n",
            self.account
        )
    }

    /// The next customer, as a contact, and their message.
    fn parts(&mut self, written: u64, text: &str) -> (String, String) {
        let customer = self.order[self.next % self.order.len()];
        self.next += 1;
        let number = number(customer);
        let mut id = [0_u8; 40];
        for chunk in id.chunks_mut(8) {
            chunk.copy_from_slice(&self.random.next().to_le_bytes());
        }
        let id = BASE64.encode(&id);
        let contact =
            format!(r#"{{"profile":{{"name":"CANARY Customer {customer}"}},"wa_id":"{number}"}}"#);
        let message = format!(
            r#"{{"from":"{number}","id":"wamid.{id}","timestamp":"{written}","text":{{"body":"{text}"}},"type":"text"}}"#
        );
        (contact, message)
    }

    fn around(&self, contacts: &str, messages: &str) -> String {
        let account = self.account;
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"310000000000001","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"4915550000000","phone_number_id":"{account}"}},"contacts":[{contacts}],"messages":[{messages}]}},"field":"messages"}}]}}]}}"#
        )
    }
}

const PREFIX: &str = "4915550";

/// The phone number of a customer.
fn number(customer: u32) -> String {
    format!("{PREFIX}{customer:07}")
}

/// The customer with this phone number.
pub(crate) fn customer(number: &str) -> Option<u32> {
    number.strip_prefix('+').unwrap_or(number).strip_prefix(PREFIX)?.parse().ok()
}

/// Random enough for ids that must differ; nothing here is secret.
/// `SplitMix64`: <https://prng.di.unimi.it/splitmix64.c>
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(now.as_nanos() as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        net::{IpAddr, Ipv4Addr},
    };

    use super::*;
    use crate::bench::wire;

    const HOST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_080);

    fn messages() -> Messages {
        Messages::new("310000000000002", "a secret of nobody", 50)
    }

    #[test]
    fn every_request_is_whole_signed_and_distinct() {
        let mut messages = messages();
        let batch = messages.prepare(HOST, 200);
        let mut bodies = HashSet::new();
        for index in 0..batch.len() {
            let (bytes, _) = batch.get(index);
            let message = wire::whole_message(bytes).unwrap().expect("a whole request");
            assert_eq!(message.length, bytes.len());
            let body = &bytes[message.body.clone()];
            let parsed: serde_json::Value = serde_json::from_slice(body).unwrap();
            assert_eq!(parsed["object"], "whatsapp_business_account");
            let signature = HEXLOWER.encode(hmac::sign(&messages.key, body).as_ref());
            assert!(String::from_utf8_lossy(bytes).contains(&signature));
            assert!(bodies.insert(body.to_vec()), "message {index} is a repetition");
        }
    }

    #[test]
    fn messages_that_come_together_are_distinct_and_as_long_as_was_asked() {
        let mut messages = Messages::new("310000000000002", "a secret of nobody", 1_000);
        let bytes = messages.prepare_together(HOST, 1_000, 3_000_000);
        let message = wire::whole_message(&bytes).unwrap().expect("a whole request");
        let body = &bytes[message.body];
        assert!((2_700_000..=3_100_000).contains(&body.len()), "{}", body.len());
        let parsed: serde_json::Value = serde_json::from_slice(body).unwrap();
        let all = &parsed["entry"][0]["changes"][0]["value"]["messages"];
        let ids: HashSet<_> =
            all.as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
        assert_eq!(ids.len(), 1_000);
    }

    #[test]
    fn each_customer_writes_again_only_after_all_others() {
        let mut messages = messages();
        let batch = messages.prepare(HOST, 100);
        let customers: Vec<_> = (0..100).map(|index| batch.get(index).1).collect();
        assert_eq!(customers[..50].iter().collect::<HashSet<_>>().len(), 50);
        assert!(customers[..50] == customers[50..]);
    }

    #[test]
    fn a_number_leads_back_to_its_customer() {
        assert!(customer(&number(42)) == Some(42));
        assert!(customer(&format!("+{}", number(7))) == Some(7));
        assert!(customer("not a number").is_none());
    }
}
