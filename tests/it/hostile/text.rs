//! Bytes that are no text, and text that pretends.

use serde_json::json;

use super::{
    Row,
    bodies::{body, message, of, with},
    hold, signed, taken,
};

/// The body with one ordinary message whose words are these bytes.
fn bytes(words: &[u8]) -> Vec<u8> {
    let whole = of(&message(1));
    let (before, behind) = whole.split_once("CANARY 1").unwrap();
    [before.as_bytes(), words, behind.as_bytes()].concat()
}

#[tokio::test]
async fn bytes_that_are_no_text_are_noted_and_text_that_pretends_is_stored_as_it_is() {
    let rows = [other_encodings(), halves_of_pairs(), pretending(), as_they_are()];
    hold(rows.into_iter().flatten().collect(), 45).await;
}

fn escaped(words: &str) -> String {
    with("CANARY 1", words)
}

fn named(name: &str) -> String {
    let contacts = json!([{ "wa_id": "4915550000001", "profile": { "name": "HERE" } }]);
    let body = body(json!({ "contacts": contacts, "messages": [message(1)] }));
    body.to_string().replace("HERE", name)
}

fn other_encodings() -> Vec<Row> {
    let utf16: Vec<u8> = of(&message(1)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        signed(
            "a mark before the body",
            [b"\xef\xbb\xbf", of(&message(1)).as_bytes()].concat(),
            taken(0, 1),
        ),
        signed("UTF-16", utf16.clone(), taken(0, 1)),
        signed("UTF-16 with a mark", [b"\xff\xfe".to_vec(), utf16].concat(), taken(0, 1)),
        signed(
            "bytes behind the body",
            [of(&message(1)).as_bytes(), b"\xff"].concat(),
            taken(0, 1),
        ),
        signed("a zero behind the body", of(&message(1)) + "\0", taken(0, 1)),
    ]
}

fn halves_of_pairs() -> Vec<Row> {
    vec![
        // An escape of half a pair is no character: the message is unreadable, its neighbours are not.
        signed("the first half of a pair", escaped("CANARY \\ud800"), taken(0, 1)),
        signed("the second half of a pair", escaped("\\udc00 CANARY"), taken(0, 1)),
        signed("a pair turned around", escaped("\\udc00\\ud800"), taken(0, 1)),
        signed("half a pair in an id", with("wamid.CANARY1", "\\udfff"), taken(0, 1)),
        signed("half a pair in a sender", with("4915550000001", "\\ud800"), taken(0, 1)),
        signed("half a pair in a name", named("\\ud800"), taken(1, 0)),
        signed(
            "half a pair where nobody looks",
            with("{\"body\"", "{\"more\":\"\\ud800\",\"body\""),
            taken(1, 0),
        ),
        signed("half a pair in a key", with("{\"body\"", "{\"\\ud800\":0,\"body\""), taken(0, 1)),
        signed("a whole pair", escaped("CANARY \\ud83d\\ude00"), taken(1, 0)),
        signed("an escape that is none", escaped("\\x41"), taken(0, 1)),
        signed("an escape that is cut", escaped("\\u12"), taken(0, 1)),
    ]
}

fn pretending() -> Vec<Row> {
    vec![
        signed("a zero, escaped", escaped("CANARY\\u0000CANARY"), taken(1, 0)),
        signed(
            "a zero in an id, escaped",
            with("wamid.CANARY1", "wamid.CANARY\\u0000"),
            taken(1, 0),
        ),
        signed("a zero in a sender, escaped", with("4915550000001", "4915550\\u0000"), taken(1, 0)),
        signed("controls, escaped", escaped("\\u0001\\u001b[2J\\u007f\\u0085\\r\\n"), taken(1, 0)),
        signed(
            "a name that turns the line",
            named("\u{202e}CANARY\u{2066}\u{feff}\u{200b}"),
            taken(1, 0),
        ),
        signed(
            "a text that turns the line",
            escaped("\u{202e}CANARY\u{2066}\u{feff}\u{fffe}\u{10ffff}"),
            taken(1, 0),
        ),
        signed("a text of marks", escaped(&"e\u{301}".repeat(5_000)), taken(1, 0)),
        signed("a text that is a template", escaped("{{ operator }}{% CANARY %}{#"), taken(1, 0)),
        signed("a text that is markup", escaped("<script>CANARY</script>&#0;"), taken(1, 0)),
        signed("a text that is a formula", escaped("=CANARY(1)\\t@x"), taken(1, 0)),
        signed("a text that is a key", escaped("S#1#1 MSG# B#demo due#00"), taken(1, 0)),
        signed("a sender who is a key", with("4915550000001", "L#1#CANARY|-"), taken(1, 0)),
        signed("an empty text", escaped(""), taken(1, 0)),
    ]
}

fn as_they_are() -> Vec<Row> {
    let words = [
        ("a zero", &b"\0"[..]),
        ("a line", b"CANARY\nCANARY"),
        ("a tab", b"CANARY\t"),
        ("an escape character", b"\x1b[2J"),
        ("a byte that no text has", b"\xff"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an overlong zero", b"\xc0\x80"),
        ("an overlong letter of three bytes", b"\xe0\x81\x81"),
        ("an overlong letter of four bytes", b"\xf0\x80\x81\x81"),
        ("half a pair of UTF-16", b"\xed\xa0\x80"),
        ("a pair of UTF-16", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("a character beyond the last", b"\xf4\x90\x80\x80"),
        ("a character of five bytes", b"\xf8\x88\x80\x80\x80"),
        ("the rest of a character", b"\x80"),
        ("half a character", b"\xe4\xbd"),
        ("Latin-1", b"\xe4\xf6\xfc"),
    ];
    let noted = |(name, words)| signed(format!("{name}, as it is"), bytes(words), taken(0, 1));
    words.into_iter().map(noted).collect()
}
