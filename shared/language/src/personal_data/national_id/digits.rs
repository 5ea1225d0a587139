//! Identifiers that are digits and nothing else.

use super::{is_day, letters::has_finnish_check};
use crate::personal_data::{
    checksum::{gtin, luhn, weighted},
    cues::Cues,
    number::value,
};

/// One country's identifier.
pub(super) struct Id {
    pub(super) digits: usize,
    /// What its name is among the context words.
    pub(super) cues: Cues,
    /// How it is written where it needs no word to tell what it is.
    pub(super) forms: &'static [&'static str],
    /// How it is written where it needs one: what checks it is weak, and other numbers look so.
    pub(super) named_forms: &'static [&'static str],
    pub(super) is_valid: fn(&[u8]) -> bool,
}

/// Every one of them.
pub(super) const ALL: &[Id] = &[
    Id {
        digits: 11,
        cues: Cues::STEUER_ID,
        forms: &["dd ddd ddd ddd"],
        named_forms: &[
            "ddddddddddd",
            "dd/ddd/ddd/ddd",
            "dd-ddd-ddd-ddd",
            "ddd ddd ddd dd",
            "ddd dddd dddd",
        ],
        is_valid: is_steuer_id,
    },
    Id {
        digits: 15,
        cues: Cues::ID,
        forms: &[
            "ddddddddddddddd",
            "ddddddddddddd dd",
            "d dd dd dd ddd ddd dd",
            "d-dd-dd-dd-ddd-ddd-dd",
            "d dd dd dd ddd ddd-dd",
            "d dd dd ddddd ddd dd",
            "d.dd.dd.dd.ddd.ddd.dd",
            "d dd dd dd ddd ddd/dd",
            "ddddddddddddd-dd",
        ],
        named_forms: &[],
        is_valid: is_nir,
    },
    Id {
        digits: 9,
        cues: Cues::BSN,
        forms: &["dddd.dd.ddd"],
        named_forms: &["ddddddddd", "ddd ddd ddd", "ddd.ddd.ddd", "dddd dd ddd", "ddd-ddd-ddd"],
        is_valid: is_bsn,
    },
    Id {
        digits: 11,
        cues: Cues::ID,
        forms: &["ddddddddddd"],
        named_forms: &["dddddd ddddd", "dddddd-ddddd"],
        is_valid: is_pesel,
    },
    Id {
        digits: 10,
        cues: Cues::PERSONNUMMER,
        forms: &["dddddd-dddd"],
        named_forms: &["dddddddddd", "dddddd dddd"],
        is_valid: is_personnummer,
    },
    Id {
        digits: 10,
        cues: Cues::ID,
        forms: &["dddddd-dddd"],
        named_forms: &[],
        is_valid: is_henkilotunnus,
    },
    Id {
        digits: 12,
        cues: Cues::PERSONNUMMER,
        forms: &["dddddddd-dddd"],
        named_forms: &["dddddddddddd", "dddddddd dddd"],
        is_valid: is_long_personnummer,
    },
    Id {
        digits: 11,
        cues: Cues::ID,
        forms: &[
            "ddddddddddd",
            "dd.dd.dd-ddd.dd",
            "dd.dd.dd-ddd-dd",
            "dd.dd.dd ddd.dd",
            "dd dd dd ddd dd",
            "dddddd-ddd-dd",
            "dddddd ddd dd",
            "dd.dd.dd.ddd.dd",
            "dd.dd.dd-ddd dd",
        ],
        named_forms: &["dd-dd-dd-ddd-dd", "dddddd-ddddd", "dd/dd/dd-ddd-dd"],
        is_valid: is_rijksregister,
    },
    Id {
        digits: 9,
        cues: Cues::NIF,
        forms: &[],
        named_forms: &["ddddddddd", "ddd ddd ddd", "ddd.ddd.ddd"],
        is_valid: is_nif,
    },
    Id {
        digits: 10,
        cues: Cues::NHS,
        forms: &[],
        named_forms: &["dddddddddd", "ddd ddd dddd", "ddd-ddd-dddd"],
        is_valid: is_nhs,
    },
    Id {
        digits: 9,
        cues: Cues::SSN,
        forms: &["ddd-dd-dddd"],
        named_forms: &["ddddddddd", "ddd dd dddd", "ddd.dd.dddd"],
        is_valid: is_ssn,
    },
    Id {
        digits: 11,
        cues: Cues::CPF,
        forms: &["ddd.ddd.ddd-dd", "ddddddddd-dd", "ddd.ddd.ddd/dd"],
        named_forms: &[
            "ddddddddddd",
            "ddd ddd ddd dd",
            "ddd.ddd.ddd.dd",
            "ddd-ddd-ddd-dd",
            "ddd.ddd.ddd dd",
        ],
        is_valid: is_cpf,
    },
    Id {
        digits: 13,
        cues: Cues::ID,
        forms: &["ddd.dddd.dddd.dd", "ddd dddd dddd dd", "ddd-dddd-dddd-dd", "ddddddddddddd"],
        named_forms: &[],
        is_valid: is_ahv,
    },
];

fn at(digits: &[u8], index: usize) -> u32 {
    digits.get(index).copied().map_or(0, u32::from)
}

fn two(digits: &[u8], index: usize) -> u32 {
    at(digits, index) * 10 + at(digits, index + 1)
}

