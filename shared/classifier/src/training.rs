//! From lines to a model.

use std::{collections::HashMap, ops::Range};

use sha2::{Digest, Sha256};

use crate::{
    calibration::{Calibration, Guess},
    encode::encode,
    factors::{self, Factors},
    features::Features,
    fitted::{Fitted, length_ratio},
    pack::{most_telling, rows_in},
    parallel::in_parallel,
    support_vectors,
    vocabulary::Vocabulary,
    weights::Weights,
    words::words,
};

/// How many parts the lines are split into to find out how often a model is right about what it has not seen.
pub const FOLDS: usize = 5;

/// With fewer lines factors learn nothing that support vectors do not know better, and every fold is held out in turn.
const MANY_LINES: usize = 2_000;
/// How many factored models are averaged, each of its own chance.
const FACTORED: usize = 4;
/// How many are made where lines are held out: they choose and calibrate, and need not be the best.
const FACTORED_HELD_OUT: usize = 1;
/// How much the support vectors may count against the factored models. More is not offered: the few models that are made to choose
/// by are worse than those that are averaged in the end.
const SHARES: [f32; 2] = [4.0, 8.0];

/// One line to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// What somebody may write.
    pub text: &'a str,
    /// What it means: the number of a label, or the number behind the last for the background.
    pub label: usize,
    /// The number of its language, where languages are told as well.
    pub language: Option<usize>,
}

/// What a model tells apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The labels.
    pub labels: Vec<String>,
    /// The languages; none if they are not told.
    pub languages: Vec<String>,
    /// Whether there are lines that belong to no label.
    pub has_background: bool,
}

impl Names {
    /// The columns of the labels and of the background.
    fn scoring(&self) -> usize {
        self.labels.len().saturating_add(usize::from(self.has_background))
    }
}

/// Where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// What chance began with.
    pub seed: u64,
    /// SHA-256 of the lines, their labels and the settings.
    pub digest: [u8; 32],
    /// Under which licence the lines are, as SPDX says it if it can.
    pub licence: String,
    /// Where the lines come from.
    pub sources: String,
}

/// How to train.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What chance begins with.
    pub seed: u64,
    /// How large the model may become, in bytes.
    pub bytes_max: usize,
    /// Whether only support vectors are wanted: less time, and nearly as good.
    pub support_vectors_only: bool,
    /// Whether lines are held out to choose and to calibrate by. Without that a model takes half the time, and nobody knows how
    /// far it can be believed.
    pub calibrated: bool,
    /// Under which licence the lines are.
    pub licence: String,
    /// Where the lines come from.
    pub sources: String,
}

/// Hears how far the training is.
pub trait Progress: Sync {
    /// So many parts are to be done.
    fn begin(&self, parts: usize);
    /// One more is done.
    fn advance(&self);
}

/// Nobody hears.
impl Progress for () {
    fn begin(&self, _parts: usize) {}
    fn advance(&self) {}
}

/// A trained model.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model's file.
    pub bytes: Vec<u8>,
    /// What it was made of: `support vectors`, or with factored models.
    pub method: String,
    /// How many of the held-out lines that were of a label were told right.
    pub held_out_right: usize,
    /// How many there were.
    pub held_out: usize,
}

/// Lines as numbers.
#[derive(Debug)]
pub struct TrainingSet {
    names: Names,
    features: Vec<Features>,
    labels: Vec<usize>,
    languages: Vec<Option<usize>>,
    digest: Sha256,
}

/// What was found out on lines that were held out.
#[derive(Debug)]
struct HeldOut {
    share: Option<f32>,
    guesses: Vec<Guess>,
}

