//! The table in memory, with bad weather on request.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use forthright_core::{
    Table, Time,
    table::{
        Index, Item, Kept, Key, Page, Position, Query, Range, TableFault, TableName, Write,
        WriteFault, WriteToken, check_shape,
    },
};

use crate::clock::SplitMix;

/// A [`Table`] in memory. Its clones are the same table.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Key, Item>,
    tokens: HashSet<WriteToken>,
    weather: Option<SplitMix>,
    /// Rows that are not what was written.
    damaged: HashSet<Key>,
    /// What the last transactions replaced, newest last: a stale index shows it.
    before: VecDeque<Replaced>,
    /// What is kept soon since the last write to the same table that was kept now, oldest first: a loss of
    /// power undoes it.
    soon: Vec<(TableName, Replaced)>,
}

/// What a transaction replaced: the rows as they were before.
type Replaced = Vec<(Key, Option<Item>)>;

/// An invented conflict comes once in so many writes.
const CONFLICT_ONCE_IN: u64 = 8;
/// A stale index page comes once in so many index queries.
const STALE_ONCE_IN: u64 = 4;
/// An index lags by at most so many transactions.
const LAG_MAX: usize = 4;

/// The rows of one of the two tables, to be put back later: a backup.
#[derive(Debug, Clone)]
pub struct Snapshot {
    table: TableName,
    rows: Vec<Item>,
}

impl Memory {
    /// An empty table in fine weather.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty table that invents conflicts and stale index pages, the same ones for the same seed and calls.
    pub fn with_weather(seed: u64) -> Self {
        let memory = Self::new();
        memory.set_weather(Some(seed));
        memory
    }

    /// Turns the weather on, or off.
    pub fn set_weather(&self, seed: Option<u64>) {
        self.state().weather = seed.map(SplitMix::new);
    }

    /// Damages a row, as a disk does: nobody can read it until it is written anew.
    pub fn damage(&self, key: &Key) {
        self.state().damaged.insert(key.clone());
    }

