//! How well the shipped content is told apart, and languages.

use std::{collections::BTreeMap, fs, path::Path};

use forthright_classifier::measures::macro_f1;

use super::*;
use crate::training::{Judged, cross_validate};

/// What nobody may be worse off than the best by.
const GAP_MAX: f64 = 0.04;

#[test]
fn the_shipped_content_is_told_apart_in_each_language() {
    let mut files = Vec::new();
    for folder in fs::read_dir(Path::new("../../content/intents")).unwrap() {
        let folder = folder.unwrap();
        let language = folder.file_name().into_string().unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.push((language.clone(), name, fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    let files = files.iter();
    let judged = cross_validate(
        files.map(|(language, name, text)| (language.as_str(), name.as_str(), text.as_str())),
        &[],
        &[],
    );
    let mut pairs: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for Judged { language, wanted, told, .. } in judged.unwrap() {
        pairs.entry(language).or_default().push((wanted, told));
    }
    let figures: Vec<f64> = pairs
        .iter()
        .map(|(language, pairs)| {
            let f1 = macro_f1(pairs.iter().copied());
            println!("{language}: {} lines, macro-F1 {f1:.4}", pairs.len());
            f1
        })
        .collect();
    let best = figures.iter().copied().fold(0.0, f64::max);
    assert_eq!(figures.len(), 6);
    assert!(figures.iter().all(|f1| *f1 >= 0.93 && best - f1 <= GAP_MAX), "{figures:?}");
}

#[test]
fn every_intent_but_what_only_phrases_tell_has_utterances() {
    let labels = &DETECTOR_OF_ALL.model.names().labels;
    for &intent in Intent::ALL {
        let phrases_only = matches!(intent, Intent::CopyMyData | Intent::EraseMyData);
        assert_eq!(labels.iter().any(|label| label == intent.name()), !phrases_only, "{intent}");
    }
}

/// The set was written apart from the content.
#[test]
fn languages_are_told_and_what_has_none_is_unknown() {
    let ours = ["de", "en", "es", "fr", "it", "nl"];
    let mut tallies: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in include_str!("../../../evaluation/languages.tsv").lines() {
        let (wanted, text) = line.split_once('\t').unwrap();
        let told = found(text).language.map_or_else(|| "unknown".to_owned(), |one| one.to_string());
        let (right, all) = tallies.entry(wanted).or_default();
        *right += u32::from(told == wanted);
        *all += 1;
        if told != wanted && std::env::args().any(|one| one == "--nocapture") {
            println!("{wanted} -> {told}: {text}");
        }
        // Whoever writes in a language that is not ours must not be taken for one who does.
        if told != wanted && ours.contains(&told.as_str()) {
            wrong.push(format!("{wanted} taken for {told}: {text}"));
        }
    }
    let share = |wanted: &[&str]| {
        let of = tallies.iter().filter(|(language, _)| wanted.contains(language));
        let (right, all) = of.fold((0, 0), |sum, (_, (right, all))| (sum.0 + right, sum.1 + all));
        f64::from(right) / f64::from(all)
    };
    println!("{tallies:?}\n{}", wrong.join("\n"));
    assert!(share(&ours) >= 0.93, "{tallies:?}");
    assert!(share(&["unknown"]) >= 0.9, "{tallies:?}");
    assert!(wrong.len() <= 25, "{wrong:#?}");
}
