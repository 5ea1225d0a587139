//! The engine of this process: phrases first, and what they leave to the model.

use std::{str::FromStr, sync::Arc};

use forthright_classifier::{Model, ModelError, Scores};
use forthright_core::{
    Asked, DetectIntent, Detection, Fault, Intent, Language,
    detect::{Phrases, Trigger},
};

use crate::{
    built_in::BuiltIn,
    identify::identify,
    moods::{Clauses, Moods, MoodsError, Strengths},
    rules::{Rules, RulesError, Ruling},
    utterances::Utterances,
};

/// The name of this detector in a decision's record: of its model, with a checksum. The digest of the content tells which
/// phrases it had.
pub const DETECTOR: &str = env!("FORTHRIGHT_MODEL_ID");

/// So many other intents are told beside the likeliest.
const ALTERNATIVES: usize = 3;

/// Why there is no detector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetectorError {
    /// The phrases of a language cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The words of a language that tell feelings cannot be used.
    #[error(transparent)]
    Moods(#[from] MoodsError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model or the phrases that this program was built with tell something apart that it does not know.
    #[error(
        "the model or a phrase names `{0}`, which is no intent, trigger or language of this program"
    )]
    Name(String),
    /// The phrases that this program was built with are not whole.
    #[error("the phrases that this program was built with cannot be used: {0}")]
    BuiltIn(#[from] postcard::Error),
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
    rules: Rules,
    moods: Vec<(Language, Moods)>,
    model: Arc<Model>,
    intents: Arc<[Intent]>,
    languages: Arc<[Language]>,
}

/// Everything that is read from one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What decides.
    pub detection: Detection,
    /// All that calls a person.
    pub triggers: Vec<Trigger>,
}

impl Detector {
    /// The detector with the model and the phrases that this program was built with. Nothing is left to be parsed.
    pub fn built_in() -> Result<Self, DetectorError> {
        let BuiltIn { rules, moods } =
            postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/phrases.bin")))?;
        let rules = Rules::named(rules).map_err(DetectorError::Name)?;
        let moods =
            moods.into_iter().map(|(language, moods)| Ok((known(&language)?, moods.into())));
        Self::with(rules, moods.collect::<Result<_, DetectorError>>()?)
    }

    /// The detector with the model that this program was built with, and the phrases of these languages.
    pub fn new<'a>(phrases: impl IntoIterator<Item = Phrases<'a>>) -> Result<Self, DetectorError> {
        let (mut rules, mut moods) = (Vec::new(), Vec::new());
        for Phrases { language, rules: rules_text, moods: moods_text } in phrases {
            rules.push((language, rules_text));
            moods.push((language, Moods::parse(language, moods_text)?));
        }
        if rules.is_empty() {
            return Err(DetectorError::NoRules);
        }
        Self::with(Rules::parse(rules)?, moods)
    }

    fn with(rules: Rules, moods: Vec<(Language, Moods)>) -> Result<Self, DetectorError> {
        let model = built_in_model()?;
        let intents =
            model.names().labels.iter().map(|name| known(name)).collect::<Result<_, _>>()?;
        let languages =
            model.names().languages.iter().map(|name| known(name)).collect::<Result<_, _>>()?;
        Ok(Self { rules, moods, model: Arc::new(model), intents, languages })
    }

    /// What the person wants who wrote `text`.
    pub fn find(&self, text: &str) -> Detection {
        self.read(text).detection
    }

    /// Everything about `text`.
    pub fn read(&self, text: &str) -> Reading {
        let clauses = Clauses::of(text);
        let scores = self.model.read_text(text, &clauses.words);
        let Ruling { ruled, triggers } = self.rules.judge(&clauses.words);
        let judged = scores.judge();
        let guessed = self.intents.get(judged.label).copied().unwrap_or(Intent::NoneOfThese);
        let intent = ruled.map_or(guessed, |ruled| ruled.intent);
        let language = identify(text, self.language(&scores));
        let strengths = self.strengths(text, &clauses, language);
        let detection = Detection {
            intent,
            confidence_permille: ruled
                .map_or(judged.confidence_permille, |ruled| ruled.confidence_permille),
            alternatives: self.alternatives(&scores, intent),
            is_whole_message: ruled.is_some_and(|ruled| ruled.is_whole_message),
            language,
            trigger: triggers.first().copied(),
            sentiment: strengths.sentiment(),
            is_urgent: strengths.is_urgent(),
            detector: DETECTOR,
        };
        Reading { detection, triggers }
    }

    /// The language of the content that a text is likeliest in, and by how much.
    fn language(&self, scores: &Scores<'_>) -> Option<(Language, f32)> {
        let (language, margin) = scores.language()?;
        Some((*self.languages.get(language)?, margin))
    }

    /// What a text may mean besides `intent`.
    fn alternatives(&self, scores: &Scores<'_>, intent: Intent) -> Vec<(Intent, u16)> {
        let others = scores.alternatives(ALTERNATIVES.saturating_add(1)).into_iter();
        others
            .filter_map(|(label, permille)| Some((*self.intents.get(label)?, permille)))
            .filter(|(other, _)| *other != intent)
            .take(ALTERNATIVES)
            .collect()
    }

    /// The moods of the language, or of all where it is unknown.
    fn strengths(&self, text: &str, clauses: &Clauses, language: Option<Language>) -> Strengths {
        let all = self.moods.iter();
        let fitting = all.filter(|(of, _)| language.is_none_or(|language| *of == language));
        let read = fitting.map(|(_, moods)| moods.read_message(text, clauses));
        read.fold(Strengths::default(), Strengths::or)
    }
}

/// The model that this program was built with.
pub fn built_in_model() -> Result<Model, ModelError> {
    Model::read(include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")))
}

/// What this program knows by this name.
fn known<N: FromStr>(name: &str) -> Result<N, DetectorError> {
    name.parse().map_err(|_unknown| DetectorError::Name(name.to_owned()))
}

/// Whether `intents/<language>/<name>.toml` can be used: the phrases of a language, or the utterances of an intent. If not,
/// what is wrong.
pub fn check_intents(language: Language, name: &str, text: &str) -> Result<(), String> {
    match name {
        "rules" => Rules::parse([(language, text)]).map(drop).map_err(|error| error.to_string()),
        "moods" => Moods::parse(language, text).map(drop).map_err(|error| error.to_string()),
        _ if name.parse::<Intent>().is_err() => {
            Err(format!("`{name}` is no intent; the file must be named after one"))
        }
        _ => Utterances::parse(name, text).map(drop),
    }
}

impl DetectIntent for Detector {
    async fn detect(&self, asked: Asked<'_>) -> Result<Detection, Fault> {
        Ok(self.find(asked.text.reveal()))
    }
}

#[cfg(test)]
pub(crate) mod tests;
