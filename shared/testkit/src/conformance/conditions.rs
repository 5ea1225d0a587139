//! Conditions, all or nothing, and what no transaction may be.

use forthright_core::{
    Table,
    table::{Attribute, Condition, Kept, Key, WRITES_MAX, Write, WriteFault},
};

use super::{get, key, refused, row, token, write};

/// A put is done if its condition holds, and then only: absent, version is n, exists.
pub async fn conditions_of_puts<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let first = row("a", "1");
    let put = |version: u64, condition| {
        let mut item = first.clone().number(Attribute::Attempt, 7);
        item.version = version;
        vec![Write::Put { item, condition }]
    };
    assert_eq!(refused(write(&table, put(2, Condition::Version(1))).await), Some(0));
    assert_eq!(refused(write(&table, put(2, Condition::Exists)).await), Some(0));
    assert_eq!(get(&table, &first.key).await, None);

    write(&table, vec![Write::create(first.clone())]).await.unwrap();
    assert_eq!(get(&table, &first.key).await, Some(first.clone()));
    assert_eq!(refused(write(&table, vec![Write::create(first.clone())]).await), Some(0));
    assert_eq!(refused(write(&table, put(3, Condition::Version(2))).await), Some(0));
    assert_eq!(get(&table, &first.key).await, Some(first.clone()));

    write(&table, vec![Write::replace(first.clone().next())]).await.unwrap();
    assert_eq!(get(&table, &first.key).await, Some(first.clone().next()));
    write(&table, put(9, Condition::Exists)).await.unwrap();
    assert_eq!(get(&table, &first.key).await.map(|row| row.version), Some(9));
}

/// A delete is done if its condition holds, and then only.
pub async fn conditions_of_deletes<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let first = row("a", "1");
    let delete = |condition| vec![Write::Delete { key: first.key.clone(), condition }];
    for condition in [Condition::Exists, Condition::Version(1)] {
        assert_eq!(refused(write(&table, delete(condition)).await), Some(0));
    }
    for condition in [Condition::Exists, Condition::Version(1)] {
        write(&table, vec![Write::create(first.clone())]).await.unwrap();
        assert_eq!(refused(write(&table, delete(Condition::Version(2))).await), Some(0));
        assert_eq!(refused(write(&table, delete(Condition::Absent)).await), Some(0));
        write(&table, delete(condition)).await.unwrap();
        assert_eq!(get(&table, &first.key).await, None);
    }
    // To delete what is not there, on that condition, is nothing, and no fault.
    write(&table, delete(Condition::Absent)).await.unwrap();
}

/// A check changes nothing and stops its transaction if its condition does not hold.
pub async fn conditions_of_checks<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let present = row("a", "1");
    write(&table, vec![Write::create(present.clone())]).await.unwrap();
    let check = |key: &Key, condition| Write::Check { key: key.clone(), condition };
    let absent = key("a", "none");
    for (number, (held, of, condition)) in [
        (true, &present.key, Condition::Exists),
        (true, &present.key, Condition::Version(1)),
        (true, &absent, Condition::Absent),
        (false, &present.key, Condition::Absent),
        (false, &present.key, Condition::Version(2)),
        (false, &absent, Condition::Exists),
        (false, &absent, Condition::Version(1)),
    ]
    .into_iter()
    .enumerate()
    {
        let other = row("b", &number.to_string());
        let both = vec![check(of, condition), Write::create(other.clone())];
        assert_eq!(refused(write(&table, both).await), (!held).then_some(0), "{condition:?}");
        assert_eq!(get(&table, &other.key).await.is_some(), held, "{condition:?}");
    }
    assert_eq!(get(&table, &present.key).await, Some(present));
    assert_eq!(get(&table, &absent).await, None);
}

/// The first write whose condition does not hold is named, and nothing of the transaction is done.
pub async fn failing_index<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let (kept, doomed) = (row("a", "kept"), row("a", "doomed"));
    write(&table, vec![Write::create(kept.clone()), Write::create(doomed.clone())]).await.unwrap();
    let answer = write(
        &table,
        vec![
            Write::create(row("a", "new")),
            Write::replace(kept.clone().next()),
            Write::Delete { key: doomed.key.clone(), condition: Condition::Exists },
            Write::Check { key: key("a", "missing"), condition: Condition::Exists },
            Write::create(row("a", "newer")),
            Write::Check { key: key("a", "gone"), condition: Condition::Exists },
        ],
    )
    .await;
    assert_eq!(refused(answer), Some(3));
    let keys = [kept.key.clone(), doomed.key.clone(), key("a", "new"), key("a", "newer")];
    let found = table.get_many(&keys).await.unwrap();
    assert_eq!(found, [Some(kept), Some(doomed), None, None]);
}

/// No writes, too many, or two on one key: refused, not tried. The most there may be are taken.
pub async fn malformed_transactions<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let rows = |count: usize| -> Vec<Write> {
        (0..count).map(|number| Write::create(row("many", &format!("{number:03}")))).collect()
    };
    let twice = vec![
        Write::create(row("a", "1")),
        Write::Check { key: key("a", "1"), condition: Condition::Absent },
    ];
    for malformed in [Vec::new(), rows(WRITES_MAX + 1), twice] {
        let answer = write(&table, malformed).await;
        assert!(matches!(answer, Err(WriteFault::Malformed(_))), "{answer:?}");
    }
    assert_eq!(get(&table, &key("many", "000")).await, None);
    assert_eq!(get(&table, &key("a", "1")).await, None);
    write(&table, rows(WRITES_MAX)).await.unwrap();
    assert!(get(&table, &key("many", "099")).await.is_some());
}

/// The very same call again is answered as the first was, and not done twice.
pub async fn repeated_token<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let first = row("a", "1");
    let token = token();
    let mut answered = 0;
    for _ in 0..200 {
        match table.write(token, &[Write::create(first.clone())], Kept::Now).await {
            Ok(()) => answered += 1,
            Err(WriteFault::Conflict) => {}
            Err(fault) => panic!("a repeated call was refused: {fault:?}"),
        }
        if answered == 2 {
            break;
        }
    }
    assert_eq!(answered, 2);
    assert_eq!(get(&table, &first.key).await, Some(first));
}
