//! Postal addresses, as far as a street and a house's number show one.

mod town;

use super::{
    cues::Cues,
    finding::Finding,
    kind::PersonalDataKind,
    number::{may_end, may_start},
    text::{Text, Word},
};

/// A house's number has no more digits.
const DIGITS_MAX: usize = 5;
/// A street's name has no more words.
const NAME_WORDS_MAX: usize = 4;

/// Ends of words that name a street, in German, Dutch, Swedish, Danish, Norwegian and Finnish.
const SUFFIXES: &[&str] = &[
    "strasse", "str", "weg", "platz", "gasse", "allee", "damm", "ufer", "straat", "laan", "gracht",
    "plein", "kade", "dijk", "gatan", "gata", "vagen", "katu", "gade", "vej", "veien",
];
/// Words with such an end that name no street.
const NO_STREETS: &[&str] = &[
    "sitzplatz",
    "parkplatz",
    "arbeitsplatz",
    "stellplatz",
    "spielplatz",
    "stehplatz",
    "campingplatz",
    "ruckweg",
    "hinweg",
    "heimweg",
    "umweg",
    "arbeitsweg",
    "lieferweg",
];
/// Words for a street that stand alone after its name: `Brucker Straße 31`.
const AFTER_NAME: &[&str] = &[
    "strasse", "str", "weg", "platz", "gasse", "allee", "straat", "laan", "baan", "plein", "gata",
    "gate", "vag", "vei",
];
/// What may stand in a street's name in small letters.
const PARTICLES: &[&str] = &[
    "de", "la", "le", "les", "l", "du", "des", "d", "della", "del", "dell", "dei", "delle", "di",
    "da", "do", "dos", "das", "el", "los", "las", "van", "den", "der", "am", "an", "saint",
    "sainte", "st", "of", "the",
];
/// Between a house's number and the name of the street: `15 bis rue …`.
const REPEATED: &[&str] = &["bis", "ter", "quater"];
/// Words for a street that may be written small: the others mean too much else.
const STREETS: &[&str] =
    &["street", "road", "avenue", "lane", "boulevard", "st", "rd", "ave", "blvd"];

/// Every address.
pub(super) fn find(text: &Text, findings: &mut Vec<Finding>) {
    let words = text.words();
    let numbers = words.iter().enumerate().filter(|(_, word)| is_house(text, word));
    for (index, word) in numbers {
        let house_end = house_end(text, word);
        let street = after_house(text, index)
            .map(|end| (word.start, end))
            .or_else(|| Some((before_house(text, index, house_end)?, house_end)))
            .or_else(|| Some((before_town(text, index, house_end)?, house_end)));
        if let Some((start, end)) = street {
            let end = town::end(text, end);
            findings.push(Finding::new(PersonalDataKind::PostalAddress, start, end));
        }
    }
}

/// `12`, `12a`, `221B`.
fn is_house(text: &Text, word: &Word) -> bool {
    let letters = text.letters(word.start..word.end);
    let digits = letters.iter().take_while(|letter| letter.is_ascii_digit()).count();
    (1..=DIGITS_MAX).contains(&digits)
        && letters.len() <= digits + 1
        && letters.iter().skip(digits).all(char::is_ascii_alphabetic)
        && (may_start(text, word.start) || text.before(word.start) == '.')
        && may_end(text, house_end(text, word))
}

/// Where the house's number ends: `84/92`, `263-267`.
fn house_end(text: &Text, word: &Word) -> usize {
    if !matches!(text.at(word.end), '-' | '/') {
        return word.end;
    }
    let next = text.next_word(word.end + 1).filter(|next| next.start == word.end + 1);
    next.filter(|next| next.end - next.start <= DIGITS_MAX && text.at(next.start).is_ascii_digit())
        .map_or(word.end, |next| next.end)
}

/// Where the street's name begins, whatever it is called, if a postcode and a town come after the house's number.
fn before_town(text: &Text, house: usize, house_end: usize) -> Option<usize> {
    if !town::has_name(text, house_end) {
        return None;
    }
    let mut later = text.words().get(house)?.start;
    let mut start = None;
    for word in text.words().iter().take(house).rev().take(NAME_WORDS_MAX) {
        let is_part = is_name(text, word) || (start.is_some() && is_particle(text, word));
        let is_ordered = text.cues_at(word.start).has(Cues::ORDER);
        if !is_near(text, word.end, later) || !is_part || is_ordered {
            break;
        }
        if is_name(text, word) {
            start = Some(word.start);
        }
        later = word.start;
    }
    start
}

fn is_particle(text: &Text, word: &Word) -> bool {
    PARTICLES.contains(&text.spelled(word))
}

