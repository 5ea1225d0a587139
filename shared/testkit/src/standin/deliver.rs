//! What the platform delivers: bodies in its own way of writing JSON, signed.

use aws_lc_rs::hmac;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use forthright_core::{Channel, Time, http::Request};
use http::{HeaderName, HeaderValue, Method, Uri, header};
use serde_json::Value;

use super::{Customer, Incoming, Offer, Sent, StandIn, messenger, whatsapp};

/// How a platform writes what is told.
pub(super) struct Writer<'a> {
    /// The account that is told.
    pub(super) account: &'a str,
    /// The present, in milliseconds since the Unix epoch.
    pub(super) now: i64,
}

impl StandIn {
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
            let at = Time::from_seconds(message.at_seconds);
            self.note(&message.from, message.id.clone(), message.text.clone(), at);
        }
        self.prepare(messages)
    }

    /// The same delivery, by somebody else: the conversations do not show it.
    pub fn prepare(&self, messages: &[Incoming]) -> Request {
        self.told(&match self.account.channel {
            Channel::WhatsApp => whatsapp::texts(&self.writer(), messages),
            Channel::Messenger => messenger::texts(&self.writer(), messages),
        })
    }

    /// The customer presses what a message offered. What stands on it becomes a line of the conversation.
    pub fn presses(&self, who: &Customer, offer: &Offer, id: &str) -> Request {
        self.note(who, id.into(), offer.title.as_str().into(), self.clock.now());
        self.told(&match self.account.channel {
            Channel::WhatsApp => whatsapp::pressed(&self.writer(), who, offer, id),
            Channel::Messenger => messenger::pressed(&self.writer(), who, offer, id),
        })
    }

    /// The customer changes the text of the message `original`; `number` counts the changes.
    pub fn edits(&self, who: &Customer, original: &str, text: &str, number: u32) -> Request {
        self.told(&match self.account.channel {
            Channel::WhatsApp => whatsapp::edited(&self.writer(), who, original, text, number),
            Channel::Messenger => messenger::edited(&self.writer(), who, original, text, number),
        })
    }

    /// The customer takes the message `original` back.
    pub fn takes_back(&self, who: &Customer, original: &str) -> Request {
        self.told(&match self.account.channel {
            Channel::WhatsApp => whatsapp::taken_back(&self.writer(), who, original),
            Channel::Messenger => messenger::taken_back(&self.writer(), who, original),
        })
    }

    /// Somebody of the brand writes to the customer in the platform's own app.
    pub fn echoes(&self, who: &Customer, text: &str, id: &str) -> Request {
        self.told(&match self.account.channel {
            Channel::WhatsApp => whatsapp::echo(&self.writer(), who, text, id),
            Channel::Messenger => messenger::echo(&self.writer(), who, text, id, None),
        })
    }

    /// The platform gives the customer another user id; none where it never does.
    pub fn changes_user_id(&self, who: &Customer, current: &str) -> Option<Request> {
        match self.account.channel {
            Channel::WhatsApp => {
                Some(self.told(&whatsapp::changed_user_id(&self.writer(), who, current)))
            }
            Channel::Messenger => None,
        }
    }

    /// The delivery of what became of a message that was taken: `sent`, `delivered`, `read` or `failed`. `WhatsApp` has a
    /// status for each; Messenger echoes what was sent, and never tells that something failed.
    pub fn status(&self, sent: &Sent, status: &str) -> Option<Request> {
        let body = match self.account.channel {
            Channel::WhatsApp => Some(whatsapp::status(&self.writer(), sent, status)),
            Channel::Messenger => messenger::status(&self.writer(), sent, status),
        };
        Some(self.told(&body?))
    }

    fn writer(&self) -> Writer<'_> {
        Writer { account: &self.account.id, now: self.clock.now().millis() }
    }

    fn told(&self, body: &Value) -> Request {
        self.deliver_body(escaped(&body.to_string()).into())
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
        let path = format!("/webhooks/{}/{}", self.account.channel, self.account.id);
        *request.uri_mut() = Uri::try_from(path).unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(value) = HeaderValue::from_str(&signature) {
            headers.insert(HeaderName::from_static("x-hub-signature-256"), value);
        }
        request
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
