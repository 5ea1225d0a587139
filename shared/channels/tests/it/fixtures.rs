//! What each documented body says, and that no small change of a body makes it say nothing.

use forthright_channels::{Kind, NotTheChannels, Seen, read};
use forthright_core::Channel;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::specimen::{self, Specimen};

#[derive(Deserialize)]
struct Fixture {
    name: String,
    body: Value,
    events: Vec<Value>,
}

fn fixtures(specimen: &Specimen) -> Vec<Fixture> {
    specimen.fixtures.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn told(seen: &Seen<'_>) -> Value {
    json!({
        "kind": seen.kind.name(),
        "id": seen.id,
        "account": seen.account,
        "sender": seen.sender,
        "text": seen.text,
        "time": seen.time.map(forthright_core::Time::rfc3339),
        "reason": seen.reason,
    })
}

fn events(specimen: &Specimen, body: &Value) -> Vec<Value> {
    (specimen.read)(body.to_string().as_bytes()).unwrap().iter().map(told).collect()
}

#[test]
fn every_body_says_what_is_documented() {
    for specimen in specimen::all() {
        let (all, of) = (fixtures(&specimen), specimen.name);
        assert!(all.len() >= specimen.fixtures_min, "{of} has {}", all.len());
        for Fixture { name, body, events: expected } in all {
            assert_eq!(events(&specimen, &body), expected, "{of}: {name}");
        }
    }
}

#[test]
fn every_kind_that_a_channel_has_is_in_a_fixture() {
    let [whatsapp, messenger, _] = specimen::all();
    let has = |specimen: &Specimen, kind: Kind| {
        fixtures(specimen).iter().flat_map(|it| &it.events).any(|it| it["kind"] == kind.name())
    };
    for kind in Kind::ALL {
        let on_whatsapp = !matches!(kind, Kind::Comment | Kind::Mention | Kind::Handover);
        let on_messenger = !matches!(kind, Kind::Failed | Kind::OptOut | Kind::IdentityChange);
        assert_eq!(has(&whatsapp, kind), on_whatsapp, "whatsapp {kind:?}");
        assert_eq!(has(&messenger, kind), on_messenger, "messenger {kind:?}");
    }
}

/// Every place in a value, as a pointer.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let mut inner = |key: &str, value| {
        places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| inner(&index.to_string(), value));
        }
        _ => {}
    }
}

/// The body with one place changed, in every place where the change can be made.
fn changed(body: &Value, change: impl Fn(&Value) -> Option<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    places(body, "", &mut all);
    all.iter()
        .filter_map(|place| {
            let mut body = body.clone();
            let at = body.pointer_mut(place)?;
            *at = change(at)?;
            Some(body)
        })
        .collect()
}

#[test]
fn a_key_that_nobody_knows_changes_nothing() {
    for specimen in specimen::all() {
        let of = specimen.name;
        for Fixture { name, body, events: expected } in fixtures(&specimen) {
            let with_key = changed(&body, |value| {
                let mut map = value.as_object()?.clone();
                map.insert("zz_new".to_owned(), json!({ "a": [1, "CANARY"] }));
                Some(Value::Object(map))
            });
            for body in with_key {
                assert_eq!(events(&specimen, &body), expected, "{of}: {name}");
            }
        }
    }
}

#[test]
fn ids_and_times_may_be_numbers_or_strings() {
    for specimen in specimen::all() {
        let of = specimen.name;
        for Fixture { name, body, events: expected } in fixtures(&specimen) {
            let as_number = changed(&body, |value| {
                let digits = value.as_str().filter(|text| !text.starts_with('0'))?;
                Some(json!(digits.parse::<u64>().ok()?))
            });
            let as_text = changed(&body, |value| Some(json!(value.as_u64()?.to_string())));
            for body in as_number.into_iter().chain(as_text) {
                assert_eq!(events(&specimen, &body), expected, "{of}: {name}: {body}");
            }
        }
    }
}