impl TrainingSet {
    /// Reads the features of `lines`.
    pub fn read(lines: &[Line<'_>], names: Names) -> Self {
        let mut digest = Sha256::new();
        for line in lines {
            digest.update(line.label.to_le_bytes());
            digest.update(line.text.len().to_le_bytes());
            digest.update(line.text);
        }
        for name in names.labels.iter().chain(&names.languages) {
            digest.update(name.len().to_le_bytes());
            digest.update(name);
        }
        Self {
            names,
            features: lines
                .iter()
                .map(|line| Features::of(line.text, &words(line.text)).sorted())
                .collect(),
            labels: lines.iter().map(|line| line.label).collect(),
            languages: lines.iter().map(|line| line.language).collect(),
            digest,
        }
    }

    /// The model that fits all lines, with the confidence that its like deserved on lines they had not seen.
    pub fn train(&self, settings: &Settings, progress: &impl Progress) -> Trained {
        let factored = !settings.support_vectors_only && self.labels.len() >= MANY_LINES;
        let folds = match (settings.calibrated, self.labels.len() < MANY_LINES) {
            (false, _) => 0..0,
            (true, true) => 0..FOLDS,
            (true, false) => 0..1,
        };
        let count = |of: usize| if factored { of } else { 0 };
        let parts = folds.len().saturating_mul(self.parts(count(FACTORED_HELD_OUT)));
        progress.begin(parts.saturating_add(self.parts(count(FACTORED))));
        let held_out = self.hold_out(folds, factored, settings, progress);
        let all: Vec<usize> = (0..self.features.len()).collect();
        let weights = self.fit(&all, count(FACTORED), settings, progress).at(held_out.share);
        let label_count = self.names.labels.len();
        let of_labels = held_out.guesses.iter().filter(|guess| guess.wanted < label_count);
        let rights = of_labels.clone().filter(|guess| guess.judge(label_count).0 == guess.wanted);
        let mut digest = self.digest.clone();
        digest.update(settings.seed.to_le_bytes());
        digest.update(settings.bytes_max.to_le_bytes());
        let origin = Origin {
            seed: settings.seed,
            digest: digest.finalize().into(),
            licence: settings.licence.clone(),
            sources: settings.sources.clone(),
        };
        let calibration = Calibration::of(&held_out.guesses, label_count);
        Trained {
            bytes: encode(&weights, &self.names, &calibration, &origin, settings.bytes_max),
            method: held_out.share.map_or_else(
                || "support vectors".to_owned(),
                |share| format!("{share} times support vectors, {FACTORED} factored models"),
            ),
            held_out_right: rights.count(),
            held_out: of_labels.count(),
        }
    }

    /// Fits models without each of `folds` and lets them guess about it; with factored models, with the share that guessed best.
    fn hold_out(
        &self,
        folds: Range<usize>,
        factored: bool,
        settings: &Settings,
        progress: &impl Progress,
    ) -> HeldOut {
        let labels = self.labels.iter().copied().zip(self.languages.iter().copied());
        let of = deal(labels);
        let shares: Vec<Option<f32>> = if factored { SHARES.map(Some).into() } else { vec![None] };
        let count = if factored { FACTORED_HELD_OUT } else { 0 };
        let mut tried: Vec<Vec<Guess>> = vec![Vec::new(); shares.len()];
        for fold in folds {
            let lines = |is_held_out: bool| -> Vec<usize> {
                let all = of.iter().enumerate();
                all.filter(|(_, at)| (**at == fold) == is_held_out).map(|(line, _)| line).collect()
            };
            let fitted = self.fit(&lines(false), count, settings, progress);
            let held_out = lines(true);
            for (guesses, &share) in tried.iter_mut().zip(&shares) {
                let weights = fitted.at(share);
                guesses.extend(held_out.iter().filter_map(|&line| self.guess(&weights, line)));
            }
        }
        let label_count = self.names.labels.len();
        let right = |guesses: &[Guess]| {
            guesses.iter().filter(|guess| guess.judge(label_count).0 == guess.wanted).count()
        };
        let mut best: Option<HeldOut> = None;
        for (guesses, share) in tried.into_iter().zip(shares) {
            if best.as_ref().is_none_or(|best| right(&guesses) > right(&best.guesses)) {
                best = Some(HeldOut { share, guesses });
            }
        }
        best.unwrap_or(HeldOut { share: None, guesses: Vec::new() })
    }

    fn guess(&self, weights: &Weights, line: usize) -> Option<Guess> {
        let mut scores = weights.scores(self.features.get(line)?);
        scores.truncate(self.names.scoring());
        Some(Guess { wanted: *self.labels.get(line)?, scores })
    }

    /// The columns of the labels, of the background and of the languages.
    fn columns(&self) -> usize {
        self.names.scoring().saturating_add(self.names.languages.len())
    }

    /// How many bytes of a model are not its rows, at most.
    fn header_bytes(&self, settings: &Settings) -> usize {
        const NUMBERS: usize = 128;
        const STEP: usize = 6;
        let names = self.names.labels.iter().chain(&self.names.languages);
        let texts = names.map(|name| name.len().saturating_add(1)).sum::<usize>();
        let steps = (self.labels.len() / crate::calibration::STEP_LINES_MIN).saturating_mul(STEP);
        [texts, settings.licence.len(), settings.sources.len(), self.columns() * 4, steps]
            .into_iter()
            .fold(NUMBERS, usize::saturating_add)
    }

    /// How many parts a fit has that progress counts, with so many factored models.
    fn parts(&self, factored: usize) -> usize {
        self.columns().saturating_mul(2).saturating_add(factored.saturating_mul(factors::ROUNDS))
    }

    /// The models that fit the chosen lines: support vectors, and so many factored models.
    fn fit(
        &self,
        chosen: &[usize],
        factored: usize,
        settings: &Settings,
        progress: &impl Progress,
    ) -> Fitted {
        let features: Vec<&Features> =
            chosen.iter().filter_map(|&line| self.features.get(line)).collect();
        let lines = Chosen { lines: chosen, features: &features, settings };
        let vocabulary = Vocabulary::of(&features);
        let rows_max =
            rows_in(settings.bytes_max.saturating_sub(self.header_bytes(settings)), self.columns());
        let vocabulary = if vocabulary.hashes.len() > rows_max {
            // What is left learns to do without the rest.
            let (weights, _) = self.fit_on(vocabulary, lines, 0, progress);
            weights.vocabulary.keep(&most_telling(&weights, rows_max))
        } else {
            (0..self.columns()).for_each(|_| progress.advance());
            vocabulary
        };
        let (weights, factors) = self.fit_on(vocabulary, lines, factored, progress);
        let ratio = length_ratio(&features, &weights.vocabulary);
        Fitted { weights, factors, ratio }
    }

    /// A support vector machine for each column, and so many factored models, on all processors.
    fn fit_on(
        &self,
        vocabulary: Vocabulary,
        chosen: Chosen<'_>,
        factored: usize,
        progress: &impl Progress,
    ) -> (Weights, Vec<Factors>) {
        let rows = vocabulary.hashes.len();
        let vectors: Vec<_> =
            chosen.features.iter().map(|features| vocabulary.vector(features)).collect();
        let labels: Vec<usize> =
            chosen.lines.iter().filter_map(|&line| self.labels.get(line)).copied().collect();
        let lines = factors::Lines {
            features: chosen.features,
            labels: &labels,
            label_count: self.names.scoring(),
        };
        let seed = |number: usize| {
            chosen.settings.seed.wrapping_add(u64::try_from(number).unwrap_or_default())
        };
        // The longest work first.
        let fitted = in_parallel(factored.saturating_add(self.columns()), |part| {
            let Some(column) = part.checked_sub(factored) else {
                let round_done = || progress.advance();
                return Part::Factors(Factors::fit(lines, &vocabulary, seed(part), &round_done));
            };
            let is_of = |line: usize| match column.checked_sub(self.names.scoring()) {
                None => self.labels.get(line) == Some(&column),
                language => self.languages.get(line) == Some(&language),
            };
            let signs: Vec<bool> = chosen.lines.iter().map(|&line| is_of(line)).collect();
            let (values, bias) = support_vectors::fit(&vectors, &signs, rows, seed(column));
            progress.advance();
            Part::Column(column, values, bias)
        });
        let mut weights = Weights::empty(vocabulary, self.columns());
        let mut factors = Vec::new();
        for part in fitted {
            match part {
                Part::Factors(one) => factors.push(one),
                Part::Column(column, values, bias) => weights.set_column(column, &values, bias),
            }
        }
        (weights, factors)
    }
}

/// The lines that something is fitted to.
#[derive(Debug, Clone, Copy)]
struct Chosen<'a> {
    lines: &'a [usize],
    features: &'a [&'a Features],
    settings: &'a Settings,
}

