use std::{sync::LazyLock, time::Duration};

use forthright_core::detect::Trigger;
use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;

mod content;

macro_rules! phrases {
    ($($language:literal),*) => {
        [$(Phrases {
            language: $language.parse().unwrap(),
            rules: include_str!(concat!("../../../../content/intents/", $language, "/rules.toml")),
            moods: include_str!(concat!("../../../../content/intents/", $language, "/moods.toml")),
        }),*]
    };
}

pub(crate) static DETECTOR_OF_ALL: LazyLock<Detector> =
    LazyLock::new(|| Detector::new(phrases!["de", "en", "es", "fr", "it", "nl"]).unwrap());

#[test]
fn the_phrases_that_are_built_in_are_those_of_the_files() {
    let mut phrases = phrases!["de", "en", "es", "fr", "it", "nl"];
    // As they are in a book.
    phrases.sort_unstable_by_key(|of| of.language);
    let (built_in, read) = (Detector::built_in().unwrap(), Detector::new(phrases).unwrap());
    assert!(built_in.rules == read.rules);
    assert!(built_in.moods == read.moods);
}

fn found(text: &str) -> Detection {
    DETECTOR_OF_ALL.find(text)
}

fn all_are(intent: Intent, texts: &[&str]) {
    for text in texts {
        let detection = found(text);
        assert_eq!(detection.intent, intent, "{text}: {detection:?}");
        assert!(detection.confidence_permille >= 700, "{text}: {detection:?}");
    }
}

/// Whether a text opts its writer out: that takes the whole message.
fn opts_out(text: &str) -> bool {
    let detection = found(text);
    detection.intent == Intent::Stop && detection.is_whole_message
}

const OPT_OUTS_EN: &[&str] = &[
    "STOP",
    "stop",
    "Stop.",
    "  stop  ",
    "“STOP”",
    "STOP 🛑",
    "ＳＴＯＰ",
    "stop stop STOP",
    "StopAll",
    "stop all",
    "Unsubscribe",
    "unsubscribe me!",
    "CANCEL",
    "end",
    "quit",
    "revoke",
    "opt-out",
    "Opt out",
    "Please stop",
    "Don’t contact me",
    "stop messaging me",
    "no more messages.",
    "leave me alone",
    "take me off your list",
    "arrêt",
    "ARRE\u{302}T",
    "baja",
    "parar",
];

const NO_OPT_OUTS_EN: &[&str] = &[
    "please stop the delivery",
    "stop the order",
    "Can you stop my parcel?",
    "cancel my order",
    "cancel order 12",
    "I want to cancel",
    "the end",
    "end of the month",
    "the app quit",
    "quit smoking book",
    "non-stop",
    "bus stop",
    "unstoppable",
    "stops",
    "stopped",
    "how do I unsubscribe a friend?",
    "it will not stop beeping",
    "when does the sale end",
    "do not stop",
    "don't stop messaging me",
    "opt out of the warranty",
    "stop 1 or stop 2?",
    "one stop shop",
    "st op",
    "please don't send me a second parcel",
];

const OPT_OUTS_DE: &[&str] = &[
    "STOPP",
    "Stopp!",
    "stop bitte",
    "Bitte stoppen",
    "Abmelden",
    "ABMELDEN 🛑",
    "bitte abmelden.",
    "Ich melde mich ab",
    "Ich möchte mich abmelden",
    "austragen",
    "Bitte abbestellen",
    "Nachrichten stoppen",
    "keine Nachrichten mehr",
    "Bitte keine weiteren Nachrichten!",
    "Schreibt mir nicht mehr",
    "Bitte schreiben Sie mir nicht mehr.",
    "Kontaktieren Sie mich nicht mehr",
    "Lasst mich in Ruhe",
    "aufhören",
    "Hört auf",
    "Schluss damit",
    "ENDE",
];

const NO_OPT_OUTS_DE: &[&str] = &[
    "Bitte stoppt die Lieferung",
    "Bestellung stoppen",
    "Könnt ihr das Paket stoppen?",
    "Ich möchte meine Bestellung abbestellen",
    "Newsletter abbestellen geht nicht",
    "Wie melde ich mich ab?",
    "Am Ende des Monats",
    "Wann endet der Sale?",
    "Das Gerät hört nicht auf zu piepen",
    "Ich kann mich nicht abmelden",
    "Die Abmeldung funktioniert nicht",
    "Wo ist die Bushaltestelle",
    "Stoppt das Abo zum Monatsende",
    "Bitte keine Nachrichten an meine alte Nummer sondern an die neue",
    "Nicht aufhören",
    "Schluss für heute, bis morgen",
    "Bitte schreibt mir nicht mehr so spät abends",
    "Ende März ziehe ich um",
    "Ruhe im Laden",
    "Stopper für die Tür",
    "stopft das Kissen",
    "Bitte nicht mehr als zwei Stück",
];

