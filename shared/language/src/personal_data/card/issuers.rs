//! Prefixes of card numbers by issuer.
//! Source: ISO/IEC 7812-1 (structure), and the issuers' published ranges as collected in
//! <https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)>.

use crate::personal_data::number::value;

/// How many digits a prefix is compared by.
const PREFIX_DIGITS: usize = 6;

/// An issuer's range of prefixes, and how many digits its numbers have.
struct Range {
    first: u32,
    last: u32,
    digits: &'static [usize],
}

const fn range(first: u32, last: u32, digits: &'static [usize]) -> Range {
    Range { first, last, digits }
}

const FROM_12_TO_19: &[usize] = &[12, 13, 14, 15, 16, 17, 18, 19];
const FROM_16_TO_19: &[usize] = &[16, 17, 18, 19];

const RANGES: &[Range] = &[
    // Visa
    range(400_000, 499_999, &[13, 16, 18, 19]),
    // Mastercard
    range(510_000, 559_999, &[16]),
    range(222_100, 272_099, &[16]),
    // American Express
    range(340_000, 349_999, &[15]),
    range(370_000, 379_999, &[15]),
    // Diners Club
    range(300_000, 305_999, &[14, 16, 19]),
    range(309_500, 309_599, &[14, 16, 19]),
    range(360_000, 369_999, &[14, 16, 19]),
    range(380_000, 399_999, &[14, 16, 19]),
    // Discover
    range(601_100, 601_199, FROM_16_TO_19),
    range(644_000, 659_999, FROM_16_TO_19),
    // JCB, the last two as it numbered in the beginning
    range(352_800, 358_999, FROM_16_TO_19),
    range(350_000, 359_999, &[16]),
    range(213_100, 213_199, &[15]),
    range(180_000, 180_099, &[15]),
    // UnionPay
    range(620_000, 629_999, FROM_16_TO_19),
    range(810_000, 817_199, FROM_16_TO_19),
    // Maestro
    range(500_000, 509_999, FROM_12_TO_19),
    range(560_000, 589_999, FROM_12_TO_19),
    range(630_400, 630_499, FROM_12_TO_19),
    range(639_000, 639_099, FROM_12_TO_19),
    range(670_000, 679_999, FROM_12_TO_19),
    range(60_400, 60_499, FROM_12_TO_19),
    // RuPay, Dankort, Mir, Troy, Elo and Hipercard
    range(608_000, 608_999, &[16]),
    range(501_900, 501_999, &[16]),
    range(220_000, 220_499, FROM_16_TO_19),
    range(979_200, 979_289, &[16]),
    range(606_282, 606_282, &[13, 16, 19]),
    range(636_297, 636_368, &[16]),
];

/// Whether some issuer gives out numbers of this length that begin so.
pub(super) fn issue(digits: &[u8]) -> bool {
    let Some(prefix) = digits.get(..PREFIX_DIGITS).map(value) else { return false };
    RANGES.iter().any(|range| {
        (u128::from(range.first)..=u128::from(range.last)).contains(&prefix)
            && range.digits.contains(&digits.len())
    })
}
