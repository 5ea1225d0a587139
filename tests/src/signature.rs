//! The signature of a webhook: nothing gets in but the very bytes that were signed, under one header of one form.
//!
//! An input has three parts: secrets on its first line, headers as `name: value` up to an empty line, and the body.
//! In the value of a header `@0` stands for the digits of the right signature by the first secret, `@1` by the
//! second, `^0` and `^1` for the same in capitals.

use bytes::Bytes;
use data_encoding::{HEXLOWER, HEXUPPER};
use forthright_channels::{Rejection, verify};
use forthright_core::{Channel, Secret, http::BODY_BYTES_MAX};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::signing;

const HEADER: &str = "x-hub-signature-256";

/// Checks one input.
pub fn check(input: &[u8]) {
    let (secrets, rest) = signing::secrets(input);
    let (head, body) = match rest.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&rest[..at], &rest[at + 2..]),
        None => (rest, &b""[..]),
    };
    let headers = headers(head, &secrets, body);
    let outcome = verify(Channel::WhatsApp, &secrets, &headers, Bytes::copy_from_slice(body));
    let is_right = is_right(&secrets, &headers, body);
    match outcome {
        Ok(verified) => {
            assert!(is_right, "a wrong signature gets in");
            assert!(verified.bytes() == body, "other bytes get in than were signed");
        }
        Err(rejection) => {
            assert!(!is_right, "a right signature is refused");
            tells_nothing(rejection, &secrets, body);
        }
    }
}

fn headers(head: &[u8], secrets: &[Secret], body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let Some(at) = line.windows(2).position(|pair| pair == b": ") else {
            continue;
        };
        let value = filled(&line[at + 2..], secrets, body);
        // What is no header a host refuses.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..at]), HeaderValue::from_bytes(&value))
        {
            headers.append(name, value);
        }
    }
    headers
}

fn filled(value: &[u8], secrets: &[Secret], body: &[u8]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let secret = match (first, after.first()) {
            (b'@' | b'^', Some(digit @ (b'0' | b'1'))) => secrets.get(usize::from(digit - b'0')),
            _ => None,
        };
        if let Some(secret) = secret {
            let mac = signing::mac(secret.reveal(), body);
            let encoding = if *first == b'@' { HEXLOWER } else { HEXUPPER };
            filled.extend(encoding.encode(&mac).into_bytes());
            rest = &after[1..];
        } else {
            filled.push(*first);
            rest = after;
        }
    }
    filled
}

/// The rule, written down once more: it is short.
fn is_right(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> bool {
    let plain = headers
        .get_all("content-encoding")
        .iter()
        .all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    let values: Vec<_> = headers.get_all(HEADER).iter().map(HeaderValue::as_bytes).collect();
    let [value] = values.as_slice() else {
        return false;
    };
    let signed_by = |secret: &Secret| {
        let digits = HEXLOWER.encode(&signing::mac(secret.reveal(), body));
        *value == [b"sha256=", digits.as_bytes()].concat()
    };
    plain
        && body.len() <= BODY_BYTES_MAX
        && secrets.iter().all(|secret| !secret.reveal().is_empty())
        && secrets.iter().any(signed_by)
}

fn tells_nothing(rejection: Rejection, secrets: &[Secret], body: &[u8]) {
    assert!(rejection.status().is_client_error(), "a refusal is the caller's to mend");
    let said = format!("{rejection} {rejection:?}");
    for secret in secrets {
        let digits = HEXLOWER.encode(&signing::mac(secret.reveal(), body));
        assert!(!said.contains(&digits), "a refusal tells the right signature");
    }
}
