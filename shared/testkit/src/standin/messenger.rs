//! Messenger: what the webhooks of a Page tell, after "Messenger Platform: Webhooks reference".

mod receive;

use forthright_core::{Personal, offer::Offer};
use serde_json::{Value, json};

pub(super) use receive::{check, taken};

use super::{Customer, Incoming, Sent, deliver::Writer};

impl Writer<'_> {
    fn messaging(&self, items: &[Value]) -> Value {
        let entry = json!({ "id": self.account, "time": self.now, "messaging": items });
        json!({ "object": "page", "entry": [entry] })
    }

    /// Something that a person does, now.
    fn by(&self, who: &str, name: &str, what: &Value) -> Value {
        self.messaging(&[item((who, self.account), self.now, name, what)])
    }

    /// Something that the Page did, now.
    fn to(&self, who: &str, name: &str, what: &Value) -> Value {
        self.messaging(&[item((self.account, who), self.now, name, what)])
    }
}

fn item((from, to): (&str, &str), millis: i64, name: &str, what: &Value) -> Value {
    json!({ "sender": { "id": from }, "recipient": { "id": to }, "timestamp": millis, name: what })
}

fn psid(who: &Customer) -> &str {
    who.psid.as_ref().map_or("", |psid| Personal::reveal(psid).as_str())
}

pub(super) fn texts(writer: &Writer<'_>, messages: &[Incoming]) -> Value {
    let items: Vec<_> = messages
        .iter()
        .map(|message| {
            let what = json!({ "mid": message.id.reveal(), "text": message.text.reveal() });
            let millis = message.at_seconds.saturating_mul(1_000);
            item((psid(&message.from), writer.account), millis, "message", &what)
        })
        .collect();
    writer.messaging(&items)
}

pub(super) fn pressed(writer: &Writer<'_>, who: &Customer, offer: &Offer, id: &str) -> Value {
    let quick_reply = json!({ "payload": offer.choice.to_string() });
    let what = json!({ "mid": id, "text": offer.title, "quick_reply": quick_reply });
    writer.by(psid(who), "message", &what)
}

pub(super) fn edited(
    writer: &Writer<'_>,
    who: &Customer,
    original: &str,
    text: &str,
    number: u32,
) -> Value {
    let what = json!({ "mid": original, "text": text, "num_edit": number.to_string() });
    writer.by(psid(who), "message_edit", &what)
}

pub(super) fn taken_back(writer: &Writer<'_>, who: &Customer, original: &str) -> Value {
    writer.by(psid(who), "message", &json!({ "mid": original, "is_deleted": true }))
}

pub(super) fn echo(
    writer: &Writer<'_>,
    who: &Customer,
    text: &str,
    id: &str,
    metadata: Option<&str>,
) -> Value {
    let mut what = json!({ "mid": id, "is_echo": true, "app_id": 1_517_776, "text": text });
    if let (Some(what), Some(metadata)) = (what.as_object_mut(), metadata) {
        what.insert("metadata".to_owned(), json!(metadata));
    }
    writer.to(psid(who), "message", &what)
}

pub(super) fn status(writer: &Writer<'_>, sent: &Sent, status: &str) -> Option<Value> {
    let who = sent.to.value.reveal();
    match status {
        "sent" => {
            let customer = Customer::on_messenger(who, "");
            let opaque = sent.opaque.as_deref();
            Some(echo(writer, &customer, sent.text.reveal(), sent.id.reveal(), opaque))
        }
        "delivered" => {
            let what = json!({ "mids": [sent.id.reveal()], "watermark": writer.now });
            Some(writer.by(who, "delivery", &what))
        }
        "read" => Some(writer.by(who, "read", &json!({ "watermark": writer.now }))),
        _ => None,
    }
}