    /// Every row, by table and key.
    pub fn rows(&self) -> Vec<Item> {
        self.state().rows.values().cloned().collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.state().rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of `table` as they are now. The two tables have their own backups, as in operation.
    pub fn snapshot(&self, table: TableName) -> Snapshot {
        let state = self.state();
        let rows = state.rows.values().filter(|row| row.key.table == table).cloned().collect();
        Snapshot { table, rows }
    }

    /// Makes the snapshot's table what it was; the other one stays as it is.
    pub fn restore(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        state.rows.retain(|key, _| key.table != snapshot.table);
        state.rows.extend(snapshot.rows.iter().map(|row| (row.key.clone(), row.clone())));
        state.before.clear();
        state.soon.retain(|(table, _)| *table != snapshot.table);
    }

    /// The earliest time of all that is listed in `index`, without any weather.
    pub fn earliest(&self, index: Index) -> Option<Time> {
        let state = self.state();
        let times = state.rows.values().filter_map(|row| row.listing(index));
        times.map(|(_, time)| time).min()
    }

    /// The rows of one partition of the data, by sort key.
    pub fn partition(&self, partition: &str) -> Vec<Item> {
        let from = Key::data(partition.to_owned(), "");
        let state = self.state();
        let rows = state.rows.range(from..);
        rows.take_while(|(key, _)| key.table == TableName::Data && key.partition == partition)
            .map(|(_, row)| row.clone())
            .collect()
    }

    /// The row with this key, without a call that could fail.
    pub fn row(&self, key: &Key) -> Option<Item> {
        self.state().rows.get(key).cloned()
    }

    /// Undoes what is [kept soon](Kept::Soon) and was not followed by a write to the same table that is
    /// [kept now](Kept::Now), as a crash or a loss of power may; tells how many transactions that were.
    pub fn lose_power(&self) -> usize {
        let mut state = self.state();
        let soon = std::mem::take(&mut state.soon);
        for (key, old) in soon.iter().rev().flat_map(|(_, replaced)| replaced) {
            match old {
                Some(item) => state.rows.insert(key.clone(), item.clone()),
                None => state.rows.remove(key),
            };
        }
        state.before.clear();
        soon.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere is not this one's concern.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table for Memory {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        let state = self.state();
        if keys.iter().any(|key| state.damaged.contains(key)) {
            return Err(TableFault::Damaged("the test damaged it".into()));
        }
        Ok(keys.iter().map(|key| state.rows.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        let state = self.state();
        let limit = query.limit.max(1);
        Ok(match &query.range {
            Range::Partition { table, partition, prefix } => {
                let mut found = state.rows.values().filter(|row| {
                    let key = &row.key;
                    key.table == *table
                        && key.partition == *partition
                        && key.sort.starts_with(prefix)
                        && query.after.as_ref().is_none_or(|after| key.sort > after.key.sort)
                });
                let items: Vec<Item> = found.by_ref().take(limit).cloned().collect();
                let last = items.last().map(|row| row.key.clone());
                let next = found.next().and(last).map(|key| Position { key, time: None });
                let keys = items.iter().map(|row| row.key.clone());
                let (damaged, keys) = keys.partition(|key| state.damaged.contains(key));
                let whole = |row: &Item| !state.damaged.contains(&row.key);
                Page { items: items.into_iter().filter(whole).collect(), keys, damaged, next }
            }
            Range::Index { index, entry, until } => {
                let after = query.after.as_ref().map(|after| (after.time, after.key.clone()));
                let mut found = state.listed(*index, entry);
                found.retain(|(time, key)| {
                    time <= until
                        && after
                            .as_ref()
                            .is_none_or(|after| (Some(*time), key) > (after.0, &after.1))
                });
                let more = found.len() > limit;
                found.truncate(limit);
                let last = found.last().cloned().filter(|_| more);
                Page {
                    items: Vec::new(),
                    keys: found.into_iter().map(|(_, key)| key).collect(),
                    damaged: Vec::new(),
                    next: last.map(|(time, key)| Position { key, time: Some(time) }),
                }
            }
        })
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        let tables: Vec<_> = writes.iter().map(|write| write.key().table).collect();
        let mut state = self.state();
        let replaced = state.commit(token, writes)?;
        match kept {
            // A log that is synced keeps all that stands before in it.
            Kept::Now => state.soon.retain(|(table, _)| !tables.contains(table)),
            Kept::Soon => state.soon.extend(tables.first().map(|table| (*table, replaced))),
        }
        Ok(())
    }
}

impl State {
    fn commit(&mut self, token: WriteToken, writes: &[Write]) -> Result<Replaced, WriteFault> {
        check_shape(writes)?;
        if self.tokens.contains(&token) {
            return Ok(Vec::new());
        }
        if self.weather.as_ref().is_some_and(|weather| weather.once_in(CONFLICT_ONCE_IN)) {
            return Err(WriteFault::Conflict);
        }
        for (index, write) in writes.iter().enumerate() {
            // A damaged row is there, and has no version that could be trusted.
            let version = |row: &Item| {
                if self.damaged.contains(&row.key) { u64::MAX } else { row.version }
            };
            let found = self.rows.get(write.key()).map(version);
            if !write.condition().holds(found) {
                return Err(WriteFault::Condition { index });
            }
        }
        let mut before = Vec::new();
        for write in writes {
            let key = write.key().clone();
            if !matches!(write, Write::Check { .. }) {
                self.damaged.remove(&key);
            }
            let old = match write {
                Write::Put { item, .. } => self.rows.insert(key.clone(), item.clone()),
                Write::Delete { .. } => self.rows.remove(&key),
                Write::Check { .. } => continue,
            };
            before.push((key, old));
        }
        self.tokens.insert(token);
        self.before.push_back(before.clone());
        if self.before.len() > LAG_MAX {
            self.before.pop_front();
        }
        Ok(before)
    }

    /// What `index` lists under `entry`, by time and key; in bad weather perhaps as it was a while ago.
    fn listed(&self, index: Index, entry: &str) -> Vec<(Time, Key)> {
        let mut past: BTreeMap<&Key, Option<&Item>> = BTreeMap::new();
        if let Some(weather) = &self.weather
            && weather.once_in(STALE_ONCE_IN)
        {
            let lag = self.before.iter().filter(|_| weather.once_in(2)).count();
            for (key, old) in self.before.iter().rev().take(lag).flatten() {
                past.insert(key, old.as_ref());
            }
        }
        let present = self.rows.values().filter(|row| !past.contains_key(&row.key));
        let mut found: Vec<(Time, Key)> = present
            .chain(past.values().copied().flatten())
            .filter(|row| row.key.table == TableName::Data)
            .filter_map(|row| {
                let (at, time) = row.listing(index)?;
                (at == entry).then(|| (time, row.key.clone()))
            })
            .collect();
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::block_on;
    use forthright_core::{
        Epoch, Pid,
        table::{Attribute, Condition},
    };

    use super::*;
    use crate::conformance;

    fn write(memory: &Memory, number: u8, writes: &[Write]) -> Result<(), WriteFault> {
        block_on(memory.write(WriteToken::from_bytes([number; 16]), writes, Kept::Now))
    }

    #[test]
    fn it_is_a_table() {
        block_on(conformance::all(async || Memory::new()));
    }

    #[test]
    fn it_is_a_table_in_bad_weather_too() {
        for seed in 0..8 {
            block_on(conformance::all(async || Memory::with_weather(seed)));
        }
    }

    #[test]
    fn a_loss_of_power_undoes_what_was_written_soon_and_nothing_that_was_kept_after() {
        let memory = Memory::new();
        let row = |name: &str| Item::new(Key::data(format!("T#{name}"), "-"));
        let soon = |number: u8, writes: Vec<Write>| {
            block_on(memory.write(WriteToken::from_bytes([number; 16]), &writes, Kept::Soon))
                .unwrap();
        };
        soon(1, vec![Write::create(row("kept"))]);
        write(&memory, 2, &[Write::create(row("synced"))]).unwrap();
        soon(3, vec![Write::create(row("lost"))]);
        soon(4, vec![Write::replace(row("synced").next())]);
        let subject = Pid::from_bytes([1; 16]);
        // The other table's log is another.
        write(&memory, 5, &[Write::create(Item::new(Key::subject_key(subject, Epoch::FIRST)))])
            .unwrap();
        assert_eq!(memory.lose_power(), 2);
        let left: Vec<_> = memory.rows().iter().map(|row| row.version).collect();
        assert_eq!(left, [1, 1, 1]);
        assert!(memory.row(&row("lost").key).is_none());
        assert_eq!(memory.lose_power(), 0);
    }

    #[test]
    fn a_damaged_row_is_there_cannot_be_read_and_does_not_hide_others() {
        let memory = Memory::new();
        let row = |sort: &str| Item::new(Key::data("T#1".into(), sort));
        write(&memory, 1, &[Write::create(row("1")), Write::create(row("2"))]).unwrap();
        memory.damage(&row("1").key);
        let read = block_on(memory.get_many(&[row("2").key, row("1").key]));
        assert!(matches!(read, Err(TableFault::Damaged(_))));
        let range = Range::Partition {
            table: TableName::Data,
            partition: "T#1".into(),
            prefix: String::new(),
        };
        let page = block_on(memory.query(&Query { range, after: None, limit: 9 })).unwrap();
        assert_eq!((page.items, page.damaged), (vec![row("2")], vec![row("1").key]));
        for refused in [Write::create(row("1")), Write::replace(row("1").next())] {
            let answer = write(&memory, 2, &[refused]);
            assert!(matches!(answer, Err(WriteFault::Condition { index: 0 })));
        }
        let put = Write::Put { item: row("1"), condition: Condition::Exists };
        write(&memory, 3, &[put]).unwrap();
        assert_eq!(block_on(memory.get_many(&[row("1").key])).unwrap(), [Some(row("1"))]);
    }

    #[test]
    fn a_snapshot_brings_back_its_own_table_only() {
        let memory = Memory::new();
        let data = Item::new(Key::data("T#1".into(), "-")).text(Attribute::State, "old");
        let key = Item::new(Key::subject_key(Pid::from_bytes([1; 16]), Epoch::FIRST));
        write(&memory, 1, &[Write::create(data.clone()), Write::create(key.clone())]).unwrap();
        let backup = memory.snapshot(TableName::Data);
        let changed = data.clone().text(Attribute::State, "new").next();
        write(&memory, 2, &[Write::replace(changed), Write::replace(key.clone().next())]).unwrap();
        memory.restore(&backup);
        assert_eq!(memory.rows(), [data, key.next()]);
    }

    #[test]
    fn the_weather_is_noticed() {
        let memory = Memory::with_weather(1);
        let mut conflicts = 0;
        for number in 0..100 {
            let row = Item::new(Key::data(format!("T#{number}"), "-"));
            conflicts += usize::from(write(&memory, number, &[Write::create(row)]).is_err());
        }
        assert!((1..50).contains(&conflicts), "{conflicts}");
        assert_eq!(memory.len(), 100 - conflicts);

        memory.set_weather(None);
        for number in 0..2 {
            let row = Item::new(Key::data(format!("D#{number}"), "-")).listed(
                Index::Due,
                "due#00",
                Time::from_millis(0),
            );
            write(&memory, 200 + number, &[Write::create(row)]).unwrap();
        }
        let range =
            Range::Index { index: Index::Due, entry: "due#00".into(), until: Time::from_millis(0) };
        let query = Query { range, after: None, limit: 9 };
        let listed = || block_on(memory.query(&query)).unwrap().keys.len();
        assert_eq!(listed(), 2);
        memory.set_weather(Some(1));
        let stale = (0..100).filter(|_| listed() < 2).count();
        assert!((1..50).contains(&stale), "{stale}");
    }
}
