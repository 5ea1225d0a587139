//! What a webhook body looks like, after "WhatsApp Cloud API webhooks reference: messages".
//!
//! Only what is needed, and almost all of it optional: unknown keys pass, `null` counts as missing. Each
//! part stays raw until it is read by itself, so that a bad one takes no other with it.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::meta::Scalar;

/// Reads an object; none if it is something else, or not of this form. Serde would take a list of the values in the
/// order in which they stand here, too.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A list of raw parts, read one by one; missing and `null` are the empty list.
///
/// A body of 4 MiB can list two million of them: a list that held them all would take many times as much.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// What stands behind the bracket, or behind the last comma.
    rest: &'a str,
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(list) = Option::<&RawValue>::deserialize(deserializer)? else {
            return Ok(Self::default());
        };
        let rest = list.get().strip_prefix('[').ok_or_else(|| de::Error::custom("no list"))?;
        Ok(Self { rest })
    }
}

impl Parts<'_> {
    pub(super) fn is_empty(&self) -> bool {
        let rest = self.rest.trim_ascii_start();
        rest.is_empty() || rest.starts_with(']')
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a RawValue;

    fn next(&mut self) -> Option<&'a RawValue> {
        // The list was read as one before, so all that can end it is its bracket.
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter();
        let part = values.next()?.ok()?;
        let behind = self.rest.get(values.byte_offset()..)?.trim_ascii_start();
        self.rest = behind.strip_prefix(',').unwrap_or_default();
        Some(part)
    }
}

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) object: Scalar<'a>,
    #[serde(borrow, default)]
    pub(super) entry: Parts<'a>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow, default)]
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
    pub(super) metadata: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) contacts: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) messages: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) statuses: Parts<'a>,
    #[serde(borrow, default)]
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
