//! Rules in a file: per intent, phrases and how they must stand in a message. The first rule that matches decides.

use std::sync::Arc;

use forthright_core::{Intent, Language, detect::Trigger};

use crate::{
    lexicon::{Lexicon, distinct},
    phrases::Vocabulary,
    rules_file::{Match, Meaning, Role, Rule, RulePhrases, RulesFile},
};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules(Arc<Read>);

/// Rules, with their phrases where they are looked up.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    rules: Vec<Rule<Intent, Trigger>>,
    vocabulary: Vocabulary,
    whole: Lexicon<usize>,
    within: Lexicon<Role>,
    anywhere: Lexicon<usize>,
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

impl Rules {
    /// Reads the texts of `intents/<language>/rules.toml`, in the order of their priority.
    ///
    /// Refuses a file in which opting out is not a matter of the whole message, in which something has no rule that must have
    /// one, or in which a phrase can never match as it is written.
    pub(crate) fn parse<'a>(
        files: impl IntoIterator<Item = (Language, &'a str)>,
    ) -> Result<Self, RulesError> {
        let mut all = RulePhrases::default();
        for (language, text) in files {
            let file = RulesFile::parse(text).and_then(checked);
            let added = file.and_then(|file| all.add(file));
            added.map_err(|what| RulesError { language, what })?;
        }
        Ok(all.into())
    }

    /// Rules that tell intents and triggers by their names; or the first name of nothing.
    pub(crate) fn named(all: RulePhrases<String, String>) -> Result<Self, String> {
        let RulePhrases { rules, vocabulary, whole, within, anywhere } = all;
        let rules = rules.into_iter().map(|Rule { meaning, kind }| {
            let meaning = match meaning {
                Meaning::Intent(name) => name.parse().map(Meaning::Intent).map_err(|_unknown| name),
                Meaning::Trigger(name) => {
                    name.parse().map(Meaning::Trigger).map_err(|_unknown| name)
                }
            };
            Ok(Rule { meaning: meaning?, kind })
        });
        let rules = rules.collect::<Result<_, String>>()?;
        Ok(RulePhrases { rules, vocabulary, whole, within, anywhere }.into())
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

impl From<RulePhrases<Intent, Trigger>> for Rules {
    fn from(all: RulePhrases<Intent, Trigger>) -> Self {
        let RulePhrases { rules, vocabulary, whole, within, anywhere } = all;
        let (whole, within, anywhere) = (whole.into(), within.into(), anywhere.into());
        Self(Arc::new(Read { rules, vocabulary, whole, within, anywhere }))
    }
}

/// A file that has what it must, and nothing that it must not have.
fn checked(file: RulesFile<Intent, Trigger>) -> Result<RulesFile<Intent, Trigger>, String> {
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
    Ok(file)
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
