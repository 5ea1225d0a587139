//! Phrases with their words as numbers: what the files of phrases are read into, and what of them is built into the program.
//!
//! The build script reads the files with this, too.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use forthright_classifier::words;
use serde::{Deserialize, Serialize, Serializer};

/// The shortest beginning of a word that may stand for all its endings, and what those are looked up by.
const STEM_LETTERS_MIN: usize = 3;

/// The number of a word, or of a beginning of words; never [`END_OF_PLACE`].
pub(crate) type Id = u32;

/// Parts the places of a phrase.
pub(crate) const END_OF_PLACE: Id = 0;

/// Parts the words of a vocabulary where it is written down.
const BETWEEN_WORDS: char = ' ';

/// The words of phrases, with their numbers.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Vocabulary {
    pub(crate) whole: HashMap<Box<str>, Id, FixedState>,
    /// Beginnings of words, by their first letters.
    pub(crate) stems: HashMap<Box<str>, Vec<(Box<str>, Id)>, FixedState>,
    last: Id,
}

/// Phrases with what they mean, in the order in which they were added.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PhraseList<Meaning> {
    /// The words that may stand at each place, with [`END_OF_PLACE`] between places; phrase after phrase.
    pub(crate) words: Vec<Id>,
    /// Of each phrase, how many of `words` are its own, and what it means.
    pub(crate) meanings: Vec<(usize, Meaning)>,
}

impl Vocabulary {
    /// The number of a word as a phrase has it, with a `*` if it stands for any ending; none if that can never match.
    fn add(&mut self, word: &str) -> Option<Id> {
        self.number(word).or_else(|| can_match(word).then(|| self.insert(word)).flatten())
    }

    fn number(&self, word: &str) -> Option<Id> {
        let Some(stem) = word.strip_suffix('*') else {
            return self.whole.get(word).copied();
        };
        let begun = self.stems.get(beginning(stem)).into_iter().flatten();
        begun.filter(|(known, _)| **known == *stem).map(|(_, id)| *id).next()
    }

    /// Gives the next number to a word that is new; none if there are no more numbers.
    fn insert(&mut self, word: &str) -> Option<Id> {
        self.last = self.last.checked_add(1)?;
        if let Some(stem) = word.strip_suffix('*') {
            let begun = self.stems.entry(beginning(stem).into()).or_default();
            begun.push((stem.into(), self.last));
        } else {
            self.whole.insert(word.into(), self.last);
        }
        Some(self.last)
    }
}

/// The words in the order of their numbers.
impl Serialize for Vocabulary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.whole.iter().map(|(word, id)| (*id, word.to_string()));
        let stems = self.stems.values().flatten().map(|(stem, id)| (*id, format!("{stem}*")));
        let mut all: Vec<_> = whole.chain(stems).collect();
        all.sort_unstable();
        let words: Vec<_> = all.into_iter().map(|(_, word)| word).collect();
        words.join(BETWEEN_WORDS.encode_utf8(&mut [0; 4])).serialize(serializer)
    }
}

impl From<String> for Vocabulary {
    fn from(words: String) -> Self {
        let mut vocabulary = Self::default();
        let between = |byte: &u8| char::from(*byte) == BETWEEN_WORDS;
        vocabulary.whole.reserve(words.bytes().filter(between).count());
        for word in words.split_terminator(BETWEEN_WORDS) {
            vocabulary.insert(word);
        }
        vocabulary
    }
}

impl<Meaning> Default for PhraseList<Meaning> {
    fn default() -> Self {
        Self { words: Vec::new(), meanings: Vec::new() }
    }
}

impl<Meaning> PhraseList<Meaning> {
    /// Adds a phrase. Refuses one that can never match as it is written, and says how it is written.
    ///
    /// Words stand with one space between; `|` parts words of which any may stand at a place, and `*` at the end of one
    /// stands for any ending.
    pub(crate) fn add(
        &mut self,
        vocabulary: &mut Vocabulary,
        phrase: &str,
        meaning: Meaning,
    ) -> Result<(), String> {
        let before = self.words.len();
        let mut from = 0;
        let marks = phrase.bytes().enumerate().filter(|(_, byte)| b" |".contains(byte));
        for (end, mark) in marks.chain([(phrase.len(), b'|')]) {
            let word = phrase.get(from..end).unwrap_or_default();
            self.words.push(vocabulary.add(word).ok_or_else(|| never_matches(phrase))?);
            if mark == b' ' {
                self.words.push(END_OF_PLACE);
            }
            from = end.saturating_add(1);
        }
        self.meanings.push((self.words.len().saturating_sub(before), meaning));
        Ok(())
    }
}

/// The phrases in a list as people write it: with commas or ends of lines between.
pub(crate) fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', '\n']).map(str::trim).filter(|phrase| !phrase.is_empty())
}

/// What the beginnings of a word are looked up by.
pub(crate) fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(STEM_LETTERS_MIN).map_or(word.len(), |(end, _)| end);
    word.get(..end).unwrap_or(word)
}

/// Whether a message can have this word: in small letters, and nothing else.
fn can_match(word: &str) -> bool {
    let (letters, is_long_enough) = word.strip_suffix('*').map_or((word, true), |stem| {
        (stem, stem.chars().nth(STEM_LETTERS_MIN.saturating_sub(1)).is_some())
    });
    let is_simple = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase());
    is_long_enough && (is_simple || words(letters).as_slice() == [letters])
}

fn never_matches(phrase: &str) -> String {
    let plain = words(phrase).join(" ");
    format!(
        "the phrase `{phrase}` never matches; write it as `{plain}`, with `|` between words of which any will do, and \
         `*` only at the end of a word, after {STEM_LETTERS_MIN} letters or more"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_commas_or_ends_of_lines_between_phrases() {
        let phrases: Vec<_> = listed("a b, c\n\n  d,\r\n").collect();
        assert_eq!(phrases, ["a b", "c", "d"]);
        assert_eq!(listed("").next(), None);
    }

    #[test]
    fn what_never_matches_is_refused() {
        for wrong in ["Fed", "fed!", "", "a  b", "ex*", "e*x", "don't", "a||b", "a |b"] {
            let error =
                PhraseList::default().add(&mut Vocabulary::default(), wrong, ()).unwrap_err();
            assert!(error.contains("never matches"), "{error}");
        }
    }

    #[test]
    fn what_is_built_in_is_what_was_read() {
        let (mut vocabulary, mut phrases) = (Vocabulary::default(), PhraseList::default());
        for (phrase, meaning) in [("fed up", 1), ("explod*", 2), ("ver*|très up", 3), ("expl*", 4)]
        {
            phrases.add(&mut vocabulary, phrase, meaning).unwrap();
        }
        let read = (vocabulary, phrases);
        let bytes = postcard::to_allocvec(&read).unwrap();
        let built_in: (Vocabulary, PhraseList<i32>) = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(built_in, read);
        let none = postcard::to_allocvec(&Vocabulary::default()).unwrap();
        assert_eq!(postcard::from_bytes::<Vocabulary>(&none), Ok(Vocabulary::default()));
    }
}
