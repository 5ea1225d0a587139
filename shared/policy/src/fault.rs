//! What can be wrong with content, when it is loaded and when it is used.

use std::fmt;

use forthright_core::outbound::TooLong;

/// A content file that cannot be taken in. Names the file, the place and the mistake; never repeats a value,
/// since a secret may have been pasted where its name belongs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {place}{what}")]
pub struct ContentError {
    path: String,
    place: Place,
    what: String,
}

/// Where in a file a mistake is, as far as its finder knows; lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Wherever the mistake says.
    File,
    /// In this line of the file.
    Line(usize),
    /// In this line of the text that is filled in, which begins further down.
    TextLine(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, "line {line}: "),
            Self::TextLine(line) => write!(f, "text line {line}: "),
        }
    }
}

impl ContentError {
    /// The mistake `what` in the file at `path`.
    pub fn new(path: &str, what: impl fmt::Display) -> Self {
        Self::at(path, Place::File, what)
    }

    /// The mistake `what` at a place in the file at `path`.
    pub(crate) fn at(path: &str, place: Place, what: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), place, what: what.to_string() }
    }

    /// A mistake that reading TOML found, with its line; `line_offset` lines of the file stand before `text`.
    pub(crate) fn toml(
        path: &str,
        text: &str,
        line_offset: usize,
        error: &toml::de::Error,
    ) -> Self {
        let lines_before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(0, |before| before.matches('\n').count());
        let line = lines_before.saturating_add(line_offset).saturating_add(1);
        Self::at(path, Place::Line(line), said(error.message()))
    }

    /// The file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where in the file.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// The mistake, without the file and the place.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }
}

/// The message without the values that serde repeats: `invalid type: string "…", expected an array`.
fn said(message: &str) -> String {
    let mut parts = message.split('"');
    let mut said = parts.next().unwrap_or_default().to_owned();
    if parts.next().is_some() {
        said.push('…');
        said.push_str(parts.next_back().unwrap_or_default());
    }
    said
}

/// Why a text may not be sent now. Whoever sees it gives the message to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The brand is not in the book.
    #[error("the brand is unknown")]
    UnknownBrand,
    /// There is no such template in the language.
    #[error("there is no such template in the language")]
    NoTemplate,
    /// There is no disclosure in the language.
    #[error("there is no disclosure in the language")]
    NoDisclosure,
    /// The brand withdrew the template.
    #[error("the template is withdrawn")]
    Withdrawn,
    /// Its approval lies in the future.
    #[error("the template is not approved yet")]
    NotYetApproved,
    /// Its review date has passed.
    #[error("the template is past its review date")]
    ReviewOver,
    /// It was not approved for this channel.
    #[error("the template is not approved for this channel")]
    WrongChannel,
    /// It reuses what customers made, and no permission for that is on record.
    #[error("the template uses customers' content without a recorded permission")]
    UsesUgc,
    /// It quotes facts, and the book holds none of them.
    #[error("the template quotes a fact that is not in the book")]
    FactMissing,
    /// It would tell a decision of weight, and those are not left to a machine (GDPR art. 22(1)).
    #[error("the template tells a significant decision, which a person must make")]
    SignificantEffect,
    /// It tells a code and there is none, or there is one and it does not tell it.
    #[error("the template and the code that it should tell do not fit")]
    Code,
    /// No form of it fits with its disclosure.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_the_wrong_place_is_not_repeated() {
        assert_eq!(
            said(r#"invalid type: string "EAAGm0PX4ZCp", expected a sequence"#),
            "invalid type: string …, expected a sequence"
        );
        assert_eq!(said("missing field `id`"), "missing field `id`");
        assert_eq!(said(r#"a "x" b "y" c"#), "a … c");
    }
}
