//! What is no call of the privacy function: Meta's callback and the requests API.

use forthright_core::http::{BODY_BYTES_MAX, Request};
use http::{HeaderValue, Method, header};

use super::{Row, hold, refused};
use crate::desk::{Desk, OPERATOR_TOKEN, plain};

#[tokio::test]
async fn what_is_no_call_of_the_privacy_function_leaves_nothing() {
    let rows = [callbacks(), demands(), without_a_token()];
    hold(rows.into_iter().flatten().collect(), 40).await;
}

fn row(name: &str, request: impl Fn() -> Request + 'static, status: u16) -> Row {
    (name.to_owned(), Box::new(move |_: &Desk| request()), refused(status))
}

fn callbacks() -> Vec<Row> {
    let form = |name: &str, form: String, status: u16| {
        row(name, move || plain(Method::POST, "/meta/data-deletion", form.clone()), status)
    };
    let long = |part: &str| part.repeat(16 * 1_024 / part.len());
    vec![
        form("nothing", String::new(), 400),
        form("another field", "CANARY=1".to_owned(), 400),
        form("an empty field", "signed_request=".to_owned(), 400),
        form("one part", "signed_request=CANARY".to_owned(), 400),
        form("two empty parts", "signed_request=.".to_owned(), 401),
        form("three parts", "signed_request=a.b.c".to_owned(), 400),
        form("another alphabet", "signed_request=++//.AAAA".to_owned(), 400),
        form("half an escape", "signed_request=%4".to_owned(), 400),
        form("a zero", "signed_request=%00.%00".to_owned(), 400),
        form("two fields", "signed_request=AA.AA&signed_request=AA.AA".to_owned(), 400),
        form("two fields, one escaped", "signed_request=AA.AA&signed%5Frequest=".to_owned(), 400),
        form("not signed", "signed_request=AAAA.e30".to_owned(), 401),
        form("JSON", "{\"signed_request\":\"CANARY\"}".to_owned(), 400),
        form("many fields", long("&"), 400),
        form("many escapes", format!("signed_request={}", long("%41").split_at(16_000).0), 400),
        form("many dots", format!("signed_request={}", long(".").split_at(16_000).0), 400),
        form("more than 16 KiB", format!("signed_request={}", long("A")), 413),
        form("the largest body", "&".repeat(BODY_BYTES_MAX), 413),
    ]
}

/// The requests API, for who has the token.
fn demands() -> Vec<Row> {
    let demand = |name: &str, body: String, status: u16| {
        let call = move || {
            let mut request = plain(Method::POST, "/api/requests", body.clone());
            let token = HeaderValue::from_str(&format!("Bearer {OPERATOR_TOKEN}")).unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, token);
            request
        };
        row(name, call, status)
    };
    let right = r#"{"kind":"access","subject":{"channel":"whatsapp","account":"200417739962058","id":"CANARY"}}"#;
    let with = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        right.replacen(from, to, 1)
    };
    let mut rows = vec![
        demand("nothing", String::new(), 422),
        demand("no JSON", "CANARY".to_owned(), 422),
        demand("two demands", right.repeat(2), 422),
        demand("lists within lists", "[".repeat(1_000_000), 422),
        demand("objects within objects", "{\"kind\":".repeat(100_000), 422),
        demand("a kind twice", with("\"kind\":", "\"kind\":\"erasure\",\"kind\":"), 422),
        demand("an id twice", with("\"id\":", "\"id\":\"CANARY2\",\"id\":"), 422),
        demand("an id twice, once escaped", with("\"id\":", "\"\\u0069d\":\"a\",\"id\":"), 422),
        demand("one key more", with("\"kind\":", "\"CANARY\":1,\"kind\":"), 422),
        demand("another kind", with("access", "CANARY"), 422),
        demand("another channel", with("whatsapp", "CANARY"), 422),
        demand("another account", with("200417739962058", "999"), 422),
        demand("an account with a separator", with("200417739962058", "a#b"), 422),
        demand("half a pair", with("CANARY", "\\ud800"), 422),
        demand("a mark before it", format!("\u{feff}{right}"), 422),
    ];
    for other in ["null", "true", "7", "[]", "{}"] {
        rows.push(demand(&format!("{other} for an id"), with("\"CANARY\"", other), 422));
        let subject = &right[right.find("{\"channel").unwrap()..right.len() - 1];
        rows.push(demand(&format!("{other} for a subject"), right.replace(subject, other), 422));
    }
    rows
}

fn without_a_token() -> Vec<Row> {
    let bearing = |name: &str, values: &'static [&'static str]| {
        let call = move || {
            let mut request = plain(Method::POST, "/api/requests", "CANARY".repeat(100_000));
            for value in values {
                request
                    .headers_mut()
                    .append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            request
        };
        row(name, call, 401)
    };
    vec![
        bearing("no token", &[]),
        bearing("an empty token", &["Bearer "]),
        bearing("a wrong token", &["Bearer CANARY-operator-toke"]),
        bearing("a token of another kind", &["Basic CANARY-operator-token"]),
        bearing("a token in small letters", &["bearer CANARY-operator-token"]),
        bearing("a token with a space", &["Bearer CANARY-operator-token "]),
        bearing("two tokens", &["Bearer CANARY-operator-token", "Bearer CANARY-operator-token"]),
        bearing(
            "two tokens in one",
            &["Bearer CANARY-operator-token, Bearer CANARY-operator-token"],
        ),
    ]
}
