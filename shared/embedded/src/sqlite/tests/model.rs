//! The table beside the one in memory: the same calls, the same answers, whatever moves meanwhile.

use std::{
    ops::Range as Span,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use forthright_core::table::Position;
use forthright_testkit::Memory;
use proptest::{collection::vec, option, prelude::*};

use super::*;

/// What happens to the store between calls.
#[derive(Debug, Clone)]
enum Step {
    /// A transaction, and whether its caller waits.
    Write(Vec<Write>, Kept),
    /// Everything in memory is moved.
    Flush,
    /// The store is closed and opened again.
    Reopen,
    /// The process is killed, after a last write that was waited for, and started again.
    Kill,
    /// A page of each kind is compared.
    Look(Query),
}

const PARTITIONS: Span<u8> = 0..4;
const SORTS: Span<u8> = 0..12;

fn keys() -> impl Strategy<Value = Key> {
    let in_data = (PARTITIONS, SORTS).prop_map(|(partition, sort)| place(partition, sort));
    let in_keys = SORTS.prop_map(|sort| Key { table: TableName::Keys, ..place(0, sort) });
    prop_oneof![8 => in_data, 1 => in_keys]
}

fn place(partition: u8, sort: u8) -> Key {
    Key::data(format!("T#{partition}"), format!("{}#{sort}", ["A", "B"][usize::from(sort % 2)]))
}

fn items() -> impl Strategy<Value = Item> {
    let listing = || option::of((0..3_u8, 0..6_i64));
    (keys(), 1..4_u64, listing(), listing(), 0..300_usize).prop_map(
        |(key, version, due, listing, bytes)| {
            let mut item = Item { version, ..Item::new(key) };
            if item.key.table == TableName::Data {
                for (index, listing) in [(Index::Due, due), (Index::Listing, listing)] {
                    if let Some((entry, time)) = listing {
                        item = item.listed(index, format!("e{entry}"), Time::from_millis(time));
                    }
                }
            }
            item.bytes(Attribute::Sealed, vec![7; bytes])
        },
    )
}

fn conditions() -> impl Strategy<Value = Condition> {
    prop_oneof![
        3 => Just(Condition::Absent),
        3 => Just(Condition::Exists),
        4 => (1..4_u64).prop_map(Condition::Version),
    ]
}

fn writes() -> impl Strategy<Value = Write> {
    prop_oneof![
        6 => (items(), conditions()).prop_map(|(item, condition)| Write::Put { item, condition }),
        3 => (keys(), conditions()).prop_map(|(key, condition)| Write::Delete { key, condition }),
        1 => (keys(), conditions()).prop_map(|(key, condition)| Write::Check { key, condition }),
    ]
}

fn queries() -> impl Strategy<Value = Query> {
    let prefix = prop_oneof![Just(""), Just("A"), Just("B#1"), Just("C")];
    let partition = (PARTITIONS, prefix).prop_map(|(partition, prefix)| Range::Partition {
        table: TableName::Data,
        partition: format!("T#{partition}"),
        prefix: prefix.to_owned(),
    });
    let index = prop_oneof![Just(Index::Due), Just(Index::Listing)];
    let listed = (index, 0..3_u8, 0..7_i64).prop_map(|(index, entry, until)| Range::Index {
        index,
        entry: format!("e{entry}"),
        until: Time::from_millis(until),
    });
    let key = (PARTITIONS, SORTS).prop_map(|(partition, sort)| place(partition, sort));
    let after = option::of((key, 0..6_i64));
    (prop_oneof![partition, listed], after, 1..8_usize).prop_map(|(range, after, limit)| {
        let is_index = matches!(range, Range::Index { .. });
        let after = after
            .map(|(key, time)| Position { key, time: is_index.then(|| Time::from_millis(time)) });
        Query { range, after, limit }
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let kept = prop_oneof![Just(Kept::Now), Just(Kept::Soon)];
    prop_oneof![
        20 => (vec(writes(), 1..4), kept).prop_map(|(mut writes, kept)| {
            let table = writes[0].key().table;
            writes.retain(|write| write.key().table == table);
            Step::Write(writes, kept)
        }),
        3 => Just(Step::Flush),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
        12 => queries().prop_map(Step::Look),
    ]
}

/// The answer of a write, without what only one of the two tables says.
fn told(answer: Result<(), WriteFault>) -> String {
    match answer {
        Ok(()) => "done".to_owned(),
        Err(WriteFault::Condition { index }) => format!("refused at {index}"),
        Err(WriteFault::Malformed(why)) => why.to_owned(),
        Err(fault) => panic!("{fault:?}"),
    }
}

/// Has everything moved, again and again, while it lives.
struct Restless {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Restless {
    fn over(table: &Arc<SqliteTable>) -> Self {
        let (table, stop) = (Arc::clone(table), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                table.data.flush().unwrap();
                thread::yield_now();
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Restless {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// A store that can be closed, killed and opened again, and perhaps never rests.
struct Subject {
    restless: Option<Restless>,
    table: Option<Arc<SqliteTable>>,
    is_restless: bool,
    /// Goes last.
    folder: TempDir,
}

impl Subject {
    fn open(folder: TempDir, is_restless: bool) -> Self {
        let table = Arc::new(open_small(folder.path()));
        let restless = is_restless.then(|| Restless::over(&table));
        Self { folder, is_restless, restless, table: Some(table) }
    }

    fn table(&self) -> &SqliteTable {
        self.table.as_ref().unwrap()
    }

    fn close(mut self) -> (TempDir, bool) {
        self.restless = None;
        assert_eq!(Arc::strong_count(self.table.as_ref().unwrap()), 1);
        self.table = None;
        (self.folder, self.is_restless)
    }

    fn kill(mut self) -> (TempDir, bool) {
        self.restless = None;
        let copy = as_killed(self.folder.path());
        (copy, self.is_restless)
    }
}

async fn same_everywhere(table: &SqliteTable, memory: &Memory) {
    let all: Vec<Key> = PARTITIONS
        .flat_map(|partition| SORTS.map(move |sort| place(partition, sort)))
        .chain(SORTS.map(|sort| Key { table: TableName::Keys, ..place(0, sort) }))
        .collect();
    assert_eq!(table.get_many(&all).await.unwrap(), memory.get_many(&all).await.unwrap());
}

async fn run(steps: Vec<Step>, is_restless: bool) {
    let memory = Memory::new();
    let mut subject = Subject::open(quick_folder(), is_restless);
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Write(writes, kept) => {
                let expected = told(memory.write(token(number), &writes, kept).await);
                let answer = subject.table().write(token(number), &writes, kept).await;
                assert_eq!(told(answer), expected);
            }
            Step::Flush => {
                subject.table().data.flush().unwrap();
                subject.table().keys.flush().unwrap();
            }
            Step::Reopen => {
                let (folder, is_restless) = subject.close();
                subject = Subject::open(folder, is_restless);
            }
            Step::Kill => {
                for name in [TableName::Data, TableName::Keys] {
                    let mark =
                        Key { table: name, ..Key::data("T#mark".into(), number.to_string()) };
                    let writes = vec![Write::create(Item::new(mark))];
                    subject.table().write(token(number), &writes, Kept::Now).await.unwrap();
                }
                let (folder, is_restless) = subject.kill();
                subject = Subject::open(folder, is_restless);
            }
            Step::Look(query) => {
                let expected = memory.query(&query).await.unwrap();
                assert_eq!(subject.table().query(&query).await.unwrap(), expected);
            }
        }
        if number % 8 == 0 {
            same_everywhere(subject.table(), &memory).await;
        }
    }
    same_everywhere(subject.table(), &memory).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn it_answers_as_the_table_in_memory(steps in vec(steps(), 1..160), is_restless: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps, is_restless));
    }
}
