//! Phrases, looked up by their first word: a message is read in one pass, however many there are.
//!
//! Words are numbers, so that a message's words are looked up once, and then numbers are compared.

use std::{iter, ops::Range};

use crate::phrases::{END_OF_PLACE, Id, PhraseList, Vocabulary, beginning};

/// A word of a message: the numbers of all that stands for it in phrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known(Vec<Id>);

/// Phrases with what they mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lexicon<Meaning> {
    words: Vec<Id>,
    phrases: Vec<Phrase<Meaning>>,
    /// What phrases may begin with, in the order of its numbers: what may follow it, and where the phrase is in `phrases`.
    openings: Vec<(Signs, usize)>,
    /// Of each number, where its `openings` begin, which is where those of the number before it end.
    starts: Vec<usize>,
}

/// A phrase with what it means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Phrase<Meaning> {
    /// Where its words are among all.
    words: Range<usize>,
    places: usize,
    pub(crate) meaning: Meaning,
}

/// A set of words, not quite: two that are in none of the same sets share no word, others may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signs(u64);

impl Vocabulary {
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

impl<Meaning> From<PhraseList<Meaning>> for Lexicon<Meaning> {
    fn from(PhraseList { words, meanings }: PhraseList<Meaning>) -> Self {
        let (mut phrases, mut openings) = (Vec::with_capacity(meanings.len()), Vec::new());
        let mut from = 0_usize;
        for (length, meaning) in meanings {
            let to = from.saturating_add(length);
            let own = words.get(from..to).unwrap_or_default();
            let mut all = places(own);
            let (first, second) = (all.next().unwrap_or_default(), all.next());
            let follows = second.map_or(Signs::END, Signs::of);
            openings.extend(first.iter().map(|id| (index(*id), (follows, phrases.len()))));
            phrases.push(Phrase { words: from..to, places: places(own).count(), meaning });
            from = to;
        }
        let (openings, starts) = by_number(&openings);
        Self { words, phrases, openings, starts }
    }
}

/// What goes by numbers, in their order; and of each number where its own begin, which is where those of the one before it end.
fn by_number<T: Copy>(all: &[(usize, T)]) -> (Vec<T>, Vec<usize>) {
    let numbers = all.iter().map(|(number, _)| number.saturating_add(1)).max().unwrap_or(0);
    let mut starts = vec![0_usize; numbers.saturating_add(1)];
    for (number, _) in all {
        if let Some(count) = starts.get_mut(*number) {
            *count = count.saturating_add(1);
        }
    }
    let mut sum = 0_usize;
    for start in &mut starts {
        sum = sum.saturating_add(*start);
        *start = sum;
    }
    // Where each ends, and from the last to the first also where it begins.
    let mut ordered: Vec<T> = all.iter().map(|(_, one)| *one).collect();
    for (number, one) in all.iter().rev() {
        if let Some(start) = starts.get_mut(*number) {
            *start = start.saturating_sub(1);
            if let Some(place) = ordered.get_mut(*start) {
                *place = *one;
            }
        }
    }
    (ordered, starts)
}

impl<Meaning> Lexicon<Meaning> {
    /// The phrases that `words` begin with.
    pub(crate) fn beginning<'a>(
        &'a self,
        words: &'a [Known],
    ) -> impl Iterator<Item = &'a Phrase<Meaning>> {
        let (first, rest) = words.split_first().unzip();
        let follows = Signs::following(rest.unwrap_or_default());
        let ids = first.into_iter().flat_map(|word| &word.0);
        let phrases = ids.flat_map(move |id| self.with_first(*id, follows));
        phrases.filter(|phrase| self.begins(words, phrase))
    }

    /// The phrases whose words are all among these, which [`distinct`] gives.
    pub(crate) fn among<'a>(&'a self, ids: &'a [Id]) -> impl Iterator<Item = &'a Phrase<Meaning>> {
        let phrases = ids.iter().flat_map(|id| self.with_first(*id, Signs::ALL));
        let is_there = |place: &[Id]| place.iter().any(|id| ids.binary_search(id).is_ok());
        phrases.filter(move |phrase| self.places(phrase).all(is_there))
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
        let from = self.starts.get(index(id)).copied();
        let to = self.starts.get(index(id).saturating_add(1)).copied();
        let known = from.zip(to).and_then(|(from, to)| self.openings.get(from..to));
        let fitting = known.into_iter().flatten().filter(move |(next, _)| next.meet(follows));
        fitting.filter_map(|(_, at)| self.phrases.get(*at))
    }

    fn begins(&self, words: &[Known], phrase: &Phrase<Meaning>) -> bool {
        phrase.places <= words.len()
            && self.places(phrase).zip(words).all(|(place, word)| word.is_any(place))
    }

    fn places(&self, phrase: &Phrase<Meaning>) -> impl Iterator<Item = &[Id]> {
        places(self.words.get(phrase.words.clone()).unwrap_or_default())
    }
}

fn places(words: &[Id]) -> impl Iterator<Item = &[Id]> {
    words.split(|id| *id == END_OF_PLACE)
}

/// A number, to find something by in a list.
fn index(id: Id) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

impl<Meaning> Phrase<Meaning> {
    /// How many words it has.
    pub(crate) const fn len(&self) -> usize {
        self.places
    }
}

#[cfg(test)]
mod tests {
    use forthright_classifier::words;

    use super::*;

    fn lexicon<'a, M>(all: impl IntoIterator<Item = (&'a str, M)>) -> (Vocabulary, Lexicon<M>) {
        let (mut vocabulary, mut phrases) = (Vocabulary::default(), PhraseList::default());
        for (phrase, meaning) in all {
            phrases.add(&mut vocabulary, phrase, meaning).unwrap();
        }
        (vocabulary, phrases.into())
    }

    fn few() -> (Vocabulary, Lexicon<u8>) {
        lexicon([("fed up", 1), ("explod*", 2), ("fed", 3), ("ver*|so bad|mean", 4)])
    }

    #[test]
    fn the_longest_phrase_counts_and_a_stem_takes_any_ending() {
        let (vocabulary, lexicon) = few();
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
        let (vocabulary, lexicon) = few();
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
        let all: Vec<_> = (0..500).map(|number| format!("a w{number} z")).collect();
        let (vocabulary, lexicon) = lexicon(all.iter().map(String::as_str).zip(0..));
        for (number, phrase) in all.iter().enumerate() {
            let words = vocabulary.read(&words(phrase));
            let found: Vec<_> = lexicon.beginning(&words).map(|phrase| phrase.meaning).collect();
            assert_eq!(found, [number]);
        }
    }

    #[test]
    fn without_phrases_nothing_is_found() {
        let (vocabulary, lexicon) = lexicon::<()>([]);
        let words = vocabulary.read(&words("anything"));
        assert!(!lexicon.stands_in(&words));
        assert_eq!(lexicon.among(&distinct(&words)).count(), 0);
    }
}
