//! What the child does: transactions whose effect is known, a few at a time, each acknowledged in a file.

use std::{fs::File, io::Write as _, path::PathBuf, time::Duration};

use forthright_testkit::seeded_entropy;
use futures::future::join_all;

use super::super::*;

/// A wrapped key begins with this, and with its number: it can be looked for in any file.
pub(super) const WRAPPED: &str = "CANARY-wrapped-key-";

/// Rows that are written again and again.
const SHARED: usize = 24;
/// So many transactions later a row is deleted, or a key destroyed.
const AGE: usize = 40;

/// One transaction.
#[derive(Debug, Clone)]
pub(super) struct Transaction {
    pub(super) number: usize,
    pub(super) table: TableName,
    pub(super) writes: Vec<Write>,
    /// Whether its caller waits until it is on the disk.
    pub(super) kept: Kept,
}

/// The key of the row that only this transaction makes.
pub(super) fn mark(table: TableName, number: usize) -> Key {
    match table {
        TableName::Data => Key::data(format!("T#mark{:02}", number % 8), format!("{number:05}")),
        TableName::Keys => Key { table, partition: format!("K#{number:05}"), sort: "1".to_owned() },
    }
}

fn shared(index: usize) -> Key {
    Key::data(format!("T#shared{}", index % 3), format!("{index:02}"))
}

/// Whether transaction `number` is one of the keys'.
const fn is_of_keys(number: usize) -> bool {
    number % 8 == 5
}

/// Transaction `number`: the same in the child and in whoever judges it.
pub(super) fn transaction(seed: u64, number: usize) -> Transaction {
    let chance = seeded_entropy(seed ^ (u64::try_from(number).unwrap() << 20));
    let [first, second, third, fourth, ..] = chance.bytes::<16>().map(usize::from);
    if is_of_keys(number) {
        let wrapped = format!("{WRAPPED}{number:05}-").repeat(3);
        let item = Item::new(mark(TableName::Keys, number))
            .bytes(Attribute::Wrapped, wrapped.into_bytes());
        let mut writes = vec![Write::create(item)];
        // Now and then an older one is destroyed.
        if number > AGE * 2 && number.is_multiple_of(3) {
            writes = vec![Write::create(Item::new(mark(TableName::Keys, number)))];
            writes.push(destroyed(number - AGE));
        }
        return Transaction { number, table: TableName::Keys, writes, kept: Kept::Now };
    }
    let body = vec![u8::try_from(first % 250).unwrap() + 1; 20 + second * 5];
    let mut item = Item::new(mark(TableName::Data, number)).bytes(Attribute::Sealed, body);
    if first % 3 == 0 {
        item = item.listed(
            Index::Due,
            format!("due#{:02}", first % 4),
            Time::from_millis(i64::try_from(third).unwrap()),
        );
    }
    let mut writes = vec![Write::create(item)];
    if number == 0 {
        let shared = (0..SHARED).map(|index| Write::create(Item::new(shared(index))));
        writes.extend(shared);
    } else {
        let mut item = Item::new(shared(third % SHARED))
            .number(Attribute::Attempt, i64::try_from(first).unwrap());
        item.version = u64::try_from(number).unwrap();
        writes.push(Write::Put { item, condition: Condition::Exists });
        if number > AGE && fourth % 4 == 0 && !is_of_keys(number - AGE) {
            let key = mark(TableName::Data, number - AGE);
            writes.push(Write::Delete { key, condition: Condition::Exists });
        }
    }
    let kept = if number == 0 || second % 3 != 0 { Kept::Now } else { Kept::Soon };
    Transaction { number, table: TableName::Data, writes, kept }
}

/// The key that a transaction of `number - AGE` made becomes a tombstone, if that transaction made one.
fn destroyed(number: usize) -> Write {
    let mut item = Item::new(mark(TableName::Keys, number)).text(Attribute::State, "destroyed");
    item.version = 2;
    Write::Put { item, condition: Condition::Exists }
}

/// Which key a transaction destroys.
pub(super) fn destroys(transaction: &Transaction) -> Option<usize> {
    let tombstone = transaction.writes.get(1).filter(|_| transaction.table == TableName::Keys)?;
    tombstone.key().partition.strip_prefix("K#")?.parse().ok()
}

