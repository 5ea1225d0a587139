//! The utterances of `content/intents`: what the model is trained from.

use forthright_classifier::{Line, Names};

use crate::utterances::Utterances;

/// How large a model of it may become, in bytes: what every start of the function reads.
pub(crate) const MODEL_BYTES_MAX: usize = 1_200_000;

/// Every utterance of the content, in the order in which the files were added.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The languages: the names of the folders.
    pub(crate) languages: Vec<String>,
    /// The intents: the names of the files.
    pub(crate) intents: Vec<String>,
    /// Each utterance with the numbers of its intent and its language.
    pub(crate) utterances: Vec<(usize, usize, String)>,
}

impl Content {
    /// Adds the text of `intents/<language>/<name>.toml`. The error names the file, and says what is wrong with it.
    pub(crate) fn add(&mut self, language: &str, name: &str, text: &str) -> Result<(), String> {
        if matches!(name, "moods" | "rules") {
            return Ok(()); // phrases, which need no model
        }
        let read = Utterances::parse(name, text)
            .map_err(|what| format!("intents/{language}/{name}.toml: {what}"))?;
        let language = number(&mut self.languages, language);
        let intent = number(&mut self.intents, name);
        let texts = read.utterances.into_iter();
        self.utterances.extend(texts.map(|text| (intent, language, text)));
        Ok(())
    }

    /// What a model of it tells apart.
    pub(crate) fn names(&self) -> Names {
        Names {
            labels: self.intents.clone(),
            languages: self.languages.clone(),
            has_background: false,
        }
    }

    /// The utterances, to learn from.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let lines = self.utterances.iter();
        lines
            .map(|(intent, language, text)| Line {
                text,
                label: *intent,
                language: Some(*language),
            })
            .collect()
    }
}

/// The number of a name, a new one if it is new.
fn number(names: &mut Vec<String>, name: &str) -> usize {
    let known = names.iter().position(|known| *known == *name);
    known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len().saturating_sub(1)
    })
}
