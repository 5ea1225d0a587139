//! Numbers of payment cards: 12 to 19 digits, an issuer's prefix and Luhn's check digit.

mod issuers;

use super::{
    checksum::{gtin, luhn},
    cues::{Context, Cues},
    finding::Finding,
    kind::PersonalDataKind,
    number::{Number, Part, may_end, may_start},
    text::Text,
};

const DIGITS_MIN: usize = 12;
const DIGITS_MAX: usize = 19;
/// Shorter ones are as often something else.
const SURE_DIGITS_MIN: usize = 13;

/// The card's number that starts with this number.
pub(super) fn find(text: &Text, number: &Number, context: Context) -> Option<Finding> {
    if !may_start(text, number.start) {
        return None;
    }
    let part = number.parts().find(|part| is_card(part) && may_end(text, part.end))?;
    if context.is_ordered() && (part.groups < 3 || part.digits.len() < SURE_DIGITS_MIN) {
        return None;
    }
    let is_named = context.near.has(Cues::CARD);
    let is_sure = part.groups > 1 || (part.digits.len() >= SURE_DIGITS_MIN && !is_article(&part));
    (is_named || is_sure).then(|| {
        Finding::new(PersonalDataKind::PaymentCard, part.start, part.end).named_if(is_named)
    })
}

fn is_card(part: &Part<'_>) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&part.digits.len())
        && is_grouped_as_card(part)
        && luhn(part.digits)
        && issuers::issue(part.digits)
}

/// Whether it is written in one, in fours, or as American Express, Diners and Maestro group theirs.
fn is_grouped_as_card(part: &Part<'_>) -> bool {
    let lengths: Vec<_> = part.lengths().collect();
    let is_grouped = match lengths.as_slice() {
        [_] | [4, 6, 4 | 5] | [4, 4, 5] | [6, 13] | [8, 8 | 11] => true,
        [fours @ .., last] => fours.iter().all(|&length| length == 4) && (1..=4).contains(last),
        [] => false,
    };
    is_grouped && (part.is_parted_by(' ') || part.is_parted_by('-'))
}

/// Whether it could be the number on an article as well.
fn is_article(part: &Part<'_>) -> bool {
    part.digits.len() <= 14 && gtin(part.digits)
}
