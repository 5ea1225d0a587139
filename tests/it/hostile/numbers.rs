//! Numbers that no computer holds, and times that no clock shows.

use super::{
    Row,
    bodies::{message, of, with},
    hold, signed, taken,
};
use crate::desk::NOON;

#[tokio::test]
async fn a_number_that_nobody_can_mean_is_noted_and_an_odd_one_is_stored() {
    hold(rows(), 50).await;
}

fn rows() -> Vec<Row> {
    let now = NOON.millis() / 1_000;
    let hours = |hours: i64| (now + hours * 3_600).to_string();
    let written = |time: &str| with(&format!("\"{now}\""), time);
    let times = [
        ("now", now.to_string(), true),
        ("now, as text", format!("\"{now}\""), true),
        ("an hour ahead", hours(1), true),
        ("almost a day ahead", hours(24), true),
        ("more than a day ahead", hours(25), false),
        ("a year ahead", hours(8_766), false),
        ("in milliseconds", NOON.millis().to_string(), false),
        ("in the year 10000", "253402300800".to_owned(), false),
        ("the last that a number holds", i64::MAX.to_string(), false),
        ("the last, as text", format!("\"{}\"", i64::MAX), false),
        ("one more than a number holds", "9223372036854775808".to_owned(), false),
        ("64 bits and one", "18446744073709551616".to_owned(), false),
        ("a hundred digits", "9".repeat(100), false),
        ("a hundred digits, as text", format!("\"{}\"", "9".repeat(100)), false),
        ("a million digits", "9".repeat(1_000_000), false),
        // Old ones are stored, and go to a person.
        ("zero", "0".to_owned(), true),
        ("before all time", "-1".to_owned(), true),
        ("the first that a number holds", i64::MIN.to_string(), true),
        ("one less", "-9223372036854775809".to_owned(), false),
        ("minus nothing", "-0".to_owned(), false),
        ("a fraction", format!("{now}.5"), false),
        ("with an exponent", "1e9".to_owned(), false),
        ("beyond every number", "1e400".to_owned(), false),
        ("beyond every number, below", "-1e400".to_owned(), false),
        ("almost nothing", "1e-400".to_owned(), false),
        ("with a space", format!("\" {now}\""), false),
        ("in other digits", "\"١٧٩٦١٢٦٤٠٠\"".to_owned(), false),
        ("a word", "\"soon\"".to_owned(), false),
        ("empty", "\"\"".to_owned(), false),
    ];
    let mut rows: Vec<_> = times
        .into_iter()
        .map(|(name, time, is_stored)| {
            let outcome = if is_stored { taken(1, 0) } else { taken(0, 1) };
            signed(format!("a time {name}"), written(&time), outcome)
        })
        .collect();
    // No numbers at all by JSON's grammar, so nothing of the body is JSON.
    for wrong in ["01", "+1", "1.", ".5", "0x10", "1_000", "--1", "1e"] {
        rows.push(signed(format!("a time that is no JSON: {wrong}"), written(wrong), taken(0, 1)));
    }
    let id = |id: &str| with("\"wamid.CANARY1\"", id);
    for (name, number, outcome) in [
        ("a number", "7", taken(1, 0)),
        ("below zero", "-7", taken(1, 0)),
        ("64 bits", "18446744073709551615", taken(1, 0)),
        ("64 bits and one", "18446744073709551616", taken(0, 1)),
        ("beyond every number", "1e400", taken(0, 1)),
        ("a fraction", "7.0", taken(0, 1)),
    ] {
        rows.push(signed(format!("an id that is {name}"), id(number), outcome));
        let from = with("\"4915550000001\"", number);
        rows.push(signed(format!("a sender who is {name}"), from, outcome));
    }
    let more = of(&message(1)).replacen("{\"from\"", "{\"more\":1e400,\"from\"", 1);
    rows.push(signed("beyond every number where nobody looks", more, taken(1, 0)));
    rows
}
