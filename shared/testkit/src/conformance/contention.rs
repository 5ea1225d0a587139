//! Many at one row.

use forthright_core::{
    Table,
    table::{Attribute, Write},
};
use futures::future::join_all;

use super::{get, refused, row, write};

/// Of many who make the same row at once, one does.
pub async fn concurrent_creates<T: Table>(fresh: impl AsyncFn() -> T) {
    const MAKERS: i64 = 50;
    let table = fresh().await;
    let make = |number: i64| {
        let item = row("c", "1").number(Attribute::Attempt, number);
        write(&table, vec![Write::create(item)])
    };
    let answers = join_all((0..MAKERS).map(make)).await;
    let winners: Vec<i64> = (0..MAKERS)
        .zip(answers)
        .filter_map(|(number, answer)| refused(answer).is_none().then_some(number))
        .collect();
    assert_eq!(winners.len(), 1);
    let row = get(&table, &row("c", "1").key).await;
    assert_eq!(row.and_then(|row| row.get_number(Attribute::Attempt)), winners.first().copied());
}

/// Of many who count up the same row by its version, each counts.
pub async fn concurrent_increments<T: Table>(fresh: impl AsyncFn() -> T) {
    const COUNTERS: u32 = 20;
    const TRIES: u32 = 1_000;
    let table = fresh().await;
    let start = row("n", "1").number(Attribute::Attempt, 0);
    write(&table, vec![Write::create(start.clone())]).await.unwrap();
    let count = async || {
        for _ in 0..TRIES {
            let item = get(&table, &start.key).await.unwrap();
            let before = item.get_number(Attribute::Attempt).unwrap();
            let next = item.number(Attribute::Attempt, before + 1).next();
            if refused(write(&table, vec![Write::replace(next)]).await).is_none() {
                return;
            }
        }
        panic!("not counted in {TRIES} tries");
    };
    join_all((0..COUNTERS).map(|_| count())).await;
    let end = get(&table, &start.key).await.unwrap();
    assert_eq!(end.get_number(Attribute::Attempt), Some(i64::from(COUNTERS)));
    assert_eq!(end.version, u64::from(COUNTERS) + 1);
}
