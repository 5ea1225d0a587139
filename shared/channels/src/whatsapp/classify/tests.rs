use std::time::Duration;

use bytes::Bytes;
use forthright_core::Personal;
use http::header;

use super::*;

fn response(status: u16, body: &str) -> Response {
    http::Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn error(status: u16, code: i64) -> SendOutcome {
    let body = format!(
        r#"{{"error":{{"message":"m","type":"OAuthException","code":{code},"fbtrace_id":"x"}}}}"#
    );
    classify(&response(status, &body))
}

const LATER: SendOutcome = SendOutcome::RefusedForNow { retry_after: None };

const fn never(code: i64) -> SendOutcome {
    SendOutcome::RefusedForGood { code: Some(code) }
}

#[test]
fn an_answer_with_an_id_is_an_acceptance() {
    let body = r#"{"messaging_product":"whatsapp","contacts":[{"input":"4915550001"}],"messages":[{"id":"wamid.CANARY1","message_status":"accepted"}]}"#;
    let outcome = classify(&response(200, body));
    let id = Personal::from("wamid.CANARY1");
    assert!(outcome == SendOutcome::Accepted { platform_message_id: id });
}

#[test]
fn a_success_that_makes_no_sense_is_unknown() {
    for body in [
        "",
        "{}",
        "null",
        "[]",
        "{\"messages\":[{",
        r#"{"messages":[]}"#,
        r#"{"messages":null}"#,
        r#"{"messages":[{}]}"#,
        r#"{"messages":[{"id":""}]}"#,
        r#"{"messages":[{"id":"wamid.CANARY1"}],"error":{"code":190}}"#,
        r#"{"error":{"code":131047}}"#,
        "<html></html>",
    ] {
        assert_eq!(classify(&response(200, body)), SendOutcome::Unknown, "{}", body.len());
    }
}

#[test]
fn the_code_decides_where_there_is_one() {
    for code in [0, 190] {
        for status in [400, 401, 403, 500] {
            assert_eq!(error(status, code), SendOutcome::TokenInvalid, "{code}");
        }
    }
    let transient = [1, 2, 131_000, 131_016, 135_000];
    for code in [4, 613, 80_007, 130_429, 131_048, 131_056].into_iter().chain(transient) {
        for status in [400, 403, 429, 500, 503] {
            assert_eq!(error(status, code), LATER, "{code}");
        }
    }
    for code in [
        10, 100, 200, 250, 299, 368, 131_021, 131_026, 131_031, 131_042, 131_045, 131_047, 131_049,
        131_050, 131_051, 131_062, 132_000, 132_015, 137_000, 139_100,
    ] {
        for status in [400, 403, 404, 500] {
            assert_eq!(error(status, code), never(code), "{code}");
        }
    }
}

#[test]
fn the_status_decides_where_there_is_no_known_code() {
    // The first column has no body of the platform's, the second a code that nobody documented.
    let refused = SendOutcome::RefusedForGood { code: None };
    let table = [
        (301, SendOutcome::Unknown, SendOutcome::Unknown),
        (307, SendOutcome::Unknown, SendOutcome::Unknown),
        (400, refused.clone(), never(999_999)),
        (401, SendOutcome::TokenInvalid, SendOutcome::TokenInvalid),
        (403, refused.clone(), never(999_999)),
        (404, refused.clone(), never(999_999)),
        (408, SendOutcome::Unknown, never(999_999)),
        (413, refused, never(999_999)),
        (429, LATER, LATER),
        (500, SendOutcome::Unknown, never(999_999)),
        (502, SendOutcome::Unknown, never(999_999)),
        (503, SendOutcome::Unknown, never(999_999)),
        (504, SendOutcome::Unknown, never(999_999)),
    ];
    for (status, without, with) in table {
        for body in ["", "<html>502 Bad Gateway</html>", "{}", r#"{"error":"text"}"#] {
            assert_eq!(classify(&response(status, body)), without, "{status}");
        }
        assert_eq!(error(status, 999_999), with, "{status}");
    }
}

#[test]
fn a_code_may_be_written_as_text() {
    let outcome = classify(&response(400, r#"{"error":{"code":"131047"}}"#));
    assert_eq!(outcome, never(131_047));
}

#[test]
fn it_says_how_long_to_wait_in_seconds() {
    for (value, seconds) in [
        ("0", Some(0)),
        ("30", Some(30)),
        (" 30 ", Some(30)),
        ("86400", Some(86_400)),
        ("-1", None),
        ("1.5", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("99999999999999999999999", None),
    ] {
        let mut limited = response(429, r#"{"error":{"code":130429}}"#);
        limited.headers_mut().insert(header::RETRY_AFTER, value.parse().unwrap());
        let retry_after = seconds.map(Duration::from_secs);
        assert_eq!(classify(&limited), SendOutcome::RefusedForNow { retry_after }, "{value}");
    }
}
