use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

mod examples;
mod generated;

/// What people write to shops that is nobody's data: orders, parcels, prices, dates, sizes, versions, articles.
const NEGATIVES: &str = include_str!("../../evaluation/personal_data_negatives.txt");

/// What was found, by kind and by what stands there.
fn found(text: &str) -> Vec<(&'static str, String)> {
    find(text)
        .iter()
        .map(|span| {
            let there = text.chars().skip(span.start).take(span.end - span.start).collect();
            (span.kind.name(), there)
        })
        .collect()
}

#[test]
fn nothing_is_found_where_nothing_is() {
    let wrong: Vec<_> = NEGATIVES
        .lines()
        .map(|line| (line, found(line)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    assert_eq!(wrong, []);
}

#[test]
fn special_categories_are_not_suspected_everywhere() {
    let wrong: Vec<_> =
        NEGATIVES.lines().filter(|line| is_special_category_suspected(line)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn special_categories_are_suspected_in_six_languages() {
    for text in [
        "I can't use it, I have diabetes",
        "my doctor says I'm allergic to it",
        "As a Muslim I need to know what is in it",
        "I was fired because I joined a trade union",
        "I'm gay and your driver insulted me",
        "Ich bin schwanger und brauche eine andere Größe",
        "Wegen meiner Krebserkrankung konnte ich nicht kommen",
        "ich bin Gewerkschaftsmitglied",
        "Ihr Fahrer hat mich wegen meiner Hautfarbe beleidigt",
        "Je suis enceinte de six mois",
        "je suis musulmane",
        "à cause de mon origine ethnique",
        "Estoy embarazada",
        "soy homosexual",
        "afiliado al sindicato",
        "sono incinta",
        "la mia religione non lo permette",
        "sono iscritto al sindacato",
        "ik ben zwanger",
        "vanwege mijn geloof",
        "ik ben lid van de vakbond",
    ] {
        assert!(is_special_category_suspected(text), "{text}");
    }
    for text in [
        "Where is my order?",
        "I'd like to cancel my order, it is urgent",
        "the party hats are missing",
        "Western Union transfer",
        "the fingerprint sensor of the phone is broken",
        "What are your hours of operation?",
        "Die Lieferung stand neben der Kirche",
        "die Operation wurde abgebrochen (Fehler 12)",
        "le colis est derrière l'église",
        "il pacco è davanti alla chiesa",
        "het pakket ligt bij de kerk",
        "Merry Christmas!",
        "my account is disabled",
        "I'm sick and tired of waiting",
        "Esos tacones son de infarto",
    ] {
        assert!(!is_special_category_suspected(text), "{text}");
    }
}

#[test]
fn kinds_are_called_as_they_are_stored() {
    let mut names = BTreeMap::new();
    for &kind in PersonalDataKind::ALL {
        assert!(names.insert(kind.name(), kind).is_none());
        let stored = toml::Value::try_from(kind).unwrap();
        assert_eq!(stored.as_str(), Some(kind.name()));
        assert_eq!(kind.to_string(), kind.name());
    }
}

#[test]
fn a_text_is_redacted_in_place() {
    let text = "Ich heiße Jörg 👋, jörg@müller.de oder \u{202A}+49 171 1234567\u{202C}!";
    assert_eq!(redact(text), "Ich heiße Jörg 👋, [email] oder \u{202A}[phone]\u{202C}!");
    let spans = [Span { kind: PersonalDataKind::Email, start: 1, end: 3 }];
    assert_eq!(redact_spans("äöüß", &spans), "ä[email]ß");
}

#[test]
fn placeholders_are_no_context() {
    assert_eq!(found("[phone] 9472 7916"), []);
    assert_eq!(found("phone 9472 7916"), [("phone", "9472 7916".to_owned())]);
}

#[test]
fn what_a_finding_hid_is_redacted_as_well() {
    for (cue, number) in [("passport", "A1234567 "), ("phone", "9472 7916 "), ("BSN", "111222333 ")]
    {
        let redacted = redact(&format!("{cue} {}", number.repeat(40)));
        assert_eq!(found(&redacted), [], "{cue}");
    }
}

#[test]
fn long_texts_take_little_time() {
    for piece in ["1", "1 ", "@", "a@", "1.", "12-", "://", "+1 ", "0171 ", "::", "a:", "call 1 "] {
        let text = piece.repeat(1_000_000 / piece.len());
        assert!(find(&text).len() < text.len(), "{piece}");
    }
}

/// Pieces that make up, and nearly make up, what is looked for.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,5}",
        "[ .,:/@()+#-]{1,2}",
        "[a-zA-Zäß]{1,4}",
        prop::sample::select(vec![
            "phone ",
            "order ",
            "born ",
            "IBAN ",
            "BIC ",
            "DE89370400440532013000",
            "4111111111111111",
            "a@b.de",
            "+49 171 1234567",
            "0171 1234567",
            "passport ",
            "ip ",
            "::1",
            "fe80::",
            "10.0.0.1",
            "1.2.1990",
            "https://",
            "?token=",
            "a:b@",
            "Via Roma 3",
            "12 rue ",
            "12345 Berlin",
            "[phone]",
            "[iban]",
            "COBADEFF",
            "460-89-9847",
            "BSN ",
            "\u{202A}",
            "\n",
            "x",
            "ext. ",
            "version ",
            "€",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_in_order_and_inside(text in prop_oneof![any::<String>(), pieces()]) {
        let mut last = 0;
        for span in find(&text) {
            prop_assert!(last <= span.start && span.start < span.end);
            last = span.end;
        }
        prop_assert!(last <= text.chars().count());
        prop_assert_eq!(examine(&text), (find(&text), is_special_category_suspected(&text)));
    }

    #[test]
    fn what_is_redacted_has_nothing_left(text in prop_oneof![any::<String>(), pieces()]) {
        let redacted = redact(&text);
        prop_assert_eq!(found(&redacted), []);
        prop_assert_eq!(redact(&redacted), redacted);
    }
}
