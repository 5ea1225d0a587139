//! The code that somebody types to show that they mean what they demand of their data, and hold the conversation.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{case::named, fault::Fault, ids::Eid, language::Language, time::Time};

/// How long a code holds.
pub const CODE_LIFE: Duration = Duration::from_mins(10);

/// So many wrong codes end it: one in twenty million is guessed.
pub const CODE_TRIES_MAX: u32 = 5;

/// How many digits a code has.
pub const CODE_DIGITS: usize = 8;

named! {
    /// What a person demands.
    RequestKind "request kind" {
        /// A copy of the data (GDPR art. 15).
        Access = "access",
        /// Erasure (GDPR art. 17).
        Erasure = "erasure",
    }
}

/// A code that was asked for. The code itself is nowhere: it is a keyed hash of what is asked, by whom and in which
/// message, and made anew when it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// What it confirms.
    pub kind: RequestKind,
    /// The message that asked.
    pub by: Eid,
    /// Since when it holds.
    pub at: Time,
    /// The language in which it was told: a code has none.
    pub language: Option<Language>,
    /// How many wrong ones came.
    pub tries: u32,
}

impl Challenge {
    /// Whether a code that is typed at `now` may still confirm.
    pub fn holds(&self, now: Time) -> bool {
        now.since(self.at) < CODE_LIFE && self.tries < CODE_TRIES_MAX
    }
}

/// The digits, if `text` is a code and nothing else; spaces and hyphens between them do not count.
pub fn typed_code(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    let is_code = digits.len() == CODE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_eight_digits_and_nothing_else() {
        for text in ["12345678", " 1234 5678\n", "1234-5678"] {
            assert_eq!(typed_code(text).as_deref(), Some("12345678"), "{text}");
        }
        for text in ["", "1234567", "123456789", "code 12345678", "1234567a", "１２３４５６７８"]
        {
            assert_eq!(typed_code(text), None, "{text}");
        }
    }
}
