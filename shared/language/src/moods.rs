//! How somebody feels, and whether it is urgent: words with strengths, in a file that people can read and change.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::FixedState;
use forthright_classifier::words;
use forthright_core::{Language, detect::Sentiment};

use crate::{
    lexicon::{Known, Lexicon},
    moods_file::{Mood, MoodPhrases},
    phrases::Vocabulary,
};

/// A mood is there from this strength on: one clear word, or two hints.
const STRENGTH_MIN: u16 = 2;
/// No message is more than this.
const STRENGTH_MAX: u16 = 1_000;
/// So many words before a phrase, a negation turns it around; fewer behind it.
const WORDS_BEFORE: usize = 4;
const WORDS_AFTER: usize = 2;

/// A moods file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("intents/{language}/moods.toml: {what}")]
pub struct MoodsError {
    language: Language,
    what: String,
}

/// The words of one language that tell how somebody feels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moods(Arc<Read>);

/// The words where they are looked up.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    vocabulary: Vocabulary,
    feelings: Lexicon<(Mood, u16)>,
    marks: HashMap<char, Mood, FixedState>,
    negations_before: Lexicon<()>,
    negations_after: Lexicon<()>,
    no_negations: Lexicon<()>,
    emphasis: Lexicon<()>,
}

/// How strongly a message speaks for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strengths {
    angry: u16,
    sad: u16,
    pleased: u16,
    urgent: u16,
}

impl Strengths {
    /// What prevails; anger before sadness before joy, since it must not wait.
    pub(crate) fn sentiment(self) -> Sentiment {
        let strongest = self.angry.max(self.sad).max(self.pleased);
        if strongest < STRENGTH_MIN {
            Sentiment::Neutral
        } else if self.angry == strongest {
            Sentiment::Angry
        } else if self.sad == strongest {
            Sentiment::Sad
        } else {
            Sentiment::Pleased
        }
    }

    /// Whether it cannot wait.
    pub(crate) const fn is_urgent(self) -> bool {
        self.urgent >= STRENGTH_MIN
    }

    /// The stronger of both, mood by mood.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            angry: self.angry.max(other.angry),
            sad: self.sad.max(other.sad),
            pleased: self.pleased.max(other.pleased),
            urgent: self.urgent.max(other.urgent),
        }
    }

    const fn add(&mut self, mood: Mood, strength: u16) {
        let place = match mood {
            Mood::Angry => &mut self.angry,
            Mood::Sad => &mut self.sad,
            Mood::Pleased => &mut self.pleased,
            Mood::Urgent => &mut self.urgent,
        };
        let sum = place.saturating_add(strength);
        *place = if sum > STRENGTH_MAX { STRENGTH_MAX } else { sum };
    }
}

/// The words of a text, clause by clause: what negates something stands in the same.
#[derive(Debug)]
pub(crate) struct Clauses {
    pub(crate) words: Vec<String>,
    /// Where each clause ends among the words.
    ends: Vec<usize>,
}

impl Clauses {
    /// The words are those that [`words`] finds: whatever ends a clause ends a word, too.
    pub(crate) fn of(text: &str) -> Self {
        let ends = |letter: char| {
            matches!(
                letter,
                '.' | ',' | ';' | ':' | '!' | '?' | '…' | '\n' | '¡' | '¿' | '(' | ')' | '–' | '—'
            )
        };
        let mut clauses = Self { words: Vec::new(), ends: Vec::new() };
        for clause in text.split(ends) {
            clauses.words.extend(words(clause));
            clauses.ends.push(clauses.words.len());
        }
        clauses
    }
}

impl Moods {
    /// Reads the text of `intents/<language>/moods.toml`. Refuses a phrase that can never match as it is written.
    pub(crate) fn parse(language: Language, text: &str) -> Result<Self, MoodsError> {
        let read = MoodPhrases::parse(text).map_err(|what| MoodsError { language, what })?;
        Ok(read.into())
    }

    /// How strongly a message speaks for each mood.
    pub(crate) fn read_message(&self, text: &str, clauses: &Clauses) -> Strengths {
        let mut strengths = Strengths::default();
        let words = self.0.vocabulary.read(&clauses.words);
        let mut from = 0;
        for &end in &clauses.ends {
            self.0.read_clause(words.get(from..end).unwrap_or_default(), &mut strengths);
            from = end;
        }
        for mark in text.chars().filter(|letter| !letter.is_ascii()) {
            if let Some(&mood) = self.0.marks.get(&mark) {
                strengths.add(mood, 2);
            }
        }
        if strengths.angry > 0 && (shouts(text) || text.contains("!!!")) {
            strengths.add(Mood::Angry, 1);
        }
        strengths
    }
}

impl From<MoodPhrases> for Moods {
    fn from(read: MoodPhrases) -> Self {
        Self(Arc::new(Read {
            vocabulary: read.vocabulary,
            feelings: read.feelings.into(),
            marks: read.marks.into_iter().collect(),
            negations_before: read.negations_before.into(),
            negations_after: read.negations_after.into(),
            no_negations: read.no_negations.into(),
            emphasis: read.emphasis.into(),
        }))
    }
}

impl Read {
    fn read_clause(&self, clause: &[Known], strengths: &mut Strengths) {
        let mut at = 0;
        while let Some(rest) = clause.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(phrase) = self.feelings.longest(rest) else {
                at = at.saturating_add(1);
                continue;
            };
            let (mood, strength) = phrase.meaning;
            let end = at.saturating_add(phrase.len());
            let before = clause.get(at.saturating_sub(WORDS_BEFORE)..at).unwrap_or_default();
            let after = clause.get(end..).unwrap_or_default();
            let after = after.get(..WORDS_AFTER.min(after.len())).unwrap_or_default();
            let is_negated = self.negations_before.stands_in(before)
                && !self.no_negations.stands_in(before)
                || self.negations_after.stands_in(after);
            let last = before.get(before.len().saturating_sub(1)..).unwrap_or_default();
            let strength = strength.saturating_add(u16::from(self.emphasis.stands_in(last)));
            match (is_negated, mood) {
                (false, mood) => strengths.add(mood, strength),
                // Who is not pleased is a little of both.
                (true, Mood::Pleased) => {
                    strengths.add(Mood::Angry, 1);
                    strengths.add(Mood::Sad, 1);
                }
                (true, _) => {}
            }
            at = end;
        }
    }
}

/// Whether most of a text of some length is in capitals.
fn shouts(text: &str) -> bool {
    let (large, small) = text.chars().fold((0_usize, 0_usize), |(large, small), letter| {
        (
            large.saturating_add(usize::from(letter.is_uppercase())),
            small.saturating_add(usize::from(letter.is_lowercase())),
        )
    });
    large >= 12 && large > small.saturating_mul(2)
}

#[cfg(test)]
mod tests;
