//! Filling the brand's own words into a text. Strict: an unknown name is a mistake, never an empty place.

use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;

use crate::fault::ContentError;

/// What a text may name. Facts about the brand alone: nothing of a customer gets into a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The legal name of the business that answers.
    pub operator: String,
    /// What to reply to reach a person.
    pub person_word: String,
    /// What to reply to stop the messages.
    pub stop_word: String,
    /// What to reply to ask about one's data.
    pub data_word: String,
    /// Where the privacy notice is.
    pub privacy_url: String,
    /// How to reach the privacy officer.
    pub privacy_contact: String,
}

/// Fills `context` into `text`, which stands in the file at `path`.
pub(crate) fn render(path: &str, text: &str, context: &Context) -> Result<String, ContentError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // The name has no suffix that would turn on escaping: what leaves is plain text.
    let rendered = environment
        .render_named_str("text", text.trim(), Serde(context))
        .map_err(|error| {
            let detail = error.detail().map(|detail| format!(", {detail}")).unwrap_or_default();
            let line = error.line().unwrap_or(1);
            ContentError::new(path, format_args!("text line {line}: {}{detail}", error.kind()))
        })?
        .trim()
        .to_owned();
    if rendered.is_empty() {
        return Err(ContentError::new(path, "the text is empty"));
    }
    Ok(rendered)
}
