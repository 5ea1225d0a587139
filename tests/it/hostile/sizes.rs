//! Around the largest body, and long things within it.

use forthright_core::http::BODY_BYTES_MAX;
use http::HeaderMap;

use super::{
    Outcome, Row,
    bodies::{body, message, of, with},
    hold, refused, signed, taken,
};

#[tokio::test]
async fn the_largest_body_is_taken_and_a_larger_one_is_not() {
    hold(rows(), 18).await;
}

fn rows() -> Vec<Row> {
    let filled = |bytes: usize| {
        let mut body = of(&message(1)).into_bytes();
        body.resize(bytes, b' ');
        body
    };
    let mut rows = vec![
        signed("one byte below the largest", filled(BODY_BYTES_MAX - 1), taken(1, 0)),
        signed("the largest", filled(BODY_BYTES_MAX), taken(1, 0)),
        signed("one byte above the largest", filled(BODY_BYTES_MAX + 1), refused(413)),
        signed("four times the largest", filled(4 * BODY_BYTES_MAX), refused(413)),
        signed("the largest, of zeros", vec![0; BODY_BYTES_MAX], taken(0, 1)),
        signed("the largest, of spaces", vec![b' '; BODY_BYTES_MAX], taken(0, 1)),
    ];
    for (name, bytes, outcome) in [
        ("the largest", BODY_BYTES_MAX, refused(401)),
        ("one byte above the largest", BODY_BYTES_MAX + 1, refused(413)),
    ] {
        let (_, call, _) = signed(name, filled(bytes), outcome);
        let unsigned = move |desk: &_| {
            let mut request = call(desk);
            *request.headers_mut() = HeaderMap::new();
            request
        };
        rows.push((format!("{name}, not signed"), Box::new(unsigned), outcome));
    }
    rows.extend(long().into_iter().map(|(name, body, outcome)| signed(name, body, outcome)));
    rows
}

fn long() -> Vec<(&'static str, String, Outcome)> {
    let long = format!("\"{}\"", "CANARY ".repeat(150_000));
    let named = {
        let mut message = message(1);
        message["from"] = "4915550000001".into();
        let contacts =
            serde_json::json!([{ "wa_id": "4915550000001", "profile": { "name": "HERE" } }]);
        body(serde_json::json!({ "contacts": contacts, "messages": [message] })).to_string()
    };
    vec![
        // A person gets it: no platform takes so much from anybody.
        ("a text of a megabyte", with("\"CANARY 1\"", &long), taken(1, 0)),
        ("a name of a megabyte", named.replace("\"HERE\"", &long), taken(1, 0)),
        ("an id of a megabyte", with("\"wamid.CANARY1\"", &long), taken(0, 1)),
        ("a sender of a megabyte", with("\"4915550000001\"", &long), taken(0, 1)),
        (
            "a kind of a megabyte",
            with("\"type\":\"text\"", &format!("\"type\":{long}")),
            taken(1, 0),
        ),
        (
            "a field of a megabyte",
            with("\"field\":\"messages\"", &format!("\"field\":{long}")),
            taken(0, 0),
        ),
        (
            "an account of a megabyte",
            of(&message(1)).replace("\"200417739962058\"", &long),
            taken(0, 1),
        ),
        ("a key of a megabyte", with("{\"body\"", &format!("{{{long}:0,\"body\"")), taken(1, 0)),
        (
            "an unknown value of a megabyte",
            with("{\"body\"", &format!("{{\"more\":{long},\"body\"")),
            taken(1, 0),
        ),
        ("an object name of a megabyte", with("\"whatsapp_business_account\"", &long), taken(0, 0)),
    ]
}
