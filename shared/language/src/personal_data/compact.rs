//! Letters and digits as people write long identifiers: in groups, large or small.

use super::text::Text;

/// No identifier that is looked for is longer: Malta's and Saint Lucia's bank accounts have 31 and 32.
const LETTERS_MAX: usize = 34;

/// The ASCII letters and digits from a place on, in capitals and without what parts them.
#[derive(Debug)]
pub(super) struct Compact {
    pub(super) start: usize,
    letters: String,
    /// Where each letter ends.
    ends: Vec<usize>,
}

impl Compact {
    /// Reads the word that starts here and what follows it, with at most one letter in between.
    pub(super) fn read(text: &Text, start: usize) -> Self {
        let mut compact = Self { start, letters: String::new(), ends: Vec::new() };
        let mut at = start;
        while compact.ends.len() < LETTERS_MAX {
            let letter = text.at(at);
            if letter.is_ascii_alphanumeric() {
                compact.letters.push(letter.to_ascii_uppercase());
                compact.ends.push(at + 1);
            } else if !matches!(letter, ' ' | '-' | '.' | '/')
                || !text.at(at + 1).is_ascii_alphanumeric()
            {
                break;
            }
            at += 1;
        }
        compact
    }

    /// The first letters, if a word ends after them; and where.
    pub(super) fn first(&self, text: &Text, count: usize) -> Option<(&str, usize)> {
        let end = self.end(count)?;
        let letters = self.letters.get(..count)?;
        text.ends_word(end).then_some((letters, end))
    }

    /// Whether the first letters are written as identifiers are: without anything in between, or in capitals. Words of a language,
    /// read on, could make any.
    pub(super) fn is_one(&self, text: &Text, count: usize) -> bool {
        self.end(count).is_some_and(|end| {
            end == self.start + count
                || !text.letters(self.start..end).iter().any(char::is_ascii_lowercase)
        })
    }

    /// Where the first letters end.
    pub(super) fn end(&self, count: usize) -> Option<usize> {
        self.ends.get(count.checked_sub(1)?).copied()
    }

    /// All letters that were read.
    pub(super) fn letters(&self) -> &str {
        &self.letters
    }
}
