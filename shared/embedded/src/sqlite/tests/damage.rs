//! Bit rot: what is not as it was written is named, is never shown, and hides nobody else's.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::*;

/// More than a scrub looks at in one go.
const ROWS: usize = 400;

/// A closed store with rows, half of which are listed, and their keys in order.
async fn written() -> (TempDir, BTreeMap<Key, Item>) {
    let folder = quick_folder();
    let table = open_small(folder.path());
    let mut items = BTreeMap::new();
    for number in 0..ROWS {
        let mut item = row(number, "CANARY");
        if number % 2 == 0 {
            item = item
                .listed(Index::Due, "due#00", Time::from_millis(i64::try_from(number).unwrap()))
                .listed(Index::Listing, "open", Time::from_millis(7));
        }
        table.write(token(number), &[Write::create(item.clone())], Kept::Now).await.unwrap();
        items.insert(item.key.clone(), item);
    }
    (folder, items)
}

fn sqlite(folder: &Path) -> Connection {
    Connection::open(folder.join("data.db")).unwrap()
}

#[tokio::test]
async fn any_part_of_a_row_that_rots_is_noticed_and_only_that_row_is_lost() {
    let (folder, items) = written().await;
    let parts = [
        "body = CAST(body || x'01' AS BLOB)",
        "body = zeroblob(length(body))",
        "version = version + 1",
        "sum = sum + 1",
        "due_at = coalesce(due_at, 0) + 1, due = coalesce(due, 'due#00')",
        "listing = NULL, listing_at = NULL",
    ];
    let keys: Vec<_> =
        items.keys().filter(|key| items[key].listing(Index::Due).is_some()).collect();
    for (part, key) in parts.iter().zip(&keys) {
        let sql = format!("UPDATE item SET {part} WHERE partition = ?1 AND sort = ?2");
        let changed = sqlite(folder.path()).execute(&sql, params![key.partition, key.sort]);
        assert_eq!(changed.unwrap(), 1);
    }
    let rotten = &keys[..parts.len()];
    let table = open_small(folder.path());
    assert_eq!(
        table.scrub().unwrap(),
        Scrubbed { rows: ROWS as u64, damaged: 6, ..Scrubbed::default() }
    );
    for (key, item) in &items {
        let found = table.get_many(std::slice::from_ref(key)).await;
        if rotten.contains(&key) {
            assert!(matches!(found, Err(TableFault::Damaged(_))), "{key:?}");
        } else {
            assert_eq!(found.unwrap(), [Some(item.clone())]);
        }
    }
    // Whoever reads a partition sees the others, and which are damaged.
    let (mut seen, mut damaged) = (0, Vec::new());
    for partition in 0..7 {
        let range = Range::Partition {
            table: TableName::Data,
            partition: format!("T#{partition}"),
            prefix: String::new(),
        };
        let page = table.query(&Query { range, after: None, limit: ROWS }).await.unwrap();
        seen += page.items.len();
        damaged.extend(page.damaged);
    }
    damaged.sort();
    assert_eq!(seen, ROWS - rotten.len());
    assert_eq!(damaged.iter().collect::<Vec<_>>(), rotten);
    // Such a row is there: nothing is made in its place, whoever knows its key can write it anew or delete it.
    let [first, second, ..] = rotten else { panic!("six are rotten") };
    let create = Write::create(items[first].clone());
    let refused = table.write(token(1_000), &[create], Kept::Now).await;
    assert!(matches!(refused, Err(WriteFault::Condition { index: 0 })), "{refused:?}");
    let anew = Write::Put { item: items[first].clone(), condition: Condition::Exists };
    let gone = Write::Delete { key: (*second).clone(), condition: Condition::Exists };
    table.write(token(1_001), &[anew, gone], Kept::Now).await.unwrap();
    drop(table);
    let table = open_small(folder.path());
    let found = table.get_many(&[(*first).clone(), (*second).clone()]).await.unwrap();
    assert_eq!(found, [Some(items[first].clone()), None]);
    assert_eq!(table.scrub().unwrap().damaged, 4);
}

/// What became of every row of a store with one changed bit.
#[derive(Debug, Default)]
struct Fates {
    refused: usize,
    whole: usize,
    told: usize,
    hidden: usize,
    unnoticed: Vec<usize>,
}

async fn flip(folder: &Path, items: &BTreeMap<Key, Item>, bit: usize, fates: &mut Fates) {
    let copy = as_killed(folder);
    let path = copy.path().join("data.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(&path, bytes).unwrap();
    let Ok(table) = SqliteTable::open_with(copy.path(), 65_536, 65_536) else {
        fates.refused += 1;
        return;
    };
    let (mut told, mut hidden) = (false, false);
    for (key, item) in items {
        match table.get_many(std::slice::from_ref(key)).await {
            Ok(found) => match &found[0] {
                Some(found) => assert_eq!(found, item, "bit {bit}: another row is shown"),
                None => hidden = true,
            },
            Err(TableFault::Damaged(_) | TableFault::Unavailable(_)) => told = true,
        }
    }
    let seen = table.scrub();
    let is_clean = seen.as_ref().is_ok_and(|seen| seen.is_clean() && seen.rows == ROWS as u64);
    match (told, hidden) {
        (false, false) => fates.whole += 1,
        (true, false) => fates.told += 1,
        (_, true) => fates.hidden += 1,
    }
    if (told || hidden) && is_clean {
        fates.unnoticed.push(bit);
    }
}

/// The bits by which SQLite finds its way to a row of a number: those of the keys in the inner pages of tables.
/// (SQLite's file format, sections 1.3 and 1.6: the page size at 16, a page's kind in its first byte, the count of its
/// cells at 3, their places from 12 on, and in a cell the key after four bytes.)
fn bits_of_inner_keys(file: &[u8]) -> Vec<usize> {
    let number = |at: usize| usize::from(u16::from_be_bytes([file[at], file[at + 1]]));
    let size = number(16);
    let inner = (size..file.len()).step_by(size).filter(|page| file[*page] == 5);
    let keys = inner.flat_map(|page| {
        (0..number(page + 3)).map(move |cell| page + number(page + 12 + 2 * cell) + 4)
    });
    keys.flat_map(|byte| byte * 8..byte * 8 + 8).collect()
}

#[tokio::test]
async fn no_changed_bit_shows_a_row_that_was_never_written_and_a_scrub_finds_what_is_hidden() {
    let (folder, items) = written().await;
    let file = fs::read(folder.path().join("data.db")).unwrap();
    let chance = forthright_testkit::seeded_entropy(7);
    let anywhere = std::iter::repeat_with(|| {
        usize::try_from(u32::from_le_bytes(chance.bytes())).unwrap() % (file.len() * 8)
    });
    let inner = bits_of_inner_keys(&file);
    assert!(!inner.is_empty(), "the rows are in one page");
    let mut fates = Fates::default();
    for bit in anywhere.take(200).chain(inner) {
        flip(folder.path(), &items, bit, &mut fates).await;
    }
    println!("{fates:?}");
    assert!(fates.told > 0 && fates.hidden > 0, "no bit of a row was changed: {fates:?}");
    assert!(fates.unnoticed.is_empty(), "a scrub found nothing: {fates:?}");
}