/// A part of a fit.
#[derive(Debug)]
enum Part {
    Factors(Factors),
    /// A column with its weights and what it begins with.
    Column(usize, Vec<f32>, f32),
}

/// The lines to learn from and those that are held out, once for each fold.
pub fn split<'a>(lines: &[Line<'a>]) -> Vec<(Vec<Line<'a>>, Vec<Line<'a>>)> {
    let of = deal(lines.iter().map(|line| (line.label, line.language)));
    let fold = |fold: usize| {
        let (held_out, training): (Vec<_>, Vec<_>) =
            lines.iter().zip(&of).partition(|(_, of)| **of == fold);
        let lines =
            |chosen: Vec<(&Line<'a>, &usize)>| chosen.into_iter().map(|(line, _)| *line).collect();
        (lines(training), lines(held_out))
    };
    (0..FOLDS).map(fold).collect()
}

/// The fold of each line: those of one label and language are dealt in turn.
fn deal(lines: impl Iterator<Item = (usize, Option<usize>)>) -> Vec<usize> {
    let mut dealt: HashMap<(usize, Option<usize>), usize> = HashMap::new();
    lines
        .map(|line| {
            let next = dealt.entry(line).or_default();
            *next = next.wrapping_add(1);
            *next % FOLDS
        })
        .collect()
}

#[cfg(test)]
mod tests;
