//! Copies of the store: what a crash left behind, read back, and what a running server has.

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
};

use forthright_core::{
    state::State,
    table::{Attribute, Item, Key, TableName},
};
use forthright_embedded::SqliteTable;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

const EVERY_ROW: &str = "SELECT partition, sort, version, body FROM item";

/// A copy of a store, with everything in its SQLite files.
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
    /// Of the store in `data`, which no process has open: its files as they are, read back as a start does.
    pub(crate) fn of(data: &Path) -> Self {
        let folder = quick_folder();
        for entry in fs::read_dir(data).unwrap() {
            let from = entry.unwrap().path();
            let name = from.file_name().unwrap().to_string_lossy().into_owned();
            // Not the `-shm` files: after a crash nobody may trust them.
            if from.is_file() && !name.ends_with("-shm") {
                fs::copy(&from, folder.path().join(name)).unwrap();
            }
        }
        // What the journals hold is moved to the SQLite files.
        drop(SqliteTable::open(folder.path()).expect("what a process left cannot be read back"));
        Self { folder }
    }

    /// Of the store in `data`, which a server has open and copies itself.
    pub(crate) fn of_running(data: &Path) -> Self {
        let folder = quick_folder();
        let mut server = UnixStream::connect(data.join("control.sock")).unwrap();
        let ask = json!({ "backup": { "to": folder.path() } }).to_string();
        server.write_all(ask.as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        server.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(r#"{"said":"#), "no copy of a running store: {answer}");
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

/// A folder in memory, where the system has one: nothing is to survive in it.
fn quick_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What a file holds, up to the zeros at its end: journals are mostly that, and a search takes its time.
pub(crate) fn read_written(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(written);
    bytes
}

/// Every row of a table of a running server.
pub(crate) fn rows_in(data: &Path, table: TableName) -> Vec<Item> {
    Copies::of_running(data).rows(table)
}

/// Work that is not at its end in the store of a running server.
pub(crate) fn pending_in(data: &Path) -> Pending {
    Copies::of_running(data).pending()
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
