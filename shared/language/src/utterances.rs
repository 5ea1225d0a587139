//! The utterances that a model is trained from: `content/intents/<language>/<intent>.toml`.

use serde::Deserialize;

/// What people write who want one thing, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Utterances {
    /// What they want; the name of the file.
    pub(crate) intent: String,
    /// How they say it.
    pub(crate) utterances: Vec<String>,
}

/// So many of an intent and language a model needs to be of use.
const UTTERANCES_MIN: usize = 30;

impl Utterances {
    /// Reads the text of the file of `intent`. The error says what is wrong and how it is mended.
    pub(crate) fn parse(intent: &str, text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.intent != intent {
            return Err(format!("intent: must be the name of the file, `{intent}`"));
        }
        if file.utterances.len() < UTTERANCES_MIN {
            return Err(format!(
                "utterances: there are {}; write at least {UTTERANCES_MIN} that differ",
                file.utterances.len()
            ));
        }
        let mut seen = std::collections::HashSet::new();
        for utterance in &file.utterances {
            let words = forthright_classifier::words(utterance).join(" ");
            if words.is_empty() && !utterance.chars().any(|letter| !letter.is_whitespace()) {
                return Err("utterances: one is empty".to_owned());
            }
            if !words.is_empty() && !seen.insert(words) {
                return Err(format!("utterances: `{utterance}` is there twice"));
            }
        }
        Ok(file)
    }
}
