//! The table on DynamoDB.
//!
//! Two tables, `data` and `keys`, each with the partition key `pk` and the sort key `sk`; `data` has the two
//! indexes of [`Index`], keys only. `infra/` makes them.

mod call;
mod row;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};
use data_encoding::BASE64URL_NOPAD;
use forthright_core::{
    Table, Time,
    table::{
        Condition, Index, Item, Kept, Key, Page, Position, Query, Range, TableFault, TableName,
        Write, WriteFault, WriteToken, check_shape,
    },
};

use call::{put_fault, read_fault, transaction_fault};
use row::{PARTITION, Row, SORT, VERSION};

use crate::call::boxed;

/// The most rows that `BatchGetItem` takes.
const READ_AT_ONCE: usize = 100;

/// The [`Table`] on DynamoDB.
///
/// A transaction carries its token, so the SDK may repeat it. A write of one row is a conditional `PutItem`,
/// which costs half; the row remembers its token, so that a repeated one is recognised too.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    client: Client,
    data: String,
    keys: String,
}

impl DynamoDb {
    /// The tables of these names.
    pub const fn new(client: Client, data: String, keys: String) -> Self {
        Self { client, data, keys }
    }

    fn name(&self, table: TableName) -> &str {
        match table {
            TableName::Data => &self.data,
            TableName::Keys => &self.keys,
        }
    }

    fn table(&self, name: &str) -> Option<TableName> {
        [TableName::Data, TableName::Keys].into_iter().find(|table| self.name(*table) == name)
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, TableFault> {
        let call = self.client.get_item().table_name(self.name(key.table)).consistent_read(true);
        let answer = boxed(call.set_key(Some(row::key(key))).send())
            .await
            .map_err(|error| read_fault(&error))?;
        answer.item.map(|row| Row(row).into_item(key.table)).transpose()
    }

    /// One round trip for up to [`READ_AT_ONCE`] rows, and further ones for what DynamoDB left over.
    async fn get_some(&self, keys: &[&Key], found: &mut Vec<Item>) -> Result<(), TableFault> {
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        for table in [TableName::Data, TableName::Keys] {
            let keys = keys.iter().filter(|key| key.table == table).map(|key| row::key(key));
            let keys: Vec<_> = keys.collect();
            if !keys.is_empty() {
                let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
                wanted.insert(self.name(table).to_owned(), keys.build().map_err(unmade)?);
            }
        }
        while !wanted.is_empty() {
            let call = self.client.batch_get_item().set_request_items(Some(wanted));
            let answer = boxed(call.send()).await.map_err(|error| read_fault(&error))?;
            for (name, rows) in answer.responses.unwrap_or_default() {
                let table = self.table(&name).ok_or_else(row::damaged)?;
                for row in rows {
                    found.push(Row(row).into_item(table)?);
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
        }
        Ok(())
    }

    async fn partition(
        &self,
        query: &Query,
        table: TableName,
        partition: &str,
        prefix: &str,
    ) -> Result<Page, TableFault> {
        // DynamoDB has no rows without a key, and refuses the question.
        if partition.is_empty() {
            return Ok(Page::default());
        }
        let mut call = self
            .client
            .query()
            .table_name(self.name(table))
            .consistent_read(true)
            .limit(limit(query))
            .expression_attribute_names("#p", PARTITION)
            .expression_attribute_values(":p", AttributeValue::S(partition.to_owned()));
        call = if prefix.is_empty() {
            call.key_condition_expression("#p = :p")
        } else {
            call.key_condition_expression("#p = :p AND begins_with(#s, :s)")
                .expression_attribute_names("#s", SORT)
                .expression_attribute_values(":s", AttributeValue::S(prefix.to_owned()))
        };
        let after = query.after.as_ref().map(|after| row::key(&after.key));
        let call = call.set_exclusive_start_key(after).send();
        let answer = boxed(call).await.map_err(|error| read_fault(&error))?;
        let mut page = Page::default();
        for row in answer.items.unwrap_or_default() {
            let key = row::read_key(table, &row).ok_or_else(row::damaged)?;
            match Row(row).into_item(table) {
                Ok(item) => {
                    page.keys.push(key);
                    page.items.push(item);
                }
                Err(_damaged) => page.damaged.push(key),
            }
        }
        let next = answer.last_evaluated_key.map(|last| {
            let key = row::read_key(table, &last).ok_or_else(row::damaged)?;
            Ok(Position { key, time: None })
        });
        page.next = next.transpose()?;
        Ok(page)
    }

    async fn index(
        &self,
        query: &Query,
        index: Index,
        entry: &str,
        until: Time,
    ) -> Result<Page, TableFault> {
        let (entry_attribute, time_attribute) = index.attributes();
        let (entry_name, time_name) = (entry_attribute.name(), time_attribute.name());
        let number = |time: Time| AttributeValue::N(time.millis().to_string());
        let after = query.after.as_ref().map(|after| {
            let mut start = row::key(&after.key);
            start.insert(entry_name.to_owned(), AttributeValue::S(entry.to_owned()));
            start.insert(time_name.to_owned(), number(after.time.unwrap_or(until)));
            start
        });
        let call = self
            .client
            .query()
            .table_name(self.name(TableName::Data))
            .index_name(entry_name)
            .limit(limit(query))
            .key_condition_expression("#e = :e AND #t <= :t")
            .expression_attribute_names("#e", entry_name)
            .expression_attribute_names("#t", time_name)
            .expression_attribute_values(":e", AttributeValue::S(entry.to_owned()))
            .expression_attribute_values(":t", number(until))
            .set_exclusive_start_key(after)
            .send();
        let answer = boxed(call).await.map_err(|error| read_fault(&error))?;
        let key =
            |row: &HashMap<_, _>| row::read_key(TableName::Data, row).ok_or_else(row::damaged);
        let rows = answer.items.unwrap_or_default();
        let keys = rows.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let next = answer.last_evaluated_key.map(|last| {
            let time = row::read_time(&last, time_name).ok_or_else(row::damaged)?;
            Ok(Position { key: key(&last)?, time: Some(time) })
        });
        Ok(Page { keys, next: next.transpose()?, ..Page::default() })
    }

    /// One row: half of what a transaction costs.
    async fn put(&self, token: &str, item: &Item, condition: Condition) -> Result<(), WriteFault> {
        let (expression, values) = expression(condition);
        let (short, name) = name_in(condition);
        let call = self
            .client
            .put_item()
            .table_name(self.name(item.key.table))
            .set_item(Some(Row::of(item, token).0))
            .condition_expression(expression)
            .expression_attribute_names(short, name)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        boxed(call).await.map(drop).or_else(|error| put_fault(&error, token))
    }

    fn part(&self, token: &str, write: &Write) -> Result<TransactWriteItem, WriteFault> {
        let condition = write.condition();
        let (expression, values) = expression(condition);
        let (short, name) = name_in(condition);
        let table = self.name(write.key().table);
        let part = TransactWriteItem::builder();
        Ok(match write {
            Write::Put { item, .. } => part.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(Row::of(item, token).0))
                    .condition_expression(expression)
                    .expression_attribute_names(short, name)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(unmade_write)?,
            ),
            Write::Delete { key, .. } => part.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(row::key(key)))
                    .condition_expression(expression)
                    .expression_attribute_names(short, name)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(unmade_write)?,
            ),
            Write::Check { key, .. } => part.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(row::key(key)))
                    .condition_expression(expression)
                    .expression_attribute_names(short, name)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(unmade_write)?,
            ),
        }
        .build())
    }
}