#[test]
fn an_opt_out_takes_the_whole_message() {
    for text in OPT_OUTS_EN.iter().chain(OPT_OUTS_DE) {
        assert!(opts_out(text), "{text}");
    }
}

#[test]
fn a_sentence_with_the_word_is_no_opt_out() {
    for text in NO_OPT_OUTS_EN.iter().chain(NO_OPT_OUTS_DE) {
        assert!(!opts_out(text), "{text}");
    }
}

#[test]
fn whoever_asks_whether_this_is_a_person_is_understood() {
    all_are(
        Intent::AreYouAMachine,
        &[
            "Are you a bot?",
            "are you human?",
            "r u a bot",
            "Am I talking to a real person?",
            "Is this a real person or a machine?",
            "is this a chatbot",
            "are you an AI",
            "Are you a robot lol",
            "bot or human?",
            "is this automated?",
            "Am I chatting with a bot",
            "am I speaking to a human right now",
            "Are you real",
            "hey are you a person?",
        ],
    );
    all_are(
        Intent::AreYouAMachine,
        &[
            "Bist du ein Bot?",
            "bist du ein mensch",
            "Sind Sie ein Mensch?",
            "Schreibe ich hier mit einem Menschen?",
            "Ist das ein Bot",
            "Mensch oder Maschine?",
            "bist du ne KI",
            "Rede ich mit einem Menschen oder nicht",
            "Sind Sie eine echte Person?",
            "ist das hier automatisch",
            "Schreib ich mit nem Bot? Also: schreib ich mit einem Bot?",
            "Antwortet hier ein Mensch",
            "Bist du echt?",
            "sitzt da ein Mensch",
        ],
    );
}

#[test]
fn whoever_wants_a_person_gets_one() {
    all_are(
        Intent::TalkToPerson,
        &[
            "AGENT",
            "agent please",
            "help",
            "Human",
            "I want to talk to a human",
            "Can I speak to someone?",
            "let me speak with a representative",
            "real person please!!",
            "connect me to customer service",
            "I need a live agent",
            "I’d like to talk to your manager",
            "put me through to somebody",
            "Mitarbeiter bitte",
            "Ich möchte mit einem Menschen sprechen",
            "Kann ich bitte mit einem Mitarbeiter reden?",
            "Bitte um Rückruf",
        ],
    );
    for text in ["I don't want to talk to a person", "is there a person in the photo"] {
        assert_ne!(found(text).confidence_permille, 850, "{text}: no phrase may match");
    }
}

#[test]
fn what_is_demanded_of_ones_data_is_found() {
    all_are(
        Intent::EraseMyData,
        &[
            "delete my data",
            "Please erase all my data.",
            "I want to be forgotten",
            "Bitte löscht meine Daten",
            "Löschen Sie alle meine Daten!",
            "ich verlange die Löschung meiner Daten",
        ],
    );
    all_are(
        Intent::CopyMyData,
        &[
            "What do you know about me?",
            "I want a copy of my data",
            "which data do you have stored about me",
            "Welche Daten habt ihr über mich gespeichert?",
            "Ich möchte eine Kopie meiner Daten",
        ],
    );
    all_are(
        Intent::MyData,
        &[
            "MY DATA",
            "GDPR",
            "stop using my data",
            "don't sell my data",
            "where is your privacy policy?",
            "Datenschutz",
            "Ich widerrufe meine Einwilligung",
        ],
    );
    for text in ["don't delete my data", "Habt ihr meine Daten gelöscht?"] {
        assert_ne!(found(text).intent, Intent::EraseMyData, "{text}");
    }
}

