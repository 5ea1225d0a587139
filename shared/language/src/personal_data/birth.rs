//! Days of birth: a day in any of its usual forms, after a word that speaks of a birth.

use super::{
    cues::{Cues, Sign},
    finding::Finding,
    kind::PersonalDataKind,
    text::{Text, Word},
};

/// How far after the word the day may begin, in letters.
const REACH_LETTERS: usize = 40;

/// The beginnings of months' names in nine languages, without accents. What is the same in several stands once.
const MONTHS: &[&str] = &[
    "jan", "gen", "ene", "feb", "fev", "fevr", "mar", "mrz", "maa", "maer", "apr", "avr", "abr",
    "mai", "may", "mag", "mei", "maj", "jun", "juin", "giu", "jul", "juil", "lug", "aug", "aou",
    "ago", "sep", "set", "oct", "okt", "ott", "out", "nov", "dec", "dez", "dic", "sty", "lut",
    "kwi", "cze", "lip", "sie", "wrz", "paz", "lis", "gru",
];
/// A day has no more words: `3rd of the month of March 1985` is none.
const WORDS_MAX: usize = 6;
/// What may stand between a day, a month and a year.
const BETWEEN: &[&str] = &["of", "de", "del", "di", "the", "do", "van"];

/// Every day of birth.
pub(super) fn find(text: &Text, findings: &mut Vec<Finding>) {
    let signs = text.signs().iter().filter(|sign| sign.cues.has(Cues::BIRTH));
    findings.extend(
        signs.filter_map(|sign| find_after(text, sign).or_else(|| find_before(text, sign))),
    );
}

/// Whether a day begins with the word of this index.
pub(super) fn is_day(text: &Text, word: usize) -> bool {
    day_end(text, word).is_some()
}

/// `am 12. Mai 1987 geboren`.
fn find_before(text: &Text, sign: &Sign) -> Option<Finding> {
    let after = text.word_from(sign.start);
    let end = text.words().get(after.checked_sub(1)?)?.end;
    if sign.start != end + 1 || text.at(end) != ' ' {
        return None;
    }
    let mut firsts = after.saturating_sub(WORDS_MAX)..after;
    let first = firsts.find(|&first| day_end(text, first) == Some(end))?;
    let start = text.words().get(first)?.start;
    Some(Finding::new(PersonalDataKind::DateOfBirth, start, end).named_if(true))
}

fn find_after(text: &Text, sign: &Sign) -> Option<Finding> {
    let first = text.word_from(sign.end);
    let words = text.words().iter().skip(first);
    let within = words.take_while(|word| word.start - sign.end <= REACH_LETTERS);
    let (start, end) = within
        .enumerate()
        .find_map(|(index, word)| Some((word.start, day_end(text, first + index)?)))?;
    Some(Finding::new(PersonalDataKind::DateOfBirth, start, end).named_if(true))
}

/// Where the day ends that begins with this word.
fn day_end(text: &Text, first: usize) -> Option<usize> {
    let words = text.words().iter().skip(first).take(WORDS_MAX);
    let mut three = words.filter(|word| !BETWEEN.contains(&text.spelled(word)));
    let (one, two, third) = (three.next()?, three.next(), three.next());
    if let (Some(two), Some(third)) = (two, third)
        && are_close(text, one, two)
        && are_close(text, two, third)
        && is_date(&Field::of(text, one), &Field::of(text, two), &Field::of(text, third))
    {
        return Some(third.end);
    }
    matches!(Field::of(text, one), Field::Whole).then_some(one.end)
}

/// Whether only the usual signs and small words stand between.
fn are_close(text: &Text, one: &Word, other: &Word) -> bool {
    const LETTERS_MAX: usize = 6;
    other.start - one.end <= LETTERS_MAX
        && text.letters(one.end..other.start).iter().all(|letter| {
            letter.is_alphabetic() || matches!(letter, ' ' | '.' | '/' | '-' | ',' | '\'')
        })
}

/// What a word can be in a date.
#[derive(Debug, PartialEq)]
enum Field {
    Day(u32),
    /// A day that can be a month as well.
    DayOrMonth,
    Month,
    Year,
    /// Two digits that can be a year only.
    ShortYear,
    /// Eight digits: day, month and year in some order.
    Whole,
    Other,
}

impl Field {
    fn of(text: &Text, word: &Word) -> Self {
        let spelled = text.spelled(word);
        let figures = spelled.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let suffix = spelled.strip_prefix(figures).unwrap_or_default();
        if figures.is_empty() {
            let is_month = MONTHS.iter().any(|month| spelled.starts_with(month));
            return if is_month { Self::Month } else { Self::Other };
        }
        if !matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "o" | "a") {
            return Self::Other;
        }
        match (figures.len(), figures.parse::<u32>()) {
            (1 | 2, Ok(1..=12)) => Self::DayOrMonth,
            (1 | 2, Ok(day @ 13..=31)) => Self::Day(day),
            (2, Ok(_)) => Self::ShortYear,
            (4, Ok(1900..=2099)) => Self::Year,
            (8, Ok(number)) if is_whole(number) => Self::Whole,
            _ => Self::Other,
        }
    }

    fn can_be_day(&self) -> bool {
        matches!(self, Self::Day(_) | Self::DayOrMonth)
    }

    fn can_be_month(&self) -> bool {
        matches!(self, Self::Month | Self::DayOrMonth)
    }

    fn can_be_year(&self) -> bool {
        matches!(self, Self::Year | Self::ShortYear | Self::Day(_) | Self::DayOrMonth)
    }
}

fn is_date(one: &Field, two: &Field, three: &Field) -> bool {
    let starts_with_year = *one == Field::Year && two.can_be_month() && three.can_be_day();
    let day_and_month =
        (one.can_be_day() && two.can_be_month()) || (one.can_be_month() && two.can_be_day());
    starts_with_year || (day_and_month && three.can_be_year())
}

fn is_whole(number: u32) -> bool {
    let is_day = |day, month, year| {
        (1..=31).contains(&day) && (1..=12).contains(&month) && (1900..=2099).contains(&year)
    };
    let (first, second, last) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    is_day(first, second, last) || is_day(second, first, last) || is_day(day, month, year)
}
