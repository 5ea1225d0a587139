use http::{HeaderName, HeaderValue};

use super::*;

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
    verify(&secrets(with), &headers(pairs), Bytes::copy_from_slice(body)).err()
}

#[test]
fn the_very_bytes_that_were_signed_get_in() {
    let value = signed("one", BODY.as_bytes());
    let verified =
        verify(&secrets(&["one"]), &headers(&[(HEADER, value.as_bytes())]), BODY.into()).unwrap();
    assert!(verified.bytes() == BODY.as_bytes());
    assert_eq!(format!("{verified:?}"), format!("Verified({} bytes)", BODY.len()));
}

#[test]
fn no_flipped_bit_of_the_body_gets_in() {
    assert!((180..=260).contains(&BODY.len()));
    let value = signed("one", BODY.as_bytes());
    for index in 0..BODY.len() {
        for bit in 0..8 {
            let mut body = BODY.as_bytes().to_vec();
            body[index] ^= 1 << bit;
            let outcome = outcome(&["one"], &[(HEADER, value.as_bytes())], &body);
            assert_eq!(outcome, Some(Rejection::Mismatch), "byte {index}, bit {bit}");
        }
    }
    for changed in [&BODY.as_bytes()[1..], &BODY.as_bytes()[..BODY.len() - 1], b""] {
        let outcome = outcome(&["one"], &[(HEADER, value.as_bytes())], changed);
        assert_eq!(outcome, Some(Rejection::Mismatch));
    }
}

#[test]
fn no_flipped_bit_of_the_header_gets_in() {
    let value = signed("one", BODY.as_bytes());
    for index in 0..value.len() {
        for bit in 0..8 {
            let mut flipped = value.clone().into_bytes();
            flipped[index] ^= 1 << bit;
            // Some are no header value at all: a host refuses those.
            if HeaderValue::from_bytes(&flipped).is_ok() {
                let outcome = outcome(&["one"], &[(HEADER, &flipped)], BODY.as_bytes());
                assert!(outcome.is_some(), "byte {index}, bit {bit}");
            }
        }
    }
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
        (Rejection::NotHexadecimal, text(&[&right[..right.len() - 1], b"g"])),
        (Rejection::NotHexadecimal, text(&[&right[..right.len() - 2], b"\xc3\xa4"])),
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
fn either_secret_fits_while_they_are_rotated() {
    let old = signed("old", BODY.as_bytes());
    let new = signed("new", BODY.as_bytes());
    for value in [&old, &new] {
        for with in [["old", "new"], ["new", "old"]] {
            assert_eq!(outcome(&with, &[(HEADER, value.as_bytes())], BODY.as_bytes()), None);
        }
    }
    let after = outcome(&["new"], &[(HEADER, old.as_bytes())], BODY.as_bytes());
    assert_eq!(after, Some(Rejection::Mismatch));
}

#[test]
fn without_a_secret_nothing_gets_in() {
    let empty = signed("", BODY.as_bytes());
    for with in [&[][..], &[""], &["one", ""]] {
        let outcome = outcome(with, &[(HEADER, empty.as_bytes())], BODY.as_bytes());
        assert_eq!(outcome, Some(Rejection::NoSecret));
    }
}

#[test]
fn a_body_that_was_written_anew_does_not_get_in() {
    let value = signed("one", BODY.as_bytes());
    let parsed: serde_json::Value = serde_json::from_str(BODY).unwrap();
    let anew = serde_json::to_vec(&parsed).unwrap();
    let outcome = outcome(&["one"], &[(HEADER, value.as_bytes())], &anew);
    assert_eq!(outcome, Some(Rejection::Mismatch));
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
