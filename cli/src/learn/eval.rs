//! `forthright eval`: how good a model is, where it errs, and how far it can be believed.

use std::{fs, path::Path, time::Instant};

use data_encoding::HEXLOWER;
use forthright_classifier::{
    Judged, Model, Names, RIGHT_ANSWERS_LOST_PERMILLE, Settings, TrainingSet, scope_threshold,
    training::split, words,
};
use forthright_language::built_in_model;

use super::{
    compare,
    labelled::{Labelled, unlabelled},
    plots,
    report::{Guess, Outcome},
    train::Bar,
};
use crate::{Problem, args::learn::Eval, host};

/// Judges a model by lines, and says what came of it.
pub(crate) fn run(asked: &Eval) -> Result<bool, Problem> {
    let outcome = if asked.cross_validate { cross_validated(asked)? } else { judged(asked)? };
    if let Some(folder) = &asked.plots {
        fs::create_dir_all(folder)
            .map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
        plots::draw(&outcome, folder)?;
    }
    let compared =
        asked.compare.as_deref().map(|file| compare::read(file, &outcome)).transpose()?;
    host::say(&if asked.json {
        outcome.as_json(compared.as_ref()).to_string()
    } else {
        host::harmless(&outcome.as_text(compared.as_ref()))
    })?;
    Ok(true)
}

/// A model's file, or the built-in one.
pub(super) fn model(file: Option<&Path>) -> Result<Model, Problem> {
    let Some(file) = file else { return Ok(built_in_model()?) };
    let bytes =
        fs::read(file).map_err(|error| format!("`{}` cannot be read: {error}", file.display()))?;
    Model::read(&bytes).map_err(|error| format!("`{}`: {error}", file.display()).into())
}

fn judged(asked: &Eval) -> Result<Outcome, Problem> {
    let model = model(asked.model.as_deref())?;
    let known = &model.names().labels;
    let data = Labelled::read([asked.data.as_path()], known)?;
    if let Some(unknown) = data.labels.get(known.len()) {
        return Err(format!(
            "`{}` has the label `{unknown}`, which the model does not know; it knows {}",
            asked.data.display(),
            known.join(", ")
        )
        .into());
    }
    let threshold = match &asked.calibrate_on {
        None => model.scope_threshold(),
        Some(file) => {
            let inside = Labelled::read([file.as_path()], known)?;
            let outside = asked.calibrate_out_of_scope.as_deref().map(unlabelled).transpose()?;
            calibrated(&model, &inside, &outside.unwrap_or_default())
        }
    };
    let outside = asked.out_of_scope.as_deref().map(unlabelled).transpose()?;
    let mut outcome = Outcome::new(&model, threshold);
    outcome.add(&model, data.lines.into_iter());
    for text in outside.unwrap_or_default() {
        outcome.outside.push(judge(&model, &text).0.scope);
    }
    Ok(outcome)
}

/// The threshold under which most of all lines are treated right, but for one that loses too many right answers.
fn calibrated(model: &Model, inside: &Labelled, outside: &[String]) -> f32 {
    let mut right = Vec::new();
    for (label, text) in &inside.lines {
        let (judged, _) = judge(model, text);
        if judged.label == *label {
            right.push(judged.scope);
        }
    }
    let highest = scope_threshold(right.iter().copied(), RIGHT_ANSWERS_LOST_PERMILLE);
    let outside: Vec<f32> = outside.iter().map(|text| judge(model, text).0.scope).collect();
    // A threshold that finds as much outside as the highest costs less if it is lower: half of the way to it is left for
    // lines that nobody has seen.
    let found = outside.iter().filter(|scope| **scope < highest);
    let last = found.copied().fold(f32::MIN, f32::max);
    if last > f32::MIN { last.midpoint(highest) } else { highest }
}

fn cross_validated(asked: &Eval) -> Result<Outcome, Problem> {
    let data = Labelled::read([asked.data.as_path()], &[])?;
    let outside = asked.out_of_scope.as_deref().map(unlabelled).transpose()?.unwrap_or_default();
    let names = Names { labels: data.labels.clone(), ..Names::default() };
    let lines = data.to_learn();
    let settings = Settings {
        seed: asked.seed,
        bytes_max: asked.max_bytes,
        support_vectors_only: false,
        calibrated: true,
        licence: String::new(),
        sources: String::new(),
    };
    let bar = Bar::new()?;
    let mut outcome: Option<Outcome> = None;
    for (training, held_out) in split(&lines) {
        let trained = TrainingSet::read(&training, names.clone()).train(&settings, &bar);
        let model = Model::read(&trained.bytes)?;
        // Each model has a threshold of its own: scopes are told from there.
        let threshold = model.scope_threshold();
        let outcome = outcome.get_or_insert_with(|| Outcome::new(&model, 0.0));
        outcome.bytes = outcome.bytes.max(model.size());
        let first = outcome.guesses.len();
        outcome.add(&model, held_out.into_iter().map(|line| (line.label, line.text.to_owned())));
        for guess in outcome.guesses.iter_mut().skip(first) {
            guess.judged.scope -= threshold;
        }
        for text in &outside {
            outcome.outside.push(judge(&model, text).0.scope - threshold);
        }
    }
    bar.done();
    outcome.ok_or_else(|| "there are no folds".into())
}

impl Outcome {
    fn new(model: &Model, threshold: f32) -> Self {
        Self {
            labels: model.names().labels.clone(),
            threshold,
            bytes: model.size(),
            digest: HEXLOWER.encode(&model.origin().digest),
            guesses: Vec::new(),
            outside: Vec::new(),
        }
    }

    fn add(&mut self, model: &Model, lines: impl Iterator<Item = (usize, String)>) {
        for (wanted, text) in lines {
            let (judged, nanos) = judge(model, &text);
            self.guesses.push(Guess { wanted, judged, nanos, text });
        }
    }
}

/// What the model says of a text, and how many nanoseconds that took.
#[expect(clippy::disallowed_methods, reason = "a duration is measured, for people to read")]
fn judge(model: &Model, text: &str) -> (Judged, u64) {
    let begin = Instant::now();
    let judged = model.read_text(text, &words(text)).judge();
    let taken = begin.elapsed();
    (judged, u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX))
}
