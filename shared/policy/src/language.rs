//! The language that a content file is named after.

use forthright_core::Language;

use crate::fault::ContentError;

/// The language that a content file such as `disclosures/en.toml` is named after.
pub(crate) fn language_of(path: &str) -> Result<Language, ContentError> {
    let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".toml"));
    name.and_then(|code| code.parse().ok()).ok_or_else(|| {
        ContentError::new(path, "the file must be named after a language, such as `en.toml`")
    })
}
