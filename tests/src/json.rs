//! JSON as it stands there: an object keeps its keys in their order, those that are there twice as well.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Debug)]
pub(crate) enum Json {
    Null,
    Bool,
    /// A whole number, as its digits.
    Whole(String),
    Fraction,
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The only value of a key: none if it is missing or `null`. An error if the key is there twice, or this is no
    /// object.
    pub(crate) fn only(&self, name: &str) -> Result<Option<&Self>, Misfit> {
        let Self::Object(pairs) = self else {
            return Err(Misfit);
        };
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Misfit),
            (None | Some(Self::Null), None) => Ok(None),
            (Some(value), None) => Ok(Some(value)),
        }
    }

    /// A text, or a whole number as text; none if there is nothing.
    pub(crate) fn scalar(value: Option<&Self>) -> Result<Option<&str>, Misfit> {
        match value {
            None => Ok(None),
            Some(Self::Text(text) | Self::Whole(text)) => Ok(Some(text)),
            Some(_) => Err(Misfit),
        }
    }

    /// The parts of a list; none of nothing.
    pub(crate) fn list(value: Option<&Self>) -> Result<&[Self], Misfit> {
        match value {
            None => Ok(&[]),
            Some(Self::List(parts)) => Ok(parts),
            Some(_) => Err(Misfit),
        }
    }
}

/// It is not of the form that was expected.
#[derive(Debug)]
pub(crate) struct Misfit;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Whole(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number.to_string()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Fraction)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(part) = parts.next_element()? {
            list.push(part);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            object.push(pair);
        }
        Ok(Json::Object(object))
    }
}
