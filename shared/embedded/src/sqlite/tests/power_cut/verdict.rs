//! What must be there after a power cut, whatever it left.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::Path,
};

use super::{
    super::{super::journal, *},
    image::{self, Image},
    shim::{Op, Record},
    work::{SEGMENT, Transaction, WRAPPED, destroys, transaction},
};

/// What is known of a child's work: the order of its transactions, and after which operation which of them was
/// acknowledged.
#[derive(Debug)]
pub(super) struct Judge {
    data: Course,
    keys: Course,
    /// After which operation which key was said to be destroyed.
    destroyed: Vec<(usize, String)>,
    /// What the child said besides.
    pub(super) said: Vec<String>,
}

/// The transactions of one table, in the order of its journal.
#[derive(Debug)]
struct Course {
    table: TableName,
    /// Every key that there ever was.
    keys: Vec<Key>,
    /// What all rows together were before each transaction, and after the last.
    states: Vec<u64>,
    /// After which operation how many transactions must be there.
    kept: Vec<(usize, usize)>,
}

impl Judge {
    pub(super) fn of(record: &Record, seed: u64) -> Self {
        let name = |op: &Op| match op {
            Op::Written { file, .. } => record.names[*file].as_str(),
            _ => "",
        };
        let written = |op: &Op| match op {
            Op::Written { bytes, .. } => bytes.clone(),
            _ => Vec::new(),
        };
        let order = |table: TableName| -> Vec<Transaction> {
            let of_journal = format!("{}.journal-", table.name());
            let groups = record.ops.iter().filter(|op| name(op).starts_with(&of_journal));
            groups
                .flat_map(|op| numbers_in(table, &written(op)))
                .map(|it| transaction(seed, it))
                .collect()
        };
        let (data, keys) = (order(TableName::Data), order(TableName::Keys));
        let (mut said, mut acks) = (Vec::new(), Vec::new());
        for (index, op) in record.ops.iter().enumerate().filter(|(_, op)| name(op) == "acks") {
            let line = String::from_utf8(written(op)).unwrap();
            match line.trim().split_once(' ') {
                Some(("kept", number)) => acks.push((index, number.parse().unwrap())),
                Some(_) => {}
                None => said.push(line.trim().to_owned()),
            }
        }
        let destroyed = acks
            .iter()
            .filter_map(|(index, number)| Some((*index, destroys(&transaction(seed, *number))?)))
            .map(|(index, number)| (index, format!("{WRAPPED}{number:05}-")))
            .collect();
        Self {
            data: Course::of(TableName::Data, &data, &acks),
            keys: Course::of(TableName::Keys, &keys, &acks),
            destroyed,
            said,
        }
    }

    /// How many transactions there are.
    pub(super) fn transactions(&self) -> usize {
        self.data.states.len() + self.keys.states.len() - 2
    }

    /// Opens what a cut after `done` operations left, and says what is wrong with it.
    pub(super) async fn judge(&self, image: &Image, done: usize) -> Result<(), String> {
        self.no_destroyed_key(image, done)?;
        let folder = quick_folder();
        image::write(image, folder.path());
        self.judge_store(folder.path(), done).await
    }

    /// The same of a store that lies there already.
    pub(super) async fn judge_store(&self, folder: &Path, done: usize) -> Result<(), String> {
        let table = SqliteTable::open_with(folder, SEGMENT, SEGMENT)
            .map_err(|error| format!("it is refused: {error:?}"))?;
        for course in [&self.data, &self.keys] {
            course.judge(&table, done).await?;
        }
        drop(table);
        for name in ["data.db", "keys.db"] {
            let file = rusqlite::Connection::open(folder.join(name)).unwrap();
            let verdict: String =
                file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            if verdict != "ok" {
                return Err(format!("{name}: {verdict}"));
            }
        }
        Ok(())
    }

    fn no_destroyed_key(&self, image: &Image, done: usize) -> Result<(), String> {
        for (name, bytes) in image.iter().filter(|(name, _)| name.starts_with("keys.")) {
            let mut from = 0;
            while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'C') {
                let found = &bytes[from + at..];
                let is_destroyed = |(index, key): &(usize, String)| {
                    *index < done && found.starts_with(key.as_bytes())
                };
                if self.destroyed.iter().any(is_destroyed) {
                    return Err(format!("a destroyed key is in {name}"));
                }
                from += at + 1;
            }
        }
        Ok(())
    }
}

/// The numbers of the transactions in a group, if this is one.
fn numbers_in(table: TableName, written: &[u8]) -> Vec<usize> {
    let Some(salt) = written.first_chunk().map(|salt| u64::from_le_bytes(*salt)) else {
        return Vec::new();
    };
    let Some((group, _)) = journal::group(written, 0, salt).filter(|(group, _)| group.count > 0)
    else {
        return Vec::new();
    };
    let mut numbers = Vec::new();
    let mut rest = group.records;
    for _ in 0..group.count {
        let (outcomes, others) = row::read_record(table, rest).unwrap();
        // The first row is the one that only this transaction makes.
        let key = &outcomes[0].0;
        let number = key.partition.strip_prefix("K#").unwrap_or(&key.sort);
        numbers.push(number.parse().unwrap());
        rest = others;
    }
    numbers
}

impl Course {
    fn of(table: TableName, order: &[Transaction], acks: &[(usize, usize)]) -> Self {
        let place: HashMap<usize, usize> =
            order.iter().enumerate().map(|(place, it)| (it.number, place + 1)).collect();
        assert_eq!(place.len(), order.len(), "a transaction was done twice");
        let mut kept = Vec::new();
        for (index, number) in acks {
            // The other table's are none of this one's business.
            if let Some(place) = place.get(number) {
                let before = kept.last().map_or(0, |(_, place)| *place);
                kept.push((*index, before.max(*place)));
            }
        }
        let mut rows: HashMap<Key, u64> = HashMap::new();
        let mut states = vec![0];
        for transaction in order {
            let mut state = *states.last().unwrap();
            for write in &transaction.writes {
                let now = match write {
                    Write::Put { item, .. } => of_row(item),
                    Write::Delete { .. } => 0,
                    Write::Check { .. } => continue,
                };
                state ^= rows.insert(write.key().clone(), now).unwrap_or(0) ^ now;
            }
            states.push(state);
        }
        Self { table, keys: rows.into_keys().collect(), states, kept }
    }

    async fn judge(&self, table: &SqliteTable, done: usize) -> Result<(), String> {
        let name = self.table.name();
        let mut state = 0;
        for keys in self.keys.chunks(100) {
            let rows = table.get_many(keys).await.map_err(|fault| format!("{name}: {fault:?}"))?;
            state = rows.iter().flatten().fold(state, |state, row| state ^ of_row(row));
        }
        let must = self.kept.iter().take_while(|(index, _)| *index < done).last();
        let must = must.map_or(0, |(_, place)| *place);
        if self.states.iter().skip(must).any(|it| *it == state) {
            return Ok(());
        }
        match self.states.iter().position(|it| *it == state) {
            Some(place) => Err(format!("{name}: {must} were acknowledged, {place} are there")),
            None => Err(format!("{name}: it is in no state that there ever was")),
        }
    }
}

fn of_row(row: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&row.key, row.version, row.encode()).hash(&mut hasher);
    hasher.finish()
}
