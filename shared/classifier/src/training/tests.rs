use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{Model, measures::share};

const TOPICS: [&[&str]; 3] = [
    &["parcel", "delivery", "courier", "shipping", "arrive"],
    &["refund", "money", "return", "payment", "bank"],
    &["password", "login", "account", "code", "email"],
];
const FILLERS: [&str; 8] = ["my", "please", "the", "when", "about", "help", "with", "now"];

/// Lines of some words of a topic among others, with now and then a word of another topic.
fn lines(count: usize) -> Vec<(usize, String)> {
    let mut chance = crate::random::Chance::new(7);
    let mut pick = |from: &[&'static str]| -> &'static str {
        let mut order: Vec<usize> = (0..from.len()).collect();
        chance.shuffle(&mut order);
        from[order[0]]
    };
    (0..count)
        .map(|number| {
            let (label, other) = (number % 3, (number / 3) % 3);
            let mut line =
                [pick(&FILLERS), pick(TOPICS[label]), pick(&FILLERS), pick(TOPICS[label])];
            if number % 5 == 0 {
                line[2] = pick(TOPICS[other]);
            }
            (label, line.join(" "))
        })
        .collect()
}

fn set(lines: &[(usize, String)]) -> TrainingSet {
    let names = Names {
        labels: ["delivery", "money", "account"].map(str::to_owned).to_vec(),
        ..Names::default()
    };
    let lines: Vec<Line<'_>> =
        lines.iter().map(|(label, text)| Line { text, label: *label, language: None }).collect();
    TrainingSet::read(&lines, names)
}

fn settings(seed: u64, bytes_max: usize) -> Settings {
    let (licence, sources) = (String::new(), String::new());
    Settings { seed, bytes_max, support_vectors_only: false, calibrated: true, licence, sources }
}

fn accuracy(model: &Model, lines: &[(usize, String)]) -> f64 {
    let right = lines
        .iter()
        .filter(|(label, text)| model.read_text(text, &words(text)).judge().label == *label);
    share(right.count(), lines.len())
}

#[test]
fn few_lines_are_learned_by_support_vectors_and_many_by_factors_as_well() {
    for (count, method) in [(300, "support vectors"), (2_400, "factored models")] {
        let lines = lines(count);
        let trained = set(&lines).train(&settings(1, 1_000_000), &());
        assert!(trained.method.ends_with(method), "{}", trained.method);
        assert_eq!(trained.held_out, if count < MANY_LINES { count } else { count / FOLDS });
        assert!(share(trained.held_out_right, trained.held_out) > 0.9, "{trained:?}");
        let model = Model::read(&trained.bytes).unwrap();
        assert!(accuracy(&model, &lines) > 0.95, "{method}");
    }
}

#[test]
fn the_same_lines_and_seed_make_the_same_model_and_no_other() {
    let lines = lines(2_100);
    let make =
        |lines: &[(usize, String)], seed| set(lines).train(&settings(seed, 1_000_000), &()).bytes;
    let first = make(&lines, 1);
    assert!(first == make(&lines, 1));
    let digest = |bytes: &[u8]| Model::read(bytes).unwrap().origin().digest;
    assert_ne!(digest(&first), digest(&make(&lines, 2)));
    assert_ne!(digest(&first), digest(&make(&lines[1..], 1)));
}

#[test]
fn a_model_is_no_larger_than_allowed_and_still_good() {
    let lines = lines(600);
    let full = set(&lines).train(&settings(1, 1_000_000), &()).bytes;
    for bytes_max in [full.len() / 2, full.len() / 4, 1_000, 10] {
        let trained = set(&lines).train(&settings(1, bytes_max), &());
        let model = Model::read(&trained.bytes).unwrap();
        if bytes_max >= 1_000 {
            assert!(model.size() <= bytes_max, "{} of {bytes_max}", model.size());
        }
        if bytes_max >= full.len() / 4 {
            assert!(accuracy(&model, &lines) > 0.9, "{bytes_max}");
        }
    }
}

#[derive(Default)]
struct Counted {
    parts: AtomicUsize,
    done: AtomicUsize,
}

impl Progress for Counted {
    fn begin(&self, parts: usize) {
        self.parts.fetch_add(parts, Ordering::Relaxed);
    }

    fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn progress_ends_where_it_said_it_would() {
    for count in [300, 2_100] {
        let counted = Counted::default();
        set(&lines(count)).train(&settings(1, 1_000_000), &counted);
        assert_eq!(counted.parts.into_inner(), counted.done.into_inner(), "{count}");
    }
}
