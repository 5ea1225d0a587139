use std::{collections::BTreeMap, fs, path::Path};

use proptest::prelude::*;

use super::*;
use crate::{
    train::{Line, Lines},
    utterances::Utterances,
};

/// Every utterance of the content, as the build script reads it: names of intents and languages, and lines.
fn content() -> (Vec<String>, Vec<String>, Vec<(usize, usize, String)>) {
    let root = Path::new("../../content/intents");
    let (mut intents, mut languages, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for folder in sorted(root) {
        languages.push(stem(&folder));
        for file in sorted(&folder).into_iter().filter(|file| stem(file) != "rules") {
            let intent = stem(&file);
            let read = Utterances::parse(&intent, &fs::read_to_string(&file).unwrap()).unwrap();
            let known = intents.iter().position(|known| *known == intent);
            let number = known.unwrap_or_else(|| {
                intents.push(intent);
                intents.len() - 1
            });
            let language = languages.len() - 1;
            lines.extend(read.utterances.into_iter().map(|text| (number, language, text)));
        }
    }
    (intents, languages, lines)
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

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
    let (intents, languages, texts) = content();
    let lines: Vec<Line<'_>> = texts
        .iter()
        .map(|(intent, language, text)| Line { text, intent: *intent, language: *language })
        .collect();
    let guesses = Lines::read(&lines, intents.len(), languages.len()).cross_validate();
    assert_eq!(guesses.len(), lines.len(), "each line is judged once, by a model without it");
    let mut pairs: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for guess in &guesses {
        let line = &lines[guess.line];
        pairs.entry(line.language).or_default().push((line.intent, guess.intent));
    }
    for (language, pairs) in pairs {
        let f1 = macro_f1(&pairs, intents.len());
        println!("{}: {} lines, macro-F1 {f1:.4}", languages[language], pairs.len());
        assert!(f1 >= 0.85, "{}: {f1}", languages[language]);
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
        assert_eq!(model.judge(line.text).ranking[0], Intent::ALL[number % 7], "{}", line.text);
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
            model.judge(&text);
        }
    }
}
