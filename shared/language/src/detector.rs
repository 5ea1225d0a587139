//! The engine of this process: phrases first, and what they leave to the model.

use std::sync::Arc;

use forthright_core::{Asked, DetectIntent, Detection, Fault, Intent, Language};

use crate::{
    model::{Model, ModelError},
    rules::{Message, Rules, RulesError},
    utterances::Utterances,
    words::words,
};

/// The name of this detector in a decision's record: of its model, with a digest. The digest of the content tells which
/// phrases it had.
pub const DETECTOR: &str = env!("FORTHRIGHT_MODEL_ID");

/// Why there is no detector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetectorError {
    /// The phrases of a language cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// There are no phrases at all.
    #[error("intents: there is no `rules.toml` in any language")]
    NoRules,
}

/// Tells what a person wants, in this process: no text leaves it.
///
/// What must not rest on a guess is told by phrases: opting out, asking for a person or whether this is one, people's data, and
/// what calls a person whatever else is said. Everything else is told by the model.
#[derive(Debug, Clone)]
pub struct Detector {
    rules: Vec<Rules>,
    model: Arc<Model>,
}

impl Detector {
    /// The detector with the phrases of these languages: the texts of their `intents/<language>/rules.toml`.
    pub fn new<'a>(
        rules: impl IntoIterator<Item = (Language, &'a str)>,
    ) -> Result<Self, DetectorError> {
        let rules = rules.into_iter().map(|(language, text)| Rules::parse(language, text));
        let rules: Vec<_> = rules.collect::<Result<_, _>>()?;
        if rules.is_empty() {
            return Err(DetectorError::NoRules);
        }
        Ok(Self { rules, model: Arc::new(Model::embedded()?) })
    }

    /// What the person wants who wrote `text`.
    pub fn find(&self, text: &str) -> Detection {
        let words = words(text);
        let message = Message::of(&words);
        let judged = self.model.judge(text, &words);
        let trigger = self.rules.iter().find_map(|rules| rules.trigger(&message));
        let ruled = self.rules.iter().find_map(|rules| rules.find(&message));
        Detection {
            intent: ruled.map_or(judged.intent, |ruled| ruled.intent),
            confidence_permille: ruled
                .map_or(judged.confidence_permille, |ruled| ruled.confidence_permille),
            is_whole_message: ruled.is_some_and(|ruled| ruled.is_whole_message),
            language: judged.language,
            trigger,
            detector: DETECTOR,
        }
    }
}

/// Whether `intents/<language>/<name>.toml` can be used: the phrases of a language, or the utterances of an intent. If not,
/// what is wrong.
pub fn check_intents(language: Language, name: &str, text: &str) -> Result<(), String> {
    if name == "rules" {
        return Rules::parse(language, text).map(drop).map_err(|error| error.to_string());
    }
    if name.parse::<Intent>().is_err() {
        return Err(format!("`{name}` is no intent; the file must be named after one"));
    }
    Utterances::parse(name, text).map(drop)
}

impl DetectIntent for Detector {
    async fn detect(&self, asked: Asked<'_>) -> Result<Detection, Fault> {
        Ok(self.find(asked.text.reveal()))
    }
}

#[cfg(test)]
mod tests;
