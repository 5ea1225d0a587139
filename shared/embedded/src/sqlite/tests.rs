//! The table on real files.

mod damage;
mod model;
mod power_cut;

use std::{os::unix::fs::PermissionsExt, time::Duration};

use forthright_core::{
    Epoch, Pid, Time,
    table::{Attribute, Condition, Index},
};
use forthright_testkit::conformance;
use futures::future::join_all;
use tempfile::TempDir;

use super::*;

/// A table together with the folder that it needs as long as it lives.
struct InFolder {
    table: SqliteTable,
    _folder: TempDir,
}

impl Table for InFolder {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        self.table.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        self.table.query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        self.table.write(token, writes, kept).await
    }
}

/// A folder in memory, where the system has one, for tests that sync often and are about something else.
fn quick_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(folder: &Path) -> SqliteTable {
    SqliteTable::open(folder).unwrap()
}

/// The same with journals that are soon full, and quick to look through.
fn open_small(folder: &Path) -> SqliteTable {
    SqliteTable::open_with(folder, 65_536, 65_536).unwrap()
}

fn token(number: usize) -> WriteToken {
    WriteToken::from_bytes(u128::try_from(number).unwrap().to_le_bytes())
}

fn row(number: usize, canary: &str) -> Item {
    let sealed = canary.repeat(1 + number % 40).into_bytes();
    Item::new(Key::data(format!("T#{}", number % 7), format!("{number:05}")))
        .bytes(Attribute::Sealed, sealed)
}

fn subject_key(number: u8, wrapped: &str) -> Item {
    Item::new(Key::subject_key(Pid::from_bytes([number; 16]), Epoch::FIRST))
        .bytes(Attribute::Wrapped, wrapped.as_bytes().to_vec())
}

/// The files of a folder, by their names.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// The files of a folder whose bytes contain `canary`.
fn files_with(folder: &Path, canary: &str) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(canary.len()).any(|it| it == canary.as_bytes());
    files(folder).into_iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name).collect()
}

/// What a process that is killed now leaves behind.
fn as_killed(folder: &Path) -> TempDir {
    let copy = quick_folder();
    for (name, bytes) in files(folder) {
        // Nobody may trust the shared memory of a process that is gone.
        if !name.ends_with("-shm") {
            fs::write(copy.path().join(name), bytes).unwrap();
        }
    }
    copy
}

/// How many groups were written to the journal of `data` since it was last moved.
fn groups_in_journal(folder: &Path) -> usize {
    let paths = journal::Journal::paths(&folder.join("data.db"));
    let groups = paths.map(|path| {
        let segment = journal::Segment::open(&path, DATA_SEGMENT).unwrap();
        let journal::Head::Used(usage) = segment.head().unwrap() else {
            panic!("a segment without a use");
        };
        journal::groups(&segment.read().unwrap(), usage.salt).0.len()
    });
    groups.iter().sum()
}

#[tokio::test]
async fn it_is_a_table() {
    conformance::all(async || {
        let folder = tempfile::tempdir().unwrap();
        InFolder { table: open(folder.path()), _folder: folder }
    })
    .await;
}

#[tokio::test]
async fn reopening_keeps_everything_and_files_are_the_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("deep/store");
    let listed = row(1, "x").listed(Index::Due, "due#00", Time::from_millis(5));
    let key = subject_key(1, "wrapped");
    {
        let table = open(&store);
        table.write(token(1), &[Write::create(listed.clone())], Kept::Now).await.unwrap();
        table.write(token(2), &[Write::create(key.clone())], Kept::Now).await.unwrap();
        for entry in fs::read_dir(&store).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let table = open(&store);
    let found = table.get_many(&[listed.key.clone(), key.key.clone()]).await.unwrap();
    assert_eq!(found, [Some(listed.clone()), Some(key)]);
    let range =
        Range::Index { index: Index::Due, entry: "due#00".into(), until: Time::from_millis(5) };
    let page = table.query(&Query { range, after: None, limit: 9 }).await.unwrap();
    assert_eq!(page.keys, [listed.key]);
}

#[tokio::test]
async fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    assert!(matches!(SqliteTable::open(folder.path()), Err(OpenError::InUse { .. })));
    drop(table);
    open(folder.path());
}

#[tokio::test]
async fn concurrent_writers_share_syncs() {
    const WRITERS: usize = 400;
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let writes = (0..WRITERS).map(async |number| {
        table.write(token(number), &[Write::create(row(number, "x"))], Kept::Now).await
    });
    assert!(join_all(writes).await.iter().all(Result::is_ok));
    let groups = groups_in_journal(folder.path());
    assert!((1..WRITERS / 4).contains(&groups), "{groups} groups for {WRITERS} writers");
}

