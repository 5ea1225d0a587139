//! `rules.toml` as it is read: per intent, phrases and how they must stand in a message.
//!
//! The build script reads it too, and has the names of intents and triggers for what they are here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::phrases::{PhraseList, Vocabulary, listed};

/// The file of a language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesFile<Intent, Trigger> {
    pub(crate) rules: Vec<IntentRule<Intent>>,
    pub(crate) triggers: Vec<TriggerRule<Trigger>>,
}

/// A rule that tells what a person wants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntentRule<Intent> {
    pub(crate) intent: Intent,
    #[serde(rename = "match")]
    pub(crate) kind: Match,
    phrases: String,
    #[serde(default)]
    unless: String,
}

/// A rule that tells what calls a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerRule<Trigger> {
    pub(crate) trigger: Trigger,
    #[serde(rename = "match")]
    kind: Match,
    phrases: String,
    #[serde(default)]
    unless: String,
}

/// How a phrase must stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Match {
    WholeMessage,
    ContainsPhrase,
    ContainsAllWords,
}

/// A rule; its phrases are in one of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule<Intent, Trigger> {
    pub(crate) meaning: Meaning<Intent, Trigger>,
    pub(crate) kind: Match,
}

/// What a rule tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Meaning<Intent, Trigger> {
    Intent(Intent),
    Trigger(Trigger),
}

/// What a phrase is for: the number of its rule, and whether it excepts from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) rule: usize,
    pub(crate) excepts: bool,
}

/// The rules of the files that were added, in the order of their priority, and their phrases.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RulePhrases<Intent, Trigger> {
    pub(crate) rules: Vec<Rule<Intent, Trigger>>,
    pub(crate) vocabulary: Vocabulary,
    /// Phrases that are a whole message, with the numbers of their rules.
    pub(crate) whole: PhraseList<usize>,
    /// Phrases that stand in a message.
    pub(crate) within: PhraseList<Role>,
    /// Phrases whose words stand in a message, in any order.
    pub(crate) anywhere: PhraseList<usize>,
}

impl<'de, Intent: Deserialize<'de>, Trigger: Deserialize<'de>> RulesFile<Intent, Trigger> {
    /// Reads the text of `intents/<language>/rules.toml`. The error says where it is wrong.
    pub(crate) fn parse(text: &'de str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }
}

impl<Intent, Trigger> Default for RulePhrases<Intent, Trigger> {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            vocabulary: Vocabulary::default(),
            whole: PhraseList::default(),
            within: PhraseList::default(),
            anywhere: PhraseList::default(),
        }
    }
}

impl<Intent: fmt::Debug, Trigger: fmt::Debug> RulePhrases<Intent, Trigger> {
    /// Adds the rules of a file behind all others. Refuses a rule without a phrase, and a phrase that can never match as it is
    /// written.
    pub(crate) fn add(&mut self, file: RulesFile<Intent, Trigger>) -> Result<(), String> {
        for IntentRule { intent, kind, phrases, unless } in file.rules {
            self.add_rule(Rule { meaning: Meaning::Intent(intent), kind }, &phrases, &unless)?;
        }
        for TriggerRule { trigger, kind, phrases, unless } in file.triggers {
            self.add_rule(Rule { meaning: Meaning::Trigger(trigger), kind }, &phrases, &unless)?;
        }
        Ok(())
    }

    fn add_rule(
        &mut self,
        rule: Rule<Intent, Trigger>,
        phrases: &str,
        unless: &str,
    ) -> Result<(), String> {
        if listed(phrases).next().is_none() {
            return Err(format!("a rule of {:?} has no phrase", rule.meaning));
        }
        let (number, kind) = (self.rules.len(), rule.kind);
        self.rules.push(rule);
        for phrase in listed(phrases) {
            match kind {
                Match::WholeMessage => self.whole.add(&mut self.vocabulary, phrase, number),
                Match::ContainsPhrase => {
                    let role = Role { rule: number, excepts: false };
                    self.within.add(&mut self.vocabulary, phrase, role)
                }
                Match::ContainsAllWords => self.anywhere.add(&mut self.vocabulary, phrase, number),
            }?;
        }
        for phrase in listed(unless) {
            self.within.add(&mut self.vocabulary, phrase, Role { rule: number, excepts: true })?;
        }
        Ok(())
    }
}
