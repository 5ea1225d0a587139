//! What the platform delivers: bodies in its own way of writing JSON, signed.
//!
//! The shapes are those of "WhatsApp Cloud API webhooks reference: messages".

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{http::Request, ids::IdKind};
use http::{HeaderName, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::{Customer, Incoming, Sent, WhatsAppStandIn};

impl WhatsAppStandIn {
    /// The delivery of one text.
    pub fn deliver_text(&self, from: &Customer, text: &str, id: &str, at_seconds: i64) -> Request {
        self.deliver(&[Incoming {
            from: from.clone(),
            text: text.into(),
            id: id.into(),
            at_seconds,
        }])
    }

    /// The delivery of these texts in one body, as after an outage.
    pub fn deliver(&self, messages: &[Incoming]) -> Request {
        for message in messages {
            self.note(message);
        }
        self.prepare(messages)
    }

    /// The same delivery, by somebody else: the conversations do not show it.
    pub fn prepare(&self, messages: &[Incoming]) -> Request {
        let contacts: Vec<_> = messages.iter().map(|message| contact(&message.from)).collect();
        let texts: Vec<_> = messages.iter().map(text_message).collect();
        self.delivery("messages", &[("contacts", json!(contacts)), ("messages", json!(texts))])
    }

    /// The delivery of a status of a message that was taken: `sent`, `delivered`, `read`, `played` or
    /// `failed`.
    pub fn status(&self, sent: &Sent, status: &str) -> Request {
        let recipient = match sent.to.kind {
            IdKind::WaId | IdKind::Psid => "recipient_id",
            IdKind::UserId => "recipient_user_id",
        };
        let mut item = json!({
            "id": sent.id.reveal(),
            "status": status,
            "timestamp": (self.clock.now().millis() / 1_000).to_string(),
            recipient: sent.to.value.reveal(),
        });
        if let Some(item) = item.as_object_mut() {
            if let Some(opaque) = &sent.opaque {
                item.insert("biz_opaque_callback_data".to_owned(), json!(opaque));
            }
            if status == "failed" {
                let error = json!({ "code": 131_026, "title": "Message undeliverable" });
                item.insert("errors".to_owned(), json!([error]));
            }
        }
        self.delivery("messages", &[("statuses", json!([item]))])
    }

    /// The value of `X-Hub-Signature-256` for a body of exactly these bytes.
    pub fn sign(&self, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.account.app_secret.reveal());
        format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body).as_ref()))
    }

    /// A delivery of a body of one's own making, signed.
    pub fn deliver_body(&self, body: Bytes) -> Request {
        let signature = self.sign(&body);
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        let path = format!("/webhooks/whatsapp/{}", self.account.phone_number_id);
        *request.uri_mut() = Uri::try_from(path).unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(value) = HeaderValue::from_str(&signature) {
            headers.insert(HeaderName::from_static("x-hub-signature-256"), value);
        }
        request
    }

    pub(super) fn delivery(&self, field: &str, parts: &[(&str, Value)]) -> Request {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self.account.display_phone_number,
                "phone_number_id": self.account.phone_number_id,
            },
        });
        if let Some(value) = value.as_object_mut() {
            value.extend(parts.iter().map(|(name, part)| ((*name).to_owned(), part.clone())));
        }
        let body = json!({
            "object": "whatsapp_business_account",
            "entry": [{
                "id": self.account.waba_id,
                "changes": [{ "value": value, "field": field }],
            }],
        });
        self.deliver_body(escaped(&body.to_string()).into())
    }
}

pub(super) fn contact(customer: &Customer) -> Value {
    let mut contact = json!({ "profile": { "name": customer.name.reveal() } });
    insert_ids(&mut contact, customer, ["wa_id", "user_id"]);
    contact
}

fn text_message(message: &Incoming) -> Value {
    let mut item = json!({
        "id": message.id.reveal(),
        "timestamp": message.at_seconds.to_string(),
        "type": "text",
        "text": { "body": message.text.reveal() },
    });
    insert_ids(&mut item, &message.from, ["from", "from_user_id"]);
    item
}

pub(super) fn insert_ids(item: &mut Value, customer: &Customer, names: [&str; 2]) {
    if let Some(item) = item.as_object_mut() {
        for (name, id) in names.into_iter().zip([&customer.wa_id, &customer.user_id]) {
            if let Some(id) = id {
                item.insert(name.to_owned(), json!(id.reveal()));
            }
        }
    }
}

/// JSON as Meta writes it: what is not ASCII as `\u00e4`, slashes as `\/`. It signs these bytes.
fn escaped(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '/' => written.push_str("\\/"),
            letter if letter.is_ascii() => written.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    written.push_str("\\u");
                    written.push_str(&HEXLOWER.encode(&unit.to_be_bytes()));
                }
            }
        }
    }
    written
}
