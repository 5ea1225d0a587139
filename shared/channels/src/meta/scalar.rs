//! Ids and times that the platform writes as a string here and as a number there.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};

/// A string, or a whole number read as its digits. Borrowed from the body where it has no escapes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scalar<'a>(Cow<'a, str>);

impl Scalar<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole number that it writes, if it is one.
    pub(crate) fn number(&self) -> Option<i64> {
        self.0.parse().ok()
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
