//! What every platform must do with what comes in: believe nobody, lose nothing, answer no machine.

use bytes::Bytes;
use forthright_channels::{Part, Rejection, Served, Verified, parse_by, verify_by};
use forthright_core::{
    Accounts, Secret,
    event::{Event, UnreadableKind},
    http::BODY_BYTES_MAX,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

use crate::specimen::{self, Specimen};

impl Specimen {
    /// A body of the platform's, with letters outside of ASCII.
    fn body(&self) -> Vec<u8> {
        let first: Value = serde_json::from_str(self.fixtures.lines().next().unwrap()).unwrap();
        first["body"].to_string().replace("CANARY", "CANARY \\u00e4\\ud83d\\ude00").into_bytes()
    }

    fn verified(
        &self,
        secrets: &[&str],
        headers: &[(&str, &[u8])],
        body: &[u8],
    ) -> Result<Verified, Rejection> {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::from(*secret)).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        verify_by(self.platform, &secrets, &map, Bytes::copy_from_slice(body))
    }

    fn refused(&self, headers: &[(&str, &[u8])], body: &[u8]) -> Option<Rejection> {
        self.verified(&["app"], headers, body).err()
    }

    /// What came of a body that is signed as it should be.
    fn events(&self, body: &[u8]) -> Vec<Event> {
        let signature = (self.sign)(b"app", body);
        let headers = [(self.header, signature.as_bytes())];
        let verified = self.verified(&["app"], &headers, body).unwrap();
        let accounts = Accounts::new(vec![self.account.clone()]);
        parse_by(self.platform, &verified, &self.account, &accounts).collect()
    }
}