impl Table for DynamoDb {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        if let [key] = keys {
            let found = if row::can_be(key) { self.get(key).await? } else { None };
            return Ok(vec![found]);
        }
        let mut wanted: Vec<&Key> = keys.iter().filter(|key| row::can_be(key)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = Vec::with_capacity(wanted.len());
        for some in wanted.chunks(READ_AT_ONCE) {
            self.get_some(some, &mut found).await?;
        }
        Ok(keys.iter().map(|key| found.iter().find(|item| item.key == *key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        match &query.range {
            Range::Partition { table, partition, prefix } => {
                self.partition(query, *table, partition, prefix).await
            }
            Range::Index { index, entry, until } => self.index(query, *index, entry, *until).await,
        }
    }

    /// Everything is kept now: DynamoDB knows no other way.
    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        _kept: Kept,
    ) -> Result<(), WriteFault> {
        check_shape(writes)?;
        let token = BASE64URL_NOPAD.encode(token.bytes());
        if let [Write::Put { item, condition }] = writes {
            return self.put(&token, item, *condition).await;
        }
        let parts = writes.iter().map(|write| self.part(&token, write));
        let call = self.client.transact_write_items().client_request_token(&token);
        let call = call.set_transact_items(Some(parts.collect::<Result<_, _>>()?));
        boxed(call.send()).await.map(drop).map_err(|error| transaction_fault(&error))
    }
}

/// A condition, as an expression over the name that [`name_in`] gives, and the values in it.
fn expression(condition: Condition) -> (&'static str, Option<HashMap<String, AttributeValue>>) {
    match condition {
        Condition::Absent => ("attribute_not_exists(#p)", None),
        Condition::Exists => ("attribute_exists(#p)", None),
        Condition::Version(version) => {
            let version = AttributeValue::N(version.to_string());
            ("#v = :v", Some(HashMap::from([(":v".to_owned(), version)])))
        }
    }
}

/// The name in a condition's expression, and what it stands for.
const fn name_in(condition: Condition) -> (&'static str, &'static str) {
    match condition {
        Condition::Absent | Condition::Exists => ("#p", PARTITION),
        Condition::Version(_) => ("#v", VERSION),
    }
}

fn limit(query: &Query) -> i32 {
    i32::try_from(query.limit.max(1)).unwrap_or(i32::MAX)
}

fn unmade(error: aws_sdk_dynamodb::error::BuildError) -> TableFault {
    TableFault::Unavailable(Box::new(error))
}

fn unmade_write(error: aws_sdk_dynamodb::error::BuildError) -> WriteFault {
    WriteFault::Unavailable(Box::new(error))
}
