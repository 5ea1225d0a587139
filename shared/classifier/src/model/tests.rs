use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    training::{Line, Settings, TrainingSet},
    words,
};

const FRUIT: [&str; 4] = ["apple", "pear", "plum", "cherry"];

pub(crate) fn fruit_model(has_background: bool) -> Vec<u8> {
    let mut lines: Vec<(usize, String)> = (0..80)
        .map(|number| {
            (number % 4, format!("{} so {}", FRUIT[number % 4], "very ".repeat(number / 8)))
        })
        .collect();
    if has_background {
        lines.extend((0..40).map(|number| (4, format!("stone {}", "rock ".repeat(number)))));
    }
    let lines: Vec<Line<'_>> = lines
        .iter()
        .map(|(label, text)| Line { text, label: *label, language: Some(label % 2) })
        .collect();
    let names = Names {
        labels: FRUIT.map(str::to_owned).to_vec(),
        languages: vec!["odd".to_owned(), "even".to_owned()],
        has_background,
    };
    let settings = Settings {
        seed: 3,
        bytes_max: 100_000,
        support_vectors_only: true,
        calibrated: true,
        licence: "CC0-1.0".to_owned(),
        sources: "a test".to_owned(),
    };
    TrainingSet::read(&lines, names).train(&settings, &()).bytes
}

/// The same bytes with a checksum that fits them: what only somebody hostile would write.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = bytes.get(12..).map(crc32fast::hash);
    if let (Some(place), Some(checksum)) = (bytes.get_mut(8..12), checksum) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

fn read(model: &Model, text: &str) -> (Judged, Vec<(usize, u16)>, Option<(usize, f32)>) {
    let words = words(text);
    let scores = model.read_text(text, &words);
    (scores.judge(), scores.alternatives(3), scores.language())
}

#[test]
fn a_model_tells_what_it_was_taught_and_where_it_comes_from() {
    let bytes = fruit_model(true);
    let model = Model::read(&bytes).unwrap();
    assert_eq!(model.names().labels, FRUIT);
    assert_eq!(model.origin().licence, "CC0-1.0");
    assert_eq!(model.origin().sources, "a test");
    assert_eq!(model.origin().seed, 3);
    assert_eq!(model.size(), bytes.len());
    assert!(model.features() > 20);
    for (number, fruit) in FRUIT.iter().enumerate() {
        let (judged, alternatives, language) = read(&model, &format!("{fruit} so very very"));
        assert_eq!(judged.label, number);
        assert!(alternatives.iter().all(|(label, _)| *label != number));
        let told: u16 = alternatives.iter().map(|(_, permille)| permille).sum();
        assert!(judged.confidence_permille + told <= 1_000);
        assert_eq!(language.unwrap().0, number % 2);
    }
    let (outside, ..) = read(&model, "rock stone rock");
    assert!(outside.scope < read(&model, "apple").0.scope);
}

#[test]
fn a_model_that_is_cut_changed_or_longer_is_refused() {
    let bytes = fruit_model(false);
    assert!(Model::read(&bytes).is_ok());
    for length in 0..bytes.len() {
        assert!(Model::read(&bytes[..length]).is_err(), "{length}");
    }
    for length in 12..bytes.len() {
        assert!(Model::read(&with_checksum(bytes[..length].to_vec())).is_err(), "{length}");
    }
    assert!(Model::read(&with_checksum([&bytes[..], &[0]].concat())).is_err());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Model::read(&changed).is_err(), "{at}");
    }
}

/// Counts that promise more than there is take no memory: they are refused before anything is made for them.
#[test]
fn counts_that_lie_are_refused() {
    let bytes = fruit_model(false);
    for at in [12, 16, 20, 24] {
        for lie in [u32::MAX, u32::MAX / 2, 1 << 28, 4_096, 1, 0_u32] {
            if bytes[at..at + 4] == lie.to_le_bytes() {
                continue; // the truth
            }
            let mut lying = bytes.clone();
            lying[at..at + 4].copy_from_slice(&lie.to_le_bytes());
            assert!(Model::read(&with_checksum(lying)).is_err(), "{at} {lie}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about the time that passes")]
fn a_line_of_a_megabyte_is_read_in_linear_time() {
    let model = Model::read(&fruit_model(false)).unwrap();
    for unit in ["apple ", "a", "?", "é", "so very "] {
        let text = unit.repeat(1_000_000 / unit.len());
        let begin = std::time::Instant::now();
        read(&model, &text);
        assert!(begin.elapsed() < Duration::from_secs(10), "{unit}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_the_same_is_said_each_time(text in any::<String>()) {
        let model = Model::read(&fruit_model(true)).unwrap();
        prop_assert_eq!(read(&model, &text), read(&model, &text));
    }

    #[test]
    fn no_model_makes_it_panic(
        changes in proptest::collection::vec((12_usize..4_000, any::<u8>()), 1..8),
        text in "[a-z ]{0,40}",
    ) {
        let mut bytes = fruit_model(true);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Ok(model) = Model::read(&with_checksum(bytes)) {
            read(&model, &text);
        }
    }
}
