//! The question that a platform asks before it sends events to an address.

use forthright_core::Secret;

use super::form::only_value;
use crate::verify::HandshakeRejection;

const CHALLENGE_CHARS_MAX: usize = 256;

/// The challenge to answer with, as `text/plain`, if the asker knows the verify token.
///
/// The parameters are those of Meta's page "Webhooks: Getting started" (verification requests).
pub(crate) fn handshake(
    query: Option<&str>,
    verify_token: &Secret,
) -> Result<String, HandshakeRejection> {
    let query = query.unwrap_or_default().as_bytes();
    if only_value(query, "hub.mode").as_deref() != Some(b"subscribe") {
        return Err(HandshakeRejection::Mode);
    }
    let offered = only_value(query, "hub.verify_token").unwrap_or_default();
    // An empty token would match a request that offers none.
    if verify_token.reveal().is_empty() || !verify_token.matches(&offered) {
        return Err(HandshakeRejection::Token);
    }
    // Only such characters: the answer must not become a page of somebody else's making.
    only_value(query, "hub.challenge")
        .filter(|challenge| (1..=CHALLENGE_CHARS_MAX).contains(&challenge.len()))
        .filter(|challenge| {
            challenge.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
        })
        .and_then(|challenge| String::from_utf8(challenge).ok())
        .ok_or(HandshakeRejection::Challenge)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn ask(query: &str) -> Result<String, HandshakeRejection> {
        handshake(Some(query), &Secret::from("tok en"))
    }

    #[test]
    fn the_challenge_comes_back() {
        let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=tok%20en";
        assert_eq!(ask(query).as_deref(), Ok("1158201444"));
        let query = "hub.verify_token=tok+en&hub%2Emode=subscribe&hub.challenge=a_%2DZ";
        assert_eq!(ask(query).as_deref(), Ok("a_-Z"));
    }

    #[test]
    fn everything_else_is_refused() {
        use HandshakeRejection::{Challenge, Mode, Token};
        let long = "1".repeat(257);
        let asked = |challenge: &str| {
            ask(&format!("hub.mode=subscribe&hub.verify_token=tok%20en&hub.challenge={challenge}"))
        };
        assert_eq!(asked(&long), Err(Challenge));
        assert!(asked(&"1".repeat(256)).is_ok());
        for challenge in
            ["", "<script>", "%3Cscript%3E", "a%0Ab", "1&hub.challenge=2", "%C3%A9", "%"]
        {
            assert_eq!(asked(challenge), Err(Challenge), "{challenge}");
        }
        for (query, why) in [
            ("", Mode),
            ("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=tok%20en", Mode),
            (
                "hub.mode=subscribe&hub.mode=subscribe&hub.challenge=1&hub.verify_token=tok%20en",
                Mode,
            ),
            ("hub.mode=subscribe&hub.challenge=1", Token),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", Token),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", Token),
            (
                "hub.mode=subscribe&hub.challenge=1&hub.verify_token=tok%20en&hub.verify_token=x",
                Token,
            ),
        ] {
            assert_eq!(ask(query), Err(why), "{query}");
        }
        assert_eq!(handshake(None, &Secret::from("t")), Err(Mode));
        let unset = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=";
        assert_eq!(handshake(Some(unset), &Secret::from("")), Err(Token));
        assert_eq!(
            (Mode.status(), Challenge.status()),
            (StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST)
        );
    }
}
