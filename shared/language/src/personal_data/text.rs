//! A text as the recognisers read it: its letters, its words, and the context words among them.

use std::ops::Range;

use super::{
    cues::{Cues, Lexicon, Sign},
    kind::PersonalDataKind,
    letters::{TAKEN_OUT, is_invisible, is_of_word, shown, spell},
};

/// Longer words are no context words.
const WORD_LETTERS_MAX: usize = 40;

/// A text, cut into words. Places in it count what is seen, from 0.
#[derive(Debug, Default)]
pub(super) struct Text {
    letters: Vec<char>,
    /// Where each letter stood in the original.
    origins: Vec<usize>,
    words: Vec<Word>,
    /// All words as they are compared, without anything between them.
    spelled: String,
    signs: Vec<Sign>,
    has_digits: bool,
}

/// Letters and digits without anything between them.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    spelled: Range<usize>,
}

impl Text {
    pub(super) fn read(original: &str) -> Self {
        let mut text = Self::default();
        text.letters.reserve(original.len());
        text.origins.reserve(original.len());
        let mut hidden = 0_usize;
        for (origin, (byte, letter)) in original.char_indices().enumerate() {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            if is_invisible(letter) {
                continue;
            }
            let placeholder = if letter == '[' { placeholder(original, byte) } else { None };
            if let Some(length) = placeholder {
                hidden = length - 1;
            }
            let letter = placeholder.map_or_else(|| shown(letter), |_| TAKEN_OUT);
            text.has_digits |= letter.is_ascii_digit();
            text.letters.push(letter);
            text.origins.push(origin);
        }
        text.find_words();
        text.signs = Lexicon::shared().signs(&text);
        text
    }

    fn find_words(&mut self) {
        let mut start = None;
        for at in 0..=self.letters.len() {
            let letter = self.at(at);
            if letter.is_alphanumeric() {
                start.get_or_insert((at, self.spelled.len()));
                if start.is_some_and(|(start, _)| at - start < WORD_LETTERS_MAX) {
                    spell(letter, &mut self.spelled);
                }
            } else if let Some((start, from)) = start.take() {
                self.words.push(Word { start, end: at, spelled: from..self.spelled.len() });
            }
        }
    }

    /// How many letters there are.
    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }

    /// The letter at this place; nothing that means anything past the end.
    pub(super) fn at(&self, at: usize) -> char {
        self.letters.get(at).copied().unwrap_or('\0')
    }

    /// The letter before this place.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |before| self.at(before))
    }

    /// The letters from one place to another.
    pub(super) fn letters(&self, range: Range<usize>) -> &[char] {
        self.letters.get(range.start..range.end.min(self.letters.len())).unwrap_or_default()
    }

    /// Whether there is a digit at all: without one, most of what is looked for cannot be there.
    pub(super) fn has_digits(&self) -> bool {
        self.has_digits
    }

    /// All words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// All context words.
    pub(super) fn signs(&self) -> &[Sign] {
        &self.signs
    }

    /// The word as it is compared: small and without accents.
    pub(super) fn spelled(&self, word: &Word) -> &str {
        self.spelled.get(word.spelled.clone()).unwrap_or_default()
    }

    /// Which word is the first that starts at this place or after it.
    pub(super) fn word_from(&self, at: usize) -> usize {
        self.words.partition_point(|word| word.start < at)
    }

    /// The word that starts here, or after one space.
    pub(super) fn next_word(&self, at: usize) -> Option<&Word> {
        let at = if self.at(at) == ' ' { at + 1 } else { at };
        self.words.get(self.word_from(at)).filter(|word| word.start == at)
    }

    /// What the context words that stand at this place or after one space mean.
    pub(super) fn cues_at(&self, at: usize) -> Cues {
        let Some(word) = self.next_word(at) else { return Cues::NONE };
        let first = self.signs.partition_point(|sign| sign.start < word.start);
        let signs = self.signs.get(first..).unwrap_or_default().iter();
        signs
            .take_while(|sign| sign.start == word.start)
            .fold(Cues::NONE, |cues, sign| cues | sign.cues)
    }

    /// Whether nothing that belongs to a word stands right before this place.
    pub(super) fn begins_word(&self, at: usize) -> bool {
        !is_of_word(self.before(at))
    }

    /// Whether nothing that belongs to a word stands at this place.
    pub(super) fn ends_word(&self, at: usize) -> bool {
        !is_of_word(self.at(at))
    }

    /// Where in the original this stood, by its first place and by that after its last.
    pub(super) fn origin(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let last = self.origins.get(end.checked_sub(1)?)?;
        Some(*self.origins.get(start)?..last + 1)
    }
}

/// How long the placeholder is that starts at this byte, if one does.
fn placeholder(original: &str, byte: usize) -> Option<usize> {
    let inside = original.get(byte..)?.strip_prefix('[')?;
    let is_next = |name: &str| inside.strip_prefix(name).is_some_and(|rest| rest.starts_with(']'));
    let kind = PersonalDataKind::ALL.iter().find(|kind| is_next(kind.name()))?;
    Some(kind.name().len() + 2)
}
