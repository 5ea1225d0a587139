//! The file of a model: what is not whole is refused, and whatever is read can be asked without harm.
//!
//! An input is the file behind its first twelve bytes, which the check writes: a checksum keeps mistakes out, not those who know it.
//! An input that begins with `FRLM` is a file as it is.

use std::iter;

use forthright_classifier::{Model, words};

/// A file may make a reader take so much more memory than it has itself.
const MEMORY_FACTOR: usize = 16;
const MEMORY_LEAST: usize = 100_000;

/// Checks one input.
pub fn check(input: &[u8]) {
    if input.starts_with(b"FRLM") {
        ask(input);
        return;
    }
    let head = b"FRLM".iter().copied().chain(2_u32.to_le_bytes());
    let file: Vec<u8> =
        head.chain(crc32fast::hash(input).to_le_bytes()).chain(input.iter().copied()).collect();
    ask(&file);
    if let Some((last, rest)) = file.split_last() {
        assert!(Model::read(rest).is_err(), "a file without its end is read");
        let changed: Vec<u8> = rest.iter().copied().chain(iter::once(!*last)).collect();
        assert!(Model::read(&changed).is_err(), "a file that was changed is read");
    }
}

fn ask(file: &[u8]) {
    let Ok(model) = Model::read(file) else {
        return;
    };
    assert!(model.size() == file.len(), "a model has another size than its file");
    assert!(model.features() <= file.len(), "a model knows more than its file says");
    let names = model.names();
    let held: usize = names.labels.iter().chain(&names.languages).map(String::len).sum();
    assert!(held <= file.len() * MEMORY_FACTOR + MEMORY_LEAST, "a model takes more than it is");
    for text in ["", "where is my order?", "wo ist mein paket 😡", "a b c d e f g"] {
        let words = words(text);
        let scores = model.read_text(text, &words);
        let judged = scores.judge();
        assert!(judged.label < names.labels.len(), "a label that is none");
        assert!(
            scores.language().is_none_or(|(language, _)| language < names.languages.len()),
            "a language that is none"
        );
        let others = scores.alternatives(3);
        assert!(others.iter().all(|(label, _)| *label != judged.label), "the first is told twice");
        assert!(others.iter().all(|(_, permille)| *permille > 0), "what is not likely is told");
        assert!(model.read_text(text, &words).judge().label == judged.label, "two answers");
    }
}
