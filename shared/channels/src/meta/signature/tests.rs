//! What only Meta's signature has: the exact reason for each wrong form. That none gets in, the suite in `tests` shows.

use bytes::Bytes;
use forthright_core::http::BODY_BYTES_MAX;
use http::{HeaderName, HeaderValue, StatusCode};

use super::*;
use crate::{WHATSAPP, verify_by};

/// About 200 bytes, with the escapes that Meta writes.
const BODY: &str = concat!(
    r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","#,
    r#""value":{"messages":[{"id":"wamid.CANARY1","text":{"body":"CANARY \u00e4\u00f6\u00e5 a\/b "#,
    r#"\ud83d\ude00"}}]}}]}]}"#
);

fn secrets(all: &[&str]) -> Vec<Secret> {
    all.iter().map(|one| Secret::from(*one)).collect()
}

fn signed(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", HEXLOWER.encode(hmac::sign(&key, body).as_ref()))
}

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

fn outcome(with: &[&str], pairs: &[(&'static str, &[u8])], body: &[u8]) -> Option<Rejection> {
    verify_by(&WHATSAPP, &secrets(with), &headers(pairs), Bytes::copy_from_slice(body)).err()
}

#[test]
fn every_wrong_form_has_its_own_rejection() {
    let right = signed("one", BODY.as_bytes());
    let right = right.as_bytes();
    let digits = &right["sha256=".len()..];
    let text = |parts: &[&[u8]]| parts.concat();
    let table: Vec<(Rejection, Vec<u8>)> = vec![
        (Rejection::Prefix, digits.to_vec()),
        (Rejection::Prefix, text(&[b"sha1=", digits])),
        (Rejection::Prefix, text(&[b"SHA256=", digits])),
        (Rejection::Prefix, text(&[b"sha256:", digits])),
        (Rejection::Prefix, b"".to_vec()),
        (Rejection::Prefix, text(&[b"\xc3\xa4", digits])),
        (Rejection::Length, b"sha256=".to_vec()),
        (Rejection::Length, right[..right.len() - 1].to_vec()),
        (Rejection::Length, right[..right.len() - 2].to_vec()),
        (Rejection::Length, text(&[right, b"0"])),
        (Rejection::Length, text(&[right, b"00"])),
        (Rejection::Length, text(&[right, b"="])),
        (Rejection::Length, text(&[b"sha256=", right])),
        (Rejection::UpperCase, text(&[b"sha256=", &digits.to_ascii_uppercase()])),
        (Rejection::NotDigits, text(&[&right[..right.len() - 1], b"g"])),
        (Rejection::NotDigits, text(&[&right[..right.len() - 2], b"\xc3\xa4"])),
        (Rejection::Whitespace, text(&[b" ", right])),
        (Rejection::Whitespace, text(&[right, b" "])),
        (Rejection::Whitespace, text(&[right, b"\t"])),
        (Rejection::Whitespace, text(&[b"sha256= ", digits])),
        (Rejection::List, text(&[right, b",", right])),
        (Rejection::List, text(&[right, b", ", right])),
        (Rejection::List, text(&[right, b","])),
        (Rejection::Mismatch, text(&[b"sha256=", &[b'0'; 64]])),
        (Rejection::Mismatch, signed("other", BODY.as_bytes()).into_bytes()),
        (Rejection::Mismatch, signed("one", b"").into_bytes()),
    ];
    for (index, (expected, value)) in table.into_iter().enumerate() {
        let outcome = outcome(&["one"], &[(HEADER, &value)], BODY.as_bytes());
        assert_eq!(outcome, Some(expected), "row {index}");
        assert_eq!(expected.status(), StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn the_header_is_there_exactly_once() {
    let right = signed("one", BODY.as_bytes());
    let right = right.as_bytes();
    let wrong = signed("two", BODY.as_bytes());
    let legacy = "x-hub-signature";
    let check = |pairs: &[(&'static str, &[u8])]| outcome(&["one"], pairs, BODY.as_bytes());
    assert_eq!(check(&[]), Some(Rejection::Missing));
    assert_eq!(check(&[(legacy, b"sha1=00")]), Some(Rejection::Missing));
    assert_eq!(check(&[(legacy, right)]), Some(Rejection::Missing));
    assert_eq!(check(&[(HEADER, right), (HEADER, right)]), Some(Rejection::Repeated));
    assert_eq!(check(&[(HEADER, right), (HEADER, wrong.as_bytes())]), Some(Rejection::Repeated));
    assert_eq!(check(&[(HEADER, right), (legacy, b"sha1=00")]), None);
}

#[test]
fn sizes_and_encodings_are_checked_first() {
    let check = |pairs: &[(&'static str, &[u8])]| outcome(&["one"], pairs, BODY.as_bytes());
    let right = signed("one", BODY.as_bytes());
    let right = (HEADER, right.as_bytes());
    for encoding in [&b"gzip"[..], b"br", b"gzip, identity", b"identity, gzip", b""] {
        assert_eq!(check(&[right, ("content-encoding", encoding)]), Some(Rejection::Encoded));
    }
    assert_eq!(check(&[right, ("content-encoding", b"Identity")]), None);
    let two = [right, ("content-encoding", &b"identity"[..]), ("content-encoding", b"gzip")];
    assert_eq!(check(&two), Some(Rejection::Encoded));

    let largest = vec![b' '; BODY_BYTES_MAX];
    let value = signed("one", &largest);
    assert_eq!(outcome(&["one"], &[(HEADER, value.as_bytes())], &largest), None);
    let larger = vec![b' '; BODY_BYTES_MAX + 1];
    assert_eq!(outcome(&["one"], &[], &larger), Some(Rejection::TooLarge));
    assert_eq!(Rejection::TooLarge.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(Rejection::Encoded.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
