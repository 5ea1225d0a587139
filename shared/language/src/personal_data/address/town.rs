//! What may follow a street and a house's number: a flat, a postcode, a town.

use super::{is_capital, is_letters};
use crate::personal_data::text::{Text, Word};

/// A town's name has no more words, nor does a country's.
const NAME_WORDS_MAX: usize = 3;
/// What may stand in a town's name in small letters.
const WITHIN_TOWNS: &[&str] = &["am", "an", "im", "de", "la", "le", "del", "sur", "aan", "den"];
/// What parts the lines of an address.
const PARTING_MAX: usize = 4;

const FLATS: &[&str] = &[
    "apt",
    "apartment",
    "flat",
    "suite",
    "unit",
    "floor",
    "app",
    "appartement",
    "etage",
    "stock",
    "og",
    "top",
    "piso",
    "esc",
    "escalera",
    "int",
    "interno",
    "scala",
    "bus",
    "box",
    "lgh",
    "m",
];

/// Where an address ends whose street and number end here.
pub(super) fn end(text: &Text, street_end: usize) -> usize {
    let flat_end = flat_end(text, street_end).unwrap_or(street_end);
    postcode_and_town(text, flat_end)
        .or_else(|| town_and_postcode(text, flat_end))
        .unwrap_or(flat_end)
}

/// Whether a flat or a postcode comes next.
pub(super) fn follows(text: &Text, end: usize) -> bool {
    flat_end(text, end).is_some()
        || next(text, end).is_some_and(|index| postcode_end(text, index).is_some())
}

/// The word that comes next, after what may part two lines of an address.
fn next(text: &Text, end: usize) -> Option<usize> {
    let index = text.word_from(end);
    let word = text.words().get(index)?;
    let parting = text.letters(end..word.start);
    let is_parting = parting.len() <= PARTING_MAX
        && parting.iter().all(|letter| matches!(letter, ' ' | ',' | '.' | '\n' | '\r' | '-'));
    is_parting.then_some(index)
}

/// Whether a postcode comes next, and a town's name after it.
pub(super) fn has_name(text: &Text, end: usize) -> bool {
    next(text, end)
        .and_then(|index| postcode_end(text, index))
        .is_some_and(|(end, index)| town_end(text, end, index).is_some())
}

fn flat_end(text: &Text, end: usize) -> Option<usize> {
    let flat = next(text, end)?;
    if !FLATS.contains(&text.spelled(text.words().get(flat)?)) {
        return None;
    }
    let number = text.words().get(next(text, text.words().get(flat)?.end)?)?;
    let is_number = text.at(number.start).is_ascii_digit() || number.end - number.start == 1;
    is_number.then_some(number.end)
}

/// `12345 Berlin`, `D-12345 Berlin`, `1234 AB Amsterdam`, `75001 Paris`.
fn postcode_and_town(text: &Text, end: usize) -> Option<usize> {
    let mut first = next(text, end)?;
    let word = text.words().get(first)?;
    if word.end - word.start <= 2 && is_capital(text, word) && text.at(word.end) == '-' {
        first += 1;
    }
    let (end, index) = postcode_end(text, first)?;
    Some(town_end(text, end, index).unwrap_or(end))
}

/// `London SW1A 1AA`, `Springfield, IL 62704`.
fn town_and_postcode(text: &Text, end: usize) -> Option<usize> {
    let mut end = end;
    for _ in 0..=NAME_WORDS_MAX {
        let index = next(text, end)?;
        if let Some((end, _)) = postcode_end(text, index) {
            return Some(end);
        }
        let word = text.words().get(index)?;
        if !is_capital(text, word) || !is_letters(text, word) {
            return None;
        }
        end = word.end;
    }
    None
}

/// Where the postcode ends that begins with this word, and which word comes after it.
fn postcode_end(text: &Text, index: usize) -> Option<(usize, usize)> {
    let word = text.words().get(index)?;
    let following = text.words().get(index + 1).filter(|next| next.start == word.end + 1);
    let is_digits = |word: &Word, count| {
        let letters = text.letters(word.start..word.end);
        letters.len() == count && letters.iter().all(char::is_ascii_digit)
    };
    let is_dutch = |next: &Word| {
        let letters = text.letters(next.start..next.end);
        letters.len() == 2 && letters.iter().all(char::is_ascii_uppercase)
    };
    if is_digits(word, 5) {
        return Some((word.end, index + 1));
    }
    if is_digits(word, 4) {
        let next = following.filter(|next| is_dutch(next));
        return Some(next.map_or((word.end, index + 1), |next| (next.end, index + 2)));
    }
    // Poland, Portugal, Sweden: `00-950`, `1000-001`, `114 55`. The United Kingdom: `SW1A 1AA`.
    let next = following?;
    let is_split =
        (is_digits(word, 2) && is_digits(next, 3)) || (is_digits(word, 3) && is_digits(next, 2));
    (is_split || is_british(text, word, next)).then_some((next.end, index + 2))
}

fn is_british(text: &Text, outward: &Word, inward: &Word) -> bool {
    let outward = text.letters(outward.start..outward.end);
    let is_outward = (2..=4).contains(&outward.len())
        && outward.first().is_some_and(char::is_ascii_uppercase)
        && outward.iter().any(char::is_ascii_digit);
    let is_inward = matches!(
        text.letters(inward.start..inward.end),
        [digit, one, other] if digit.is_ascii_digit() && one.is_ascii_uppercase() && other.is_ascii_uppercase()
    );
    is_outward && is_inward
}

/// Where the town's name ends that begins with this word: in capitals, without the end of a line in between.
fn town_end(text: &Text, postcode_end: usize, first: usize) -> Option<usize> {
    let mut end = None;
    for (index, word) in text.words().iter().enumerate().skip(first).take(NAME_WORDS_MAX) {
        let parting = text.letters(end.unwrap_or(postcode_end)..word.start);
        let is_near =
            matches!(parting, [' ' | '-'] | [',', ' ']) && (end.is_none() || parting != [',', ' ']);
        let is_named = is_capital(text, word) && is_letters(text, word);
        // `Frankfurt am Main`
        let leads_on = end.is_some()
            && WITHIN_TOWNS.contains(&text.spelled(word))
            && text.words().get(index + 1).is_some_and(|next| {
                next.start == word.end + 1 && is_capital(text, next) && is_letters(text, next)
            });
        if !is_near || !(is_named || leads_on) {
            break;
        }
        end = Some(word.end);
    }
    end
}
