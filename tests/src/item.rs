//! The bytes of a row: what was written is read as it was, and what is read was written by us.
//!
//! The first byte of an input says what the rest is: `b` the bytes of a row, anything else a row to be made.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use forthright_core::table::{Attribute, Item, Key, Value};

/// Checks one input.
pub fn check(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    if *first == b'b' {
        bytes_that_are_read_are_a_row(rest);
    } else if let Ok((pairs, cut)) = made(&mut Unstructured::new(rest)) {
        a_row_is_read_as_it_was_written(&pairs, cut);
    }
}

fn decoded(bytes: &[u8]) -> Option<Item> {
    Item::decode(Key::data("p".to_owned(), "s"), 3, bytes).ok()
}

fn bytes_that_are_read_are_a_row(bytes: &[u8]) {
    let Some(item) = decoded(bytes) else {
        return;
    };
    let pairs: Vec<(u16, Value)> = postcard::from_bytes(bytes).expect("bytes that are no row");
    assert!(item.attributes.len() == pairs.len(), "something of a row is left out");
    assert!(item.version == 3 && item.key == Key::data("p".to_owned(), "s"), "another row");
    let encoded = item.encode();
    assert!(encoded.len() <= bytes.len(), "a row holds more than its bytes");
    assert!(decoded(&encoded).as_ref() == Some(&item), "a row is not read as it was written");
    assert!(item.encode() == encoded, "a row is written in two ways");
}

fn a_row_is_read_as_it_was_written(pairs: &[(u16, Value)], cut: usize) {
    let bytes = postcard::to_stdvec(&pairs).expect("a row that cannot be written");
    let mut expected = BTreeMap::new();
    for (code, value) in pairs {
        if let Some(attribute) = Attribute::from_code(*code) {
            expected.insert(attribute, value.clone());
        }
    }
    // Whatever is not known is damage, and so is what is there twice.
    let expected = (expected.len() == pairs.len()).then_some(expected);
    let item = decoded(&bytes);
    let found = item.as_ref().map(|item| item.attributes.clone().into_iter().collect());
    assert!(found == expected, "another row is read");
    let Some(item) = item else {
        return;
    };
    let encoded = item.encode();
    assert!(decoded(&encoded).as_ref() == Some(&item), "a row is not read as it was written");
    let cut = cut % encoded.len();
    assert!(decoded(&encoded[..cut]).is_none(), "a part of a row is read as a row");
    assert!(decoded(&[&encoded[..], b"\0"].concat()).is_none(), "bytes behind a row are read over");
    for (attribute, value) in &item.attributes {
        let (text, number, bytes) =
            (item.get_text(*attribute), item.get_number(*attribute), item.get_bytes(*attribute));
        let right = match value {
            Value::Text(one) => (text, number, bytes) == (Some(one.as_str()), None, None),
            Value::Number(one) => (text, number, bytes) == (None, Some(*one), None),
            Value::Bytes(one) => (text, number, bytes) == (None, None, Some(one.as_slice())),
        };
        assert!(right, "a value is taken for one of another kind");
    }
}

/// The attributes of a row, by number, and where to cut it.
fn made(input: &mut Unstructured<'_>) -> Result<(Vec<(u16, Value)>, usize)> {
    let mut pairs = Vec::new();
    let cut = input.arbitrary()?;
    while !input.is_empty() && pairs.len() < 100 {
        let code = if input.ratio(15_u8, 16_u8)? {
            input.choose(Attribute::ALL)?.code()
        } else {
            input.arbitrary()?
        };
        let value = match input.int_in_range(0..=2)? {
            0 => Value::Text(input.arbitrary()?),
            1 => Value::Number(input.arbitrary()?),
            _ => Value::Bytes(input.arbitrary()?),
        };
        pairs.push((code, value));
    }
    Ok((pairs, cut))
}
