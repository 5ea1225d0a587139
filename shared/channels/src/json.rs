//! JSON as platforms write it: an id as a string here and a number there, and anything in a list.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// Reads an object; none if it is something else, or not of this form. Serde would take a list of the values in the
/// order in which they stand here, too.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// The same of a part that may be missing.
pub fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    object(raw?.get())
}

/// A list of raw parts, read one by one; missing and `null` are the empty list.
///
/// A body of 4 MiB can list two million of them: a list that held them all would take many times as much.
#[derive(Debug, Default)]
pub struct Parts<'a> {
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
    /// Whether nothing stands in it any more.
    pub fn is_empty(&self) -> bool {
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

/// A string, or a whole number read as its digits. Borrowed from the body where it has no escapes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scalar<'a>(Cow<'a, str>);

impl Scalar<'_> {
    /// Its text, or its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole number that it writes, if it is one.
    pub fn number(&self) -> Option<i64> {
        self.0.parse().ok()
    }
}

impl fmt::Debug for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar")
    }
}

impl<'a> From<Scalar<'a>> for Cow<'a, str> {
    fn from(scalar: Scalar<'a>) -> Self {
        scalar.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> de::Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar(Cow::Owned(number.to_string())))
    }
}
