//! The envelope that Meta's platforms share: `{"object", "entry": [{"id", "time", "changes": […]}]}`.
//!
//! Only what is needed, and almost all of it optional: unknown keys pass, `null` counts as missing. Each
//! part stays raw until it is read by itself, so that a bad one takes no other with it.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::Scalar;

/// Reads an object; none if it is something else, or not of this form. Serde would take a list of the values in the
/// order in which they stand here, too.
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The same of a part that may be missing.
pub(crate) fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    object(raw?.get())
}

/// A list of raw parts, read one by one; missing and `null` are the empty list.
///
/// A body of 4 MiB can list two million of them: a list that held them all would take many times as much.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
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
    pub(crate) fn is_empty(&self) -> bool {
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
