//! How texts read: links that are safe, nothing that shouts, nothing that promises too much.

use std::collections::BTreeSet;

use forthright_core::outbound::Placement;

use super::{
    Found, Rule, Source,
    shelves::{Shelves, toml_of},
};
use forthright_core::Language;

use crate::disclosure::has_phrase;

/// In capitals a word of so many letters shouts; shorter ones abbreviate something, such as "ID" or "UK".
const SHOUT_LETTERS_MIN: usize = 3;
/// Abbreviations that everybody writes in capitals.
const ABBREVIATIONS: [&str; 14] = [
    "AGB", "BIC", "CCPA", "DSGVO", "EUR", "FAQ", "GDPR", "IBAN", "PDF", "PIN", "SMS", "TAN", "USD",
    "VAT",
];

/// What promises, in small letters, by the code of the language.
const PROMISES: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "guarantee",
            "guarantees",
            "guaranteed",
            "always",
            "never fail",
            "never fails",
            "promise",
        ],
    ),
    ("de", &["garantie", "garantieren", "garantiert", "immer", "versprechen"]),
];

/// A text in a file, as it stands there.
#[derive(Clone, Copy)]
struct Text<'a> {
    path: &'a str,
    language: Language,
    /// The line on which it begins.
    begins: usize,
    words: &'a str,
}

/// Notes what reads badly in replies, disclosures, and the brands' own words.
pub(super) fn look(shelves: &Shelves<'_>, found: &mut Found) {
    let own = own_words(shelves);
    for reply in &shelves.replies {
        for (text, begins) in reply.texts() {
            let language = reply.template.language();
            let text = Text { path: reply.source.path, language, begins, words: text };
            text.check(&own, found);
        }
    }
    for (&language, &source) in &shelves.disclosures {
        check_disclosures(language, source, &own, found);
    }
    for branded in &shelves.brands {
        let url = &branded.brand.context().privacy_url;
        if is_insecure(url) {
            let line = branded.source.line_of("privacy.notice_url");
            let what = "customers are sent there, so it must begin with `https://`";
            found.add(branded.source.path, line, Rule::InsecureLink, what);
        }
    }
}

/// Every word that some brand tells customers to write, or is called by.
fn own_words(shelves: &Shelves<'_>) -> BTreeSet<String> {
    let contexts = shelves.brands.iter().map(|branded| branded.brand.context());
    contexts
        .flat_map(|context| {
            [&context.person_word, &context.stop_word, &context.data_word, &context.operator]
        })
        .flat_map(|words| words_of(words))
        .map(str::to_owned)
        .collect()
}

fn check_disclosures(
    language: Language,
    source: Source<'_>,
    own: &BTreeSet<String>,
    found: &mut Found,
) {
    // What is no TOML was noted when it was read.
    let Ok(file) = toml_of(source) else {
        return;
    };
    for placement in Placement::ALL {
        for form in ["full", "short"] {
            let table = file.get(placement.name());
            let text = table.and_then(|table| table.get(form)).and_then(toml::Value::as_str);
            if let Some(text) = text {
                let line = source.line_of(&format!("{}.{form}", placement.name()));
                let begins = line.unwrap_or(1);
                Text { path: source.path, language, begins, words: text }.check(own, found);
            }
        }
    }
}

impl Text<'_> {
    fn check(self, own: &BTreeSet<String>, found: &mut Found) {
        let promises = PROMISES.iter().filter(|(code, _)| *code == self.language.code());
        let promises: Vec<_> = promises.flat_map(|(_, phrases)| phrases.iter()).collect();
        let mut exclamations = 0_usize;
        for (line, number) in self.words.lines().zip(self.begins..) {
            let mut note = |rule, what: String| found.add(self.path, Some(number), rule, what);
            if line.split_whitespace().any(is_insecure) {
                note(Rule::InsecureLink, "a link must begin with `https://`".to_owned());
            }
            let before = exclamations;
            exclamations = exclamations.saturating_add(line.matches('!').count());
            if before <= 1 && exclamations > 1 {
                let what = "more than one exclamation mark; one at most, and none is calmer";
                note(Rule::Exclamations, what.to_owned());
            }
            for word in shouted(line).filter(|word| !own.contains(*word)) {
                note(Rule::Capitals, format!("\"{word}\" shouts; write it in small letters"));
            }
            let small = line.to_lowercase();
            for phrase in promises.iter().filter(|phrase| has_phrase(&small, phrase)) {
                let what = format!("\"{phrase}\" promises something; can it be kept every time?");
                note(Rule::Promise, what);
            }
        }
    }
}

/// The words in capitals that abbreviate nothing. Links and names in braces are no words.
fn shouted(line: &str) -> impl Iterator<Item = &str> {
    let parts = line.split_whitespace().filter(|part| !part.contains("://"));
    parts.flat_map(words_of).filter(|word| {
        word.chars().count() >= SHOUT_LETTERS_MIN
            && word.chars().all(|letter| letter.is_alphabetic() && letter.is_uppercase())
            && !ABBREVIATIONS.contains(word)
    })
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether something between blanks is a link that is not encrypted, or that an app would open so.
fn is_insecure(part: &str) -> bool {
    let small = part.to_lowercase();
    let bare = small.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    small.contains("http://") || small.contains("ftp://") || bare.starts_with("www.")
}