#[test]
fn one_more_of_anything_adds_to_what_is_said_and_loses_nothing() {
    for specimen in specimen::all() {
        let of = specimen.name;
        for Fixture { name, body, events: expected } in fixtures(&specimen) {
            let mut twice = body.clone();
            let list = if body.get("entry").is_some() { "entry" } else { "events" };
            let entries = twice[list].as_array_mut().unwrap();
            entries.extend(entries.clone());
            let doubled: Vec<_> = expected.iter().chain(&expected).cloned().collect();
            if !entries.is_empty() && body["object"] != "user" && expected[0]["reason"] != "empty" {
                assert_eq!(events(&specimen, &twice), doubled, "{of}: {name}");
            }
            // Whatever stands beside it, in any list.
            for odd in [json!(7), json!(null), json!({}), json!([]), json!("CANARY")] {
                let with_odd = changed(&body, |value| {
                    let mut list = value.as_array()?.clone();
                    list.push(odd.clone());
                    Some(Value::Array(list))
                });
                for body in with_odd {
                    let seen = events(&specimen, &body);
                    for one in expected.iter().filter(|one| one["reason"] != "empty") {
                        // Something unknown beside a text may make it a person's to look at.
                        let is_there =
                            |it: &Value| (&it["kind"], &it["id"]) == (&one["kind"], &one["id"]);
                        assert!(seen.iter().any(is_there), "{of}: {name}: {body}");
                    }
                }
            }
        }
    }
}

#[test]
fn whatever_is_missing_or_of_another_form_is_still_something() {
    let forms = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(""),
        json!([]),
        json!({}),
        json!(u64::MAX),
        json!("CANARY \u{0} \u{1f600}"),
    ];
    for specimen in specimen::all() {
        let of = specimen.name;
        for Fixture { name, body, .. } in fixtures(&specimen) {
            for form in &forms {
                for body in changed(&body, |_| Some(form.clone())) {
                    match (specimen.read)(body.to_string().as_bytes()) {
                        Ok(seen) => assert!(!seen.is_empty(), "{of}: {name}: {body}"),
                        // The whole, or the name of its object.
                        Err(_) => assert!(
                            !["whatsapp_business_account", "page"]
                                .contains(&body["object"].as_str().unwrap_or_default()),
                            "{of}: {name}: {body}"
                        ),
                    }
                }
            }
        }
    }
}

#[test]
fn no_cut_body_is_read_as_a_whole_one() {
    for specimen in specimen::all() {
        let of = specimen.name;
        for Fixture { name, body, .. } in fixtures(&specimen) {
            let body = body.to_string();
            for end in 0..body.len() {
                let cut = (specimen.read)(&body.as_bytes()[..end]);
                assert!(cut.is_err(), "{of}: {name}: {end}");
            }
        }
    }
}

#[test]
fn another_platforms_body_is_told_apart() {
    let of = |channel, body: &str| read(channel, body.as_bytes()).map(|seen| seen.len());
    for (channel, body, expected) in [
        (
            Channel::WhatsApp,
            r#"{"object":"page","entry":[]}"#,
            Err(NotTheChannels::AnotherPlatforms),
        ),
        (Channel::Messenger, r#"{"object":"instagram"}"#, Err(NotTheChannels::AnotherPlatforms)),
        (Channel::Messenger, "[]", Err(NotTheChannels::NotJson(0))),
        (Channel::Messenger, "{\"object\":\n x}", Err(NotTheChannels::NotJson(13))),
        (Channel::Messenger, "", Err(NotTheChannels::NotJson(0))),
        (Channel::WhatsApp, "{}", Err(NotTheChannels::NoWebhook)),
        (Channel::WhatsApp, r#"{"algorithm":"HMAC-SHA256"}"#, Err(NotTheChannels::NoWebhook)),
        (Channel::WhatsApp, r#"{"messaging_product":"whatsapp","messages":[]}"#, Ok(1)),
        (Channel::Messenger, r#"{"recipient_id":"1","message_id":"m"}"#, Ok(1)),
        (Channel::Messenger, r#"{"algorithm":"HMAC-SHA256","user_id":"1"}"#, Ok(1)),
    ] {
        assert_eq!(of(channel, body), expected, "{channel} {body}");
    }
    assert_eq!(read(Channel::WhatsApp, b"{\"\xff\"}").unwrap_err(), NotTheChannels::NotUtf8(2));
}
