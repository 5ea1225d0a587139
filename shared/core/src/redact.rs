//! What must happen to a text before it may leave the process: personal data is taken out.

use crate::personal::Personal;

/// Takes personal data out of texts.
pub trait Redact: Send + Sync {
    /// The text without what tells who a person is.
    fn redact(&self, text: &Personal<String>) -> Personal<String>;
}

/// A text that a redactor went over. Only [`Redacted::by`] makes one, so whatever takes one cannot be handed
/// what a person wrote.
///
/// It is still about a person: it prints as little as [`Personal`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(Personal<String>);

impl Redacted {
    /// What `redactor` leaves of `text`.
    pub fn by(redactor: &impl Redact, text: &Personal<String>) -> Self {
        Self(redactor.redact(text))
    }

    /// The text itself. Each caller must be a place that redacted text may reach.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoNames;

    impl Redact for NoNames {
        fn redact(&self, text: &Personal<String>) -> Personal<String> {
            Personal::new(text.reveal().replace("CANARY", "[name]"))
        }
    }

    #[test]
    fn a_redacted_text_is_what_the_redactor_left_and_does_not_print() {
        let redacted = Redacted::by(&NoNames, &"I am CANARY".into());
        assert!(redacted.reveal() == "I am [name]");
        assert_eq!(format!("{redacted:?}"), "Redacted([redacted])");
    }
}
