//! More of everything than the platform sends: at most 1,000 updates, by its page on webhooks.

use serde_json::json;

use super::{
    Row,
    bodies::{body, listing, message, with},
    hold, signed, taken,
};

#[tokio::test]
async fn far_too_many_are_taken_in_and_of_far_too_many_bad_ones_a_few_are_noted() {
    let rows = [messages(), parts_that_are_none(), statuses(), beside_a_message()];
    hold(rows.into_iter().flatten().collect(), 13).await;
}

/// A list of so many times the same part.
fn many(count: usize, part: &str) -> String {
    format!("[{}]", vec![part; count].join(","))
}

/// A body of so many messages, in turn of so many people.
fn of_people(count: usize, people: usize) -> String {
    let one = |number: usize| {
        let mut one = message(number);
        one["from"] = json!(format!("4915550{:06}", number % people));
        one
    };
    body(json!({ "messages": (0..count).map(one).collect::<Vec<_>>() })).to_string()
}

fn messages() -> Vec<Row> {
    let entries = {
        let one = body(json!({ "messages": [message(1)] }))["entry"][0].to_string();
        let list: Vec<_> = (0..1_000)
            .map(|id| one.replace("wamid.CANARY1", &format!("wamid.CANARYe{id}")))
            .collect();
        format!(r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#, list.join(","))
    };
    vec![
        signed("a thousand messages of as many people", of_people(1_000, 1_000), taken(1_000, 0)),
        signed("ten thousand messages of fifty people", of_people(10_000, 50), taken(10_000, 0)),
        signed(
            "one message ten thousand times",
            listing(&many(10_000, &message(1).to_string())),
            taken(1, 0),
        ),
        signed("a thousand entries", entries, taken(1_000, 0)),
    ]
}

fn parts_that_are_none() -> Vec<Row> {
    vec![
        // The seventeenth and all that follow share the case of the sixteenth.
        signed("sixteen messages that are none", listing(&many(16, "0")), taken(0, 16)),
        signed("seventeen messages that are none", listing(&many(17, "0")), taken(0, 16)),
        signed("many messages that are none", listing(&many(300_000, "0")), taken(0, 16)),
        signed(
            "messages among many that are none",
            listing(&format!("[{},{},{}]", message(1), vec!["0"; 300_000].join(","), message(2))),
            taken(2, 16),
        ),
        signed(
            "many entries that are none",
            format!(r#"{{"object":"whatsapp_business_account","entry":{}}}"#, many(100_000, "0")),
            taken(0, 16),
        ),
    ]
}

fn statuses() -> Vec<Row> {
    let token_of_another =
        r#"{"id":"1","status":"sent","biz_opaque_callback_data":"1.a.1.mb.1.AAAA"}"#;
    let listed =
        |list: &str| listing("[]").replacen("\"messages\":[]", &format!("\"statuses\":{list}"), 1);
    vec![
        signed("many statuses of nobody", listed(&many(100_000, "{}")), taken(0, 0)),
        signed(
            "many statuses with tokens of others",
            listed(&many(10_000, token_of_another)),
            taken(0, 0),
        ),
    ]
}

fn beside_a_message() -> Vec<Row> {
    let keys = (0..100_000).fold(String::new(), |keys, key| keys + &format!("\"k{key}\":0,"));
    let contacts: Vec<_> =
        (0..100_000).map(|id| json!({ "wa_id": 491_555_000_000_u64 + id })).collect();
    vec![
        signed(
            "a hundred thousand keys in a message",
            with("\"from\"", &format!("{keys}\"from\"")),
            taken(1, 0),
        ),
        signed(
            "a hundred thousand keys around all",
            with("\"entry\"", &format!("{keys}\"entry\"")),
            taken(1, 0),
        ),
        signed(
            "a hundred thousand contacts",
            body(json!({ "contacts": contacts, "messages": [message(1)] })).to_string(),
            taken(1, 0),
        ),
    ]
}
