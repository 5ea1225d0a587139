//! What every platform must do with what goes out: whole or not at all, and never twice.

use std::time::Duration;

use bytes::Bytes;
use forthright_channels::Sending;
use forthright_core::{
    http::Response,
    offer::{Choice, Offer, Offers, Rating},
    outbound::{
        Authored, Obstacle, Outbound, Placement, Rendered, SendOutcome, Statement, TextUnit,
        TooLong, disclose,
    },
};
use http::{Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::specimen::{self, Means, Specimen};

impl Specimen {
    fn composed(&self, text: &Outbound, is_after_window: bool) -> Result<Value, String> {
        let to = [self.to.clone()];
        let sending = Sending { to: &to, text, opaque: "token-1", is_after_window };
        let request = self.platform.compose(&self.account, &sending);
        let request = request.map_err(|error| format!("{error:?}"))?;
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer token");
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/json");
        assert!(!format!("{:?}", request.headers()).contains("Bearer"));
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        Ok(json!({ "uri": request.uri().to_string(), "body": body }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    name: String,
    by: String,
    text: String,
    #[serde(default)]
    offers: String,
    #[serde(default)]
    after_window: bool,
    #[serde(default)]
    is_standard: bool,
    #[serde(default)]
    uri: Value,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    error: String,
}

fn statement() -> Statement {
    Statement { full: "I am a machine of ACME, not a person.".into(), short: "Bot.".into() }
}

fn offers(name: &str) -> Option<Offers> {
    let offer = |choice, title: String| Offer { choice, title };
    let all = match name {
        "person" => vec![offer(Choice::Person, "A person".into())],
        "rating" => Rating::ALL
            .map(|one| offer(Choice::Rating(one), format!("{} stars", one.number())))
            .into(),
        _ => return None,
    };
    Some(Offers { label: "Rate".into(), all })
}

fn person(text: &str) -> Outbound {
    Outbound::Person(Authored::by_agent(text.into()))
}

#[test]
fn every_request_is_what_the_platform_documents() {
    for mut specimen in specimen::all() {
        let window = specimen.account.people_window;
        for line in specimen.golden.lines() {
            let golden: Golden = serde_json::from_str(line).unwrap();
            specimen.account.people_window =
                if golden.is_standard { Duration::from_hours(24) } else { window };
            let text = if golden.by == "machine" {
                let rendered = Rendered { full: golden.text.as_str().into(), short: None };
                let limit = specimen.platform.text_limit();
                let placement = Placement::PrefixFirst;
                let disclosed = disclose(&rendered, &statement(), placement, limit).unwrap();
                Outbound::Machine(disclosed.offering(offers(&golden.offers)))
            } else {
                person(&golden.text)
            };
            let composed = specimen.composed(&text, golden.after_window);
            let of = specimen.name;
            if golden.error.is_empty() {
                let expected = json!({ "uri": golden.uri, "body": golden.body });
                assert_eq!(composed, Ok(expected), "{of}: {}", golden.name);
            } else {
                assert_eq!(composed, Err(golden.error), "{of}: {}", golden.name);
            }
        }
    }
}

/// Every string in a value.
fn strings<'a>(value: &'a Value, all: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(list) => list.iter().for_each(|value| strings(value, all)),
        Value::Object(map) => map.values().for_each(|value| strings(value, all)),
        _ => {}
    }
}

/// What is repeated to fill a text: each with a different length in one of the units.
const UNITS: [&str; 6] = ["x", "é", "字", "😀", "e\u{301}", "👩\u{200d}👩\u{200d}👧"];

fn length(unit: TextUnit, text: &str) -> usize {
    match unit {
        TextUnit::Characters => text.chars().count(),
        TextUnit::Bytes => text.len(),
        TextUnit::Utf16 => text.encode_utf16().count(),
    }
}

#[test]
fn a_text_goes_whole_or_not_at_all() {
    for specimen in specimen::all() {
        let limit = specimen.platform.text_limit();
        for unit in UNITS {
            let each = length(limit.unit, unit);
            let filled = |total: usize| unit.repeat(total / each) + &"x".repeat(total % each);
            for (total, goes) in [(limit.max - 1, true), (limit.max, true), (limit.max + 1, false)]
            {
                let text = filled(total);
                assert_eq!(length(limit.unit, &text), total);
                let composed = specimen.composed(&person(&text), false);
                match (composed, goes) {
                    (Ok(request), true) => {
                        let mut all = Vec::new();
                        strings(&request, &mut all);
                        assert!(all.contains(&text.as_str()), "{}: {unit}", specimen.name);
                    }
                    (Err(error), false) => assert_eq!(error, "TooLong"),
                    _ => panic!("{}: {unit}: {total}", specimen.name),
                }
            }
        }
        assert_eq!(specimen.composed(&person(""), false), Err("Empty".to_owned()));
    }
}

#[test]
fn the_disclosure_stays_whole_up_to_the_limit_and_nothing_goes_beyond_it() {
    for specimen in specimen::all() {
        let limit = specimen.platform.text_limit();
        for unit in UNITS {
            for placement in Placement::ALL {
                let around = length(limit.unit, &statement().full) + 2;
                let each = length(limit.unit, unit);
                for room in [limit.max - around, limit.max - around + 1] {
                    let body = unit.repeat(room / each) + &"x".repeat(room % each);
                    let rendered = Rendered { full: body.as_str().into(), short: None };
                    let disclosed = disclose(&rendered, &statement(), placement, limit).unwrap();
                    let text = Outbound::Machine(disclosed);
                    let request = specimen.composed(&text, false).unwrap();
                    let mut all = Vec::new();
                    strings(&request, &mut all);
                    // One unit more, and the disclosure's own short form stands there, whole.
                    let fits = room == limit.max - around;
                    let wording = if fits { statement().full } else { statement().short };
                    let is_whole = |text: &&str| {
                        text.contains(&body)
                            && (text.starts_with(&wording) || text.ends_with(&wording))
                    };
                    assert!(all.iter().any(is_whole), "{}: {unit}", specimen.name);
                }
                let rendered =
                    Rendered { full: unit.repeat(limit.max).as_str().into(), short: None };
                let outcome = disclose(&rendered, &statement(), placement, limit);
                assert_eq!(outcome, Err(TooLong), "{}", specimen.name);
            }
        }
    }
}

fn response(status: u16, body: &str) -> Response {
    http::Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

#[test]
fn an_answer_that_is_no_certain_refusal_is_never_taken_for_one() {
    for specimen in specimen::all() {
        let classify = |status, body: &str| specimen.platform.classify(&response(status, body));
        let of = specimen.name;
        let taken = classify(200, &specimen.taken.to_string());
        assert!(taken == SendOutcome::Accepted { platform_message_id: "CANARY1".into() }, "{of}");
        let empty = specimen.taken.to_string().replace("CANARY1", "");
        for body in ["", "{}", "null", "[]", "{\"", "<html></html>", &empty] {
            assert_eq!(classify(200, body), SendOutcome::Unknown, "{of}");
        }
        for status in [301, 302, 307, 308, 408, 500, 502, 503, 504] {
            for body in ["", "<html>502 Bad Gateway</html>"] {
                assert_eq!(classify(status, body), SendOutcome::Unknown, "{of}: {status}");
            }
        }
        assert_eq!(classify(401, ""), SendOutcome::TokenInvalid, "{of}");
        let limited = SendOutcome::RefusedForNow { retry_after: None, is_accounts: true };
        assert_eq!(classify(429, ""), limited, "{of}");
    }
}

#[test]
fn every_error_means_what_the_platform_says() {
    for specimen in specimen::all() {
        for (means, codes) in &specimen.errors {
            for code in codes {
                let body = (specimen.error)(code).to_string();
                for &status in specimen.statuses {
                    let outcome = specimen.platform.classify(&response(status, &body));
                    let expected = match (means, &outcome) {
                        (Means::Token, _) => SendOutcome::TokenInvalid,
                        (Means::Later | Means::Limited, _) => SendOutcome::RefusedForNow {
                            retry_after: None,
                            is_accounts: *means == Means::Limited,
                        },
                        (Means::Never(obstacle), SendOutcome::RefusedForGood { code, .. }) => {
                            SendOutcome::RefusedForGood { code: *code, obstacle: *obstacle }
                        }
                        (Means::Never(obstacle), _) => {
                            SendOutcome::RefusedForGood { code: None, obstacle: *obstacle }
                        }
                    };
                    assert_eq!(outcome, expected, "{}: {code}", specimen.name);
                }
            }
        }
        // Each obstacle is told apart: a person at the desk reads it.
        let told = |obstacle| specimen.errors.iter().any(|(is, _)| *is == Means::Never(obstacle));
        for obstacle in
            [Obstacle::Window, Obstacle::Unreachable, Obstacle::Restricted, Obstacle::Other]
        {
            assert!(told(obstacle), "{}: {obstacle:?}", specimen.name);
        }
    }
}
