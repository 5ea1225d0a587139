//! WhatsApp: what its webhooks tell, after "WhatsApp Cloud API webhooks reference".

mod receive;

use forthright_core::{Personal, ids::IdKind, offer::Offer};
use serde_json::{Value, json};

pub(super) use receive::{check, taken};

use super::{Customer, Incoming, Sent, deliver::Writer};

/// The WhatsApp Business Account that owns the number, and the number as it is shown.
const WABA: &str = "100000000000001";
const SHOWN_NUMBER: &str = "15550100100";

impl Writer<'_> {
    fn seconds(&self) -> String {
        (self.now / 1_000).to_string()
    }

    fn change(&self, field: &str, parts: &[(&str, Value)]) -> Value {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": SHOWN_NUMBER, "phone_number_id": self.account },
        });
        if let Some(value) = value.as_object_mut() {
            value.extend(parts.iter().map(|(name, part)| ((*name).to_owned(), part.clone())));
        }
        let change = json!({ "value": value, "field": field });
        let entry = json!({ "id": WABA, "changes": [change] });
        json!({ "object": "whatsapp_business_account", "entry": [entry] })
    }

    /// Something that a person does to a message.
    fn done(&self, who: &Customer, id: &str, kind: &str, what: &Value) -> Value {
        let mut item = json!({ "id": id, "timestamp": self.seconds(), "type": kind, kind: what });
        insert_ids(&mut item, who, ["from", "from_user_id"]);
        let contacts = json!([contact(who)]);
        self.change("messages", &[("contacts", contacts), ("messages", json!([item]))])
    }
}

pub(super) fn texts(writer: &Writer<'_>, messages: &[Incoming]) -> Value {
    let contacts: Vec<_> = messages.iter().map(|message| contact(&message.from)).collect();
    let texts: Vec<_> = messages
        .iter()
        .map(|message| {
            let mut item = json!({
                "id": message.id.reveal(),
                "timestamp": message.at_seconds.to_string(),
                "type": "text",
                "text": { "body": message.text.reveal() },
            });
            insert_ids(&mut item, &message.from, ["from", "from_user_id"]);
            item
        })
        .collect();
    writer.change("messages", &[("contacts", json!(contacts)), ("messages", json!(texts))])
}

pub(super) fn pressed(writer: &Writer<'_>, who: &Customer, offer: &Offer, id: &str) -> Value {
    let reply = json!({ "id": offer.choice.to_string(), "title": offer.title });
    writer.done(who, id, "interactive", &json!({ "type": "button_reply", "button_reply": reply }))
}

pub(super) fn edited(
    writer: &Writer<'_>,
    who: &Customer,
    original: &str,
    text: &str,
    number: u32,
) -> Value {
    let edit = json!({
        "original_message_id": original,
        "message": { "type": "text", "text": { "body": text } },
    });
    writer.done(who, &format!("{original}.edit{number}"), "edit", &edit)
}

pub(super) fn taken_back(writer: &Writer<'_>, who: &Customer, original: &str) -> Value {
    let what = json!({ "original_message_id": original });
    writer.done(who, &format!("{original}.revoke"), "revoke", &what)
}

pub(super) fn echo(writer: &Writer<'_>, who: &Customer, text: &str, id: &str) -> Value {
    let mut echo = json!({
        "from": SHOWN_NUMBER,
        "id": id,
        "timestamp": writer.seconds(),
        "type": "text",
        "text": { "body": text },
    });
    insert_ids(&mut echo, who, ["to", "to_user_id"]);
    writer.change("smb_message_echoes", &[("message_echoes", json!([echo]))])
}

pub(super) fn changed_user_id(writer: &Writer<'_>, who: &Customer, current: &str) -> Value {
    let mut update = json!({
        "user_id": { "previous": who.user_id.as_ref().map(Personal::reveal), "current": current },
        "timestamp": writer.seconds(),
    });
    insert_ids(&mut update, &Customer { user_id: None, ..who.clone() }, ["wa_id", "_"]);
    writer.change("user_id_update", &[("user_id_update", json!([update]))])
}

pub(super) fn status(writer: &Writer<'_>, sent: &Sent, status: &str) -> Value {
    let recipient =
        if sent.to.kind == IdKind::UserId { "recipient_user_id" } else { "recipient_id" };
    let mut item = json!({
        "id": sent.id.reveal(),
        "status": status,
        "timestamp": writer.seconds(),
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
    writer.change("messages", &[("statuses", json!([item]))])
}

fn contact(customer: &Customer) -> Value {
    let mut contact = json!({ "profile": { "name": customer.name.reveal() } });
    insert_ids(&mut contact, customer, ["wa_id", "user_id"]);
    contact
}

fn insert_ids(item: &mut Value, customer: &Customer, names: [&str; 2]) {
    if let Some(item) = item.as_object_mut() {
        for (name, id) in names.into_iter().zip([&customer.wa_id, &customer.user_id]) {
            if let Some(id) = id {
                item.insert(name.to_owned(), json!(id.reveal()));
            }
        }
    }
}
