//! Rows come back as they were written, where they were written.

use forthright_core::{
    Epoch, Pid, Table,
    table::{Attribute, Item, Kept, Key, TableName, Write, WriteFault},
};

use super::{get, key, row, token, write};

/// Rows come in the order of the keys, a missing one as none, one that is asked for twice, twice.
pub async fn get_many_order<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let (first, second) = (row("b", "1"), row("a", "2"));
    write(&table, vec![Write::create(first.clone()), Write::create(second.clone())]).await.unwrap();
    let keys =
        [first.key.clone(), key("none", "1"), second.key.clone(), first.key.clone(), key("b", "")];
    let found = table.get_many(&keys).await.unwrap();
    assert_eq!(found, [Some(first.clone()), None, Some(second), Some(first), None]);
    assert_eq!(table.get_many(&[]).await.unwrap(), []);
}

/// What is written soon is read at once, on the same conditions, and a later write builds on it.
pub async fn written_soon<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let item = row("a", "1");
    let soon = async |write: Write| loop {
        match table.write(token(), std::slice::from_ref(&write), Kept::Soon).await {
            Err(WriteFault::Conflict) => {}
            answer => return answer,
        }
    };
    soon(Write::create(item.clone())).await.unwrap();
    assert_eq!(get(&table, &item.key).await, Some(item.clone()));
    let again = soon(Write::create(item.clone())).await;
    assert!(matches!(again, Err(WriteFault::Condition { index: 0 })));
    write(&table, vec![Write::replace(item.clone().next())]).await.unwrap();
    assert_eq!(get(&table, &item.key).await, Some(item.next()));
}

/// The two tables do not know of each other's rows.
pub async fn separate_tables<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let in_keys = Key::subject_key(Pid::from_bytes([9; 16]), Epoch::FIRST);
    let in_data = Key { table: TableName::Data, ..in_keys.clone() };
    let wrapped = Item::new(in_keys.clone()).bytes(Attribute::Wrapped, vec![1, 2, 3]);
    write(&table, vec![Write::create(wrapped.clone())]).await.unwrap();
    assert_eq!(get(&table, &in_data).await, None);
    let other = Item::new(in_data.clone()).text(Attribute::State, "other");
    write(&table, vec![Write::create(other.clone())]).await.unwrap();
    let found = table.get_many(&[in_data, in_keys]).await.unwrap();
    assert_eq!(found, [Some(other), Some(wrapped)]);
}

/// Every kind of value, at its limits, and keys that are not ASCII.
pub async fn values<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let large: Vec<u8> = (0..=u8::MAX).cycle().take(300 * 1_024).collect();
    let rows = [
        Item::new(key("v", "empty")),
        Item::new(key("v", "text"))
            .text(Attribute::State, "")
            .text(Attribute::Reason, "äöü 🙂 \u{0} '\"\\"),
        Item::new(key("v", "numbers"))
            .number(Attribute::Attempt, i64::MIN)
            .number(Attribute::NotBefore, i64::MAX)
            .number(Attribute::Priority, 0),
        Item::new(key("v", "bytes"))
            .bytes(Attribute::Sealed, Vec::new())
            .bytes(Attribute::SealedReply, vec![0, 255, 0]),
        Item::new(key("v", "large")).bytes(Attribute::Sealed, large),
        Item::new(key("ü#🙂", "é ∀ 🙂")).text(Attribute::State, "here"),
    ];
    for row in &rows {
        write(&table, vec![Write::create(row.clone())]).await.unwrap();
    }
    for row in rows {
        let found = get(&table, &row.key).await;
        assert!(found.as_ref() == Some(&row), "{:?} came back changed", row.key);
        // Replaced by less: nothing of what was there stays.
        let bare = Item { version: 2, ..Item::new(row.key.clone()) };
        write(&table, vec![Write::replace(bare.clone())]).await.unwrap();
        assert_eq!(get(&table, &row.key).await, Some(bare));
    }
}
