//! Phrases, looked up by their first word: a message is read in one pass, however many there are.
//!
//! Words are numbers, so that a message's words are looked up once, and then numbers are compared.

use std::{collections::HashMap, iter};

use foldhash::fast::FixedState;
use forthright_classifier::words;

/// The shortest beginning of a word that may stand for all its endings, and what those are looked up by.
const STEM_LETTERS_MIN: usize = 3;

/// The number of a word, or of a beginning of words; never [`END_OF_PLACE`].
type Id = u32;

/// Parts the places of a phrase.
const END_OF_PLACE: Id = 0;

/// The words of phrases, with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    whole: HashMap<Box<str>, Id, FixedState>,
    /// Beginnings of words, by their first letters.
    stems: HashMap<Box<str>, Vec<(Box<str>, Id)>, FixedState>,
    last: Id,
}

/// A word of a message: the numbers of all that stands for it in phrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known(Vec<Id>);

/// Phrases with what they mean.
#[derive(Debug)]
pub(crate) struct Lexicon<Meaning> {
    phrases: Vec<Phrase<Meaning>>,
    /// By each word that they may begin with: what may follow it, and where they are in `phrases`.
    first: HashMap<Id, Vec<(Signs, usize)>, FixedState>,
}

/// A phrase with what it means.
#[derive(Debug)]
pub(crate) struct Phrase<Meaning> {
    /// The words that may stand at each place, with [`END_OF_PLACE`] between places.
    words: Box<[Id]>,
    places: usize,
    pub(crate) meaning: Meaning,
}

/// A set of words, not quite: two that are in none of the same sets share no word, others may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signs(u64);

impl Vocabulary {
    /// The number of a word as a phrase has it; none if that can never match.
    fn add(&mut self, text: &str) -> Option<Id> {
        let (word, is_stem) = text.strip_suffix('*').map_or((text, false), |stem| (stem, true));
        let known = if is_stem {
            let begun = self.stems.get(beginning(word)).into_iter().flatten();
            begun.filter(|(stem, _)| **stem == *word).map(|(_, id)| *id).next()
        } else {
            self.whole.get(word).copied()
        };
        if known.is_some() {
            return known;
        }
        let is_long_enough = !is_stem || word.chars().count() >= STEM_LETTERS_MIN;
        if !is_plain(word) || !is_long_enough {
            return None;
        }
        self.last = self.last.checked_add(1)?;
        if is_stem {
            let begun = self.stems.entry(beginning(word).into()).or_default();
            begun.push((word.into(), self.last));
        } else {
            self.whole.insert(word.into(), self.last);
        }
        Some(self.last)
    }

    /// The words of a message.
    pub(crate) fn read<'a>(&self, words: impl IntoIterator<Item = &'a String>) -> Vec<Known> {
        let known = |word: &String| {
            let stems = self.stems.get(beginning(word)).into_iter().flatten();
            let begun = stems.filter(|(stem, _)| word.starts_with(&**stem)).map(|(_, id)| *id);
            Known(self.whole.get(word.as_str()).copied().into_iter().chain(begun).collect())
        };
        words.into_iter().map(known).collect()
    }
}

/// Whether a message can have this word: in small letters, and nothing else.
fn is_plain(word: &str) -> bool {
    let is_simple = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    is_simple || words(word).as_slice() == [word]
}

/// The phrases in a list as people write it: with commas or ends of lines between.
pub(crate) fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', '\n']).map(str::trim).filter(|phrase| !phrase.is_empty())
}

/// What the beginnings of a word are looked up by.
fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(STEM_LETTERS_MIN).map_or(word.len(), |(end, _)| end);
    word.get(..end).unwrap_or(word)
}

impl Known {
    /// Whether it is one of those that may stand at a place.
    fn is_any(&self, place: &[Id]) -> bool {
        self.0.iter().any(|id| place.contains(id))
    }
}

/// The numbers of all that stands for any of the words in phrases; each once, in order.
pub(crate) fn distinct(words: &[Known]) -> Vec<Id> {
    let mut ids: Vec<Id> = words.iter().flat_map(|word| &word.0).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Signs {
    /// Of a phrase that ends here.
    const END: Self = Self(1 << 63);
    const ALL: Self = Self(u64::MAX);

    /// Of all these words.
    fn of(ids: &[Id]) -> Self {
        Self(ids.iter().fold(0, |signs, id| signs | 1 << (id % 63)))
    }

    /// Of what may follow a word before these.
    fn following(rest: &[Known]) -> Self {
        Self(rest.first().map_or(0, |next| Self::of(&next.0).0) | Self::END.0)
    }

    const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl<Meaning> Default for Lexicon<Meaning> {
    fn default() -> Self {
        Self { phrases: Vec::new(), first: HashMap::default() }
    }
}

impl<Meaning> Lexicon<Meaning> {
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
        let mut ids = Vec::with_capacity(phrase.len());
        let mut from = 0;
        let marks = phrase.bytes().enumerate().filter(|(_, byte)| b" |".contains(byte));
        for (end, mark) in marks.chain([(phrase.len(), b'|')]) {
            let word = phrase.get(from..end).unwrap_or_default();
            ids.push(vocabulary.add(word).ok_or_else(|| never_matches(phrase))?);
            if mark == b' ' {
                ids.push(END_OF_PLACE);
            }
            from = end.saturating_add(1);
        }
        let words: Box<[Id]> = ids.as_slice().into();
        let at = self.phrases.len();
        let (first, second) = {
            let mut all = places(&words);
            (all.next(), all.next())
        };
        let follows = second.map_or(Signs::END, Signs::of);
        for word in first.unwrap_or_default() {
            self.first.entry(*word).or_default().push((follows, at));
        }
        let places = places(&words).count();
        self.phrases.push(Phrase { words, places, meaning });
        Ok(())
    }

    /// The phrases that `words` begin with.
    pub(crate) fn beginning<'a>(
        &'a self,
        words: &'a [Known],
    ) -> impl Iterator<Item = &'a Phrase<Meaning>> {
        let (first, rest) = words.split_first().unzip();
        let follows = Signs::following(rest.unwrap_or_default());
        let ids = first.into_iter().flat_map(|word| &word.0);
        let phrases = ids.flat_map(move |id| self.with_first(*id, follows));
        phrases.filter(|phrase| phrase.begins(words))
    }

    /// The phrases whose words are all among these, which [`distinct`] gives.
    pub(crate) fn among<'a>(&'a self, ids: &'a [Id]) -> impl Iterator<Item = &'a Phrase<Meaning>> {
        let phrases = ids.iter().flat_map(|id| self.with_first(*id, Signs::ALL));
        phrases.filter(|phrase| phrase.is_among(ids))
    }

    /// The longest phrase that `words` begin with.
    pub(crate) fn longest<'a>(&'a self, words: &'a [Known]) -> Option<&'a Phrase<Meaning>> {
        self.beginning(words).max_by_key(|phrase| phrase.len())
    }

    /// Whether any phrase stands in `words`.
    pub(crate) fn stands_in(&self, words: &[Known]) -> bool {
        let mut rests = iter::successors(Some(words), |words| words.get(1..));
        rests.any(|rest| self.beginning(rest).next().is_some())
    }

    /// The phrases that may begin with this word, with some of these behind it.
    fn with_first(&self, id: Id, follows: Signs) -> impl Iterator<Item = &Phrase<Meaning>> {
        let known = self.first.get(&id).into_iter().flatten();
        let fitting = known.filter(move |(second, _)| second.meet(follows));
        fitting.filter_map(|(_, at)| self.phrases.get(*at))
    }
}

