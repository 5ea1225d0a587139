//! E-mail addresses. Source: RFC 5321, 4.5.3.1 (limits), RFC 6531 (letters of all scripts).

use super::{finding::Finding, kind::PersonalDataKind, text::Text};

const LOCAL_LETTERS_MAX: usize = 64;
const DOMAIN_LETTERS_MAX: usize = 253;
const TOP_LEVEL_LETTERS_MIN: usize = 2;

/// The address around this `@`.
pub(super) fn find(text: &Text, at_sign: usize) -> Option<Finding> {
    let start = local_start(text, at_sign)?;
    let end = domain_end(text, at_sign + 1)?;
    Some(Finding::new(PersonalDataKind::Email, start, end))
}

fn local_start(text: &Text, at_sign: usize) -> Option<usize> {
    let reach = at_sign.saturating_sub(LOCAL_LETTERS_MAX);
    let mut start = (reach..at_sign).rev().take_while(|&at| is_local(text.at(at))).last()?;
    while start < at_sign && !text.at(start).is_alphanumeric() && text.at(start) != '_' {
        start += 1;
    }
    (start < at_sign && text.before(at_sign) != '.').then_some(start)
}

/// What people's addresses are made of. RFC 5322 allows more, which in running text is punctuation.
fn is_local(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '_' | '%' | '+' | '-' | '\'' | '&' | '~')
}

/// Where the domain ends that starts here: with the last label that can be a top-level domain.
fn domain_end(text: &Text, start: usize) -> Option<usize> {
    let mut end = None;
    let mut label_start = start;
    for at in start..=start + DOMAIN_LETTERS_MAX {
        let letter = text.at(at);
        if letter.is_alphanumeric() || letter == '-' {
            continue;
        }
        if at == label_start {
            break;
        }
        if label_start > start {
            end = top_level_end(text, label_start, at).or(end);
        }
        if letter != '.' {
            break;
        }
        label_start = at + 1;
    }
    end
}

/// Where the label ends as a top-level domain: letters, or letters of other scripts in ASCII.
fn top_level_end(text: &Text, start: usize, end: usize) -> Option<usize> {
    if text.letters(start..end).starts_with(&['x', 'n', '-', '-']) {
        return Some(end);
    }
    // Scripts without spaces may go on right after the address.
    let is_ascii = text.at(start).is_ascii();
    let letters = text.letters(start..end).iter();
    let count = letters
        .take_while(|letter| letter.is_alphabetic() && letter.is_ascii() == is_ascii)
        .count();
    let is_whole = start + count == end || (is_ascii && !text.at(start + count).is_ascii());
    (count >= TOP_LEVEL_LETTERS_MIN && is_whole).then_some(start + count)
}