#[test]
fn only_the_very_bytes_that_were_signed_get_in() {
    for specimen in specimen::all() {
        let (of, body) = (specimen.name, specimen.body());
        let right = (specimen.sign)(b"app", &body);
        let verified =
            specimen.verified(&["app"], &[(specimen.header, right.as_bytes())], &body).unwrap();
        assert!(verified.bytes() == &body, "{of}");
        for index in 0..body.len() {
            for bit in 0..8 {
                let mut flipped = body.clone();
                flipped[index] ^= 1 << bit;
                let outcome = specimen.refused(&[(specimen.header, right.as_bytes())], &flipped);
                assert_eq!(outcome, Some(Rejection::Mismatch), "{of}: byte {index}, bit {bit}");
            }
        }
        for index in 0..right.len() {
            for bit in 0..8 {
                let mut flipped = right.clone().into_bytes();
                flipped[index] ^= 1 << bit;
                // Some are no header value at all: a host refuses those.
                if HeaderValue::from_bytes(&flipped).is_ok() {
                    let outcome = specimen.refused(&[(specimen.header, &flipped)], &body);
                    assert!(outcome.is_some(), "{of}: byte {index}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn no_wrong_signature_gets_in_and_none_is_told_the_right_one() {
    for specimen in specimen::all() {
        let (of, body) = (specimen.name, specimen.body());
        let right = (specimen.sign)(b"app", &body).into_bytes();
        let name = specimen.header;
        let start = right.iter().position(|byte| *byte == b'=').unwrap() + 1;
        let (prefix, digits) = right.split_at(start);
        let joined = |parts: &[&[u8]]| parts.concat();
        let anew: Value = serde_json::from_slice(&body).unwrap();
        let anew = anew.to_string().into_bytes();
        let values: Vec<(&str, Vec<u8>)> = vec![
            ("empty", Vec::new()),
            ("no prefix", digits.to_vec()),
            ("the prefix of another kind", joined(&[b"sha1=", digits])),
            ("the prefix in capitals", joined(&[&prefix.to_ascii_uppercase(), digits])),
            ("the prefix twice", joined(&[prefix, &right])),
            ("the prefix alone", prefix.to_vec()),
            ("one digit less", right[..right.len() - 1].to_vec()),
            ("one digit more", joined(&[&right, b"0"])),
            ("padding", joined(&[&right, b"="])),
            ("other letters", joined(&[prefix, &vec![b'!'; digits.len()]])),
            ("capitals", joined(&[prefix, &digits.to_ascii_uppercase()])),
            ("white space before", joined(&[b" ", &right])),
            ("white space behind", joined(&[&right, b"\t"])),
            ("a list", joined(&[&right, b",", &right])),
            ("zeros", joined(&[prefix, &vec![b'0'; digits.len()]])),
            ("by another secret", (specimen.sign)(b"other", &body).into_bytes()),
            ("of another body", (specimen.sign)(b"app", b"").into_bytes()),
        ];
        let mut rejections: Vec<_> = values
            .iter()
            .map(|(what, value)| (*what, specimen.refused(&[(name, value)], &body)))
            .collect();
        rejections.extend([
            ("none", specimen.refused(&[], &body)),
            ("under an older name", specimen.refused(&[("x-hub-signature", &right)], &body)),
            ("two", specimen.refused(&[(name, &right), (name, &right)], &body)),
            ("a body written anew", specimen.refused(&[(name, &right)], &anew)),
        ]);
        assert!(anew != body && rejections.len() >= 12);
        let told = String::from_utf8(digits.to_vec()).unwrap();
        for (what, rejection) in rejections {
            let rejection = rejection.unwrap_or_else(|| panic!("{of}: let in {what}"));
            assert!(rejection.status().is_client_error(), "{of}: {what}");
            assert!(!format!("{rejection} {rejection:?}").contains(&told), "{of}: {what}");
        }
    }
}

#[test]
fn either_secret_fits_while_they_are_rotated_and_none_is_never_enough() {
    for specimen in specimen::all() {
        let body = specimen.body();
        for secret in ["old", "new"] {
            let value = (specimen.sign)(secret.as_bytes(), &body);
            let headers = [(specimen.header, value.as_bytes())];
            for with in [["old", "new"], ["new", "old"]] {
                assert!(specimen.verified(&with, &headers, &body).is_ok(), "{}", specimen.name);
            }
        }
        let old = (specimen.sign)(b"old", &body);
        let after = specimen.verified(&["new"], &[(specimen.header, old.as_bytes())], &body);
        assert_eq!(after.unwrap_err(), Rejection::Mismatch);
        let empty = (specimen.sign)(b"", &body);
        for with in [&[][..], &[""], &["one", ""]] {
            let outcome = specimen.verified(with, &[(specimen.header, empty.as_bytes())], &body);
            assert_eq!(outcome.unwrap_err(), Rejection::NoSecret, "{}", specimen.name);
        }
    }
}

#[test]
fn sizes_come_first_then_the_header_then_the_signature_then_the_words() {
    for specimen in specimen::all() {
        let name = specimen.header;
        let larger = vec![b' '; BODY_BYTES_MAX + 1];
        assert_eq!(specimen.refused(&[], &larger), Some(Rejection::TooLarge));
        let zipped = [("content-encoding", &b"gzip"[..])];
        assert_eq!(specimen.refused(&zipped, b"\xff"), Some(Rejection::Encoded));
        // No hash is spent on what is no signature, and no secret looked for.
        let outcome = specimen.verified(&[], &[(name, b"x")], b"\xff");
        assert!(!matches!(outcome, Err(Rejection::NoSecret | Rejection::Mismatch)));
        let wrong = (specimen.sign)(b"other", b"\xff");
        let outcome = specimen.refused(&[(name, wrong.as_bytes())], b"\xff");
        assert_eq!(outcome, Some(Rejection::Mismatch), "it was read before it was believed");
        for (body, kind) in
            [(&b"\xff"[..], UnreadableKind::NotUtf8), (b"{", UnreadableKind::Envelope)]
        {
            let events = specimen.events(body);
            let [Event::Unreadable(part)] = events.as_slice() else { panic!("{}", specimen.name) };
            assert_eq!(part.kind, kind, "{}", specimen.name);
        }
    }
}

#[test]
fn who_asks_must_know_the_token() {
    for specimen in specimen::all() {
        let (query, answer) = specimen.handshake;
        let ask = |query, token: &str| specimen.platform.handshake(query, &Secret::from(token));
        assert_eq!(ask(Some(query), "verify").as_deref(), Ok(answer));
        assert!(ask(Some(query), "verif").is_err());
        let without = query.replace("verify", "");
        assert!(ask(Some(&without), "verify").is_err() && ask(Some(&without), "").is_err());
        assert!(ask(None, "verify").is_err() && ask(None, "").is_err());
    }
}

#[test]
fn nobody_elses_account_is_believed() {
    for specimen in specimen::all() {
        let own = specimen.account.at.account.as_str();
        let other = String::from_utf8(specimen.body()).unwrap().replace(own, "999");
        let events = specimen.events(other.as_bytes());
        assert!(matches!(events.as_slice(), [Event::Unreadable(_)]), "{}", specimen.name);
        let events = specimen.events(&specimen.body());
        assert!(matches!(events.as_slice(), [Event::Message(_)]), "{}", specimen.name);
    }
}

#[test]
fn what_the_account_says_itself_is_nobodys_question() {
    for specimen in specimen::all() {
        let mut echoes = 0;
        for line in specimen.fixtures.lines() {
            let fixture: Value = serde_json::from_str(line).unwrap();
            let told = fixture["events"].as_array().unwrap();
            let is_echo = |event: &Value| event["kind"] == "echo" || event["reason"] == "own_echo";
            if !told.is_empty() && told.iter().all(is_echo) {
                echoes += 1;
                let events = specimen.events(fixture["body"].to_string().as_bytes());
                assert!(!events.iter().any(|event| matches!(event, Event::Message(_))));
            }
        }
        assert!(echoes >= 1, "{} has no echo among its fixtures", specimen.name);
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_something(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for specimen in specimen::all() {
            prop_assert!(specimen.platform.parts(&bytes, Served::Any).count() >= 1);
        }
    }

    #[test]
    fn whatever_is_changed_in_a_body_is_something(
        at in any::<prop::sample::Index>(),
        with in any::<u8>(),
        line in any::<prop::sample::Index>(),
    ) {
        for specimen in specimen::all() {
            let lines: Vec<_> = specimen.fixtures.lines().collect();
            let fixture: Value = serde_json::from_str(lines[line.index(lines.len())]).unwrap();
            let mut body = fixture["body"].to_string().into_bytes();
            let at = at.index(body.len());
            body[at] = with;
            let parts: Vec<Part<'_>> = specimen.platform.parts(&body, Served::Any).collect();
            prop_assert!(!parts.is_empty());
        }
    }
}
