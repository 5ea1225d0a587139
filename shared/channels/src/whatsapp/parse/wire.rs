//! What a webhook body looks like, after "WhatsApp Cloud API webhooks reference: messages".
//!
//! Only what is needed, and almost all of it optional: unknown keys pass, `null` counts as missing. Each
//! part stays raw until it is read by itself, so that a bad one takes no other with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meta::Scalar;

/// A list of raw parts; missing and `null` are the empty list.
pub(super) type Parts<'a> = Option<Vec<&'a RawValue>>;

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) object: Scalar<'a>,
    #[serde(borrow)]
    pub(super) entry: Parts<'a>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub(super) changes: Parts<'a>,
}

#[derive(Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    pub(super) field: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Value<'a> {
    #[serde(borrow)]
    pub(super) metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    pub(super) contacts: Parts<'a>,
    #[serde(borrow)]
    pub(super) messages: Parts<'a>,
    #[serde(borrow)]
    pub(super) statuses: Parts<'a>,
    #[serde(borrow)]
    pub(super) message_echoes: Parts<'a>,
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
    pub(super) profile: Option<Profile<'a>>,
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

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) from: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) from_user_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) group_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Text<'a> {
    #[serde(borrow)]
    pub(super) body: Scalar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow, rename = "status")]
    pub(super) stage: Option<Scalar<'a>>,
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
