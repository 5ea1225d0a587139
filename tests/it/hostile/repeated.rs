//! Keys that are there twice: two readers may each see another one, so none is believed.

use super::{
    Row,
    bodies::{body, message, of},
    hold, signed, taken,
};

#[tokio::test]
async fn a_key_that_is_there_twice_is_believed_neither_time() {
    hold(rows(), 55).await;
}

fn rows() -> Vec<Row> {
    let whole = {
        let contacts =
            serde_json::json!([{ "wa_id": "4915550000001", "profile": { "name": "CANARY" } }]);
        body(serde_json::json!({ "contacts": contacts, "messages": [message(1)] })).to_string()
    };
    let mut rows = Vec::new();
    for (key, other, outcome) in [
        ("object", "\"page\"", taken(0, 1)),
        ("entry", "[]", taken(0, 1)),
        ("changes", "[]", taken(0, 1)),
        ("field", "\"calls\"", taken(0, 1)),
        ("value", "{}", taken(0, 1)),
        ("metadata", "{}", taken(0, 1)),
        ("phone_number_id", "\"999\"", taken(0, 1)),
        ("display_phone_number", "\"4915550000001\"", taken(0, 1)),
        ("messages", "[]", taken(0, 1)),
        ("contacts", "[]", taken(0, 1)),
        ("from", "\"4915550000002\"", taken(0, 1)),
        ("timestamp", "\"1\"", taken(0, 1)),
        ("type", "\"reaction\"", taken(0, 1)),
        ("text", "{}", taken(0, 1)),
        ("body", "\"CANARY other\"", taken(0, 1)),
        // A contact only adds a name.
        ("wa_id", "\"4915550000002\"", taken(1, 0)),
        ("profile", "{}", taken(1, 0)),
        ("name", "\"CANARY other\"", taken(1, 0)),
    ] {
        let plain = format!("\"{key}\":");
        assert_eq!(whole.matches(&plain).count(), 1, "{key}");
        let first = format!("{plain}{other},{plain}");
        rows.push(signed(format!("{key} twice"), whole.replacen(&plain, &first, 1), outcome));
        let nothing = format!("{plain}null,{plain}");
        rows.push(signed(
            format!("{key} and nothing"),
            whole.replacen(&plain, &nothing, 1),
            outcome,
        ));
        // Written otherwise it is the same key.
        let (head, rest) = key.split_at(1);
        let hidden = format!("\"\\u{:04x}{rest}\":{other},{plain}", head.as_bytes()[0]);
        rows.push(signed(
            format!("{key} twice, once escaped"),
            whole.replacen(&plain, &hidden, 1),
            outcome,
        ));
    }
    let id = "\"id\":\"wamid.CANARY1\"";
    let ids = whole.replacen(id, &format!("\"id\":\"wamid.CANARY2\",{id}"), 1);
    rows.push(signed("the id of a message twice", ids, taken(0, 1)));
    let unknown = of(&message(1)).replacen("{\"from\"", "{\"more\":1,\"more\":2,\"from\"", 1);
    rows.push(signed("twice what nobody asks for", unknown, taken(1, 0)));
    let capitals = of(&message(1)).replacen("{\"from\"", "{\"From\":\"4915550000002\",\"from\"", 1);
    rows.push(signed("once in capitals", capitals, taken(1, 0)));
    let neighbours = format!("[{},{},{}]", message(2), message(1), message(3)).replacen(
        id,
        &format!("{id},{id}"),
        1,
    );
    let body = super::bodies::listing(&neighbours);
    rows.push(signed("an id twice between two messages", body, taken(2, 1)));
    rows
}