/// How many transactions are on their way at a time, by the number of the first of them.
const fn together(first: usize) -> usize {
    if first == 0 { 1 } else { 1 + first * 7 % 6 }
}

fn setting(name: &str) -> Option<String> {
    super::environment(name)
}

/// Does transactions from `first` to `last` on the store, and writes down which are acknowledged. True if every
/// one was.
async fn work(
    table: &SqliteTable,
    acks: &mut File,
    seed: u64,
    (first, last): (usize, usize),
) -> bool {
    let mut next = first;
    let mut all = true;
    while next < last {
        let end = (next + together(next)).min(last);
        let round: Vec<_> = (next..end).map(|number| transaction(seed, number)).collect();
        let writes = round.iter().map(|it| table.write(token(it.number), &it.writes, it.kept));
        for (transaction, answer) in round.iter().zip(join_all(writes).await) {
            match answer {
                Ok(()) => {
                    let kind = match transaction.kept {
                        Kept::Now => "kept",
                        Kept::Soon => "soon",
                    };
                    acks.write_all(format!("{kind} {}\n", transaction.number).as_bytes()).unwrap();
                }
                Err(WriteFault::Unavailable(_) | WriteFault::Unknown(_)) => all = false,
                Err(fault) => panic!("transaction {}: {fault:?}", transaction.number),
            }
        }
        if !all {
            return false;
        }
        next = end;
    }
    all
}

/// The name of the test that is the child.
pub(super) const CHILD: &str =
    "sqlite::tests::power_cut::work::the_child_works_when_it_is_asked_to";

#[tokio::test]
async fn the_child_works_when_it_is_asked_to() {
    let Some(store) = setting("POWER_CUT_STORE").map(PathBuf::from) else {
        return;
    };
    let number = |name| setting(name).map(|value| value.parse::<usize>().unwrap());
    let seed = number("POWER_CUT_SEED").unwrap() as u64;
    let count = number("POWER_CUT_COUNT").unwrap();
    let mut acks = File::create(store.join("acks")).unwrap();
    let Ok(table) = SqliteTable::open_with(&store, SEGMENT, SEGMENT) else {
        acks.write_all(b"refused\n").unwrap();
        return;
    };
    if work(&table, &mut acks, seed, (0, count)).await {
        acks.write_all(b"all\n").unwrap();
    } else if setting("POWER_CUT_GOES_ON").is_some() {
        go_on(&table, &mut acks, seed, count).await;
    } else {
        // A disk that failed acknowledges nothing more, whatever is tried.
        let (first, last) = (count, count + 20);
        let went_on = work(&table, &mut acks, seed, (first, last)).await;
        let told = tokio::time::timeout(Duration::from_secs(5), table.failed()).await.is_ok();
        assert!(!went_on && told, "the store went on after its disk had failed");
    }
    drop(table);
    acks.write_all(b"closed\n").unwrap();
}

/// Once there is room again, everything is taken that was not.
async fn go_on(table: &SqliteTable, acks: &mut File, seed: u64, count: usize) {
    let room = setting("POWER_CUT_ROOM").unwrap();
    acks.write_all(b"full\n").unwrap();
    File::create(room).unwrap();
    let numbers = 0..count;
    for number in numbers {
        let it = transaction(seed, number);
        for _ in 0..400 {
            // The token makes what was done before no second time.
            match table.write(token(number), &it.writes, Kept::Now).await {
                Ok(()) => break,
                Err(WriteFault::Condition { .. }) => {
                    let mark = mark(it.table, number);
                    let found = table.get_many(std::slice::from_ref(&mark)).await.unwrap();
                    // Its row may have been deleted since: then it was there.
                    assert!(found[0].is_some() || number + AGE < count, "{number} was never done");
                    break;
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
        acks.write_all(format!("kept {number}\n").as_bytes()).unwrap();
    }
    acks.write_all(b"all\n").unwrap();
}

/// The segments of the child's journals: small, so that they are often full.
pub(super) const SEGMENT: usize = 65_536;
