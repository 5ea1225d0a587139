//! Copies of the store's files, opened with SQLite itself: what a crash left behind.

use std::{collections::HashSet, fs, path::Path, time::Duration};

use forthright_core::{
    state::State,
    table::{Attribute, Item, Key, TableName},
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const EVERY_ROW: &str = "SELECT partition, sort, version, body FROM item";

/// A copy of the files of a store, with their logs.
#[derive(Debug)]
pub(crate) struct Copies {
    folder: TempDir,
}

/// Work that is not at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Waits to be decided, to be claimed, or for the next step of a request.
    pub(crate) waiting: usize,
    /// Claimed: nobody sends it again, its outcome comes from the platform or by time.
    pub(crate) claimed: usize,
}

impl Copies {
    /// Of the store in `data`, which no process has open.
    pub(crate) fn of(data: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Not the `-shm` files: after a crash nobody may trust them.
        for name in ["data.db", "data.db-wal", "keys.db", "keys.db-wal", "master.key"] {
            let from = data.join(name);
            if from.exists() {
                fs::copy(from, folder.path().join(name)).unwrap();
            }
        }
        Self { folder }
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self, table: TableName) -> Connection {
        Connection::open(self.folder().join(format!("{}.db", table.name()))).unwrap()
    }

    /// Every row of a table.
    pub(crate) fn rows(&self, table: TableName) -> Vec<Item> {
        rows(&self.open(table), table, EVERY_ROW)
    }

    /// Work that is not at its end.
    pub(crate) fn pending(&self) -> Pending {
        pending(&self.open(TableName::Data))
    }

    /// How many messages of people are stored.
    pub(crate) fn messages(&self) -> usize {
        let sql = "SELECT count(*) FROM item WHERE sort >= 'MSG#' AND sort < 'MSG$'";
        let count: i64 = self.open(TableName::Data).query_row(sql, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// The logs can be moved into the files, and are.
    pub(crate) fn merge(&self) {
        for table in [TableName::Data, TableName::Keys] {
            let busy: i64 = self
                .open(table)
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                .unwrap();
            assert_eq!(busy, 0, "the log of {} cannot be moved", table.name());
        }
    }

    /// The files are whole, and so is every transaction in them.
    pub(crate) fn assert_sound(&self) {
        for table in [TableName::Data, TableName::Keys] {
            let verdict: String =
                self.open(table).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok", "{} is damaged", table.name());
        }
        let rows = self.rows(TableName::Data);
        let names = |rows: &[Item]| -> HashSet<(String, String)> {
            rows.iter().map(|row| (row.key.partition.clone(), row.key.sort.clone())).collect()
        };
        let (data, keys) = (names(&rows), names(&self.rows(TableName::Keys)));
        let has = |names: &HashSet<_>, partition: String, sort: &str| {
            names.contains(&(partition, sort.to_owned()))
        };
        for row in &rows {
            let Key { partition, sort, .. } = &row.key;
            let parts: Vec<_> = partition.split('#').collect();
            match parts[..] {
                ["S", pid, epoch] => {
                    assert!(has(&data, format!("G#{pid}"), "-"), "a row without its gate");
                    assert!(has(&keys, format!("K#{pid}"), epoch), "a row without its key");
                    if let Some(case) = sort.strip_prefix(Key::CASE) {
                        assert!(has(&data, format!("C#{case}"), "-"), "a pointer without its case");
                    }
                }
                ["L", ..] => {
                    let pid = row.get_text(Attribute::Pid).unwrap();
                    assert!(has(&data, format!("G#{pid}"), "-"), "a link without its gate");
                }
                ["C", case] => {
                    if let Some(pid) = row.get_text(Attribute::Pid) {
                        let epoch = row.get_number(Attribute::Epoch).unwrap();
                        let subject = format!("S#{pid}#{epoch}");
                        let sort = format!("{}{case}", Key::CASE);
                        assert!(has(&data, subject, &sort), "a case without its pointer");
                    }
                }
                _ => {}
            }
        }
        let linked: HashSet<_> = rows
            .iter()
            .filter(|row| row.key.partition.starts_with("L#"))
            .filter_map(|row| row.get_text(Attribute::Pid))
            .collect();
        for row in &rows {
            if let Some(pid) = row.key.partition.strip_prefix("G#") {
                assert!(linked.contains(pid), "a gate to which no link leads");
            }
        }
    }
}

/// Every row of a table of a running server.
pub(crate) fn rows_in(data: &Path, table: TableName) -> Vec<Item> {
    rows(&open_running(data, table), table, EVERY_ROW)
}

/// Work that is not at its end in the store of a running server.
pub(crate) fn pending_in(data: &Path) -> Pending {
    pending(&open_running(data, TableName::Data))
}

fn open_running(data: &Path, table: TableName) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let file = data.join(format!("{}.db", table.name()));
    let connection = Connection::open_with_flags(file, flags).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
}

fn pending(connection: &Connection) -> Pending {
    let sql = "SELECT partition, sort, version, body FROM item WHERE due IS NOT NULL";
    let due = rows(connection, TableName::Data, sql);
    let is_claimed = |row: &&Item| {
        let state = row.get_text(Attribute::State).and_then(|state| state.parse::<State>().ok());
        matches!(state, Some(State::Sending | State::Unknown))
    };
    let claimed = due.iter().filter(is_claimed).count();
    Pending { waiting: due.len() - claimed, claimed }
}

fn rows(connection: &Connection, table: TableName, sql: &str) -> Vec<Item> {
    let mut statement = connection.prepare(sql).unwrap();
    let read = statement.query_map([], |row| {
        let key = Key { table, partition: row.get(0)?, sort: row.get(1)? };
        Ok((key, row.get::<_, i64>(2)?, row.get::<_, Vec<u8>>(3)?))
    });
    read.unwrap()
        .map(|row| {
            let (key, version, body) = row.unwrap();
            Item::decode(key, u64::try_from(version).unwrap(), &body).expect("a damaged row")
        })
        .collect()
}
