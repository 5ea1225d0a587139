//! How bodies of the platform look, and those that are none.

use serde_json::{Value, json};

use super::{Row, hold, signed, taken};
use crate::desk::NOON;

/// The account that the desk serves.
pub(super) const ACCOUNT: &str = "200417739962058";

/// A text of this number, sent now.
pub(super) fn message(number: usize) -> Value {
    json!({
        "from": "4915550000001",
        "id": format!("wamid.CANARY{number}"),
        "timestamp": (NOON.millis() / 1_000).to_string(),
        "type": "text",
        "text": { "body": format!("CANARY {number}") },
    })
}

/// The body with this value of its one change, under the ordinary metadata.
pub(super) fn body(mut value: Value) -> Value {
    if value.get("metadata").is_none() {
        value["metadata"] =
            json!({ "display_phone_number": "15550100100", "phone_number_id": ACCOUNT });
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": value }] }],
    })
}

/// The body with one message, as text.
pub(super) fn of(message: &Value) -> String {
    body(json!({ "messages": [message] })).to_string()
}

/// The body with one ordinary message, in which one piece of text is replaced.
pub(super) fn with(from: &str, to: &str) -> String {
    let whole = of(&message(1));
    assert!(whole.contains(from), "{from}");
    whole.replacen(from, to, 1)
}

/// The body with this list of messages, written by hand.
pub(super) fn listing(list: &str) -> String {
    body(json!({ "messages": ["HERE"] })).to_string().replacen("[\"HERE\"]", list, 1)
}

#[tokio::test]
async fn what_is_no_body_is_noted_and_what_says_nothing_is_not() {
    hold(rows(), 15).await;
}

fn rows() -> Vec<Row> {
    vec![
        signed("an ordinary message", of(&message(1)), taken(1, 0)),
        signed("nothing at all", "", taken(0, 1)),
        signed("no JSON", "CANARY", taken(0, 1)),
        signed("half a body", &of(&message(1)).as_bytes()[..150], taken(0, 1)),
        signed("a body and a brace", of(&message(1)) + "}", taken(0, 1)),
        signed("two bodies", of(&message(1)) + &of(&message(2)), taken(0, 1)),
        signed("a comma too many", listing("[7,]"), taken(0, 1)),
        signed("a comment", with("{\"body\"", "/* CANARY */{\"body\""), taken(0, 1)),
        signed("single quotes", of(&message(1)).replace('"', "'"), taken(0, 1)),
        signed("a word that is no JSON", with("\"CANARY 1\"", "NaN"), taken(0, 1)),
        signed("no entries", r#"{"object":"whatsapp_business_account","entry":[]}"#, taken(0, 0)),
        signed("no messages", listing("[]"), taken(0, 0)),
        signed("a null among messages", listing(&format!("[null,{}]", message(1))), taken(1, 1)),
        signed("an account of nobody", of(&message(1)).replace(ACCOUNT, "999"), taken(0, 1)),
        signed(
            "an account by its number",
            of(&message(1)).replace(&format!("\"{ACCOUNT}\""), ACCOUNT),
            taken(1, 0),
        ),
    ]
}
