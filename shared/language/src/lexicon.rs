//! Phrases, looked up by their first word: a message is read in one pass, however many there are.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use forthright_classifier::words;

/// The shortest beginning of a word that may stand for all its endings, and what those are looked up by.
const STEM_LETTERS_MIN: usize = 3;

/// Phrases with what they mean.
#[derive(Debug)]
pub(crate) struct Lexicon<Meaning> {
    phrases: Vec<Phrase<Meaning>>,
    /// Their numbers, by their first word.
    words: HashMap<String, Vec<usize>, FixedState>,
    /// The numbers of those that begin with a stem, by its first letters.
    stems: HashMap<String, Vec<usize>, FixedState>,
}

/// A phrase with what it means.
#[derive(Debug)]
pub(crate) struct Phrase<Meaning> {
    /// At each place, which words may stand there.
    places: Vec<Vec<Word>>,
    /// Which phrase of its lexicon it is.
    pub(crate) number: usize,
    pub(crate) meaning: Meaning,
}

/// A word of a phrase.
#[derive(Debug)]
enum Word {
    Whole(String),
    /// Any ending may follow.
    Stem(String),
}

impl<Meaning> Default for Lexicon<Meaning> {
    fn default() -> Self {
        Self { phrases: Vec::new(), words: HashMap::default(), stems: HashMap::default() }
    }
}

impl<Meaning> Lexicon<Meaning> {
    /// Adds a phrase. Refuses one that can never match as it is written, and says how it is written.
    ///
    /// Words stand with one space between; `|` parts words of which any may stand at a place, and `*` at the end of one
    /// stands for any ending.
    pub(crate) fn add(&mut self, phrase: &str, meaning: Meaning) -> Result<(), String> {
        let place = |place: &str| place.split('|').map(Word::read).collect();
        let read: Option<Vec<Vec<Word>>> = phrase.split(' ').map(place).collect();
        let Some(places) = read else {
            let plain = words(phrase).join(" ");
            return Err(format!(
                "the phrase `{phrase}` never matches; write it as `{plain}`, with `|` between words of which any will do, and \
                 `*` only at the end of a word, after {STEM_LETTERS_MIN} letters or more"
            ));
        };
        let number = self.phrases.len();
        for word in places.first().into_iter().flatten() {
            let of_word = match word {
                Word::Whole(word) => self.words.entry(word.clone()).or_default(),
                Word::Stem(stem) => {
                    let first: String = stem.chars().take(STEM_LETTERS_MIN).collect();
                    self.stems.entry(first).or_default()
                }
            };
            if of_word.last() != Some(&number) {
                of_word.push(number);
            }
        }
        self.phrases.push(Phrase { places, number, meaning });
        Ok(())
    }

    /// The phrases that may begin with this word.
    pub(crate) fn beginning(&self, word: &str) -> impl Iterator<Item = &Phrase<Meaning>> {
        let first = word.char_indices().nth(STEM_LETTERS_MIN).map_or(word.len(), |(end, _)| end);
        let stems = word.get(..first).and_then(|first| self.stems.get(first));
        let numbers = self.words.get(word).into_iter().chain(stems).flatten();
        let phrases = numbers.filter_map(|number| self.phrases.get(*number));
        phrases.filter(|phrase| phrase.places.first().is_some_and(|place| is_any(place, word)))
    }

    /// The longest phrase that `words` begin with.
    pub(crate) fn longest(&self, words: &[String]) -> Option<&Phrase<Meaning>> {
        let phrases = self.beginning(words.first()?);
        phrases.filter(|phrase| phrase.begins(words)).max_by_key(|phrase| phrase.len())
    }

    /// Whether any phrase stands in `words`.
    pub(crate) fn stands_in(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.longest(words.get(at..).unwrap_or_default()).is_some())
    }
}

impl<Meaning> Phrase<Meaning> {
    /// How many words it has.
    pub(crate) const fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether `words` begin with it.
    pub(crate) fn begins(&self, words: &[String]) -> bool {
        self.len() <= words.len()
            && self.places.iter().zip(words).all(|(place, word)| is_any(place, word))
    }

    /// Whether all its words are among these.
    pub(crate) fn is_among(&self, words: &[&str]) -> bool {
        self.places.iter().all(|place| words.iter().any(|word| is_any(place, word)))
    }
}

/// Whether the word is one of those that may stand at a place.
fn is_any(place: &[Word], word: &str) -> bool {
    place.iter().any(|one| one.is(word))
}

impl Word {
    fn read(text: &str) -> Option<Self> {
        let (word, is_stem) = text.strip_suffix('*').map_or((text, false), |stem| (stem, true));
        let is_plain = words(word).as_slice() == [word];
        match (is_plain, is_stem) {
            (true, false) => Some(Self::Whole(word.to_owned())),
            (true, true) if word.chars().count() >= STEM_LETTERS_MIN => {
                Some(Self::Stem(word.to_owned()))
            }
            _ => None,
        }
    }

    fn is(&self, word: &str) -> bool {
        match self {
            Self::Whole(whole) => whole == word,
            Self::Stem(stem) => word.starts_with(stem.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon<u8> {
        let mut lexicon = Lexicon::default();
        for (phrase, meaning) in
            [("fed up", 1), ("explod*", 2), ("fed", 3), ("ver*|so bad|mean", 4)]
        {
            lexicon.add(phrase, meaning).unwrap();
        }
        lexicon
    }

    #[test]
    fn the_longest_phrase_counts_and_a_stem_takes_any_ending() {
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
            let found = lexicon().longest(&words(text)).map(|phrase| phrase.meaning);
            assert_eq!(found, meaning, "{text}");
        }
        assert!(lexicon().stands_in(&words("it has exploded")));
    }

    #[test]
    fn what_never_matches_is_refused() {
        for wrong in ["Fed", "fed!", "", "a  b", "ex*", "e*x", "don't", "a||b", "a |b"] {
            let error = Lexicon::default().add(wrong, ()).unwrap_err();
            assert!(error.contains("never matches"), "{error}");
        }
    }
}
