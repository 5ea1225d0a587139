//! What stands in an entry, after "Messenger Platform: Webhooks reference" and "Graph API: Page webhooks".

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meta::{Scalar, wire::Parts};

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
