//! A factored model: each feature has a short vector, their mean is the text's, and each label has one that it is compared
//! with. The best for many lines: labels learn from each other, and words that are left out at random teach it not to rest on one.
//!
//! Softmax with smoothed labels, by stochastic gradient descent whose steps shrink row by row as in Duchi, Hazan and Singer,
//! "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR 2011). What comes out is linear again: the
//! product of both factors.

use crate::{
    algebra::{add, dot, exp},
    features::Features,
    random::Chance,
    vocabulary::Vocabulary,
};

/// How long a feature's vector is.
const LENGTH: usize = 128;
/// How often all lines are looked at.
pub(crate) const ROUNDS: usize = 15;
/// How many of the words are left out.
const LEFT_OUT: f32 = 0.2;
/// How far a feature's vector goes at first, and a label's.
const STEP: f32 = 0.05;
const LABEL_STEP: f32 = 0.3 * STEP;
/// How far the last step is of the first.
const LAST_STEP: f32 = 0.02;
/// What all labels get of the certainty.
const SMOOTHING: f32 = 0.1;
/// A feature that stands in fewer lines is left to the support vectors.
const LINES_MIN: u32 = 3;

/// Lines and what they mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines<'a> {
    /// What each has.
    pub(crate) features: &'a [&'a Features],
    /// The label of each.
    pub(crate) labels: &'a [usize],
    /// How many labels there are.
    pub(crate) label_count: usize,
}

/// A model as two factors.
#[derive(Debug)]
pub(crate) struct Factors {
    /// Per row of the vocabulary its vector, and the sum of its squared gradients.
    features: Vec<f32>,
    steps: Vec<f32>,
    labels: Vec<f32>,
    label_steps: Vec<f32>,
    bias: Vec<f32>,
}

/// One line's features by group: their rows, and the words that have them.
type Rows = [Vec<(u32, Option<u16>)>; 2];

impl Factors {
    /// The factors that fit these lines. `round_done` hears of each round.
    pub(crate) fn fit(
        lines: Lines<'_>,
        vocabulary: &Vocabulary,
        seed: u64,
        round_done: &(impl Fn() + Sync),
    ) -> Self {
        let rows: Vec<Rows> =
            lines.features.iter().map(|features| rows(features, vocabulary)).collect();
        let mut chance = Chance::new(seed);
        let spread = f32::sqrt(128.0).recip() * 1.4 / std::f32::consts::SQRT_2;
        let mut factors = Self {
            features: vec![0.0; vocabulary.hashes.len().saturating_mul(LENGTH)],
            steps: vec![0.0; vocabulary.hashes.len()],
            labels: (0..lines.label_count.saturating_mul(LENGTH))
                .map(|_| chance.normal() * spread)
                .collect(),
            label_steps: vec![0.0; lines.label_count],
            bias: vec![0.0; lines.label_count],
        };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut left = Left::of(rows.len().saturating_mul(ROUNDS));
        let mut active = Vec::new();
        for _ in 0..ROUNDS {
            chance.shuffle(&mut order);
            for &line in &order {
                let share = left.share();
                if let (Some(rows), Some(&label)) = (rows.get(line), lines.labels.get(line)) {
                    choose(rows, &mut chance, &mut active);
                    factors.learn(&active, label, share);
                }
            }
            round_done();
        }
        factors
    }