fn is_one_digit(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| matches!(pair, [one, other] if one == other))
}

/// Germany: Steueridentifikationsnummer, § 139b AO; ISO/IEC 7064 MOD 11,10; of the first ten digits one stands twice or three times.
fn is_steuer_id(digits: &[u8]) -> bool {
    let Some((check, first)) = digits.split_last() else { return false };
    let mut counts = [0; 10];
    for &digit in first {
        if let Some(count) = counts.get_mut(usize::from(digit)) {
            *count += 1;
        }
    }
    let repeated: Vec<_> = counts.into_iter().filter(|&count| count > 1).collect();
    let product = first.iter().fold(10, |product, &digit| {
        let sum = match (u32::from(digit) + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    at(digits, 0) != 0
        && matches!(repeated.as_slice(), [2 | 3])
        && (11 - product) % 10 == u32::from(*check)
}

/// France: numéro d'inscription au répertoire, décret n° 82-103; the key is 97 less the rest by 97.
fn is_nir(digits: &[u8]) -> bool {
    let Some((number, key)) = digits.split_at_checked(13) else { return false };
    is_nir_of(value(number), key, at(digits, 0), two(digits, 3))
}

/// The same with the number as it is divided: Corsica's departments have letters.
pub(super) fn is_nir_of(number: u128, key: &[u8], sex: u32, month: u32) -> bool {
    matches!(sex, 1 | 2 | 3 | 4 | 7 | 8)
        && matches!(month, 1..=12 | 20..=42 | 50..=99)
        && 97 - number % 97 == value(key)
}

/// The Netherlands: burgerservicenummer, Wet algemene bepalingen burgerservicenummer; the eleven test.
fn is_bsn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    !is_one_digit(digits) && sum % 11 == at(digits, 8)
}

/// Poland: PESEL, ustawa o ewidencji ludności, art. 15-16; the month tells the century, of which two have people who live.
fn is_pesel(digits: &[u8]) -> bool {
    let month = two(digits, 2);
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    matches!(month, 1..=12 | 21..=32)
        && is_day(two(digits, 0), month % 20, two(digits, 4))
        && sum.is_multiple_of(10)
}

/// Sweden: personnummer, folkbokföringslagen § 18; Luhn. In a samordningsnummer the day is 60 more.
fn is_personnummer(digits: &[u8]) -> bool {
    let day = two(digits, 4);
    is_day(two(digits, 0), two(digits, 2), if day > 60 { day - 60 } else { day }) && luhn(digits)
}

/// Finland: as it is with letters, where the last is a digit.
fn is_henkilotunnus(digits: &[u8]) -> bool {
    let written: String = digits.iter().map(|&digit| char::from(b'0' + digit % 10)).collect();
    has_finnish_check(written.get(..6), written.get(6..9), written.get(9..))
}

fn is_long_personnummer(digits: &[u8]) -> bool {
    matches!(two(digits, 0), 18..=20) && digits.get(2..).is_some_and(is_personnummer)
}

/// Belgium: rijksregisternummer, koninklijk besluit 3 april 1984; 97 less the rest by 97, from 2000 on with a 2 before it.
/// In a bis number the month is 20 or 40 more.
fn is_rijksregister(digits: &[u8]) -> bool {
    let Some((number, check)) = digits.split_at_checked(9) else { return false };
    let (number, check) = (value(number), value(check));
    let month = two(digits, 2) % 20;
    matches!(two(digits, 2), 0..=12 | 20..=32 | 40..=52)
        && (month == 0 || two(digits, 4) == 0 || is_day(two(digits, 0), month, two(digits, 4)))
        && (97 - number % 97 == check || 97 - (2_000_000_000 + number) % 97 == check)
        && !is_one_digit(digits)
}

/// Portugal: número de identificação fiscal, Decreto-Lei n.º 14/2013; modulo 11.
fn is_nif(digits: &[u8]) -> bool {
    let remainder = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if remainder < 2 { 0 } else { 11 - remainder };
    at(digits, 0) != 0 && check == at(digits, 8)
}

/// United Kingdom: NHS number, NHS Data Model and Dictionary; modulo 11.
fn is_nhs(digits: &[u8]) -> bool {
    let remainder = weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    (11 - remainder) % 11 == at(digits, 9) && !is_one_digit(digits)
}

/// United States: social security number, 20 CFR 422.103, and the tax office's number for those who have none (IRS, ITIN).
fn is_ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (
        two(digits, 0) * 10 + at(digits, 2),
        two(digits, 3),
        two(digits, 5) * 100 + two(digits, 7),
    );
    let is_itin = area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
    let is_given = matches!(area, 1..=665 | 667..=899) && group != 0 && serial != 0;
    (is_given || is_itin) && !is_one_digit(digits)
}

/// Brazil: cadastro de pessoas físicas, Instrução Normativa RFB n.º 1548; two check digits modulo 11.
fn is_cpf(digits: &[u8]) -> bool {
    let check = |weights: &[u32]| (weighted(digits, weights) * 10 % 11) % 10;
    !is_one_digit(digits)
        && check(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) == at(digits, 9)
        && check(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == at(digits, 10)
}

/// Switzerland: AHV-Nummer, AHVG art. 50c; the country's 756 before it, and the check of article numbers.
fn is_ahv(digits: &[u8]) -> bool {
    digits.starts_with(&[7, 5, 6]) && gtin(digits)
}
