//! One row: its key, its version, its attributes, and the bytes in which a store keeps them.

use litemap::LiteMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Attribute, Index, Key};
use crate::{fault::Fault, time::Time};

/// What an attribute needs at most besides its value: its number, its kind, its length.
const ATTRIBUTE_BYTES: usize = 16;
/// How many attributes a new row has room for at once: more than a gate has as a rule, or a message that was just
/// taken in.
const ATTRIBUTES: usize = 12;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number; times are milliseconds since the Unix epoch.
    Number(i64),
    /// Bytes.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl Value {
    /// How many bytes the value itself has.
    const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Number(_) => 0,
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub key: Key,
    /// One at its creation, one more with each change.
    pub version: u64,
    /// What it holds, in the order of its attributes: a row is read and copied far more often than it is changed.
    pub attributes: LiteMap<Attribute, Value>,
}

/// Bytes that are no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no row: {0}")]
pub struct DecodeError(&'static str);

impl Item {
    /// A row that is about to be made.
    pub fn new(key: Key) -> Self {
        Self { key, version: 1, attributes: LiteMap::with_capacity(ATTRIBUTES) }
    }

    /// This row with the next version, about to be replaced.
    #[must_use]
    pub fn next(mut self) -> Self {
        self.version = self.version.saturating_add(1);
        self
    }

    /// Sets an attribute to text.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write names and ids as they have them"
    )]
    pub fn text(mut self, attribute: Attribute, value: impl ToString) -> Self {
        self.attributes.insert(attribute, Value::Text(value.to_string()));
        self
    }

    /// Sets an attribute to a number.
    #[must_use]
    pub fn number(mut self, attribute: Attribute, value: i64) -> Self {
        self.attributes.insert(attribute, Value::Number(value));
        self
    }

    /// Sets an attribute to a time.
    #[must_use]
    pub fn time(self, attribute: Attribute, value: Time) -> Self {
        self.number(attribute, value.millis())
    }

    /// Sets an attribute to bytes.
    #[must_use]
    pub fn bytes(mut self, attribute: Attribute, value: Vec<u8>) -> Self {
        self.attributes.insert(attribute, Value::Bytes(value));
        self
    }

    /// Sets an attribute to JSON, for values that are closed enums and ids.
    #[must_use]
    pub fn json(self, attribute: Attribute, value: &impl Serialize) -> Self {
        // Our own enums and structs always serialise; an empty text is read back as damage.
        let text = serde_json::to_string(value).unwrap_or_default();
        self.text(attribute, text)
    }

    /// Sets an attribute, or removes it.
    #[must_use]
    pub fn maybe_text(self, attribute: Attribute, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.text(attribute, value),
            None => self.without(attribute),
        }
    }

    /// Sets an attribute to a time, or removes it.
    #[must_use]
    pub fn maybe_time(self, attribute: Attribute, value: Option<Time>) -> Self {
        match value {
            Some(value) => self.time(attribute, value),
            None => self.without(attribute),
        }
    }

    /// Removes an attribute.
    #[must_use]
    pub fn without(mut self, attribute: Attribute) -> Self {
        self.attributes.remove(&attribute);
        self
    }

    /// Lists the row in `index` under `entry` at `time`.
    #[must_use]
    pub fn listed(self, index: Index, entry: impl ToString, time: Time) -> Self {
        let (entry_attribute, time_attribute) = index.attributes();
        self.text(entry_attribute, entry).time(time_attribute, time)
    }

    /// Takes the row out of `index`.
    #[must_use]
    pub fn unlisted(self, index: Index) -> Self {
        let (entry, time) = index.attributes();
        self.without(entry).without(time)
    }

    /// Where the row is listed in `index`.
    pub fn listing(&self, index: Index) -> Option<(&str, Time)> {
        let (entry, time) = index.attributes();
        Some((self.get_text(entry)?, self.get_time(time)?))
    }

    /// An attribute that is text.
    pub fn get_text(&self, attribute: Attribute) -> Option<&str> {
        match self.attributes.get(&attribute) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Number(_) | Value::Bytes(_)) | None => None,
        }
    }

    /// An attribute that is a number.
    pub fn get_number(&self, attribute: Attribute) -> Option<i64> {
        match self.attributes.get(&attribute) {
            Some(Value::Number(number)) => Some(*number),
            Some(Value::Text(_) | Value::Bytes(_)) | None => None,
        }
    }

    /// An attribute that is a time.
    pub fn get_time(&self, attribute: Attribute) -> Option<Time> {
        self.get_number(attribute).map(Time::from_millis)
    }

    /// An attribute that is bytes.
    pub fn get_bytes(&self, attribute: Attribute) -> Option<&[u8]> {
        match self.attributes.get(&attribute) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            Some(Value::Text(_) | Value::Number(_)) | None => None,
        }
    }

    /// An attribute that is text of a known form; none if it is absent, damage if it is not of the form.
    pub fn parse<T: std::str::FromStr>(&self, attribute: Attribute) -> Result<Option<T>, Fault> {
        self.get_text(attribute)
            .map(str::parse)
            .transpose()
            .map_err(|_cause: T::Err| Fault::Damaged { what: attribute.name() })
    }

    /// Like [`parse`](Self::parse), for an attribute that must be there.
    pub fn parse_required<T: std::str::FromStr>(&self, attribute: Attribute) -> Result<T, Fault> {
        self.parse(attribute)?.ok_or(Fault::Damaged { what: attribute.name() })
    }

    /// An attribute that is JSON; none if it is absent, damage if it is not of the form.
    pub fn get_json<T: DeserializeOwned>(&self, attribute: Attribute) -> Result<Option<T>, Fault> {
        self.get_text(attribute)
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_cause: serde_json::Error| Fault::Damaged { what: attribute.name() })
    }

    /// Like [`get_json`](Self::get_json), for an attribute that must be there.
    pub fn json_required<T: DeserializeOwned>(&self, attribute: Attribute) -> Result<T, Fault> {
        self.get_json(attribute)?.ok_or(Fault::Damaged { what: attribute.name() })
    }

    /// The attributes as the bytes that a store keeps.
    pub fn encode(&self) -> Vec<u8> {
        let rows: Vec<(u16, &Value)> =
            self.attributes.iter().map(|(attribute, value)| (attribute.code(), value)).collect();
        let bytes: usize =
            rows.iter().map(|(_, value)| value.len().saturating_add(ATTRIBUTE_BYTES)).sum();
        let room = Vec::with_capacity(bytes.saturating_add(ATTRIBUTE_BYTES));
        // Only a value that cannot be serialised fails here, and no `Value` is one.
        postcard::to_extend(&rows, room).unwrap_or_default()
    }

    /// The row whose attributes were kept as `bytes`. An attribute that is not known is damage: an older
    /// program must not drop what a newer one wrote.
    pub fn decode(key: Key, version: u64, bytes: &[u8]) -> Result<Self, DecodeError> {
        let (rows, rest): (Vec<(u16, Value)>, _) = postcard::take_from_bytes(bytes)
            .map_err(|_cause: postcard::Error| DecodeError("form"))?;
        if !rest.is_empty() {
            return Err(DecodeError("trailing bytes"));
        }
        let attribute = |(code, value)| {
            let attribute = Attribute::from_code(code).ok_or(DecodeError("unknown attribute"))?;
            Ok((attribute, value))
        };
        let mut attributes = rows.into_iter().map(attribute).collect::<Result<Vec<_>, _>>()?;
        attributes.sort_by_key(|(attribute, _)| *attribute);
        if !attributes.is_sorted_by(|(one, _), (other, _)| one < other) {
            return Err(DecodeError("an attribute twice"));
        }
        let attributes = LiteMap::from_sorted_store_unchecked(attributes);
        Ok(Self { key, version, attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_damage_is_noticed() {
        let key = Key::data("p".to_owned(), "s");
        let item = Item::new(key.clone())
            .text(Attribute::State, "received")
            .number(Attribute::Attempt, -3)
            .bytes(Attribute::Sealed, vec![0, 255]);
        let bytes = item.encode();
        assert_eq!(Item::decode(key.clone(), 1, &bytes), Ok(item));

        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Item::decode(key.clone(), 1, &longer).is_err());
        assert!(Item::decode(key.clone(), 1, &bytes[..bytes.len() - 1]).is_err());
        let unknown = postcard::to_stdvec(&vec![(9_999_u16, Value::Number(1))]).unwrap();
        assert!(Item::decode(key, 1, &unknown).is_err());
    }
}
