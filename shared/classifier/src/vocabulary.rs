//! The features that a model knows, and how rare each is.

use std::collections::HashMap;

use crate::{
    features::{Feature, Features},
    form::RARITY_UNITS,
};

/// Features in the order of their numbers; each has a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    /// What they are.
    pub(crate) hashes: Vec<u32>,
    /// In how many lines each stands.
    pub(crate) lines: Vec<u32>,
    /// How rare each is, in units; the scorer has the same.
    pub(crate) rarity: Vec<u8>,
    /// How rare is what stands in no line.
    pub(crate) rarity_unknown: u8,
}

/// A line as a vector: rows with their values.
pub(crate) type Vector = Vec<(u32, f32)>;

impl Vocabulary {
    /// All features of these lines.
    pub(crate) fn of(lines: &[&Features]) -> Self {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for feature in lines.iter().flat_map(|line| line.groups()).flatten() {
            let count = counts.entry(feature.hash).or_default();
            *count = count.saturating_add(1);
        }
        let mut counts: Vec<(u32, u32)> = counts.into_iter().collect();
        counts.sort_unstable();
        Self {
            hashes: counts.iter().map(|(hash, _)| *hash).collect(),
            rarity: counts.iter().map(|(_, count)| rarity(*count, lines.len())).collect(),
            lines: counts.into_iter().map(|(_, count)| count).collect(),
            rarity_unknown: rarity(0, lines.len()),
        }
    }

    /// The features of these rows only, as rare as they are. The others become unknown.
    pub(crate) fn keep(&self, rows: &[usize]) -> Self {
        fn of<T: Copy>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().filter_map(|&row| all.get(row)).copied().collect()
        }
        Self {
            hashes: of(&self.hashes, rows),
            lines: of(&self.lines, rows),
            rarity: of(&self.rarity, rows),
            rarity_unknown: self.rarity_unknown,
        }
    }

    /// The row of a feature, if it is known.
    pub(crate) fn row(&self, feature: Feature) -> Option<usize> {
        self.hashes.binary_search(&feature.hash).ok()
    }

    /// In how many lines the feature of this row stands.
    pub(crate) fn lines(&self, row: usize) -> u32 {
        self.lines.get(row).copied().unwrap_or_default()
    }

    /// How rare the feature of this row is.
    pub(crate) fn rarity(&self, row: usize) -> f32 {
        f32::from(self.rarity.get(row).copied().unwrap_or_default()) / RARITY_UNITS
    }

    /// The features of a text as a vector: words have the length one, and pieces have it. What is not known counts in
    /// the length, so that a text of unknown words is near to nothing.
    pub(crate) fn vector(&self, features: &Features) -> Vector {
        let mut vector = Vec::with_capacity(features.words.len() + features.pieces.len());
        let unknown = f32::from(self.rarity_unknown) / RARITY_UNITS;
        for group in features.groups() {
            let first = vector.len();
            let mut square = 0.0;
            for &feature in group {
                if let Some((row, number)) =
                    self.row(feature).and_then(|row| Some((row, u32::try_from(row).ok()?)))
                {
                    let rarity = self.rarity(row);
                    square += rarity * rarity;
                    vector.push((number, rarity));
                } else {
                    square += unknown * unknown;
                }
            }
            let length = f32::sqrt(square).max(f32::MIN_POSITIVE);
            for (_, value) in vector.iter_mut().skip(first) {
                *value /= length;
            }
        }
        vector
    }
}

/// One and the logarithm of how many lines there are for each that has it, in units.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "rounded and held within eight bits"
)]
fn rarity(with_it: u32, lines: usize) -> u8 {
    let share = (1.0 + lines as f64) / (1.0 + f64::from(with_it));
    ((share.ln() + 1.0) * f64::from(RARITY_UNITS)).round().clamp(1.0, 255.0) as u8
}
