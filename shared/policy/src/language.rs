//! Languages by their two-letter codes.

use std::{fmt, str::FromStr};

use crate::fault::ContentError;

/// A language, by its ISO 639-1 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language([u8; 2]);

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(*b"en");

    /// The code, such as `en`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Not a language code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a language code of two small letters, such as `en`")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        match *text.as_bytes() {
            [first, second] if first.is_ascii_lowercase() && second.is_ascii_lowercase() => {
                Ok(Self([first, second]))
            }
            _ => Err(LanguageError),
        }
    }
}

/// The language that a content file such as `disclosures/en.toml` is named after.
pub(crate) fn language_of(path: &str) -> Result<Language, ContentError> {
    let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".toml"));
    name.and_then(|code| code.parse().ok()).ok_or_else(|| {
        ContentError::new(path, "the file must be named after a language, such as `en.toml`")
    })
}
