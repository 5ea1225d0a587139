//! Meta's `signed_request`: what is believed was signed with a secret of ours, by HMAC-SHA256, as it stands there.
//!
//! An input has secrets on its first line, then the form. In the form `<0|payload>` stands for the payload signed by
//! the first secret, `<1|payload>` by the second.

use data_encoding::{BASE64URL, BASE64URL_NOPAD};
use forthright_channels::{SignedRequest, meta::signed_request};
use forthright_core::{Secret, Time};
use serde_json::Value;

use crate::signing;

/// Checks one input.
pub fn check(input: &[u8]) {
    let (secrets, form) = signing::secrets(input);
    let form = filled(form, &secrets);
    let outcome = signed_request(&secrets, &form);
    assert!(signed_request(&secrets, &form) == outcome, "it depends on something else");
    match outcome {
        Ok(request) => {
            assert!(fields(&form) == 1, "one of two requests is believed");
            assert!(secrets.iter().all(|secret| !secret.reveal().is_empty()), "an empty secret");
            assert!(
                was_signed(&request.payload, &form, &secrets),
                "what was not signed is believed"
            );
            says_what_was_signed(&request);
        }
        Err(rejection) => {
            assert!(rejection.status().is_client_error(), "a refusal is the caller's to mend");
        }
    }
    what_is_right_is_read(form.as_slice(), &secrets, input);
}

fn filled(form: &[u8], secrets: &[Secret]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = form;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'<'
            && let Some((secret, payload, behind)) = blank(after, secrets)
        {
            filled.extend(signed(secret, payload).into_bytes());
            rest = behind;
        } else {
            filled.push(*first);
            rest = after;
        }
    }
    filled
}

/// The secret, the payload, and what stands behind, of `0|payload>…`.
fn blank<'a, 's>(
    text: &'a [u8],
    secrets: &'s [Secret],
) -> Option<(&'s Secret, &'a [u8], &'a [u8])> {
    let (digit @ (b'0' | b'1'), rest) = text.split_first()? else {
        return None;
    };
    let rest = rest.strip_prefix(b"|")?;
    let end = rest.iter().position(|byte| *byte == b'>')?;
    Some((secrets.get(usize::from(digit - b'0'))?, &rest[..end], &rest[end + 1..]))
}

fn signed(secret: &Secret, payload: &[u8]) -> String {
    let encoded = BASE64URL_NOPAD.encode(payload);
    let mac = signing::mac(secret.reveal(), encoded.as_bytes());
    format!("{}.{encoded}", BASE64URL_NOPAD.encode(&mac))
}

/// Whether the form has the payload beside its HMAC by one of the secrets, in one of the ways to write both.
fn was_signed(payload: &[u8], form: &[u8], secrets: &[Secret]) -> bool {
    let form = unescaped(form);
    let encodings = [BASE64URL, BASE64URL_NOPAD];
    secrets.iter().any(|secret| {
        encodings.iter().any(|encoding| {
            let encoded = encoding.encode(payload);
            let mac = signing::mac(secret.reveal(), encoded.as_bytes());
            encodings.iter().any(|encoding| {
                let whole = format!("signed_request={}.{encoded}", encoding.encode(&mac));
                form.windows(whole.len()).any(|part| part == whole.as_bytes())
            })
        })
    })
}

/// How many fields of that name there are.
fn fields(form: &[u8]) -> usize {
    let names = form.split(|byte| *byte == b'&').map(|pair| pair.split(|byte| *byte == b'='));
    let names = names.filter_map(|mut parts| parts.next()).map(unescaped);
    names.filter(|name| name == b"signed_request").count()
}

/// Undoes percent-encoding wherever it can be undone.
fn unescaped(form: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = form;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits
            .filter(|digits| {
                *first == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            })
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    plain
}

/// What is told of the request is what its payload says.
fn says_what_was_signed(request: &SignedRequest) {
    let text = std::str::from_utf8(&request.payload).expect("what is no text is believed");
    assert!(text.trim_start().starts_with('{'), "what is no object is believed");
    let Ok(Value::Object(payload)) = serde_json::from_str(text) else {
        // A field that nobody asks for may hold what a stricter reader would not take: the person's wish counts.
        return;
    };
    let algorithm = payload.get("algorithm").and_then(Value::as_str).unwrap_or_default();
    assert!(algorithm.eq_ignore_ascii_case("HMAC-SHA256"), "another algorithm is believed");
    let text = |name: &str| match payload.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let user = request.user_id.as_ref().map(|id| id.reveal().clone());
    assert!(user == text("user_id"), "another person is named");
    let issued = text("issued_at").and_then(|text| text.parse().ok()).map(Time::from_seconds);
    assert!(request.issued_at == issued, "another time is named");
}

/// A form with nothing but a payload of the documented form, signed by the only secret, is read.
fn what_is_right_is_read(form: &[u8], secrets: &[Secret], input: &[u8]) {
    let [secret] = secrets else {
        return;
    };
    let payload = input.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(Value::Object(object)) = serde_json::from_slice(payload).ok() else {
        return;
    };
    // Written anew it has no key twice.
    let is_documented = object.iter().all(|(name, value)| match name.as_str() {
        "algorithm" => value == "HMAC-SHA256",
        "issued_at" => value.is_null() || value.as_i64().is_some(),
        "user_id" => value.is_null() || value.is_string() || value.is_i64() || value.is_u64(),
        _ => true,
    }) && object.contains_key("algorithm");
    let payload = Value::Object(object).to_string();
    if !is_documented || secret.reveal().is_empty() || payload.len() > 8 * 1_024 {
        return;
    }
    let right = format!("signed_request={}", signed(secret, payload.as_bytes()));
    assert!(signed_request(secrets, right.as_bytes()).is_ok(), "a right request is refused");
    let mut wrong = right.into_bytes();
    let at = "signed_request=".len() + form.len() % 43;
    wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
    assert!(signed_request(secrets, &wrong).is_err(), "a changed signature is believed");
}
