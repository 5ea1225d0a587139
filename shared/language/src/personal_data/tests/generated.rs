//! A thousand made-up values of each kind: each is found in a sentence, and no more once a digit is changed.

use proptest::prelude::*;

use super::found;
use crate::personal_data::iban::lengths;

/// Prefixes of issuers and the lengths of their numbers.
const CARDS: &[(&str, usize)] = &[
    ("4", 13),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("2221", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("65", 16),
    ("300", 14),
    ("36", 14),
    ("38", 14),
    ("35", 16),
    ("2131", 15),
    ("1800", 15),
    ("5018", 12),
    ("6304", 12),
    ("6759", 13),
    ("5020", 19),
    ("0604", 12),
    ("6390", 16),
    ("62", 16),
    ("62", 19),
];

const SENTENCES: &[(&str, &str)] =
    &[("My card ", " is lost"), ("Bitte die Karte ", "."), ("carte: ", ", merci"), ("cc ", "")];

/// The digit that Luhn's check asks for after these.
fn luhn_check(digits: &str) -> u32 {
    let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let values = digits.chars().rev().map(|digit| digit.to_digit(10).unwrap()).enumerate();
    let sum: u32 =
        values.map(|(at, value)| if at % 2 == 0 { doubled[value as usize] } else { value }).sum();
    (10 - sum % 10) % 10
}

fn card() -> impl Strategy<Value = String> {
    (prop::sample::select(CARDS), "[0-9]{20}").prop_map(|((prefix, length), digits)| {
        let body: String = prefix.chars().chain(digits.chars()).take(length - 1).collect();
        format!("{body}{}", luhn_check(&body))
    })
}

/// The number with its check digits, which are 98 less the rest by 97.
fn iban() -> impl Strategy<Value = String> {
    let country = prop::sample::select(lengths::LENGTHS);
    (country, "[0-9]{30}", "[A-Z]{4}", any::<bool>()).prop_map(
        |((country, length), digits, bank, has_letters)| {
            let body = if has_letters { format!("{bank}{digits}") } else { digits };
            let body: String = body.chars().take(length - 4).collect();
            let remainder = format!("{body}{country}00")
                .chars()
                .flat_map(|letter| letter.to_digit(36).unwrap().to_string().into_bytes())
                .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
            format!("{country}{:02}{body}", 98 - remainder)
        },
    )
}

fn in_fours(number: &str, parting: &str) -> String {
    let letters: Vec<_> = number.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(String::from_iter).collect();
    groups.join(parting)
}

/// The number with the digit at this place, counted among the digits, made another.
fn changed(number: &str, place: usize) -> String {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let mut left = place % digits;
    let mut letters: Vec<_> = number.chars().collect();
    for letter in letters.iter_mut().filter(|letter| letter.is_ascii_digit()) {
        if left == 0 {
            *letter = char::from_digit((letter.to_digit(10).unwrap() + 1) % 10, 10).unwrap();
            break;
        }
        left -= 1;
    }
    letters.into_iter().collect()
}

fn has(text: &str, kind: &str, value: &str) -> bool {
    found(text).iter().any(|(name, there)| *name == kind && there == value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_card_is_found(card in card(), (before, after) in prop::sample::select(SENTENCES), place in 0_usize..20) {
        for written in [card.clone(), in_fours(&card, " "), in_fours(&card, "-")] {
            prop_assert!(has(&format!("{before}{written}{after}"), "payment_card", &written), "{}", written);
        }
        let wrong = changed(&card, place);
        prop_assert!(!has(&format!("{before}{wrong}{after}"), "payment_card", &wrong), "{}", wrong);
    }

    #[test]
    fn every_account_is_found(iban in iban(), place in 0_usize..30) {
        for written in [iban.clone(), iban.to_lowercase(), in_fours(&iban, " "), in_fours(&iban, "-")] {
            prop_assert!(has(&format!("Meine IBAN: {written}."), "iban", &written), "{}", written);
            prop_assert!(has(&format!("{written} is mine"), "iban", &written), "{}", written);
        }
        let wrong = changed(&iban, place);
        prop_assert!(!has(&format!("IBAN {wrong}."), "iban", &wrong), "{}", wrong);
    }

    #[test]
    fn every_address_is_found(email in "[a-zA-Z0-9_]([a-z0-9.+_-]{0,20}[a-z0-9])?@([a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\\.){1,3}[a-z]{2,8}") {
        prop_assume!(!email.contains(".."));
        for text in [email.clone(), format!("to {email}, please"), format!("<{email}>"), format!("mail:{email}.")] {
            prop_assert!(has(&text, "email", &email), "{}", text);
        }
    }

    #[test]
    fn every_address_of_a_machine_is_found(four in any::<std::net::Ipv4Addr>(), six in any::<std::net::Ipv6Addr>()) {
        for address in [four.to_string(), six.to_string()] {
            prop_assert!(has(&format!("my ip is {address}."), "ip_address", &address), "{}", address);
        }
    }

    #[test]
    fn every_number_from_abroad_is_found(rest in "[1-9][0-9]{8}", parting in "[ ./-]?") {
        for code in ["33", "34", "31", "41", "48", "351", "39", "46", "49", "44"] {
            let (area, number) = rest.split_at(3);
            let written = format!("+{code}{parting}{area}{parting}{number}");
            prop_assert!(has(&format!("Tel: {written}, danke"), "phone", &written), "{}", written);
            prop_assert!(has(&written, "phone", &written), "{}", written);
        }
    }
}
