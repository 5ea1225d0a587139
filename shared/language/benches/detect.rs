//! What it takes to read one message, on one core: what it means, its language, how it feels; and its personal data.
//!
//! `cargo bench -p forthright-language`. The budget is 50 µs a message, the goal 20.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up must stop")]

use divan::{Bencher, black_box};
use forthright_core::detect::Phrases;
use forthright_language::{Detector, personal_data};

fn main() {
    divan::main();
}

/// A message of each language of the content, and one with personal data.
const TEXTS: [(&str, &str); 7] = [
    ("en", "Where is my order? I bought it last week and nothing has come yet."),
    ("de", "Wo bleibt meine Bestellung? Ich warte schon seit zwei Wochen darauf."),
    ("es", "¿Dónde está mi pedido? Lo compré la semana pasada y no ha llegado nada."),
    ("fr", "Où est ma commande ? Je l'ai passée la semaine dernière et rien n'est arrivé."),
    ("it", "Dov'è il mio ordine? L'ho comprato la settimana scorsa e non è arrivato niente."),
    ("nl", "Waar blijft mijn bestelling? Ik heb hem vorige week gekocht en er is nog niets."),
    (
        "personal",
        "Write to jane.roe@example.org or call +44 20 7946 0123. My IBAN is GB82 WEST 1234 5698 7654 32.",
    ),
];

/// The names of the messages.
fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

fn text(of: &str) -> &'static str {
    TEXTS.iter().find(|(name, _)| *name == of).expect("a text").1
}

macro_rules! phrases {
    ($($language:literal),*) => {
        [$(Phrases {
            language: $language.parse().expect("a language"),
            rules: include_str!(concat!("../../../content/intents/", $language, "/rules.toml")),
            moods: include_str!(concat!("../../../content/intents/", $language, "/moods.toml")),
        }),*]
    };
}

fn detector() -> Detector {
    Detector::built_in().expect("a detector")
}

#[divan::bench(args = names())]
fn detect(bencher: Bencher<'_, '_>, name: &str) {
    let (detector, text) = (detector(), text(name));
    bencher.bench_local(|| detector.find(black_box(text)));
}

#[divan::bench(args = names())]
fn find_personal_data(bencher: Bencher<'_, '_>, name: &str) {
    let text = text(name);
    bencher.bench_local(|| personal_data::find(black_box(text)).len());
}

/// What a function does when it starts.
#[divan::bench]
fn start(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| Detector::built_in().expect("a detector"));
}

/// What a program does that is given other phrases.
#[divan::bench]
fn read_the_files(bencher: Bencher<'_, '_>) {
    let phrases = phrases!["de", "en", "es", "fr", "it", "nl"];
    bencher.bench_local(|| Detector::new(phrases).expect("a detector"));
}