#[tokio::test]
async fn one_refused_transaction_leaves_the_others_of_its_group_alone() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    // All about one row: each is refused unless it is the next.
    let writes = (0..50_u64).map(async |number| {
        let mut item = row(1, "x");
        item.version = number / 2 + 1;
        let condition = if number < 2 { Condition::Absent } else { Condition::Version(number / 2) };
        let at = usize::try_from(number).unwrap();
        let other = Write::create(row(100 + at, "y"));
        table.write(token(at), &[other, Write::Put { item, condition }], Kept::Now).await
    });
    let answers = join_all(writes).await;
    for (number, answer) in answers.iter().enumerate() {
        let refused = matches!(answer, Err(WriteFault::Condition { index: 1 }));
        assert_eq!(refused, number % 2 == 1, "{number}");
        let found = table.get_many(&[row(100 + number, "y").key]).await.unwrap();
        assert_eq!(found[0].is_some(), !refused, "{number}");
    }
    assert!(groups_in_journal(folder.path()) < 25);
}

#[tokio::test]
async fn a_transaction_over_both_tables_or_larger_than_the_journal_is_malformed() {
    let folder = tempfile::tempdir().unwrap();
    let table = open_small(folder.path());
    let both = vec![Write::create(row(1, "x")), Write::create(subject_key(1, "k"))];
    assert!(matches!(table.write(token(1), &both, Kept::Now).await, Err(WriteFault::Malformed(_))));
    let large = row(1, "x").bytes(Attribute::Sealed, vec![7; 40_000]);
    let answer = table.write(token(1), &[Write::create(large)], Kept::Now).await;
    assert!(matches!(answer, Err(WriteFault::Malformed(_))));
    assert_eq!(table.get_many(&[row(1, "x").key]).await.unwrap(), [None]);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_wherever_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let table = open(folder.path());
    let write = async |number: usize| {
        table.write(token(number), &[Write::create(row(number, "x"))], Kept::Now).await.unwrap();
    };
    for number in 0..50 {
        write(number).await;
    }
    table.data.flush().unwrap();
    for number in 50..100 {
        write(number).await;
    }
    let doomed = row(3, "x").key;
    let delete = Write::Delete { key: doomed.clone(), condition: Condition::Exists };
    table.write(token(100), &[delete], Kept::Now).await.unwrap();
    let killed = as_killed(folder.path());
    for _ in 0..2 {
        let table = open(killed.path());
        for number in 0..100 {
            let item = row(number, "x");
            let found = table.get_many(std::slice::from_ref(&item.key)).await.unwrap();
            assert_eq!(found, [Some(item).filter(|item| item.key != doomed)], "{number}");
        }
        // Once more, from what that start left.
        let again = as_killed(killed.path());
        drop(table);
        for (name, bytes) in files(again.path()) {
            fs::write(killed.path().join(name), bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn writers_wait_for_room_in_the_journal_and_none_is_refused() {
    const WRITERS: usize = 600;
    let folder = tempfile::tempdir().unwrap();
    let table = open_small(folder.path());
    let large = |number: usize| row(number, "x").bytes(Attribute::Sealed, vec![7; 8_000]);
    let writes = (0..WRITERS).map(async |number| {
        table.write(token(number), &[Write::create(large(number))], Kept::Now).await
    });
    assert!(join_all(writes).await.iter().all(Result::is_ok));
    let log = || fs::metadata(folder.path().join("data.db-wal")).map_or(0, |file| file.len());
    assert!(log() < 1_000_000, "{}", log());
    drop(table);
    assert_eq!(log(), 0, "closing empties the log");
    let table = open(folder.path());
    for number in 0..WRITERS {
        let item = large(number);
        let found = table.get_many(std::slice::from_ref(&item.key)).await.unwrap();
        assert_eq!(found, [Some(item)]);
    }
}

#[tokio::test]
async fn deleted_rows_are_soon_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let table = open_small(folder.path());
    let (gone, kept) = ("CANARY-gone", "CANARY-kept");
    for number in 0..200 {
        let canary = if number % 2 == 0 { gone } else { kept };
        table.write(token(number), &[Write::create(row(number, canary))], Kept::Now).await.unwrap();
        if number == 100 {
            table.data.flush().unwrap();
        }
    }
    assert!(!files_with(folder.path(), gone).is_empty(), "the search finds what is there");
    let deletes = (0..200).step_by(2).map(async |number| {
        let delete = Write::Delete { key: row(number, gone).key, condition: Condition::Exists };
        table.write(token(1_000 + number), &[delete], Kept::Now).await
    });
    assert!(join_all(deletes).await.iter().all(Result::is_ok));
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if files_with(folder.path(), gone).is_empty() {
            break;
        }
    }
    assert_eq!(files_with(folder.path(), gone), [""; 0]);
    assert!(!files_with(folder.path(), kept).is_empty());
}

#[tokio::test]
async fn a_replaced_key_is_in_no_file_when_the_write_returns() {
    let folder = tempfile::tempdir().unwrap();
    let table = open_small(folder.path());
    for number in 1..100_u8 {
        let old = format!("CANARY-key-{number:03}");
        let item = subject_key(number, &old.repeat(6));
        table.write(token(number.into()), &[Write::create(item)], Kept::Now).await.unwrap();
        if number == 50 {
            table.keys.flush().unwrap();
        }
    }
    for number in 1..100_u8 {
        let old = format!("CANARY-key-{number:03}");
        assert!(!files_with(folder.path(), &old).is_empty(), "{number}");
        let mut tombstone = subject_key(number, "").text(Attribute::State, "destroyed");
        tombstone.version = 2;
        table
            .write(token(200 + usize::from(number)), &[Write::replace(tombstone)], Kept::Now)
            .await
            .unwrap();
        assert_eq!(files_with(folder.path(), &old), [""; 0], "{number}");
    }
}

#[tokio::test]
async fn a_reader_in_the_way_fails_the_destruction_of_a_key_honestly_and_it_is_caught_up() {
    let folder = tempfile::tempdir().unwrap();
    let table = open_small(folder.path());
    let old = "CANARY-key-in-the-way";
    table.write(token(1), &[Write::create(subject_key(1, old))], Kept::Now).await.unwrap();
    table.keys.flush().unwrap();
    let reader = rusqlite::Connection::open(folder.path().join("keys.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM item;").unwrap();
    let tombstone = subject_key(1, "").next();
    let answer = table.write(token(2), &[Write::replace(tombstone.clone())], Kept::Now).await;
    assert!(matches!(answer, Err(WriteFault::Unknown(_))));
    assert_eq!(
        table.get_many(std::slice::from_ref(&tombstone.key)).await.unwrap(),
        [Some(tombstone.clone())]
    );
    assert!(!files_with(folder.path(), old).is_empty());
    // A process that is killed now leaves the key, and the next one takes it out before anything else.
    let killed = as_killed(folder.path());
    let next = open_small(killed.path());
    assert_eq!(files_with(killed.path(), old), [""; 0]);
    let found = next.get_many(std::slice::from_ref(&tombstone.key)).await.unwrap();
    assert_eq!(found, [Some(tombstone)]);

    reader.execute_batch("COMMIT").unwrap();
    for _ in 0..60 {
        if files_with(folder.path(), old).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the old key is still in a file");
}

#[tokio::test]
async fn a_longer_journal_of_another_version_is_read_to_its_end() {
    const ROWS: usize = 20;
    let folder = quick_folder();
    let table = SqliteTable::open_with(folder.path(), 262_144, 65_536).unwrap();
    let large = |number: usize| row(number, "x").bytes(Attribute::Sealed, vec![7; 8_000]);
    for number in 0..ROWS {
        table.write(token(number), &[Write::create(large(number))], Kept::Now).await.unwrap();
    }
    let killed = as_killed(folder.path());
    let next = open_small(killed.path());
    let keys: Vec<_> = (0..ROWS).map(|number| large(number).key).collect();
    let found = next.get_many(&keys).await.unwrap();
    assert!(found.into_iter().enumerate().all(|(number, row)| row == Some(large(number))));
}

#[tokio::test]
async fn an_unknown_schema_and_a_strange_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join("data.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    for found in [0, 1, 3] {
        connection.pragma_update(None, "user_version", found).unwrap();
        let refused = SqliteTable::open(folder.path());
        assert!(
            matches!(refused, Err(OpenError::Schema { found: it, known: 2, .. }) if it == found)
        );
    }
    drop(connection);
    fs::write(folder.path().join("keys.db"), [b'x'; 5_000]).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(SqliteTable::open(folder.path()), Err(OpenError::Sqlite { .. })));
}

#[tokio::test]
async fn a_backup_is_a_store_and_never_replaces_one() {
    let (folder, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let table = open(folder.path());
    for number in 0..50 {
        table.write(token(number), &[Write::create(row(number, "x"))], Kept::Now).await.unwrap();
    }
    let key = subject_key(1, "k");
    table.write(token(99), &[Write::create(key.clone())], Kept::Now).await.unwrap();
    table.backup(to.path()).unwrap();
    assert!(matches!(table.backup(to.path()), Err(BackupError::Io { .. })));
    table.write(token(100), &[Write::create(row(100, "x"))], Kept::Now).await.unwrap();
    let names: Vec<_> = files(to.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["data.db", "keys.db"]);

    let copy = open(to.path());
    let keys = [row(0, "x").key, row(49, "x").key, row(100, "x").key, key.key.clone()];
    let found = copy.get_many(&keys).await.unwrap();
    assert_eq!(found, [Some(row(0, "x")), Some(row(49, "x")), None, Some(key)]);
    copy.write(token(1), &[Write::create(row(101, "x"))], Kept::Now).await.unwrap();
}
