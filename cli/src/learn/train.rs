//! `forthright train`: a model from labelled lines.

use std::fs;

use data_encoding::HEXLOWER;
use forthright_classifier::{
    Line, Model, Names, Progress, Settings, Trained, TrainingSet, measures::share,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::labelled::{Labelled, unlabelled};
use crate::{Problem, args::learn::Train, host};

/// A bar on standard error, where somebody looks.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Result<Self, Problem> {
        let style = "training {bar:40} {percent}% {elapsed}";
        Ok(Self(ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?)))
    }

    pub(super) fn done(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&self, parts: usize) {
        self.0.inc_length(u64::try_from(parts).unwrap_or(u64::MAX));
    }

    fn advance(&self) {
        self.0.inc(1);
    }
}

/// Trains, writes the model, and says what it is.
pub(crate) fn run(asked: &Train) -> Result<bool, Problem> {
    let data = Labelled::read(asked.data.iter().map(AsRef::as_ref), &[])?;
    if data.labels.len() < 2 {
        return Err("the data has one label only; there is nothing to tell apart".into());
    }
    let background = asked.background.as_deref().map(unlabelled).transpose()?.unwrap_or_default();
    let mut lines = data.to_learn();
    let behind = data.labels.len();
    lines.extend(background.iter().map(|text| Line { text, label: behind, language: None }));
    let names = Names {
        labels: data.labels.clone(),
        languages: Vec::new(),
        has_background: !background.is_empty(),
    };
    let sources: Vec<_> = asked.data.iter().chain(&asked.background).collect();
    let sources = sources.iter().filter_map(|path| path.file_name());
    let sources: Vec<_> = sources.map(|name| name.to_string_lossy()).collect();
    let settings = Settings {
        seed: asked.seed,
        bytes_max: asked.max_bytes,
        support_vectors_only: false,
        calibrated: true,
        licence: asked.licence.clone(),
        sources: sources.join(", "),
    };
    let bar = Bar::new()?;
    let trained = TrainingSet::read(&lines, names).train(&settings, &bar);
    bar.done();
    let model = Model::read(&trained.bytes)?;
    if model.features() == 0 {
        return Err(format!(
            "{} bytes hold no model; allow more with --max-bytes",
            asked.max_bytes
        )
        .into());
    }
    fs::write(&asked.out, &trained.bytes)
        .map_err(|error| format!("`{}` cannot be written: {error}", asked.out.display()))?;
    let made = Made {
        asked,
        lines: data.lines.len(),
        background: background.len(),
        trained: &trained,
        model: &model,
    };
    host::say(&if asked.json { made.as_json().to_string() } else { made.as_text() })?;
    Ok(true)
}

/// What was made of what.
struct Made<'a> {
    asked: &'a Train,
    lines: usize,
    background: usize,
    trained: &'a Trained,
    model: &'a Model,
}

impl Made<'_> {
    fn held_out(&self) -> f64 {
        share(self.trained.held_out_right, self.trained.held_out)
    }

    fn digest(&self) -> String {
        HEXLOWER.encode(&self.model.origin().digest)
    }

    fn as_json(&self) -> Value {
        json!({
            "labels": self.model.names().labels.len(),
            "lines": self.lines,
            "background_lines": self.background,
            "method": self.trained.method,
            "held_out_accuracy": self.held_out(),
            "held_out_lines": self.trained.held_out,
            "features": self.model.features(),
            "model_bytes": self.model.size(),
            "scope_threshold": self.model.scope_threshold(),
            "train_digest": self.digest(),
        })
    }

    fn as_text(&self) -> String {
        format!(
            "{} labels, {} lines and {} of no label, by {}\n\
             held out: {:.2} % of {} lines right\n\
             {}: {} features, {} bytes, from {}",
            self.model.names().labels.len(),
            self.lines,
            self.background,
            self.trained.method,
            100.0 * self.held_out(),
            self.trained.held_out,
            self.asked.out.display(),
            self.model.features(),
            self.model.size(),
            self.digest(),
        )
    }
}
