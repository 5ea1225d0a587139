//! What a call of the cases API asks for.

use ::http::Method;
use forthright_core::{CaseId, Personal, outbound::TextLimit};
use serde::Deserialize;

/// What is asked of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The case and its conversation.
    Show,
    /// To send an answer.
    Answer,
    /// To give the conversation back to the machine.
    HandBack,
    /// To end the case.
    Close,
}

/// The case and the call that a request names; none if it names none.
pub(crate) fn read(method: &Method, path: &str) -> Option<(CaseId, Call)> {
    let rest = path.strip_prefix("/api/cases/")?;
    let (case, action) = match rest.split_once('/') {
        Some((case, action)) => (case, Some(action)),
        None => (rest, None),
    };
    let call = match (method, action) {
        (&Method::GET, None) => Call::Show,
        (&Method::POST, Some("answer")) => Call::Answer,
        (&Method::POST, Some("hand-back")) => Call::HandBack,
        (&Method::POST, Some("close")) => Call::Close,
        (_, _) => return None,
    };
    Some((case.parse().ok()?, call))
}

/// An agent's words.
#[derive(Debug)]
pub(crate) struct Written(pub(crate) Personal<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: Personal<String>,
}

impl Written {
    /// The words of `{"text": …}`, if the platform takes them whole.
    pub(crate) fn read(body: &[u8], limit: TextLimit) -> Result<Self, &'static str> {
        let Ok(Body { text }) = serde_json::from_slice(body) else {
            return Err("send JSON: {\"text\": \"the answer\"}");
        };
        if text.reveal().trim().is_empty() {
            return Err("the text is empty");
        }
        if !limit.fits(text.reveal()) {
            return Err("the text is longer than the platform takes; send it in two answers");
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use forthright_core::outbound::TextUnit;

    use super::*;

    #[test]
    fn only_known_calls_are_read() {
        let case = "ab".repeat(16);
        let path = |rest: &str| format!("/api/cases/{case}{rest}");
        let id = case.parse().unwrap();
        assert_eq!(read(&Method::GET, &path("")), Some((id, Call::Show)));
        assert_eq!(read(&Method::POST, &path("/answer")), Some((id, Call::Answer)));
        assert_eq!(read(&Method::POST, &path("/hand-back")), Some((id, Call::HandBack)));
        assert_eq!(read(&Method::POST, &path("/close")), Some((id, Call::Close)));
        for (method, path) in [
            (Method::POST, path("")),
            (Method::GET, path("/answer")),
            (Method::POST, path("/answer/")),
            (Method::GET, "/api/cases/1".into()),
            (Method::GET, "/api/cases/".into()),
        ] {
            assert_eq!(read(&method, &path), None, "{method} {path}");
        }
    }

    #[test]
    fn an_answer_is_text_that_fits() {
        let limit = TextLimit { max: 5, unit: TextUnit::Characters };
        assert!(Written::read(br#"{"text":"hello"}"#, limit).is_ok());
        for wrong in [
            &br#"{"text":"hello!"}"#[..],
            br#"{"text":"  "}"#,
            br#"{"text":"a","more":1}"#,
            b"{}",
            b"",
            b"\xff",
        ] {
            assert!(Written::read(wrong, limit).is_err());
        }
    }
}
