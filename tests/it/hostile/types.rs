//! Every other type in the place of each part of a body.

use serde_json::{Value, json};

use super::{
    Row,
    bodies::{body, message},
    hold, signed, taken,
};

/// What stands in the place of a part, in the order of the columns below.
const OTHERS: [&str; 8] =
    ["null", "true", "7", "7.5", "\"\"", "[]", "{}", "[\"CANARY\",\"CANARY\",\"1\"]"];

/// The outcome for each: `s` stored, a number how many parts are noted as unreadable, `-` neither.
const TABLE: [(&str, &str); 20] = [
    ("", "11111111"),
    ("/object", "11-1-111"),
    ("/entry", "-1111-13"),
    ("/entry/0", "111111-1"),
    ("/entry/0/id", "ssssssss"),
    ("/entry/0/changes", "-1111-13"),
    ("/entry/0/changes/0", "111111-1"),
    ("/entry/0/changes/0/field", "-1-1-111"),
    ("/entry/0/changes/0/value", "-11111-1"),
    ("/entry/0/changes/0/value/metadata", "11111111"),
    ("/entry/0/changes/0/value/metadata/phone_number_id", "11111111"),
    ("/entry/0/changes/0/value/messages", "-1111-13"),
    ("/entry/0/changes/0/value/messages/0", "11111111"),
    ("/entry/0/changes/0/value/messages/0/id", "11s11111"),
    ("/entry/0/changes/0/value/messages/0/from", "11s11111"),
    ("/entry/0/changes/0/value/messages/0/timestamp", "11s11111"),
    ("/entry/0/changes/0/value/messages/0/type", "s1s1s111"),
    ("/entry/0/changes/0/value/messages/0/text", "11111111"),
    ("/entry/0/changes/0/value/messages/0/text/body", "11s1s111"),
    ("/entry/0/changes/0/value/contacts", "s1111s1s"),
];

#[tokio::test]
async fn another_type_in_the_place_of_a_part_costs_that_part_only() {
    hold(rows(), 160).await;
}

fn rows() -> Vec<Row> {
    let contacts = json!([{ "wa_id": "4915550000001", "profile": { "name": "CANARY" } }]);
    let whole = body(json!({ "contacts": contacts, "messages": [message(1)] }));
    let mut rows = Vec::new();
    for (place, outcomes) in TABLE {
        for (other, outcome) in OTHERS.iter().zip(outcomes.chars()) {
            let mut body = whole.clone();
            *body.pointer_mut(place).unwrap() = serde_json::from_str::<Value>(other).unwrap();
            let outcome = match outcome {
                's' => taken(1, 0),
                '1' => taken(0, 1),
                '3' => taken(0, 3),
                _ => taken(0, 0),
            };
            rows.push(signed(format!("{other} at {place}"), body.to_string(), outcome));
        }
    }
    rows
}
