//! What stands in an entry, after "WhatsApp Cloud API webhooks reference".

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Parts, Scalar};

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow, default)]
    pub(super) changes: Parts<'a>,
}

#[derive(Deserialize)]
pub(super) struct Value<'a> {
    #[serde(borrow)]
    pub(super) metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) contacts: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) messages: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) statuses: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) message_echoes: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) user_preferences: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) user_id_update: Parts<'a>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) display_phone_number: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) phone_number_id: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Contact<'a> {
    #[serde(borrow)]
    pub(super) profile: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) wa_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) user_id: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Profile<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Scalar<'a>>,
}

/// A message; in a list of echoes with the customer in `to`.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) from: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) from_user_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) to: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) to_user_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) group_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) button: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) interactive: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) image: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) video: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) document: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) reaction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) edit: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) revoke: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) system: Option<&'a RawValue>,
    #[serde(borrow, rename = "biz_opaque_callback_data")]
    pub(super) opaque: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Text<'a> {
    #[serde(borrow)]
    pub(super) body: Scalar<'a>,
}

/// The answer of a template's button: the words on it, and what came with them.
#[derive(Deserialize)]
pub(super) struct Button<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) payload: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Interactive<'a> {
    #[serde(borrow)]
    pub(super) button_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) list_reply: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) title: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Media<'a> {
    #[serde(borrow)]
    pub(super) caption: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Reaction<'a> {
    #[serde(borrow)]
    pub(super) emoji: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Edit<'a> {
    #[serde(borrow)]
    pub(super) original_message_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Revoke<'a> {
    #[serde(borrow)]
    pub(super) original_message_id: Option<Scalar<'a>>,
}

/// A person's number or user id changed.
#[derive(Deserialize)]
pub(super) struct System<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) wa_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) new_wa_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) user_id: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct UserIdUpdate<'a> {
    #[serde(borrow)]
    pub(super) wa_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Changed<'a> {
    #[serde(borrow)]
    pub(super) previous: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) current: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Preference<'a> {
    #[serde(borrow)]
    pub(super) wa_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) user_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) category: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) value: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow, rename = "status")]
    pub(super) stage: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) recipient_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) recipient_user_id: Option<Scalar<'a>>,
    #[serde(borrow, rename = "biz_opaque_callback_data")]
    pub(super) opaque: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) errors: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct StatusError<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Scalar<'a>>,
}
