use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;

use super::*;
use crate::{
    content::Content,
    train::{Line, Lines},
    words::words,
};

/// The mean of F1 over the intents, of (wanted, found).
fn macro_f1(pairs: &[(usize, usize)], intents: usize) -> f64 {
    let of = |intent: usize| {
        let count = |wanted: bool, guessed: bool| {
            let matches = pairs
                .iter()
                .filter(|(is, was)| ((*is == intent) == wanted) && ((*was == intent) == guessed));
            u32::try_from(matches.count()).map(f64::from).unwrap()
        };
        let (hits, misses, alarms) = (count(true, true), count(true, false), count(false, true));
        2.0 * hits / (2.0 * hits + misses + alarms)
    };
    (0..intents).map(of).sum::<f64>() / u32::try_from(intents).map(f64::from).unwrap()
}

#[test]
fn the_shipped_content_is_told_apart_in_each_language() {
    let content = Content::read(Path::new("../../content/intents")).unwrap();
    let guesses = content.lines().cross_validate();
    assert_eq!(
        guesses.len(),
        content.utterances.len(),
        "each line is judged once, by a model without it"
    );
    let mut pairs: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for guess in &guesses {
        let (intent, language, _) = &content.utterances[guess.line];
        pairs.entry(*language).or_default().push((*intent, guess.intent));
    }
    for (language, pairs) in pairs {
        let f1 = macro_f1(&pairs, content.intents.len());
        println!("{}: {} lines, macro-F1 {f1:.4}", content.languages[language], pairs.len());
        assert!(f1 >= 0.85, "{}: {f1}", content.languages[language]);
    }
}

#[test]
fn every_intent_but_what_only_phrases_tell_has_utterances() {
    let model = Model::embedded().unwrap();
    for &intent in Intent::ALL {
        let phrases_only = matches!(intent, Intent::CopyMyData | Intent::EraseMyData);
        assert_eq!(model.intents().contains(&intent), !phrases_only, "{intent}");
    }
}

#[test]
fn the_same_lines_make_the_same_model() {
    let lines: Vec<String> = (0..120)
        .map(|number| {
            let word = ["apple", "pear", "plum", "cherry", "quince", "fig", "lemon"][number % 7];
            format!("{word} and {}", "so ".repeat(number / 7))
        })
        .collect();
    let lines: Vec<Line<'_>> = (0..)
        .zip(&lines)
        .map(|(number, text)| Line { text, intent: number % 7, language: number % 2 })
        .collect();
    let names: Vec<String> =
        Intent::ALL.iter().take(7).map(|intent| intent.name().to_owned()).collect();
    let languages = ["de".to_owned(), "en".to_owned()];
    let make = || crate::encode::encode(&Lines::read(&lines, 7, 2).train(), &names, &languages);
    let bytes = make();
    assert_eq!(bytes, make());
    let model = Model::read(&bytes).unwrap();
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(
            model.judge(line.text, &words(line.text)).intent,
            Intent::ALL[number % 7],
            "{}",
            line.text
        );
    }
}

/// What is rounded to eight bits says nearly what was trained.
#[test]
fn a_model_that_is_cut_or_longer_is_refused() {
    let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin"));
    assert!(Model::read(bytes).is_ok());
    for length in (0..300).chain([bytes.len() / 2, bytes.len() - 1]) {
        assert!(Model::read(&bytes[..length]).is_err(), "{length}");
    }
    assert!(Model::read(&[&bytes[..], &[0]].concat()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(at in 0_usize..2_000, byte in any::<u8>(), text in "[a-z ]{0,40}") {
        let mut bytes = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")).to_vec();
        bytes[at] = byte;
        if let Ok(model) = Model::read(&bytes) {
            model.judge(&text, &words(&text));
        }
    }
}
