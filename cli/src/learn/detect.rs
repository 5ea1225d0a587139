//! `forthright detect`: what the engine reads in each line of standard input.

use std::io::{self, BufRead, Write};

use forthright_classifier::{Model, words};
use forthright_language::{
    Detector, Reading,
    personal_data::{self, Span},
};
use serde_json::{Value, json};

use crate::{
    Problem,
    args::learn::{Detect, RedactLines},
};

/// The name of what belongs to no label of a model with a background.
const OUT_OF_SCOPE: &str = "out_of_scope";

/// Writes a JSON object for each line.
pub(crate) fn run(asked: &Detect) -> Result<bool, Problem> {
    let detector = Detector::built_in()?;
    let other = asked.model.as_deref().map(|file| super::eval::model(Some(file))).transpose()?;
    each_line(|line| {
        let reading = detector.read(line);
        let (intent, confidence, alternatives) = match &other {
            None => built_in(&reading),
            Some(model) => of_model(model, line),
        };
        let detection = &reading.detection;
        let (personal_data, is_special) = personal_data::examine(line);
        let mut triggers: Vec<&str> =
            reading.triggers.iter().map(|trigger| trigger.name()).collect();
        if detection.is_urgent {
            triggers.push("urgent");
        }
        json!({
            "intent": intent,
            "confidence": confidence,
            "alternatives": alternatives,
            "language": detection.language.map_or_else(|| "unknown".to_owned(), |language| language.to_string()),
            "sentiment": detection.sentiment,
            "triggers": triggers,
            "personal_data": told(&personal_data),
            "special_category_suspected": is_special,
        })
        .to_string()
    })
}

/// Writes each line without its personal data.
pub(crate) fn redact(asked: &RedactLines) -> Result<bool, Problem> {
    each_line(|line| {
        let redacted = personal_data::redact(line);
        if asked.json {
            json!({ "redacted": redacted, "personal_data": told(&personal_data::find(line)) })
                .to_string()
        } else {
            redacted
        }
    })
}

fn told(spans: &[Span]) -> Vec<Value> {
    spans
        .iter()
        .map(|span| json!({ "kind": span.kind, "start": span.start, "end": span.end }))
        .collect()
}

type Told = (String, f64, Vec<Value>);

fn built_in(reading: &Reading) -> Told {
    let detection = &reading.detection;
    let alternatives = detection.alternatives.iter();
    let alternatives =
        alternatives.map(|(intent, permille)| alternative(intent.name(), *permille)).collect();
    (detection.intent.name().to_owned(), share(detection.confidence_permille), alternatives)
}

fn of_model(model: &Model, line: &str) -> Told {
    let scores = model.read_text(line, &words(line));
    let judged = scores.judge();
    let name = |label: usize| model.names().labels.get(label).cloned().unwrap_or_default();
    let is_outside = model.names().has_background && judged.scope < model.scope_threshold();
    let intent = if is_outside { OUT_OF_SCOPE.to_owned() } else { name(judged.label) };
    let alternatives = scores.alternatives(3).into_iter();
    let alternatives =
        alternatives.map(|(label, permille)| alternative(&name(label), permille)).collect();
    (intent, share(judged.confidence_permille), alternatives)
}

fn alternative(intent: &str, permille: u16) -> Value {
    json!({ "intent": intent, "confidence": share(permille) })
}

fn share(permille: u16) -> f64 {
    f64::from(permille) / 1_000.0
}

/// Writes what `write` makes of each line of standard input. Bytes that are no UTF-8 are read as the mark for such.
fn each_line(write: impl Fn(&str) -> String) -> Result<bool, Problem> {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let written = writeln!(output, "{}", write(text));
        // Whoever reads has enough: a closed pipe is no mistake.
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return Ok(true);
        }
        written?;
        line.clear();
    }
    output.flush()?;
    Ok(true)
}
