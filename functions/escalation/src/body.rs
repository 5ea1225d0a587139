//! What the bodies of calls say. A field that is not known is refused: who misspells one means something by it.

use forthright_core::{
    Personal,
    case::AgentName,
    ledger::Taking,
    outbound::{TextLimit, TextUnit},
};
use serde::{Deserialize, de::DeserializeOwned};

/// The longest note.
const NOTE: TextLimit = TextLimit { max: 4_000, unit: TextUnit::Characters };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    text: Personal<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(default)]
    agent: Option<Personal<String>>,
    #[serde(default)]
    from: Option<Personal<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// An agent's words to a customer, if the platform takes them whole.
pub(crate) fn answer(body: &[u8], limit: TextLimit) -> Result<Personal<String>, &'static str> {
    let Some(Written { text }) = object(body) else {
        return Err("send JSON with one field: {\"text\": \"the answer\"}");
    };
    if text.reveal().trim().is_empty() {
        return Err("the text is empty");
    }
    if !limit.fits(text.reveal()) {
        return Err("the text is longer than the platform takes; send it in two answers");
    }
    Ok(text)
}

/// An agent's words to their colleagues.
pub(crate) fn note(body: &[u8]) -> Result<Personal<String>, &'static str> {
    let Some(Written { text }) = object(body) else {
        return Err("send JSON with one field: {\"text\": \"the note\"}");
    };
    if text.reveal().trim().is_empty() {
        return Err("the note is empty");
    }
    if !NOTE.fits(text.reveal()) {
        return Err("the note is longer than 4,000 characters");
    }
    Ok(text)
}

/// Who takes a case, and from whom; the body may be empty.
pub(crate) fn taking(body: &[u8]) -> Result<Taking, &'static str> {
    let Some(Named { agent, from }) = optional(body) else {
        return Err(
            "send nothing, or JSON with one or both of these fields: {\"agent\": \"who takes the case\", \
             \"from\": \"who has it\"}",
        );
    };
    Ok(Taking { agent: name(agent.as_ref())?, from: name(from.as_ref())? })
}

/// Nothing; the body may be empty.
pub(crate) fn nothing(body: &[u8]) -> Result<(), &'static str> {
    let Some(Nothing {}) = optional(body) else {
        return Err("send no body, or {}");
    };
    Ok(())
}

fn optional<Body: Default + DeserializeOwned>(body: &[u8]) -> Option<Body> {
    if body.is_empty() {
        return Some(Body::default());
    }
    object(body)
}

/// What a JSON object says. A list would say the same without names, and is none.
fn object<Body: DeserializeOwned>(body: &[u8]) -> Option<Body> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn name(text: Option<&Personal<String>>) -> Result<Option<AgentName>, &'static str> {
    text.map(|text| text.reveal().parse()).transpose().map_err(|_cause| {
        "`agent` and `from` are names of 1 to 64 letters (A to Z), digits, dots, underscores, dashes and @"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_text_that_fits() {
        let limit = TextLimit { max: 5, unit: TextUnit::Characters };
        assert!(answer(br#"{"text":"hello"}"#, limit).is_ok());
        for wrong in [
            &br#"{"text":"hello!"}"#[..],
            br#"{"text":"  "}"#,
            br#"{"text":"a","more":1}"#,
            br#"{"text":"a","text":"b"}"#,
            br#"["hello"]"#,
            b"{}",
            b"",
            b"\xff",
        ] {
            assert!(answer(wrong, limit).is_err());
        }
    }

    #[test]
    fn a_note_has_up_to_four_thousand_characters() {
        let body = |text: &str| serde_json::json!({ "text": text }).to_string();
        for right in ["a", &"ä".repeat(4_000)] {
            assert!(note(body(right).as_bytes()).is_ok());
        }
        for wrong in ["", "\n", &"a".repeat(4_001)] {
            assert!(note(body(wrong).as_bytes()).is_err());
        }
        assert!(note(br#"{"text":"a","to":"b"}"#).is_err());
    }

    #[test]
    fn a_name_is_of_letters_that_are_safe_anywhere() {
        let taken = |body: &str| taking(body.as_bytes());
        for nobody in ["", "{}", r#"{"agent":null}"#] {
            assert_eq!(taken(nobody), Ok(Taking::default()));
        }
        let both = taken(r#"{"agent":"kim.o-neil_2@example","from":"bo"}"#).unwrap();
        assert_eq!(both.agent.unwrap().reveal(), "kim.o-neil_2@example");
        assert_eq!(both.from.unwrap().reveal(), "bo");
        let long = format!(r#"{{"agent":"{}"}}"#, "a".repeat(65));
        for wrong in [
            r#"{"agent":""}"#,
            r#"{"agent":"a b"}"#,
            r#"{"agent":"<b>"}"#,
            r#"{"from":"ä"}"#,
            &long,
        ] {
            assert!(taken(wrong).unwrap_err().contains("64 letters"), "{wrong}");
        }
        for wrong in ["null", "[]", r#"{"name":"kim"}"#, r#"{"agent":1}"#, " "] {
            assert!(taken(wrong).unwrap_err().starts_with("send nothing"), "{wrong}");
        }
    }

    #[test]
    fn where_nothing_is_asked_nothing_else_is_said() {
        assert_eq!((nothing(b""), nothing(b"{}")), (Ok(()), Ok(())));
        for wrong in [&b"null"[..], b"[]", br#"{"reason":"done"}"#, b"x"] {
            assert!(nothing(wrong).is_err());
        }
    }
}
