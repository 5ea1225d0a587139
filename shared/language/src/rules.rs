//! Rules in a file: per intent, phrases and how they must stand in a message. The first rule that matches decides.

use std::sync::Arc;

use forthright_core::{Intent, Language, detect::Trigger};
use serde::Deserialize;

use crate::lexicon::{Lexicon, Vocabulary, distinct, listed};

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

/// Phrases of all languages, which people can read and change, and what they mean.
///
/// Reading a message takes time in proportion to its length: every place in it is looked up by its word.
#[derive(Debug, Clone)]
pub(crate) struct Rules(Arc<Read>);

/// What was read from the files.
#[derive(Debug, Default)]
struct Read {
    rules: Vec<Rule>,
    vocabulary: Vocabulary,
    /// Phrases that are a whole message, with the numbers of their rules.
    whole: Lexicon<usize>,
    /// Phrases that stand in a message.
    within: Lexicon<Role>,
    /// Phrases whose words stand in a message, in any order.
    anywhere: Lexicon<usize>,
}

/// A rule; its phrases are in one of the lexicons.
#[derive(Debug, Clone, Copy)]
struct Rule {
    meaning: Meaning,
    kind: Match,
}

/// What a rule tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Intent(Intent),
    Trigger(Trigger),
}

/// What a phrase is for: the number of its rule, and whether it excepts from it.
#[derive(Debug, Clone, Copy)]
struct Role {
    rule: usize,
    excepts: bool,
}

/// What the rules say of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// What it says, if a phrase tells it.
    pub(crate) ruled: Option<Ruled>,
    /// What calls a person, whatever else it says; what weighs most first.
    pub(crate) triggers: Vec<Trigger>,
}

/// What a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruled {
    pub(crate) intent: Intent,
    pub(crate) confidence_permille: u16,
    pub(crate) is_whole_message: bool,
}

/// How a phrase must stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Match {
    WholeMessage,
    ContainsPhrase,
    ContainsAllWords,
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
    phrases: String,
    #[serde(default)]
    unless: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TriggerFile {
    trigger: Trigger,
    #[serde(rename = "match")]
    kind: Match,
    phrases: String,
    #[serde(default)]
    unless: String,
}

impl Rules {
    /// Reads the texts of `intents/<language>/rules.toml`, in the order of their priority.
    ///
    /// Refuses a file in which opting out is not a matter of the whole message, in which something has no rule that must have
    /// one, or in which a phrase can never match as it is written.
    pub(crate) fn parse<'a>(
        files: impl IntoIterator<Item = (Language, &'a str)>,
    ) -> Result<Self, RulesError> {
        let mut read = Read::default();
        for (language, text) in files {
            read.add_file(text).map_err(|what| RulesError { language, what })?;
        }
        Ok(Self(Arc::new(read)))
    }

    /// What the rules say of a message of these words. Of the rules that match the first decides.
    ///
    /// People mix languages: a phrase that excepts from an intent or a trigger in one language does so for the rules of all.
    pub(crate) fn judge(&self, words: &[String]) -> Ruling {
        let Read { rules, vocabulary, whole, within, anywhere } = &*self.0;
        let mut matching = vec![false; rules.len()];
        let mut matches = |rule: usize| {
            if let Some(place) = matching.get_mut(rule) {
                *place = true;
            }
        };
        // "Stop stop" means "stop".
        let mut unrepeated: Vec<&String> = words.iter().collect();
        unrepeated.dedup();
        let repeats = unrepeated.len() < words.len();
        let unrepeated = repeats.then(|| vocabulary.read(unrepeated));
        let words = vocabulary.read(words);
        for words in [Some(&words), unrepeated.as_ref()].into_iter().flatten() {
            let phrases = whole.beginning(words).filter(|phrase| phrase.len() == words.len());
            phrases.for_each(|phrase| matches(phrase.meaning));
        }
        let mut excepted = Vec::new();
        for at in 0..words.len() {
            for phrase in within.beginning(words.get(at..).unwrap_or_default()) {
                let Role { rule, excepts } = phrase.meaning;
                if excepts {
                    excepted.extend(rules.get(rule).map(|rule| rule.meaning));
                } else {
                    matches(rule);
                }
            }
        }
        // However often a word stands there, it is looked at once with all others.
        anywhere.among(&distinct(&words)).for_each(|phrase| matches(phrase.meaning));
        let matching = rules
            .iter()
            .zip(matching)
            .filter(|(rule, matches)| *matches && !excepted.contains(&rule.meaning));
        let mut ruling = Ruling { ruled: None, triggers: Vec::new() };
        for (rule, _) in matching {
            match rule.meaning {
                Meaning::Intent(intent) => {
                    ruling.ruled = ruling.ruled.or(Some(Ruled {
                        intent,
                        confidence_permille: rule.kind.permille(),
                        is_whole_message: rule.kind == Match::WholeMessage,
                    }));
                }
                Meaning::Trigger(trigger) => ruling.triggers.push(trigger),
            }
        }
        ruling.triggers.sort_unstable();
        ruling.triggers.dedup();
        ruling
    }
}

impl Read {
    fn add_file(&mut self, text: &str) -> Result<(), String> {
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
        for RuleFile { intent, kind, phrases, unless } in &file.rules {
            self.add(Meaning::Intent(*intent), *kind, phrases, unless)?;
        }
        for TriggerFile { trigger, kind, phrases, unless } in &file.triggers {
            self.add(Meaning::Trigger(*trigger), *kind, phrases, unless)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        meaning: Meaning,
        kind: Match,
        phrases: &str,
        unless: &str,
    ) -> Result<(), String> {
        if listed(phrases).next().is_none() {
            return Err(format!("a rule of {meaning:?} has no phrase"));
        }
        let rule = self.rules.len();
        self.rules.push(Rule { meaning, kind });
        for phrase in listed(phrases) {
            match kind {
                Match::WholeMessage => self.whole.add(&mut self.vocabulary, phrase, rule),
                Match::ContainsPhrase => {
                    let role = Role { rule, excepts: false };
                    self.within.add(&mut self.vocabulary, phrase, role)
                }
                Match::ContainsAllWords => self.anywhere.add(&mut self.vocabulary, phrase, rule),
            }?;
        }
        for phrase in listed(unless) {
            self.within.add(&mut self.vocabulary, phrase, Role { rule, excepts: true })?;
        }
        Ok(())
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

#[cfg(test)]
mod tests;
