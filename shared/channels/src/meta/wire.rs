//! The envelope that Meta's platforms share: `{"object", "entry": [{"id", "time", "changes": […]}]}`.
//!
//! Only what is needed, and almost all of it optional: unknown keys pass, `null` counts as missing. Each
//! part stays raw until it is read by itself, so that a bad one takes no other with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Parts, Scalar};

#[derive(Deserialize)]
pub(crate) struct Envelope<'a> {
    #[serde(borrow)]
    pub(crate) object: Scalar<'a>,
    #[serde(borrow, default)]
    pub(crate) entry: Parts<'a>,
}

#[derive(Deserialize)]
pub(crate) struct Change<'a> {
    #[serde(borrow)]
    pub(crate) field: Option<Scalar<'a>>,
    #[serde(borrow)]
    pub(crate) value: Option<&'a RawValue>,
}