/// Where the street's name ends that follows this house's number.
fn after_house(text: &Text, house: usize) -> Option<usize> {
    let mut first = house + 1;
    if text.words().get(first).is_some_and(|word| REPEATED.contains(&text.spelled(word))) {
        first += 1;
    }
    let end = text.words().get(first - 1)?.end;
    let word = text.words().get(first).filter(|word| {
        is_near(text, end, word.start) || text.letters(end..word.start) == [',', ' ']
    })?;
    if text.cues_at(word.start).has(Cues::RUE) {
        return name_end(text, first);
    }
    let mut end = end;
    for (named, word) in text.words().iter().skip(first).take(NAME_WORDS_MAX).enumerate() {
        if !is_near(text, end, word.start) {
            return None;
        }
        let is_street = text.cues_at(word.start).has(Cues::STREET);
        let is_written = is_capital(text, word) || STREETS.contains(&text.spelled(word));
        if named > 0 && is_street && is_written {
            return Some(word.end);
        }
        if !is_name(text, word) {
            return None;
        }
        end = word.end;
    }
    None
}

/// Where a French street's name ends that begins with this word: what it is, small words, and at least one of the name.
fn name_end(text: &Text, street: usize) -> Option<usize> {
    let mut end = text.words().get(street)?.end;
    let mut named = None;
    for word in text.words().iter().skip(street + 1).take(NAME_WORDS_MAX + 2) {
        let is_particle = PARTICLES.contains(&text.spelled(word)) && !is_capital(text, word);
        let is_named = is_name(text, word) || (named.is_none() && is_letters(text, word));
        if !is_near(text, end, word.start) || !(is_particle || is_named) {
            break;
        }
        end = word.end;
        if !is_particle {
            named = Some(end);
        }
    }
    named
}

/// Where the street's name begins that ends before this house's number.
fn before_house(text: &Text, house: usize, house_end: usize) -> Option<usize> {
    let number = text.words().get(house)?;
    let last = house.checked_sub(1)?;
    let street = text.words().get(last)?;
    let between = text.letters(street.end..number.start);
    if !matches!(between, [' ' | '.' | '\n'] | ['.' | ',', ' '] | [' ', 'n', '.']) {
        return None;
    }
    let spelled = text.spelled(street);
    let is_compound =
        SUFFIXES.iter().any(|suffix| spelled.len() > suffix.len() + 1 && spelled.ends_with(suffix));
    if is_compound && is_capital(text, street) && !NO_STREETS.contains(&spelled) {
        return Some(street.start);
    }
    if AFTER_NAME.contains(&spelled) {
        let name = text.words().get(last.checked_sub(1)?)?;
        let is_named = is_name(text, name) && name.end + 1 == street.start;
        return is_named.then_some(name.start);
    }
    name_start(text, house, house_end)
}

/// Where a street's name begins that is called one first: `Calle Mayor 12`, `Via Roma 3`.
fn name_start(text: &Text, house: usize, house_end: usize) -> Option<usize> {
    let ends = matches!(text.at(house_end), '\0' | ',' | '.' | '\n' | ')' | ';')
        || town::follows(text, house_end);
    let mut later = text.words().get(house - 1)?.end;
    let mut named = false;
    for word in text.words().iter().take(house).rev().take(NAME_WORDS_MAX + 1) {
        if later > word.end && !is_near(text, word.end, later) {
            return None;
        }
        if named && text.cues_at(word.start).has(Cues::RUE | Cues::VIA) {
            return ends.then_some(word.start);
        }
        let is_particle = is_particle(text, word);
        if !is_name(text, word) && !is_particle {
            return None;
        }
        named |= !is_particle;
        later = word.start;
    }
    None
}

/// Whether no more than a space, a full stop or an apostrophe stands between.
fn is_near(text: &Text, end: usize, start: usize) -> bool {
    matches!(text.letters(end..start), [' ' | '\'' | '’' | '-' | '/'] | ['.' | '/', ' '])
}

fn is_capital(text: &Text, word: &Word) -> bool {
    text.at(word.start).is_uppercase()
}

fn is_letters(text: &Text, word: &Word) -> bool {
    text.letters(word.start..word.end).iter().all(|letter| letter.is_alphabetic())
}

/// Whether it can be of a street's name: it has a capital, or is an ordinal.
fn is_name(text: &Text, word: &Word) -> bool {
    let spelled = text.spelled(word);
    let ordinal = spelled.trim_start_matches(|letter: char| letter.is_ascii_digit());
    (is_capital(text, word) && is_letters(text, word))
        || (ordinal.len() < spelled.len() && matches!(ordinal, "st" | "nd" | "rd" | "th"))
}
