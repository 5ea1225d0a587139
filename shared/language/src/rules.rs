//! Rules in a file: per intent, phrases and how they must stand in a message. The first rule that matches decides.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use foldhash::fast::FixedState;
use forthright_classifier::words;
use forthright_core::{Intent, Language, detect::Trigger};
use serde::Deserialize;

/// What must not rest on a guess has phrases in each language: what is decided of people's data, and that they are not
/// written to any more.
const MUST_HAVE: [Intent; 6] = [
    Intent::Stop,
    Intent::AreYouAMachine,
    Intent::TalkToPerson,
    Intent::CopyMyData,
    Intent::EraseMyData,
    Intent::MyData,
];

/// How sure a match of the whole message is, in thousandths.
const WHOLE_MESSAGE_PERMILLE: u16 = 950;
/// How sure a phrase in a message is, in thousandths.
const PHRASE_PERMILLE: u16 = 850;
/// How sure words anywhere in a message are, in thousandths.
const ALL_WORDS_PERMILLE: u16 = 800;

/// A rules file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("intents/{language}/rules.toml: {what}")]
pub struct RulesError {
    language: Language,
    what: String,
}

/// Phrases of one language, which people can read and change, and what they mean.
///
/// Reading a message takes time in proportion to its length: every place in it is looked up by its word.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Shared by the copies.
    rules: Arc<[Rule<Intent>]>,
    triggers: Arc<[Rule<Trigger>]>,
}

/// What a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruled {
    pub(crate) intent: Intent,
    pub(crate) confidence_permille: u16,
    pub(crate) is_whole_message: bool,
}

#[derive(Debug, Clone)]
struct Rule<Meaning> {
    meaning: Meaning,
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
struct Phrases(HashMap<String, Vec<Vec<String>>, FixedState>);

/// A message, as the rules see it.
pub(crate) struct Message<'a> {
    words: &'a [String],
    /// The same, with words that are repeated in a row once: "stop stop" means "stop".
    unrepeated: Vec<String>,
    set: HashSet<&'a str>,
}

impl<'a> Message<'a> {
    /// A message of these words.
    pub(crate) fn of(words: &'a [String]) -> Self {
        let mut unrepeated = words.to_vec();
        unrepeated.dedup();
        Self { words, unrepeated, set: words.iter().map(String::as_str).collect() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rules: Vec<RuleFile>,
    triggers: Vec<TriggerFile>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TriggerFile {
    trigger: Trigger,
    #[serde(rename = "match")]
    kind: Match,
    phrases: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

impl Rules {
    /// Reads the text of `intents/<language>/rules.toml`.
    ///
    /// Refuses a file in which opting out is not a matter of the whole message, in which something has no rule that must have
    /// one, or in which a phrase can never match as it is written.
    pub(crate) fn parse(language: Language, text: &str) -> Result<Self, RulesError> {
        Self::read(text).map_err(|what| RulesError { language, what })
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: RulesFile =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        for rule in &file.rules {
            if rule.intent == Intent::Stop && rule.kind != Match::WholeMessage {
                return Err("`stop` must match the whole message: a sentence with the word is no \
                            opt-out"
                    .to_owned());
            }
            if rule.intent == Intent::NoneOfThese {
                return Err("`none_of_these` is what remains, it has no rule".to_owned());
            }
        }
        for intent in MUST_HAVE {
            if !file.rules.iter().any(|rule| rule.intent == intent) {
                return Err(format!("`{intent}` has no rule"));
            }
        }
        for &trigger in Trigger::ALL {
            if !file.triggers.iter().any(|rule| rule.trigger == trigger) {
                return Err(format!("`{trigger}` has no rule"));
            }
        }
        let rules = file.rules.into_iter();
        let rules =
            rules.map(|rule| Rule::read(rule.intent, rule.kind, &rule.phrases, &rule.unless));
        let triggers = file.triggers.into_iter();
        let triggers =
            triggers.map(|rule| Rule::read(rule.trigger, rule.kind, &rule.phrases, &rule.unless));
        Ok(Self {
            rules: rules.collect::<Result<_, String>>()?,
            triggers: triggers.collect::<Result<_, String>>()?,
        })
    }

    /// What the message says, if a phrase tells it. The first rule that matches decides.
    pub(crate) fn find(&self, message: &Message<'_>) -> Option<Ruled> {
        let rule = self.rules.iter().find(|rule| rule.holds(message))?;
        Some(Ruled {
            intent: rule.meaning,
            confidence_permille: rule.kind.permille(),
            is_whole_message: rule.kind == Match::WholeMessage,
        })
    }

    /// What calls a person, whatever else the message says; in the order of the rules.
    pub(crate) fn triggers<'r>(
        &'r self,
        message: &'r Message<'_>,
    ) -> impl Iterator<Item = Trigger> + 'r {
        self.triggers.iter().filter(|rule| rule.holds(message)).map(|rule| rule.meaning)
    }
}

impl<Meaning: std::fmt::Display> Rule<Meaning> {
    fn read(
        meaning: Meaning,
        kind: Match,
        phrases: &[String],
        unless: &[String],
    ) -> Result<Self, String> {
        if phrases.is_empty() {
            return Err(format!("a rule of `{meaning}` has no phrase"));
        }
        Ok(Self {
            meaning,
            kind,
            phrases: Phrases::parse(phrases)?,
            unless: Phrases::parse(unless)?,
        })
    }

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
    fn parse(texts: &[String]) -> Result<Self, String> {
        let mut phrases = Self::default();
        for text in texts {
            let phrase = words(text);
            let Some(first) = phrase.first().filter(|_| phrase.join(" ") == *text) else {
                let plain = phrase.join(" ");
                return Err(format!("the phrase `{text}` never matches; write it as `{plain}`"));
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
