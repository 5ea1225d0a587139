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
        let end = *self.ends.get(count.checked_sub(1)?)?;
        let letters = self.letters.get(..count)?;
        text.ends_word(end).then_some((letters, end))
    }

    /// All letters that were read.
    pub(super) fn letters(&self) -> &str {
        &self.letters
    }
}
