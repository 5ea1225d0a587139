//! Looking through everything in a file, for damage that nobody has come upon yet.

use forthright_core::table::{Key, TableName};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    read::{Readers, checked},
    row::Found,
};

/// How many rows are looked at as of one moment: a moment keeps the log from being emptied.
const ROWS_AT_ONCE: i64 = 256;

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// How many rows there are.
    pub rows: u64,
    /// How many of them are not what was written. Whoever asks for one of them is told so.
    pub damaged: u64,
    /// How many of them an index does not lead to, so that somebody may take them for gone.
    pub hidden: u64,
    /// How many times a part of a file could not be read at all.
    pub unreadable: u64,
}

impl Scrubbed {
    /// Whether everything is as it was written.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.damaged == 0 && self.hidden == 0 && self.unreadable == 0
    }
}

impl std::ops::AddAssign for Scrubbed {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.damaged += other.damaged;
        self.hidden += other.hidden;
        self.unreadable += other.unreadable;
    }
}

/// Looks at every row of a table in its file, a few at a time.
pub(super) fn scrub(table: TableName, readers: &Readers) -> rusqlite::Result<Scrubbed> {
    let sql = "SELECT coalesce(max(id), 0) FROM item";
    let last: i64 = readers.read(|connection| connection.query_row(sql, [], |row| row.get(0)))?;
    let mut all = Scrubbed::default();
    let mut from = Some(i64::MIN);
    while let Some(first) = from.filter(|first| *first <= last) {
        if let Ok((found, next)) = readers.read(|connection| some(table, connection, first)) {
            all += found;
            from = next;
        } else {
            all.unreadable += 1;
            from = Some(first.max(0) + ROWS_AT_ONCE);
        }
    }
    Ok(all)
}

/// The rows from the one of number `first` on, and the number of the first that is left.
fn some(
    table: TableName,
    connection: &Connection,
    first: i64,
) -> rusqlite::Result<(Scrubbed, Option<i64>)> {
    let sql = if first == i64::MIN { FROM_THE_START } else { FROM_A_NUMBER };
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![first, ROWS_AT_ONCE + 1])?;
    let mut found = Scrubbed::default();
    for _ in 0..ROWS_AT_ONCE {
        let Some(row) = rows.next()? else {
            return Ok((found, None));
        };
        found += look(table, connection, row)?;
    }
    let Some(row) = rows.next()? else {
        return Ok((found, None));
    };
    let next = row.get(9)?;
    // If its number does not lead to it, the next ones pass it by.
    let mut find = connection.prepare_cached(BY_NUMBER)?;
    if !find.exists(params![next])? {
        found += Scrubbed { rows: 1, hidden: 1, ..Scrubbed::default() };
    }
    Ok((found, Some(next)))
}

// By the table itself. The first goes to the first page in any case, the second is led by numbers.
const FROM_THE_START: &str =
    "SELECT sort, version, sum, due, due_at, listing, listing_at, body, partition, id
     FROM item NOT INDEXED WHERE ?1 IS NOT NULL ORDER BY id LIMIT ?2";
const FROM_A_NUMBER: &str =
    "SELECT sort, version, sum, due, due_at, listing, listing_at, body, partition, id
     FROM item NOT INDEXED WHERE id >= ?1 ORDER BY id LIMIT ?2";

/// Looks at one row.
fn look(table: TableName, connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Scrubbed> {
    let id = row.get(9)?;
    let mut found = Scrubbed { rows: 1, ..Scrubbed::default() };
    let key = row.get(8).and_then(|partition| Ok(Key { table, partition, sort: row.get(0)? }));
    match key.map(|key| (checked(row, &key), key)) {
        Ok((Found::Row(row), key)) => {
            let mut is_led_to = leads_to(connection, BY_KEY, (None, &key), id)?;
            for (sql, listing) in [(BY_DUE, &row.due), (BY_LISTING, &row.listing)] {
                if let Some((entry, at)) = listing {
                    is_led_to &= leads_to(connection, sql, (Some((entry, *at)), &key), id)?;
                }
            }
            found.hidden += u64::from(!is_led_to);
        }
        Ok((Found::Absent | Found::Damaged, _)) | Err(_) => found.damaged += 1,
    }
    Ok(found)
}

const BY_NUMBER: &str = "SELECT 1 FROM item NOT INDEXED WHERE id = ?1";
// The sum is in no index: SQLite goes from the index to the row by its number, as it does for whoever reads it.
const BY_KEY: &str =
    "SELECT id, sum FROM item INDEXED BY item_key WHERE partition = ?1 AND sort = ?2";
const BY_DUE: &str = "SELECT id, sum FROM item INDEXED BY item_due
     WHERE partition = ?1 AND sort = ?2 AND due = ?3 AND due_at = ?4";
const BY_LISTING: &str = "SELECT id, sum FROM item INDEXED BY item_listing
     WHERE partition = ?1 AND sort = ?2 AND listing = ?3 AND listing_at = ?4";

/// Whether an index leads to the row of this number, and the number to a row.
fn leads_to(
    connection: &Connection,
    sql: &str,
    (listing, key): (Option<(&str, i64)>, &Key),
    id: i64,
) -> rusqlite::Result<bool> {
    let mut find = connection.prepare_cached(sql)?;
    // A row that is not to be found any more has no sum.
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?));
    let found = match listing {
        None => find.query_row(params![key.partition, key.sort], read),
        Some((entry, at)) => find.query_row(params![key.partition, key.sort, entry, at], read),
    };
    Ok(matches!(found.optional()?, Some((found, Some(_))) if found == id))
}
