//! How well people are understood whose lines the model has not seen.

use forthright_classifier::{Model, ModelError, Settings, TrainingSet, training::split, words};

use crate::content::{Content, MODEL_BYTES_MAX};
pub use crate::typos::Typos;

/// Why nothing could be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    /// A file of utterances cannot be used.
    #[error("{0}")]
    Content(String),
    /// A line has an intent that the content does not have.
    #[error("`{0}` is no intent of the content")]
    Intent(String),
    /// What was trained is no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A line that the model had not seen, and what it said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Its language.
    pub language: String,
    /// Whose it is: as it was written, with typos, or of a variety.
    pub group: String,
    /// The number of its intent.
    pub wanted: usize,
    /// The number of the intent that was told.
    pub told: usize,
}

/// A line of a variety of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varied {
    /// The language.
    pub language: String,
    /// The variety, such as `at`.
    pub variety: String,
    /// What is wanted.
    pub intent: String,
    /// What is written.
    pub text: String,
}

/// Trains without each fifth of the utterances, and judges that fifth, as it was written and misspelt; the first of these
/// models judges the lines of varieties as well.
///
/// `utterances` are the texts of `intents/<language>/<intent>.toml` with both names.
pub fn cross_validate<'a>(
    utterances: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    varied: &[Varied],
    typos: &[Typos],
) -> Result<Vec<Judged>, TrainingError> {
    let mut content = Content::default();
    for (language, name, text) in utterances {
        content.add(language, name, text).map_err(TrainingError::Content)?;
    }
    let lines = content.lines();
    let mut judged = Vec::new();
    for (fold, (training, held_out)) in split(&lines).into_iter().enumerate() {
        let settings = Settings {
            seed: 1,
            bytes_max: MODEL_BYTES_MAX,
            support_vectors_only: true,
            calibrated: false,
            licence: String::new(),
            sources: String::new(),
        };
        let trained = TrainingSet::read(&training, content.names()).train(&settings, &());
        let model = Model::read(&trained.bytes)?;
        let mut judge = |language: &str, group: &str, wanted: usize, text: &str| {
            let told = model.read_text(text, &words(text)).judge().label;
            let (language, group) = (language.to_owned(), group.to_owned());
            judged.push(Judged { language, group, wanted, told });
        };
        for line in held_out {
            let language = line.language.and_then(|number| content.languages.get(number));
            let language = language.map_or("", String::as_str);
            judge(language, "as written", line.label, line.text);
            for typos in typos {
                judge(language, typos.name, line.label, &typos.make(line.text));
            }
        }
        for line in varied.iter().filter(|_| fold == 0) {
            let wanted = content.intents.iter().position(|intent| *intent == line.intent);
            let wanted = wanted.ok_or_else(|| TrainingError::Intent(line.intent.clone()))?;
            judge(&line.language, &format!("variety {}", line.variety), wanted, &line.text);
        }
    }
    Ok(judged)
}