    /// One step towards `label` for a line of these features.
    fn learn(&mut self, active: &[(usize, f32)], label: usize, share: f32) {
        let mut text = [0.0_f32; LENGTH];
        for &(row, value) in active {
            add(&mut text, value, vector(&self.features, row));
        }
        let mut errors: Vec<f32> = (self.labels.chunks_exact(LENGTH).zip(&self.bias))
            .map(|(vector, bias)| dot(vector, &text) + bias)
            .collect();
        let largest = errors.iter().copied().fold(f32::MIN, f32::max);
        let mut sum = 0.0;
        for error in &mut errors {
            *error = exp(*error - largest);
            sum += *error;
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundred labels")]
        let smoothing = SMOOTHING / errors.len() as f32;
        for (number, error) in errors.iter_mut().enumerate() {
            let wanted = if number == label { 1.0 - SMOOTHING } else { 0.0 } + smoothing;
            *error = *error / sum - wanted;
        }
        #[expect(clippy::cast_precision_loss, reason = "a hundred or so")]
        let length = LENGTH as f32;
        let text_square = dot(&text, &text) / length;
        let mut back = [0.0_f32; LENGTH];
        let labels = self.labels.chunks_exact_mut(LENGTH);
        let places = labels.zip(&mut self.bias).zip(&mut self.label_steps);
        for (((vector, bias), squares), &error) in places.zip(&errors) {
            add(&mut back, error, vector);
            *squares += error * error * text_square;
            let step = LABEL_STEP * share / (squares.sqrt() + 1e-4);
            add(vector, -step * error, &text);
            *bias -= 0.1 * step * error;
        }
        let back_square = dot(&back, &back) / length;
        for &(row, value) in active {
            if let (Some(squares), Some(vector)) = (
                self.steps.get_mut(row),
                self.features
                    .get_mut(row.saturating_mul(LENGTH)..)
                    .and_then(|rest| rest.get_mut(..LENGTH)),
            ) {
                *squares += back_square * value * value;
                let step = STEP * share / (squares.sqrt() + 1e-6);
                add(vector, -step * value, &back);
            }
        }
    }

    /// What a feature's row gives each label.
    pub(crate) fn weights(&self, row: usize) -> impl Iterator<Item = f32> {
        let feature = vector(&self.features, row);
        self.labels.chunks_exact(LENGTH).map(move |label| dot(feature, label))
    }

    /// What each label begins with.
    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }
}

/// How much of the way is left.
struct Left {
    steps: usize,
    done: usize,
}

impl Left {
    const fn of(steps: usize) -> Self {
        Self { steps, done: 0 }
    }

    /// The share of the first step that the next has.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no last digit")]
    fn share(&mut self) -> f32 {
        let share = 1.0 - self.done as f32 / self.steps as f32;
        self.done = self.done.saturating_add(1);
        share.max(LAST_STEP)
    }
}

fn vector(vectors: &[f32], row: usize) -> &[f32] {
    vectors.get(row.saturating_mul(LENGTH)..).and_then(|rest| rest.get(..LENGTH)).unwrap_or(&[])
}

fn rows(features: &Features, vocabulary: &Vocabulary) -> Rows {
    features.groups().map(|group| {
        let known = group.iter().filter_map(|&feature| {
            let row = vocabulary.row(feature)?;
            let row = (vocabulary.lines(row) >= LINES_MIN).then(|| u32::try_from(row).ok())??;
            Some((row, feature.word))
        });
        known.collect()
    })
}

/// The features that are left when some words are left out; each group has the length one half.
fn choose(rows: &Rows, chance: &mut Chance, active: &mut Vec<(usize, f32)>) {
    // A bit says of one word in sixty-four whether it is left out.
    let left_out = (0..64).fold(0_u64, |bits, _| bits << 1 | u64::from(chance.share() < LEFT_OUT));
    let is_in = |word: Option<u16>| word.is_none_or(|word| left_out >> (word % 64) & 1 == 0);
    active.clear();
    for group in rows {
        let first = active.len();
        let chosen = group.iter().filter(|(_, word)| is_in(*word));
        active.extend(chosen.filter_map(|(row, _)| Some((usize::try_from(*row).ok()?, 1.0))));
        #[expect(clippy::cast_precision_loss, reason = "some thousand features at most")]
        let count = (active.len() - first).max(1) as f32;
        let value = (2.0 * count).sqrt().recip();
        for (_, place) in active.iter_mut().skip(first) {
            *place = value;
        }
    }
}
