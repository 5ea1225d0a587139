//! What a call of the cases API asks for.

use ::http::Method;
use forthright_core::{CaseId, case::Move};

/// What is asked of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// The case and its conversation.
    Show,
    /// To do something with it.
    Move(Move),
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
        (&Method::POST, Some(action)) => Call::Move(action.parse().ok()?),
        (_, _) => return None,
    };
    Some((case.parse().ok()?, call))
}

/// Whether a move may be made only by somebody who says which version of the case they have seen: two people must not
/// take the same case, or answer the same words.
pub(crate) const fn needs_a_tag(made: Move) -> bool {
    match made {
        Move::Take | Move::Answer => true,
        Move::Note | Move::HandBack | Move::Close => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_calls_are_read() {
        let case = "ab".repeat(16);
        let path = |rest: &str| format!("/api/cases/{case}{rest}");
        let id = case.parse().unwrap();
        assert_eq!(read(&Method::GET, &path("")), Some((id, Call::Show)));
        for (action, made) in [
            ("/take", Move::Take),
            ("/answer", Move::Answer),
            ("/note", Move::Note),
            ("/hand-back", Move::HandBack),
            ("/close", Move::Close),
        ] {
            assert_eq!(read(&Method::POST, &path(action)), Some((id, Call::Move(made))));
        }
        for (method, path) in [
            (Method::POST, path("")),
            (Method::POST, path("/")),
            (Method::POST, path("/erase")),
            (Method::GET, path("/answer")),
            (Method::PUT, path("/take")),
            (Method::POST, path("/answer/")),
            (Method::GET, "/api/cases/1".into()),
            (Method::GET, "/api/cases/".into()),
        ] {
            assert_eq!(read(&method, &path), None, "{method} {path}");
        }
    }
}
