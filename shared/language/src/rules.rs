//! Rules in a file: per intent, phrases and how they must stand in a message. The first rule that matches decides.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use forthright_core::{Asked, DetectIntent, Detection, Fault, Intent};
use serde::Deserialize;

use crate::words::words;

/// The name of this detector in a decision's record. The digest of the content tells which phrases it had.
pub const DETECTOR: &str = "rules-en-1";

/// How sure a match of the whole message is, in thousandths.
const WHOLE_MESSAGE_PERMILLE: u16 = 950;
/// How sure a phrase in a message is, in thousandths.
const PHRASE_PERMILLE: u16 = 850;
/// How sure words anywhere in a message are, in thousandths.
const ALL_WORDS_PERMILLE: u16 = 800;

/// A rules file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("intents/en/rules.toml: {what}")]
pub struct RulesError {
    what: String,
}

/// The first detector: it finds six intents by phrases that people can read and change.
///
/// Reading a message takes time in proportion to its length: every place in it is looked up by its word.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Shared by the copies.
    rules: Arc<[Rule]>,
}

#[derive(Debug, Clone)]
struct Rule {
    intent: Intent,
    kind: Match,
    phrases: Phrases,
    unless: Phrases,
}

/// How a phrase must stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Match {
    WholeMessage,
    ContainsPhrase,
    ContainsAllWords,
}

/// Phrases by their first word.
#[derive(Debug, Clone, Default)]
struct Phrases(HashMap<String, Vec<Vec<String>>>);

/// A message, as the rules see it.
struct Message<'a> {
    words: &'a [String],
    /// The same, with words that are repeated in a row once: "stop stop" means "stop".
    unrepeated: Vec<String>,
    set: HashSet<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rules: Vec<RuleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    intent: Intent,
    #[serde(rename = "match")]
    kind: Match,
    phrases: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

impl Rules {
    /// Reads the text of `intents/en/rules.toml`.
    ///
    /// Refuses a file in which opting out is not a matter of the whole message, in which an intent has no rule, or
    /// in which a phrase can never match as it is written.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: RulesFile = toml::from_str(text)
            .map_err(|error| RulesError { what: error.to_string().trim_end().to_owned() })?;
        let rules: Vec<Rule> =
            file.rules.into_iter().map(Rule::try_from).collect::<Result<_, _>>()?;
        for intent in Intent::ALL {
            let has_rule = rules.iter().any(|rule| rule.intent == intent);
            if has_rule == (intent == Intent::NoneOfThese) {
                let what = if has_rule { "is what remains, it has no rule" } else { "has no rule" };
                return Err(RulesError { what: format!("`{intent}` {what}") });
            }
        }
        Ok(Self { rules: rules.into() })
    }

    /// The rules that this program was built with.
    pub fn embedded() -> Result<Self, RulesError> {
        Self::parse(include_str!("../../../content/intents/en/rules.toml"))
    }

    /// What the person wants who wrote `text`.
    pub fn find(&self, text: &str) -> Detection {
        let words = words(text);
        let mut unrepeated = words.clone();
        unrepeated.dedup();
        let message =
            Message { words: &words, unrepeated, set: words.iter().map(String::as_str).collect() };
        let found = self.rules.iter().find(|rule| rule.holds(&message));
        let (intent, confidence_permille) =
            found.map_or((Intent::NoneOfThese, 0), |rule| (rule.intent, rule.kind.permille()));
        let is_whole_message = found.is_some_and(|rule| rule.kind == Match::WholeMessage);
        Detection { intent, confidence_permille, is_whole_message, detector: DETECTOR }
    }
}

impl DetectIntent for Rules {
    async fn detect(&self, asked: Asked<'_>) -> Result<Detection, Fault> {
        Ok(self.find(asked.text.reveal()))
    }
}

impl TryFrom<RuleFile> for Rule {
    type Error = RulesError;

    fn try_from(file: RuleFile) -> Result<Self, RulesError> {
        if file.intent == Intent::Stop && file.kind != Match::WholeMessage {
            let what =
                "`stop` must match the whole message: a sentence with the word is no opt-out";
            return Err(RulesError { what: what.to_owned() });
        }
        if file.phrases.is_empty() {
            return Err(RulesError { what: format!("a rule of `{}` has no phrase", file.intent) });
        }
        Ok(Self {
            intent: file.intent,
            kind: file.kind,
            phrases: Phrases::parse(&file.phrases)?,
            unless: Phrases::parse(&file.unless)?,
        })
    }
}

impl Rule {
    fn holds(&self, message: &Message<'_>) -> bool {
        let matches = match self.kind {
            Match::WholeMessage => {
                self.phrases.is_exactly(message.words)
                    || self.phrases.is_exactly(&message.unrepeated)
            }
            Match::ContainsPhrase => self.phrases.stand_in(message.words),
            Match::ContainsAllWords => self.phrases.are_among(&message.set),
        };
        matches && !self.unless.stand_in(message.words)
    }
}

impl Match {
    const fn permille(self) -> u16 {
        match self {
            Self::WholeMessage => WHOLE_MESSAGE_PERMILLE,
            Self::ContainsPhrase => PHRASE_PERMILLE,
            Self::ContainsAllWords => ALL_WORDS_PERMILLE,
        }
    }
}

impl Phrases {
    fn parse(texts: &[String]) -> Result<Self, RulesError> {
        let mut phrases = Self::default();
        for text in texts {
            let phrase = words(text);
            let Some(first) = phrase.first().filter(|_| phrase.join(" ") == *text) else {
                let plain = phrase.join(" ");
                let what = format!("the phrase `{text}` never matches; write it as `{plain}`");
                return Err(RulesError { what });
            };
            phrases.0.entry(first.clone()).or_default().push(phrase);
        }
        Ok(phrases)
    }

    /// The phrases that begin with this word.
    fn from(&self, word: &str) -> &[Vec<String>] {
        self.0.get(word).map_or(&[], Vec::as_slice)
    }

    fn is_exactly(&self, words: &[String]) -> bool {
        words.first().is_some_and(|first| self.from(first).iter().any(|phrase| phrase == words))
    }

    fn stand_in(&self, words: &[String]) -> bool {
        words.iter().enumerate().any(|(at, word)| {
            let rest = words.get(at..).unwrap_or_default();
            self.from(word).iter().any(|phrase| rest.starts_with(phrase))
        })
    }

    fn are_among(&self, words: &HashSet<&str>) -> bool {
        self.0
            .values()
            .flatten()
            .any(|phrase| phrase.iter().all(|word| words.contains(word.as_str())))
    }
}

#[cfg(test)]
mod tests;
