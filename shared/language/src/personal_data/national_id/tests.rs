use proptest::prelude::*;

use super::{digits, letters};
use crate::personal_data::{PersonalDataKind, cues::Cues, find};

/// Examples that authorities and their documents give, in a sentence of the country, and how they stand there.
const EXAMPLES: &[(&str, &str)] = &[
    ("Meine Steuer-ID ist {}", "86095742719"),
    ("{}", "65 929 970 489"),
    ("{}", "65 170839 J 003"),
    ("Sozialversicherungsnummer {}", "65170839J003"),
    ("mon numéro de sécu {}", "1 84 12 76 451 089 46"),
    ("{}", "255081416802538"),
    ("{}", "12345678Z"),
    ("DNI: {}", "12345678-Z"),
    ("mi NIE {}", "X1234567L"),
    ("codice fiscale {}", "RSSMRA85T10A562S"),
    ("{}", "rssmra85t10a562s"),
    ("mijn BSN is {}", "111222333"),
    ("{}", "1112.22.333"),
    ("PESEL {}", "44051401359"),
    ("{}", "02070803628"),
    ("{}", "811218-9876"),
    ("personnummer {}", "19811218-9876"),
    ("{}", "131052-308T"),
    ("{}", "85.07.30-033.28"),
    ("NIF {}", "123456789"),
    ("my NI number is {}", "AB 12 34 56 C"),
    ("{}", "AB123456C"),
    ("NHS number {}", "943 476 5919"),
    ("my social security number: {}", "078051120"),
    ("{}", "460-89-9847"),
    ("ITIN {}", "912-70-1234"),
    ("CPF {}", "11144477735"),
    ("{}", "529.982.247-25"),
    ("{}", "756.9217.0769.85"),
];

const NOT_FOUND: &[&str] = &[
    "86095742719",
    "111222333",
    "123456789",
    "943 476 5919",
    "078051120",
    "order 12345678Z",
    "Bestellnummer 44051401359",
    "666-12-1234",
    "460-00-9847",
    "12345678A",
    "BG123456C",
    "131052-308U",
    "RSSMRA85T10A562T",
];

fn ids(text: &str) -> Vec<String> {
    let spans = find(text).into_iter();
    let ids = spans.filter(|span| span.kind == PersonalDataKind::NationalId);
    ids.map(|span| text.chars().skip(span.start).take(span.end - span.start).collect()).collect()
}

#[test]
fn examples_are_found() {
    for (sentence, id) in EXAMPLES {
        assert_eq!(ids(&sentence.replace("{}", id)), [*id], "{sentence}");
    }
}

#[test]
fn what_has_no_check_or_no_name_is_not_found() {
    for text in NOT_FOUND {
        assert_eq!(ids(text), [""; 0], "{text}");
    }
}

/// The same digits with one of them changed.
fn changed(digits: &[u8], place: usize) -> Vec<u8> {
    let mut changed = digits.to_vec();
    let place = place % digits.len();
    changed[place] = (changed[place] + 1) % 10;
    changed
}

/// Whether every change of a digit is noticed: not where the rests 0 and 1 have the same check digit, and where there is no check.
fn is_checked(id: &digits::Id) -> bool {
    !id.cues.has(Cues::NIF | Cues::SSN | Cues::CPF) && id.named_forms != RIJKSREGISTER_NAMED
}

/// In Belgium a number is right by one of two checks.
const RIJKSREGISTER_NAMED: &[&str] = &["dd-dd-dd-ddd-dd", "dddddd-ddddd", "dd/dd/dd-ddd-dd"];

/// The same with the last two digits that make it right.
fn number_with_check(id: &digits::Id, mut number: Vec<u8>) -> Vec<u8> {
    for check in 0..100 {
        number.splice(id.digits - 2.., [check / 10, check % 10]);
        if (id.is_valid)(&number) {
            break;
        }
    }
    number
}

/// What stands before a number so that it is known.
const NAMES: &str = "Steuer-ID BSN NIF NHS SSN CPF personnummer NIR ";

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Of the last two digits, those are tried that make the number right: with one check digit ten of a hundred at most, since a
    /// check that lets pass more checks nothing. A social security number has no check.
    #[test]
    fn every_identifier_of_digits_is_found(mut digits in prop::collection::vec(0_u8..10, 15), year in 0_u8..100, month in 1_u8..=12, day in 1_u8..=28, place in 0_usize..15) {
        digits.splice(..6, [year / 10, year % 10, month / 10, month % 10, day / 10, day % 10]);
        for id in digits::ALL {
            let mut number = match id.digits {
                13 => [&[7, 5, 6], &digits[3..]].concat(),
                12 => [&[1, 9], &digits[..]].concat(),
                15 => [&[1 + year % 2][..], &digits].concat(),
                _ => digits.clone(),
            };
            number.truncate(id.digits);
            let mut right = 0;
            for check in 0..100 {
                number.splice(id.digits - 2.., [check / 10, check % 10]);
                if !(id.is_valid)(&number) {
                    continue;
                }
                right += 1;
                let written: String = number.iter().map(u8::to_string).collect();
                let is_form = |form: &&str| form.len() == id.digits;
                if id.forms.iter().chain(id.named_forms).any(is_form) {
                    prop_assert_eq!(ids(&format!("{NAMES}{written} ok")), [written.clone()], "{}", written);
                }
            }
            if is_checked(id) && right > 0 {
                let valid = number_with_check(id, number.clone());
                let wrong = changed(&valid, place);
                prop_assert!(!(id.is_valid)(&wrong), "{valid:?} and {wrong:?}");
            }
            prop_assert!(right <= 10 || id.forms.contains(&"ddd-dd-dddd"), "{right} of {number:?}");
        }
    }

    #[test]
    fn every_identifier_with_letters_is_found(number in 0_u32..100_000_000, serial in 0_u32..1_000, day in 1_u32..=28, month in 1_u32..=12, year in 0_u32..100) {
        let dni = "TRWAGMYFPDXBNJZSQVHLCKE".chars().nth(number as usize % 23).unwrap();
        let hetu = (day * 10_000 + month * 100 + year) * 1_000 + serial;
        let hetu = "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth(hetu as usize % 31).unwrap();
        let hetu_day = format!("{day:02}{month:02}{year:02}");
        for right in [format!("{number:08}{dni}"), format!("{hetu_day}-{serial:03}{hetu}"), format!("{hetu_day}A{serial:03}{hetu}")] {
            prop_assert_eq!(ids(&format!("Mi ID es {right}.")), [right.clone()]);
        }
        let wrong = format!("{:08}{dni}", (number + 1) % 100_000_000);
        prop_assert_eq!(ids(&format!("Mi ID es {wrong}.")), [""; 0]);
        for id in letters::ALL {
            prop_assert!(!(id.is_valid)(&wrong));
        }
    }
}
