//! Partitions and indexes, page by page.

use forthright_core::{
    Table, Time,
    table::{Attribute, Condition, Index, Item, Key, Query, Range, TableName, Write},
};

use super::{eventually, index, key, pages, partition, row, write};

/// A partition's rows with a prefix come whole, by the bytes of their sort keys, and no others.
pub async fn partition_prefix<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    for sort in ["MSG#2", "MSG#10", "PROFILE", "MSG#é", "MSG#", "MSG", "MSG$", "OUT#1", "MSG#🙂"]
    {
        write(&table, vec![Write::create(row("q", sort))]).await.unwrap();
    }
    // Neighbours whose partition keys begin alike, and the same keys in the other table.
    write(&table, vec![Write::create(row("q2", "MSG#3"))]).await.unwrap();
    let elsewhere = Key { table: TableName::Keys, ..key("q", "MSG#4") };
    write(&table, vec![Write::create(Item::new(elsewhere.clone()))]).await.unwrap();

    let messages = ["MSG#", "MSG#10", "MSG#2", "MSG#é", "MSG#🙂"].map(|sort| row("q", sort));
    let page = table.query(&partition("q", "MSG#", 100)).await.unwrap();
    assert_eq!(page.items, messages);
    assert_eq!(page.keys, messages.map(|row| row.key));
    assert_eq!(page.next, None);

    let whole = table.query(&partition("q", "", 100)).await.unwrap();
    assert_eq!(whole.items.len(), 9);
    assert!(whole.keys.is_sorted());
    for nothing in [partition("q", "X", 9), partition("none", "", 9), partition("", "", 9)] {
        let page = table.query(&nothing).await.unwrap();
        assert_eq!((page.keys.len(), page.next), (0, None));
    }
    let range =
        Range::Partition { table: TableName::Keys, partition: "T#q".into(), prefix: String::new() };
    let keys = table.query(&Query { range, after: None, limit: 9 }).await.unwrap().keys;
    assert_eq!(keys, [elsewhere]);
}

/// Pages of any length make up the partition, each row once, also while rows go.
pub async fn partition_pages<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let rows: Vec<Item> = (0..10).map(|number| row("q", &format!("M#{number}"))).collect();
    for row in &rows {
        write(&table, vec![Write::create(row.clone())]).await.unwrap();
    }
    write(&table, vec![Write::create(row("q", "N#0"))]).await.unwrap();
    for limit in [1, 3, 5, 9, 10, 11] {
        assert_eq!(pages(&table, partition("q", "M#", limit)).await.items, rows, "{limit}");
    }
    let first = table.query(&partition("q", "M#", 4)).await.unwrap();
    assert_eq!(first.items, rows.get(..4).unwrap());
    // The row that the page ended with may go: the position is still a place.
    let last = first.keys.last().cloned().unwrap();
    write(&table, vec![Write::Delete { key: last, condition: Condition::Exists }]).await.unwrap();
    let rest = pages(&table, Query { after: first.next, ..partition("q", "M#", 4) }).await;
    assert_eq!(rest.items, rows.get(4..).unwrap());
}

/// An index lists what is under an entry, up to a time and at it, by time and then by key, in pages.
pub async fn index_order_and_pages<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    for kind in [Index::Due, Index::Listing] {
        let mut expected = Vec::new();
        for (partition, time) in
            [("c", 30), ("b", 10), ("a", 20), ("d", 20), ("e", -5), ("f", 31), ("g", 20)]
        {
            let name = format!("{partition}{kind:?}");
            let item = row(&name, "1").listed(kind, "entry#1", Time::from_millis(time));
            write(&table, vec![Write::create(item.clone())]).await.unwrap();
            if time <= 30 {
                expected.push((time, item.key));
            }
        }
        let other = row(&format!("o{kind:?}"), "1").listed(kind, "entry#10", Time::from_millis(1));
        write(&table, vec![Write::create(other)]).await.unwrap();
        expected.sort();
        let expected: Vec<Key> = expected.into_iter().map(|(_, key)| key).collect();
        for limit in [1, 2, 3, 6, 7, 100] {
            eventually(&table, &index(kind, "entry#1", 30, limit), &expected).await;
        }
        eventually(&table, &index(kind, "entry#1", -6, 10), &[]).await;
        eventually(&table, &index(kind, "entry", 100, 10), &[]).await;
    }
}

/// A row is in an index as long as it bears the index's attributes, at the place that they say.
pub async fn index_sparse<T: Table>(fresh: impl AsyncFn() -> T) {
    let table = fresh().await;
    let query = |kind, entry| index(kind, entry, 1_000, 10);
    let at = Time::from_millis;
    let mut item = row("s", "1");
    write(&table, vec![Write::create(item.clone())]).await.unwrap();
    eventually(&table, &query(Index::Due, "e"), &[]).await;

    item = item.listed(Index::Due, "e", at(5)).listed(Index::Listing, "l", at(6)).next();
    write(&table, vec![Write::replace(item.clone())]).await.unwrap();
    let here = [item.key.clone()];
    eventually(&table, &query(Index::Due, "e"), &here).await;
    eventually(&table, &query(Index::Listing, "l"), &here).await;
    eventually(&table, &query(Index::Listing, "e"), &[]).await;

    // Changed without being moved.
    item = item.number(Attribute::Attempt, 1).next();
    write(&table, vec![Write::replace(item.clone())]).await.unwrap();
    eventually(&table, &query(Index::Due, "e"), &here).await;

    item = item.listed(Index::Due, "f", at(2_000)).next();
    write(&table, vec![Write::replace(item.clone())]).await.unwrap();
    eventually(&table, &query(Index::Due, "e"), &[]).await;
    eventually(&table, &query(Index::Due, "f"), &[]).await;
    eventually(&table, &index(Index::Due, "f", 2_000, 10), &here).await;

    item = item.unlisted(Index::Due).next();
    write(&table, vec![Write::replace(item.clone())]).await.unwrap();
    eventually(&table, &index(Index::Due, "f", 2_000, 10), &[]).await;
    eventually(&table, &query(Index::Listing, "l"), &here).await;

    let gone = Write::Delete { key: item.key, condition: Condition::Version(5) };
    write(&table, vec![gone]).await.unwrap();
    eventually(&table, &query(Index::Listing, "l"), &[]).await;
}
