//! What stands in an entry, after "Messenger Platform: Webhooks reference" and "Graph API: Page webhooks".

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::json::{Parts, Scalar};

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) time: Option<Scalar<'a>>,
    #[serde(borrow, default)]
    pub(super) messaging: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) standby: Parts<'a>,
    #[serde(borrow, default)]
    pub(super) changes: Parts<'a>,
}

/// Something that happened in a conversation. Which it is, the key says that is there.
#[derive(Deserialize)]
pub(super) struct Messaging<'a> {
    #[serde(borrow)]
    pub(super) sender: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) recipient: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) timestamp: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) postback: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delivery: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) read: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) reaction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) message_edit: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) optin: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) pass_thread_control: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) take_thread_control: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) request_thread_control: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) app_roles: Option<&'a RawValue>,
}

/// The first key of a conversation's item that does not say between whom something happened, and when. The others are
/// not kept: there may be half a million.
pub(super) struct Name<'a>(pub(super) Option<Scalar<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> de::Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut name = None;
        while let Some(key) = map.next_key::<Scalar<'de>>()? {
            map.next_value::<de::IgnoredAny>()?;
            if name.is_none() && !["sender", "recipient", "timestamp"].contains(&key.as_str()) {
                name = Some(key);
            }
        }
        Ok(Name(name))
    }
}

#[derive(Deserialize)]
pub(super) struct Party<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) mid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Scalar<'a>>,
    #[serde(borrow, default)]
    pub(super) attachments: Parts<'a>,
    #[serde(default)]
    pub(super) is_echo: Option<bool>,
    #[serde(default)]
    pub(super) is_deleted: Option<bool>,
    #[serde(default)]
    pub(super) is_unsupported: Option<bool>,
    #[serde(borrow)]
    pub(super) metadata: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) quick_reply: Option<&'a RawValue>,
}

/// What stood behind the quick reply that was pressed; its words are the message's text.
#[derive(Deserialize)]
pub(super) struct QuickReply<'a> {
    #[serde(borrow)]
    pub(super) payload: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Attachment<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Postback<'a> {
    #[serde(borrow)]
    pub(super) mid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) title: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) payload: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Delivery<'a> {
    #[serde(borrow, default)]
    pub(super) mids: Parts<'a>,
    #[serde(borrow)]
    pub(super) watermark: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Reaction<'a> {
    #[serde(borrow)]
    pub(super) mid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) action: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Edit<'a> {
    #[serde(borrow)]
    pub(super) mid: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Scalar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OptIn<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Scalar<'a>>,
}

/// Something that happened on the Page, in public.
#[derive(Deserialize)]
pub(super) struct Public<'a> {
    #[serde(borrow)]
    pub(super) item: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) verb: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) comment_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) post_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) from: Option<&'a RawValue>,
    /// Before `from`.
    #[serde(borrow)]
    pub(super) sender_id: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) created_time: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(super) reaction_type: Option<Scalar<'a>>,
}
