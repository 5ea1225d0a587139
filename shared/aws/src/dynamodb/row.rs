//! A row as DynamoDB keeps it: each attribute under its own name.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use forthright_core::{
    Time,
    table::{Attribute, Item, Key, TableFault, TableName, Value},
};

/// The partition key's name.
pub(super) const PARTITION: &str = "pk";
/// The sort key's name.
pub(super) const SORT: &str = "sk";
/// The name of a row's version.
pub(super) const VERSION: &str = "v";
/// The name of the token of the write that made the row what it is.
const TOKEN: &str = "t";

/// A row in DynamoDB's own terms.
pub(super) struct Row(pub(super) HashMap<String, AttributeValue>);

impl Row {
    /// What is stored for `item`, by the write with this token.
    pub(super) fn of(item: &Item, token: &str) -> Self {
        let mut row = key(&item.key);
        row.insert(VERSION.to_owned(), AttributeValue::N(item.version.to_string()));
        row.insert(TOKEN.to_owned(), AttributeValue::S(token.to_owned()));
        row.extend(item.attributes.iter().map(|(attribute, value)| {
            let value = match value {
                Value::Text(text) => AttributeValue::S(text.clone()),
                Value::Number(number) => AttributeValue::N(number.to_string()),
                Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.as_slice())),
            };
            (attribute.name().to_owned(), value)
        }));
        Self(row)
    }

    /// The item that was stored. An attribute that is not known is damage: an older program must not drop
    /// what a newer one wrote.
    pub(super) fn into_item(mut self, table: TableName) -> Result<Item, TableFault> {
        let key = read_key(table, &self.0).ok_or_else(damaged)?;
        let version = match self.0.get(VERSION) {
            Some(AttributeValue::N(version)) => version.parse().map_err(|_none| damaged())?,
            Some(_) | None => return Err(damaged()),
        };
        for own in [PARTITION, SORT, VERSION, TOKEN] {
            self.0.remove(own);
        }
        let mut item = Item { version, ..Item::new(key) };
        for (name, value) in self.0 {
            let attribute = Attribute::from_name(&name).ok_or_else(damaged)?;
            let value = match value {
                AttributeValue::S(text) => Value::Text(text),
                AttributeValue::N(number) => {
                    Value::Number(number.parse().map_err(|_none| damaged())?)
                }
                AttributeValue::B(bytes) => Value::Bytes(bytes.into_inner()),
                _ => return Err(damaged()),
            };
            item.attributes.insert(attribute, value);
        }
        Ok(item)
    }
}

/// Whether the write with this token made the row what it is.
pub(super) fn is_of(row: &HashMap<String, AttributeValue>, token: &str) -> bool {
    matches!(row.get(TOKEN), Some(AttributeValue::S(found)) if found == token)
}

/// A key in DynamoDB's own terms.
pub(super) fn key(key: &Key) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (PARTITION.to_owned(), AttributeValue::S(key.partition.clone())),
        (SORT.to_owned(), AttributeValue::S(key.sort.clone())),
    ])
}

/// Whether a row can have this key at all: DynamoDB refuses to look for one with an empty part.
pub(super) const fn can_be(key: &Key) -> bool {
    !key.partition.is_empty() && !key.sort.is_empty()
}

/// The key of a row in `table`.
pub(super) fn read_key(table: TableName, row: &HashMap<String, AttributeValue>) -> Option<Key> {
    let text = |name| row.get(name)?.as_s().ok().cloned();
    Some(Key { table, partition: text(PARTITION)?, sort: text(SORT)? })
}

/// A time that a row has as a number.
pub(super) fn read_time(row: &HashMap<String, AttributeValue>, name: &str) -> Option<Time> {
    row.get(name)?.as_n().ok()?.parse().ok().map(Time::from_millis)
}

/// A row that is not what was written. Its content is not told: it may be personal.
pub(super) fn damaged() -> TableFault {
    TableFault::Damaged("a row in DynamoDB has another form than it was written in".into())
}
