//! What a person, or somebody of the brand, does to a conversation that is going on: signed, as the platform tells it.

use forthright_core::{Personal, http::Request};
use serde_json::{Value, json};

use super::{
    Customer, WhatsAppStandIn,
    deliver::{contact, insert_ids},
};

impl WhatsAppStandIn {
    /// The customer changes the text of the message `original`.
    pub fn edits(&self, who: &Customer, original: &str, text: &str, id: &str) -> Request {
        let edit = json!({
            "original_message_id": original,
            "message": { "type": "text", "text": { "body": text } },
        });
        self.tells(who, id, "edit", &edit)
    }

    /// The customer takes the message `original` back.
    pub fn revokes(&self, who: &Customer, original: &str, id: &str) -> Request {
        self.tells(who, id, "revoke", &json!({ "original_message_id": original }))
    }

    /// Somebody of the brand writes to the customer in the platform's own app.
    pub fn echoes(&self, who: &Customer, text: &str, id: &str) -> Request {
        let mut echo = json!({
            "from": self.account.display_phone_number,
            "id": id,
            "timestamp": self.seconds(),
            "type": "text",
            "text": { "body": text },
        });
        insert_ids(&mut echo, who, ["to", "to_user_id"]);
        self.delivery("smb_message_echoes", &[("message_echoes", json!([echo]))])
    }

    /// The platform gives the customer another user id.
    pub fn changes_user_id(&self, who: &Customer, current: &str) -> Request {
        let mut update = json!({
            "user_id": { "previous": who.user_id.as_ref().map(Personal::reveal), "current": current },
            "timestamp": self.seconds(),
        });
        insert_ids(&mut update, &Customer { user_id: None, ..who.clone() }, ["wa_id", "_"]);
        self.delivery("user_id_update", &[("user_id_update", json!([update]))])
    }

    fn tells(&self, who: &Customer, id: &str, kind: &str, what: &Value) -> Request {
        let mut item = json!({ "id": id, "timestamp": self.seconds(), "type": kind, kind: what });
        insert_ids(&mut item, who, ["from", "from_user_id"]);
        let contacts = json!([contact(who)]);
        self.delivery("messages", &[("contacts", contacts), ("messages", json!([item]))])
    }

    fn seconds(&self) -> String {
        (self.clock.now().millis() / 1_000).to_string()
    }
}
