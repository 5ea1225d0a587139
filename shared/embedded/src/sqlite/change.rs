//! One transaction's changes: encoded where they are asked for, applied where they are committed.

use forthright_core::table::{Condition, Index, Item, Key, Write, WriteFault};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

/// A write as the file takes it.
#[derive(Debug)]
pub(super) struct Change {
    key: Key,
    condition: Condition,
    effect: Effect,
}

#[derive(Debug)]
enum Effect {
    Put { version: i64, body: Vec<u8>, due: Listing, listing: Listing },
    Delete,
    Check,
}

/// Where a row stands in an index.
type Listing = Option<(String, i64)>;

/// What a transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Done(Done),
    /// The condition of this write did not hold; nothing was done.
    Refused {
        index: usize,
    },
}

/// How much a transaction changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Done {
    /// About how many pages the log grew by.
    pub(super) pages: u64,
    /// Whether a row was deleted.
    pub(super) deleted: bool,
    /// Whether a row was replaced.
    pub(super) replaced: bool,
}

/// SQLite's size of a page.
const PAGE_BYTES: usize = 4_096;

/// A changed row's own page and one of an index; neighbours share them.
const ROW_PAGES: u64 = 2;

/// What is known of a row before it changes.
struct Found {
    id: i64,
    version: i64,
    due: Listing,
    listing: Listing,
}

impl Change {
    pub(super) fn new(write: Write) -> Result<Self, WriteFault> {
        let condition = write.condition();
        Ok(match write {
            Write::Put { item, .. } => {
                let version = i64::try_from(item.version)
                    .map_err(|_too_large| WriteFault::Malformed("a version beyond 63 bits"))?;
                let effect = Effect::Put {
                    version,
                    body: item.encode(),
                    due: listing(&item, Index::Due),
                    listing: listing(&item, Index::Listing),
                };
                Self { key: item.key, condition, effect }
            }
            Write::Delete { key, .. } => Self { key, condition, effect: Effect::Delete },
            Write::Check { key, .. } => Self { key, condition, effect: Effect::Check },
        })
    }
}

fn listing(item: &Item, index: Index) -> Listing {
    item.listing(index).map(|(entry, time)| (entry.to_owned(), time.millis()))
}

/// Applies a transaction, if all its conditions hold.
///
/// They are all evaluated before anything changes, so one that does not hold needs no savepoint: others
/// share the SQLite transaction. No two of a transaction's changes are about one row.
pub(super) fn apply(connection: &Connection, changes: &[Change]) -> rusqlite::Result<Verdict> {
    let mut before = Vec::with_capacity(changes.len());
    {
        let mut find = connection.prepare_cached(
            "SELECT id, version, due, due_at, listing, listing_at FROM item
             WHERE partition = ?1 AND sort = ?2",
        )?;
        for (index, change) in changes.iter().enumerate() {
            let found = look(&mut find, &change.key)?;
            let version = found.as_ref().and_then(|found| u64::try_from(found.version).ok());
            if !change.condition.holds(version) {
                return Ok(Verdict::Refused { index });
            }
            before.push(found);
        }
    }
    let mut done = Done::default();
    for (change, found) in changes.iter().zip(before) {
        match (&change.effect, found) {
            (Effect::Check, _) | (Effect::Delete, None) => {}
            (Effect::Delete, Some(found)) => {
                connection
                    .prepare_cached("DELETE FROM item WHERE id = ?1")?
                    .execute(params![found.id])?;
                done.pages = done.pages.saturating_add(ROW_PAGES);
                done.deleted = true;
            }
            (Effect::Put { version, body, due, listing }, found) => {
                done.replaced |= found.is_some();
                let body_pages = u64::try_from(body.len() / PAGE_BYTES).unwrap_or(u64::MAX);
                done.pages = done.pages.saturating_add(ROW_PAGES).saturating_add(body_pages);
                put(connection, &change.key, found, (*version, body, due, listing))?;
            }
        }
    }
    Ok(Verdict::Done(done))
}

fn look(find: &mut CachedStatement<'_>, key: &Key) -> rusqlite::Result<Option<Found>> {
    let pair = |entry: Option<String>, at: Option<i64>| entry.zip(at);
    find.query_row(params![key.partition, key.sort], |row| {
        Ok(Found {
            id: row.get(0)?,
            version: row.get(1)?,
            due: pair(row.get(2)?, row.get(3)?),
            listing: pair(row.get(4)?, row.get(5)?),
        })
    })
    .optional()
}

fn put(
    connection: &Connection,
    key: &Key,
    found: Option<Found>,
    (version, body, due, listing): (i64, &[u8], &Listing, &Listing),
) -> rusqlite::Result<()> {
    let (due_entry, due_at) = columns(due);
    let (listing_entry, listing_at) = columns(listing);
    match found {
        None => connection
            .prepare_cached(
                "INSERT INTO item (partition, sort, version, due, due_at, listing, listing_at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                key.partition,
                key.sort,
                version,
                due_entry,
                due_at,
                listing_entry,
                listing_at,
                body
            ])?,
        // Naming an indexed column rewrites its index even if nothing in it changes.
        Some(found) if found.due == *due && found.listing == *listing => connection
            .prepare_cached("UPDATE item SET version = ?2, body = ?3 WHERE id = ?1")?
            .execute(params![found.id, version, body])?,
        Some(found) => connection
            .prepare_cached(
                "UPDATE item SET version = ?2, due = ?3, due_at = ?4, listing = ?5,
                 listing_at = ?6, body = ?7 WHERE id = ?1",
            )?
            .execute(params![
                found.id,
                version,
                due_entry,
                due_at,
                listing_entry,
                listing_at,
                body
            ])?,
    };
    Ok(())
}

fn columns(listing: &Listing) -> (Option<&str>, Option<i64>) {
    listing.as_ref().map_or((None, None), |(entry, at)| (Some(entry.as_str()), Some(*at)))
}
