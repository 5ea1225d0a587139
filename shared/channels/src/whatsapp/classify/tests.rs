use std::time::Duration;

use bytes::Bytes;
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

const LATER: SendOutcome = SendOutcome::RefusedForNow { retry_after: None, is_accounts: true };

const fn never(code: i64) -> SendOutcome {
    SendOutcome::RefusedForGood { code: Some(code), obstacle: Obstacle::Other }
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
fn the_status_decides_where_there_is_no_known_code() {
    // The first column has no body of the platform's, the second a code that nobody documented.
    let refused = SendOutcome::RefusedForGood { code: None, obstacle: Obstacle::Other };
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
        let expected = SendOutcome::RefusedForNow { retry_after, is_accounts: true };
        assert_eq!(classify(&limited), expected, "{value}");
    }
}
