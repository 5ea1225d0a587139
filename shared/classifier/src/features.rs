//! What a model sees of a text: its words, pairs of words, and pieces of words, each as a number.

use std::{borrow::Cow, collections::HashSet};

use foldhash::fast::RandomState;

/// Pieces of a word are this many letters long.
const PIECE: std::ops::RangeInclusive<usize> = 2..=5;

/// A word that is longer is looked at up to here: what follows is no language.
const WORD_LETTERS_MAX: usize = 40;

/// One thing that a text has, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feature {
    /// What it is.
    pub(crate) hash: u32,
    /// The number of the word that has it; none for what is no word.
    pub(crate) word: Option<u16>,
}

/// The features of one text, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Features {
    /// Words, pairs of neighbours, emoji, question and exclamation marks.
    pub(crate) words: Vec<Feature>,
    /// Runs of two to five letters of a word, with its ends marked.
    pub(crate) pieces: Vec<Feature>,
}

impl Features {
    /// What a model sees of `text`, whose words are `words`, in the order in which it has them. Takes time in proportion to its
    /// length.
    pub(crate) fn of(text: &str, words: &[String]) -> Self {
        let mut features = Self::default();
        let letters_max: usize = words.iter().map(|word| word.len().min(WORD_LETTERS_MAX)).sum();
        features.words.reserve(words.len().saturating_mul(2));
        features.pieces.reserve(letters_max.saturating_mul(PIECE.count()));
        let mut letters = Vec::new();
        let mut before = Hash::of_kind(b'<');
        let mut number = None;
        for (at, word) in words.iter().enumerate() {
            let word = plain(word);
            number = Some(u16::try_from(at).unwrap_or(u16::MAX));
            features.add_word(Hash::of_kind(b'w').text(&word), number);
            features.add_word(before.text(&word), number);
            before = Hash::of_kind(b'p').text(&word).text(" ");
            letters.clear();
            let inner = word.chars().take(WORD_LETTERS_MAX);
            letters.extend([' '].into_iter().chain(inner).chain([' ']));
            features.add_pieces(&letters, number);
        }
        features.add_word(before.text(">"), number);
        for mark in text.chars().filter(|&letter| is_mark(letter)) {
            features.add_word(Hash::of_kind(b'm').letter(mark), None);
        }
        for all in [&mut features.words, &mut features.pieces] {
            let mut seen = HashSet::with_capacity_and_hasher(all.len(), RandomState::default());
            all.retain(|feature| seen.insert(feature.hash));
        }
        features
    }

    /// The same in the order of their numbers.
    pub(crate) fn sorted(mut self) -> Self {
        self.words.sort_unstable_by_key(|feature| feature.hash);
        self.pieces.sort_unstable_by_key(|feature| feature.hash);
        self
    }

    /// Words and pieces.
    pub(crate) const fn groups(&self) -> [&Vec<Feature>; 2] {
        [&self.words, &self.pieces]
    }

    fn add_word(&mut self, hash: Hash, word: Option<u16>) {
        self.words.push(Feature { hash: hash.0, word });
    }

    fn add_pieces(&mut self, letters: &[char], number: Option<u16>) {
        for at in 0..letters.len() {
            let mut hash = Hash::of_kind(b'c');
            let rest = letters.iter().skip(at).take(*PIECE.end());
            for (length, &letter) in (1..).zip(rest) {
                hash = hash.letter(letter);
                if PIECE.contains(&length) {
                    self.pieces.push(Feature { hash: hash.0, word: number });
                }
            }
        }
    }
}

/// A word with what is only spelling taken out: each number as a nought, umlauts as people without the keys write them, and
/// letters without the accents that are left out in a hurry.
fn plain(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Cow::Borrowed(word);
    }
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        match letter {
            'ä' => plain.push_str("ae"),
            'ö' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' => plain.push('a'),
            'ç' => plain.push('c'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ñ' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => plain.push('o'),
            'ù' | 'ú' | 'û' => plain.push('u'),
            _ if letter.is_numeric() => {
                if !plain.ends_with('0') {
                    plain.push('0');
                }
            }
            _ => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

/// What says something without being a word.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '?' | '!' | '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1FAFF}')
}

/// FNV-1a in 32 bits, a step at a time. <http://www.isthe.com/chongo/tech/comp/fnv/>
#[derive(Clone, Copy)]
struct Hash(u32);

impl Hash {
    const OFFSET: u32 = 0x811C_9DC5;
    const PRIME: u32 = 0x0100_0193;

    /// Of a feature of this kind.
    const fn of_kind(kind: u8) -> Self {
        Self(Self::OFFSET).byte(kind)
    }

    #[inline]
    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u32).wrapping_mul(Self::PRIME))
    }

    fn text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::byte)
    }

    #[inline]
    fn letter(self, letter: char) -> Self {
        if let (true, Ok(byte)) = (letter.is_ascii(), u8::try_from(letter)) {
            return self.byte(byte); // almost all are
        }
        self.text(letter.encode_utf8(&mut [0; 4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn features(text: &str) -> Features {
        Features::of(text, &words(text))
    }

    fn hashes(text: &str) -> Vec<u32> {
        features(text).groups().into_iter().flatten().map(|feature| feature.hash).collect()
    }

    #[test]
    fn what_differs_only_in_spelling_is_the_same() {
        for (one, other) in [
            ("Wo ist meine Bestellung 4711?", "wo ist meine bestellung 12 ?"),
            ("Rückgabe für Größe", "rueckgabe fuer groesse"),
            ("Où est ma commande passée à Noël", "ou est ma commande passee a noel"),
            ("¿Cuándo llegará, señor?", "cuando llegara senor?"),
        ] {
            assert_eq!(hashes(one), hashes(other), "{one}");
        }
        assert_ne!(features("stop"), features("stop?"));
        assert_ne!(features("a b"), features("b a"));
    }

    #[test]
    fn an_empty_text_has_its_end_only() {
        let features = features(" \u{200b}");
        assert!(features.pieces.is_empty());
        assert_eq!(features.words.len(), 1);
    }
}
