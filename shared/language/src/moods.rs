//! How somebody feels, and whether it is urgent: words with strengths, in a file that people can read and change.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::FixedState;
use forthright_classifier::words;
use forthright_core::{Language, detect::Sentiment};
use serde::Deserialize;

use crate::lexicon::{Known, Lexicon, Vocabulary, listed};

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
#[derive(Debug, Clone)]
pub(crate) struct Moods(Arc<Read>);

/// What was read from a file.
#[derive(Debug)]
struct Read {
    vocabulary: Vocabulary,
    feelings: Lexicon<(Mood, u16)>,
    marks: HashMap<char, Mood, FixedState>,
    negations_before: Lexicon<()>,
    negations_after: Lexicon<()>,
    no_negations: Lexicon<()>,
    emphasis: Lexicon<()>,
}

/// What a word speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Angry,
    Sad,
    Pleased,
    Urgent,
}

/// How strongly a message speaks for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strengths {
    angry: u16,
    sad: u16,
    pleased: u16,
    urgent: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    moods: Vec<MoodFile>,
    marks: MarksFile,
    negation: NegationFile,
    emphasis: EmphasisFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoodFile {
    mood: Mood,
    strength: u16,
    phrases: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarksFile {
    angry: Vec<String>,
    sad: Vec<String>,
    pleased: Vec<String>,
    urgent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NegationFile {
    before: String,
    after: String,
    no_effect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmphasisFile {
    words: String,
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
        Self::read(text).map_err(|what| MoodsError { language, what })
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let mut vocabulary = Vocabulary::default();
        let mut feelings = Lexicon::default();
        for block in &file.moods {
            if !(1..=3).contains(&block.strength) {
                return Err(format!("strength: {} is not from 1 to 3", block.strength));
            }
            for phrase in listed(&block.phrases) {
                feelings.add(&mut vocabulary, phrase, (block.mood, block.strength))?;
            }
        }
        for mood in [Mood::Angry, Mood::Sad, Mood::Pleased, Mood::Urgent] {
            let mut phrases = file
                .moods
                .iter()
                .filter(|block| block.mood == mood)
                .flat_map(|block| listed(&block.phrases));
            if phrases.next().is_none() {
                return Err(format!("there are no phrases of the mood {mood:?}").to_lowercase());
            }
        }
        let mut marks: HashMap<char, Mood, FixedState> = HashMap::default();
        for (mood, all) in [
            (Mood::Angry, &file.marks.angry),
            (Mood::Sad, &file.marks.sad),
            (Mood::Pleased, &file.marks.pleased),
            (Mood::Urgent, &file.marks.urgent),
        ] {
            for mark in all {
                let first = mark.chars().next().filter(|letter| !letter.is_alphanumeric());
                let first = first.ok_or_else(|| format!("marks: `{mark}` is no mark"))?;
                marks.insert(first, mood);
            }
        }
        let mut lexicon = |phrases: &str| {
            let mut lexicon = Lexicon::default();
            for phrase in listed(phrases) {
                lexicon.add(&mut vocabulary, phrase, ())?;
            }
            Ok::<_, String>(lexicon)
        };
        let NegationFile { before, after, no_effect } = &file.negation;
        let (negations_before, negations_after) = (lexicon(before)?, lexicon(after)?);
        let (no_negations, emphasis) = (lexicon(no_effect)?, lexicon(&file.emphasis.words)?);
        Ok(Self(Arc::new(Read {
            vocabulary,
            feelings,
            marks,
            negations_before,
            negations_after,
            no_negations,
            emphasis,
        })))
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
