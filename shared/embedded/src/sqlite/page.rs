//! Pages of a partition or an index: what memory has, over what SQLite has, as one moment left both.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, MutexGuard},
};

use forthright_core::{
    Time,
    table::{Index, Key, Page, Position, Query, Range, TableName},
};

use super::{
    read::{self, Readers},
    recent::Generation,
    row::{Found, Row},
    state::State,
    wait::{Need, Shared},
};

/// What was found, before rows are opened.
#[derive(Debug)]
pub(super) enum Places {
    Rows { rows: Vec<(Arc<Key>, Found)>, more: bool },
    Keys { keys: Vec<(i64, Key)>, more: bool },
}

/// One page, and what must be met before somebody may see it.
pub(super) fn read(
    shared: &Shared,
    readers: &Readers,
    query: &Query,
) -> rusqlite::Result<(Places, Need)> {
    loop {
        let state = shared.lock();
        let (need, freezes) = (state.all_kept(), state.freezes());
        let places = match &query.range {
            Range::Partition { table, partition, prefix } => {
                let after = query.after.as_ref().map(|after| after.key.sort.as_str());
                partition_page(state, readers, (*table, partition, prefix), after, query.limit)?
            }
            Range::Index { index, entry, until } => {
                let after = query
                    .after
                    .as_ref()
                    .map(|after| (after.time.map_or(i64::MIN, Time::millis), &after.key));
                let range = (*index, entry.as_str(), until.millis());
                index_page(shared, state, readers, range, after, query.limit)?
            }
        };
        // If rows moved to SQLite meanwhile, what was read there may be of another moment.
        if shared.lock().freezes() == freezes {
            return Ok((places, need));
        }
    }
}

/// The page with its rows opened. Damaged ones are named, and do not hide the others.
pub(super) fn open(places: Places) -> Page {
    let mut page = Page::default();
    match places {
        Places::Rows { rows, more } => {
            let last = rows.last().filter(|_| more).map(|(key, _)| Key::clone(key));
            page.next = last.map(|key| Position { key, time: None });
            for (key, found) in rows {
                let item = match found {
                    Found::Row(row) => row.open(&key).ok(),
                    Found::Absent | Found::Damaged => None,
                };
                let key = Arc::unwrap_or_clone(key);
                match item {
                    Some(item) => {
                        page.items.push(item);
                        page.keys.push(key);
                    }
                    None => page.damaged.push(key),
                }
            }
        }
        Places::Keys { keys, more } => {
            let last = keys.last().filter(|_| more).cloned();
            page.next =
                last.map(|(time, key)| Position { key, time: Some(Time::from_millis(time)) });
            page.keys = keys.into_iter().map(|(_, key)| key).collect();
        }
    }
    page
}

fn partition_page(
    state: MutexGuard<'_, State>,
    readers: &Readers,
    (table, partition, prefix): (TableName, &str, &str),
    after: Option<&str>,
    limit: usize,
) -> rusqlite::Result<Places> {
    let limit = limit.max(1);
    let place = |sort: &str| Key { table, partition: partition.to_owned(), sort: sort.to_owned() };
    let begin = place(after.filter(|after| *after >= prefix).unwrap_or(prefix));
    let from = if after.is_some_and(|after| after >= prefix) {
        Bound::Excluded(&begin)
    } else {
        Bound::Included(&begin)
    };
    // The newer generation comes last and replaces what the older one says.
    let mut newest: BTreeMap<Arc<Key>, Option<Arc<Row>>> = BTreeMap::new();
    let frozen = state.frozen().map(|frozen| &**frozen);
    for generation in frozen.into_iter().chain([state.active()]) {
        for (key, entry) in generation.partition(from, partition, prefix) {
            newest.insert(Arc::clone(key), entry.row.clone());
        }
    }
    drop(state);
    // Each of these may hide one that SQLite has.
    let enough = limit.saturating_add(1).saturating_add(newest.len());
    let sorted = readers.read(|connection| {
        read::partition(connection, (table, partition, prefix), after, enough)
    })?;
    let mut rows: BTreeMap<Arc<Key>, Found> = sorted.into_iter().collect();
    for (key, row) in newest {
        match row {
            Some(row) => rows.insert(key, Found::Row(row)),
            None => rows.remove(&key),
        };
    }
    let more = rows.len() > limit;
    Ok(Places::Rows { rows: rows.into_iter().take(limit).collect(), more })
}

fn index_page(
    shared: &Shared,
    state: MutexGuard<'_, State>,
    readers: &Readers,
    (index, entry, until): (Index, &str, i64),
    after: Option<(i64, &Key)>,
    limit: usize,
) -> rusqlite::Result<Places> {
    let enough = limit.max(1).saturating_add(1);
    let newest = state.queue.newest();
    let frozen = state.frozen().map(Arc::clone);
    let frozen = frozen.as_deref();
    let mut places: Vec<(i64, Key)> = state
        .active()
        .listed(index, entry, after, until)
        .take(enough)
        .map(|(time, key)| (time, Key::clone(key)))
        .collect();
    if let Some(frozen) = frozen {
        // What the newer generation says of a row holds.
        let still = |key: &Key| state.active().get(key).is_none();
        let listed = frozen.listed(index, entry, after, until).filter(|(_, key)| still(key));
        places.extend(listed.take(enough).map(|(time, key)| (time, Key::clone(key))));
    }
    drop(state);

    // What SQLite lists and memory says nothing of, as it was when the lock was held.
    let mut from = after.map(|(time, key)| (time, key.clone()));
    let mut count = 0;
    loop {
        let position = from.as_ref().map(|(time, key)| (*time, key));
        let sorted = readers
            .read(|connection| read::listed(connection, (index, entry, until), position, enough))?;
        let is_last = sorted.len() < enough;
        from = sorted.last().cloned();
        let shown = keep_shown(shared, frozen, newest, sorted);
        count += shown.len();
        places.extend(shown);
        if is_last || count >= enough {
            break;
        }
    }
    places.sort();
    let more = places.len() >= enough;
    places.truncate(enough - 1);
    Ok(Places::Keys { keys: places, more })
}

/// Those of which memory had nothing newer when `newest` was the newest transaction.
fn keep_shown(
    shared: &Shared,
    frozen: Option<&Generation>,
    newest: u64,
    mut places: Vec<(i64, Key)>,
) -> Vec<(i64, Key)> {
    let state = shared.lock();
    places.retain(|(_, key)| {
        frozen.is_none_or(|frozen| frozen.get(key).is_none())
            && state.active().get(key).is_none_or(|entry| entry.since > newest)
    });
    places
}
