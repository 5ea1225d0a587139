//! Identifiers with letters among their digits. They are given in capitals and without anything between.

use super::{digits::is_nir_of, is_day};
use crate::personal_data::{checksum::weighted, number::value};

/// One country's identifier.
pub(super) struct Id {
    pub(super) letters: usize,
    pub(super) is_valid: fn(&str) -> bool,
}

/// Every one of them, the longest first.
pub(super) const ALL: &[Id] = &[
    Id { letters: 16, is_valid: is_codice_fiscale },
    Id { letters: 15, is_valid: is_corsican_nir },
    Id { letters: 12, is_valid: is_sozialversicherung },
    Id { letters: 11, is_valid: is_henkilotunnus },
    Id { letters: 10, is_valid: is_old_henkilotunnus },
    Id { letters: 9, is_valid: is_dni },
    Id { letters: 9, is_valid: is_nino },
];

/// Whether the letters have this form: `A` for a letter, `9` for a digit, `*` for either.
fn has_form(letters: &str, form: &str) -> bool {
    letters.len() == form.len()
        && letters.chars().zip(form.chars()).all(|(letter, form)| match form {
            'A' => letter.is_ascii_uppercase(),
            '9' => letter.is_ascii_digit(),
            _ => true,
        })
}

/// The digits in it.
fn digits(letters: &str) -> Vec<u8> {
    letters
        .chars()
        .filter_map(|letter| letter.to_digit(10))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect()
}

fn number(letters: Option<&str>) -> u32 {
    letters.and_then(|letters| letters.parse().ok()).unwrap_or_default()
}

/// Italy: codice fiscale, decreto ministeriale 23 dicembre 1976; odd places count by a table of their own, the sum modulo 26.
/// Letters replace digits where two people would have the same.
fn is_codice_fiscale(letters: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    if !has_form(letters, "AAAAAA**A**A***A") {
        return false;
    }
    let replaced = "LMNPQRSTUV";
    let figures =
        letters.get(6..8).into_iter().chain(letters.get(9..11)).chain(letters.get(12..15));
    let is_formed = figures
        .flat_map(str::chars)
        .all(|letter| letter.is_ascii_digit() || replaced.contains(letter))
        && letters.get(8..9).is_some_and(|month| "ABCDEHLMPRST".contains(month));
    let order =
        |letter: char| letter.to_digit(36).map(|value| if value > 9 { value - 10 } else { value });
    let sum = letters.chars().take(15).enumerate().try_fold(0, |sum, (index, letter)| {
        let order = order(letter)?;
        let value = if index % 2 == 1 { order } else { *ODD.get(usize::try_from(order).ok()?)? };
        Some(sum + value)
    });
    is_formed && sum.map(|sum| sum % 26) == letters.chars().last().and_then(order)
}

/// France, for those born in Corsica: departments 2A and 2B, which count as 19 and 18.
fn is_corsican_nir(letters: &str) -> bool {
    if !(has_form(letters, "999999A99999999") || has_form(letters, "9999992A9999999")) {
        return false;
    }
    let department = match letters.get(5..7) {
        Some("2A") => "19",
        Some("2B") => "18",
        _ => return false,
    };
    let plain = [letters.get(..5), Some(department), letters.get(7..13)];
    let plain: String = plain.into_iter().flatten().collect();
    let key = letters.get(13..).map(digits).unwrap_or_default();
    is_nir_of(value(&digits(&plain)), &key, number(letters.get(..1)), number(letters.get(3..5)))
}

/// Germany: Versicherungsnummer, VKVV § 2; the letter counts as its two-digit order, sums of digits modulo 10.
fn is_sozialversicherung(letters: &str) -> bool {
    if !has_form(letters, "99999999A999") {
        return false;
    }
    let Some(order) = letters.chars().nth(8).and_then(|letter| letter.to_digit(36)) else {
        return false;
    };
    let counted = [letters.get(..8), Some(&*format!("{:02}", order - 9)), letters.get(9..11)];
    let counted: String = counted.into_iter().flatten().collect();
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = digits(&counted)
        .iter()
        .zip(weights)
        .map(|(&digit, weight)| u32::from(digit) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    is_day(0, number(letters.get(4..6)), number(letters.get(2..4)) % 50)
        && sum % 10 == number(letters.get(11..))
}

/// Finland: henkilötunnus, valtioneuvoston asetus 128/2010; the rest by 31 tells the last letter. The sign for the century is a letter
/// for some who were born later.
fn is_henkilotunnus(letters: &str) -> bool {
    has_form(letters, "999999A999*")
        && letters.get(6..7).is_some_and(|century| "ABCDEFYXWVU".contains(century))
        && has_finnish_check(letters.get(..6), letters.get(7..10), letters.get(10..))
}

/// The same where the sign is a dash.
fn is_old_henkilotunnus(letters: &str) -> bool {
    has_form(letters, "999999999A")
        && has_finnish_check(letters.get(..6), letters.get(6..9), letters.get(9..))
}

pub(super) fn has_finnish_check(
    day: Option<&str>,
    serial: Option<&str>,
    check: Option<&str>,
) -> bool {
    let (Some(day), Some(serial), Some(check)) = (day, serial, check) else { return false };
    let number: String = [day, serial].concat();
    let remainder = usize::try_from(value(&digits(&number)) % 31).unwrap_or_default();
    is_day(0, self::number(day.get(2..4)), self::number(day.get(..2)))
        && "0123456789ABCDEFHJKLMNPRSTUVWXY".get(remainder..=remainder) == Some(check)
}

/// Spain: DNI and NIE, Real Decreto 1553/2005 and 557/2011; the rest by 23 tells the letter. X, Y and Z count as 0, 1 and 2.
fn is_dni(letters: &str) -> bool {
    let number = match letters.split_at_checked(1) {
        Some(("X", rest)) => format!("0{rest}"),
        Some(("Y", rest)) => format!("1{rest}"),
        Some(("Z", rest)) => format!("2{rest}"),
        _ => letters.to_owned(),
    };
    if !has_form(&number, "99999999A") {
        return false;
    }
    let remainder = usize::try_from(value(&digits(&number)) % 23).unwrap_or_default();
    "TRWAGMYFPDXBNJZSQVHLCKE".get(remainder..=remainder) == number.get(8..)
}

/// United Kingdom: National Insurance number, HMRC manual NIM39110. It has no check, only letters that are not given.
fn is_nino(letters: &str) -> bool {
    has_form(letters, "AA999999A")
        && !letters.starts_with(['D', 'F', 'I', 'Q', 'U', 'V'])
        && letters.get(1..2).is_some_and(|second| !"DFIOQUV".contains(second))
        && letters
            .get(..2)
            .is_some_and(|two| !matches!(two, "BG" | "GB" | "KN" | "NK" | "NT" | "TN" | "ZZ"))
        && letters.ends_with(['A', 'B', 'C', 'D'])
        && weighted(&digits(letters), &[1; 6]) > 0
}
