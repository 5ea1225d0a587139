//! Numbers of passports, identity cards and driving licences: nothing but the word before them tells what they are.

use super::{
    birth::is_day,
    cues::{Context, Cues, Sign},
    finding::Finding,
    kind::PersonalDataKind,
    text::{Text, Word},
};

/// How far after the word the number may begin, in letters.
const REACH_LETTERS: usize = 40;
/// Words on the way to the number.
const WORDS_MAX: usize = 6;

/// A kind of document.
struct Document {
    kind: PersonalDataKind,
    cues: Cues,
    /// How long its number is, without what parts it.
    letters: (usize, usize),
    digits_min: usize,
}

/// Source: ICAO Doc 9303 (nine letters at most, of which some states print more), and the issuing authorities' forms.
const DOCUMENTS: &[Document] = &[
    Document {
        kind: PersonalDataKind::Passport,
        cues: Cues::PASSPORT,
        letters: (6, 10),
        digits_min: 3,
    },
    Document {
        kind: PersonalDataKind::DrivingLicence,
        cues: Cues::LICENCE,
        letters: (5, 18),
        digits_min: 4,
    },
    Document {
        kind: PersonalDataKind::NationalId,
        cues: Cues::ID_CARD,
        letters: (8, 12),
        digits_min: 4,
    },
];

/// Every such number.
pub(super) fn find(text: &Text, findings: &mut Vec<Finding>) {
    for sign in text.signs() {
        let document = DOCUMENTS.iter().find(|document| sign.cues.has(document.cues));
        findings.extend(document.and_then(|document| document.find_after(text, sign)));
    }
}

impl Document {
    fn find_after(&self, text: &Text, sign: &Sign) -> Option<Finding> {
        let first = text.word_from(sign.end);
        let words = text.words().iter().enumerate().skip(first).take(WORDS_MAX);
        let mut starts = words
            .take_while(|(_, word)| word.start - sign.end <= REACH_LETTERS)
            .filter(|(_, word)| is_code(text, word.start, word.end));
        let (index, Word { start, .. }) = starts.next()?;
        let start = *start;
        if is_day(text, index) {
            return None;
        }
        if !Context::before(text, start).names(self.cues) {
            return None;
        }
        let end = self.end(text, start)?;
        Some(Finding::new(self.kind, start, end).named_if(true))
    }

    /// Where the longest number ends that starts here and is made as this document's are.
    fn end(&self, text: &Text, start: usize) -> Option<usize> {
        let (mut letters, mut digits, mut end, mut found) = (0, 0, start, None);
        let first = text.word_from(start);
        for word in text.words().iter().skip(first).take(WORDS_MAX) {
            let is_joined = word.start <= end + 1 && matches!(text.at(end), ' ' | '-' | '.' | '/');
            let is_more = is_code(text, word.start, word.end) || is_last_letter(text, word);
            if word.start != start && !(is_joined && is_more) {
                break;
            }
            let written = text.letters(word.start..word.end);
            letters += written.len();
            digits += written.iter().filter(|letter| letter.is_ascii_digit()).count();
            if letters > self.letters.1 {
                break;
            }
            end = word.end;
            if letters >= self.letters.0 && digits >= self.digits_min {
                found = Some(end);
            }
        }
        found
    }
}

/// `12345678-Z`.
fn is_last_letter(text: &Text, word: &Word) -> bool {
    word.end - word.start == 1
        && text.at(word.start).is_ascii_uppercase()
        && text.before(word.start) == '-'
}

/// Whether the word is no word of a language: it has digits, or is a few capitals before some.
fn is_code(text: &Text, start: usize, end: usize) -> bool {
    const PREFIX_LETTERS_MAX: usize = 5;
    let letters = text.letters(start..end);
    let is_plain = letters.iter().all(char::is_ascii_alphanumeric);
    let has_digit = letters.iter().any(char::is_ascii_digit);
    let is_prefix = letters.iter().all(char::is_ascii_uppercase)
        && letters.len() <= PREFIX_LETTERS_MAX
        && matches!(text.at(end), ' ' | '-')
        && text.at(end + 1).is_ascii_digit();
    is_plain && (has_digit || is_prefix)
}