#[test]
fn what_calls_a_person_is_heard_in_any_sentence() {
    for (text, trigger) in [
        ("If you do not pay I will sue you", Some(Trigger::LegalThreat)),
        ("Dann gehe ich zu meinem Anwalt", Some(Trigger::LegalThreat)),
        ("the charger caught fire last night", Some(Trigger::Safety)),
        ("ich will nicht mehr leben", Some(Trigger::Safety)),
        ("where is my fucking order", Some(Trigger::Anger)),
        ("Das ist eine Frechheit", Some(Trigger::Anger)),
        ("This is an automated reply: I am out of the office.", Some(Trigger::Machine)),
        ("Automatisierte Nachricht von Demo Shop", Some(Trigger::Machine)),
        ("where is my order", None),
        ("wo ist meine Bestellung", None),
        ("is the fire-resistant jacket in stock", None),
    ] {
        assert_eq!(found(text).trigger, trigger, "{text}");
    }
}

#[test]
fn what_people_ask_a_shop_is_understood_in_both_languages() {
    for (intent, texts) in [
        (Intent::OrderStatus, ["where is my order?", "Wo bleibt meine Bestellung?"]),
        (Intent::Refund, ["I want my money back", "Ich möchte mein Geld zurück"]),
        (Intent::CancelOrder, ["please cancel my order", "Bitte storniert meine Bestellung"]),
        (Intent::ReturnItem, ["how do I return this", "Wie kann ich das zurückschicken?"]),
        (Intent::OpeningHours, ["when are you open on Saturday", "Wann habt ihr samstags offen?"]),
        (Intent::Invoice, ["I need an invoice for my order", "Ich brauche eine Rechnung"]),
        (Intent::Voucher, ["my discount code does not work", "Mein Gutscheincode geht nicht"]),
        (Intent::Thanks, ["thank you so much", "Vielen Dank!"]),
        (Intent::Greeting, ["hello", "Guten Tag"]),
    ] {
        all_are(intent, &texts);
    }
}

#[test]
fn the_language_is_told_where_it_can_be() {
    for (text, language) in [
        ("Where is my order? It should have been here yesterday.", Some(Language::ENGLISH)),
        ("Wo ist meine Bestellung? Sie sollte gestern da sein.", Some(Language::GERMAN)),
        ("4711", None),
        ("👍", None),
    ] {
        assert_eq!(found(text).language, language, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_not_guessed() {
    for text in [
        "",
        "   ",
        "👍",
        "4711",
        "ありがとう",
        "?!",
        "CANARY hm",
        "qwertz uiop",
        "the square of seven",
    ] {
        let detection = found(text);
        let is_sure = detection.confidence_permille >= 700;
        assert!(detection.intent == Intent::NoneOfThese || !is_sure, "{text}: {detection:?}");
    }
}

#[test]
fn the_words_that_the_demo_brand_promises_are_understood() {
    let brand: toml::Table =
        toml::from_str(include_str!("../../../../content/brands/demo.toml")).unwrap();
    for (word, intent) in [
        ("person_word", Intent::TalkToPerson),
        ("stop_word", Intent::Stop),
        ("data_word", Intent::MyData),
    ] {
        let detection = found(brand["contact"][word].as_str().unwrap());
        assert_eq!((detection.intent, detection.is_whole_message), (intent, true), "{word}");
    }
}

#[test]
fn the_port_answers_as_the_detector_does() {
    let (brand, text) = ("demo".parse().unwrap(), "order status".into());
    let asked = Asked { brand: &brand, text: &text, machine_may_answer: true };
    let detection = DETECTOR_OF_ALL.detect(asked).now_or_never().unwrap().unwrap();
    assert_eq!(detection, found("order status"));
    assert_eq!(detection.detector, DETECTOR);
}

/// Twice the text may take about twice as long: a quadratic way would take minutes for either.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about the time that passes")]
fn a_message_of_a_megabyte_is_read_in_linear_time() {
    for unit in ["where is my ", "stop ", "a", "\u{301}", "🛑", "delete my personal are you a "] {
        let text = unit.repeat(1_000_000 / unit.len());
        let start = std::time::Instant::now();
        found(&text);
        assert!(start.elapsed() < Duration::from_secs(10), "{unit}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", any_text in any::<String>()) {
        found(&text);
        found(&any_text);
    }

    #[test]
    fn looks_do_not_matter_to_an_opt_out(before in "[ .!\"“”🛑\n\t]{0,5}", after in "[ .!?🙏\n]{0,5}") {
        let text = format!("{before}StOp{after}");
        prop_assert!(opts_out(&text));
    }
}