fn never_matches(phrase: &str) -> String {
    let plain = words(phrase).join(" ");
    format!(
        "the phrase `{phrase}` never matches; write it as `{plain}`, with `|` between words of which any will do, and \
         `*` only at the end of a word, after {STEM_LETTERS_MIN} letters or more"
    )
}

fn places(words: &[Id]) -> impl Iterator<Item = &[Id]> {
    words.split(|id| *id == END_OF_PLACE)
}

impl<Meaning> Phrase<Meaning> {
    /// How many words it has.
    pub(crate) const fn len(&self) -> usize {
        self.places
    }

    fn begins(&self, words: &[Known]) -> bool {
        self.places <= words.len()
            && places(&self.words).zip(words).all(|(place, word)| word.is_any(place))
    }

    fn is_among(&self, ids: &[Id]) -> bool {
        places(&self.words).all(|place| place.iter().any(|id| ids.binary_search(id).is_ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> (Vocabulary, Lexicon<u8>) {
        let (mut vocabulary, mut lexicon) = (Vocabulary::default(), Lexicon::default());
        for (phrase, meaning) in
            [("fed up", 1), ("explod*", 2), ("fed", 3), ("ver*|so bad|mean", 4)]
        {
            lexicon.add(&mut vocabulary, phrase, meaning).unwrap();
        }
        (vocabulary, lexicon)
    }

    #[test]
    fn the_longest_phrase_counts_and_a_stem_takes_any_ending() {
        let (vocabulary, lexicon) = lexicon();
        for (text, meaning) in [
            ("fed up with it", Some(1)),
            ("fed my cat", Some(3)),
            ("exploded", Some(2)),
            ("explod", Some(2)),
            ("explo", None),
            ("very bad", Some(4)),
            ("so mean it is", Some(4)),
            ("so fine", None),
            ("very", None),
            ("ve", None),
            ("", None),
        ] {
            let words = vocabulary.read(&words(text));
            let found = lexicon.longest(&words).map(|phrase| phrase.meaning);
            assert_eq!(found, meaning, "{text}");
        }
        assert!(lexicon.stands_in(&vocabulary.read(&words("it has exploded"))));
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        let (vocabulary, lexicon) = lexicon();
        for (text, meanings) in
            [("up they fed me", &[1, 3][..]), ("bad? it is so", &[4]), ("nothing of it", &[])]
        {
            let ids = distinct(&vocabulary.read(&words(text)));
            let mut found: Vec<_> = lexicon.among(&ids).map(|phrase| phrase.meaning).collect();
            found.sort_unstable();
            assert_eq!(found, meanings, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_found_among_many_with_the_same_first_word() {
        let (mut vocabulary, mut lexicon) = (Vocabulary::default(), Lexicon::default());
        let all: Vec<_> = (0..500).map(|number| format!("a w{number} z")).collect();
        for (number, phrase) in all.iter().enumerate() {
            lexicon.add(&mut vocabulary, phrase, number).unwrap();
        }
        for (number, phrase) in all.iter().enumerate() {
            let words = vocabulary.read(&words(phrase));
            let found: Vec<_> = lexicon.beginning(&words).map(|phrase| phrase.meaning).collect();
            assert_eq!(found, [number]);
        }
    }

    #[test]
    fn a_list_has_commas_or_ends_of_lines_between_phrases() {
        let phrases: Vec<_> = listed("a b, c\n\n  d,\r\n").collect();
        assert_eq!(phrases, ["a b", "c", "d"]);
        assert_eq!(listed("").next(), None);
    }

    #[test]
    fn what_never_matches_is_refused() {
        for wrong in ["Fed", "fed!", "", "a  b", "ex*", "e*x", "don't", "a||b", "a |b"] {
            let error = Lexicon::default().add(&mut Vocabulary::default(), wrong, ()).unwrap_err();
            assert!(error.contains("never matches"), "{error}");
        }
    }
}
