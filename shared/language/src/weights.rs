//! The weights of a linear model, as they are trained.

use crate::features::Features;

/// What a linear model has learned.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    /// The features that it knows, in order; each has a row.
    pub(crate) hashes: Vec<u32>,
    /// How rare each is.
    pub(crate) rarity: Vec<f32>,
    /// How rare one is that it does not know.
    pub(crate) rarity_unknown: f32,
    /// Row by row, a value for each column.
    pub(crate) values: Vec<f32>,
    /// What each column begins with.
    pub(crate) bias: Vec<f32>,
    /// From a margin to a confidence in thousandths, in steps.
    pub(crate) confidence: Vec<(f32, u16)>,
}

impl Weights {
    /// Weights without values, for features with the number of lines that have them, of `lines`.
    pub(crate) fn empty(counts: &[(u32, u32)], lines: u32, columns: usize) -> Self {
        let rarity = |count: u32| (f64::from(lines) / f64::from(count)).ln() + 1.0;
        #[expect(clippy::cast_possible_truncation, reason = "less than thirty, and rounded anyway")]
        let rarity = |count| rarity(count) as f32;
        Self {
            hashes: counts.iter().map(|(hash, _)| *hash).collect(),
            rarity: counts.iter().map(|(_, count)| rarity(*count)).collect(),
            rarity_unknown: rarity(1),
            values: vec![0.0; counts.len().saturating_mul(columns)],
            bias: vec![0.0; columns],
            confidence: Vec::new(),
        }
    }

    /// How many columns there are.
    pub(crate) fn columns(&self) -> usize {
        self.bias.len()
    }

    pub(crate) fn set_column(&mut self, column: usize, values: &[f32], bias: f32) {
        let columns = self.columns();
        let places = self.values.iter_mut().skip(column).step_by(columns);
        for (place, value) in places.zip(values) {
            *place = *value;
        }
        if let Some(place) = self.bias.get_mut(column) {
            *place = bias;
        }
    }

    /// The features of a text as a vector: words have the length one, and pieces have it. What is not known counts in
    /// the length, so that a text of unknown words is near to nothing.
    pub(crate) fn vector(&self, features: &Features) -> Vec<(usize, f32)> {
        let mut vector = Vec::with_capacity(features.words.len() + features.pieces.len());
        for group in [&features.words, &features.pieces] {
            let first = vector.len();
            let mut square = 0.0;
            for hash in group {
                match self.hashes.binary_search(hash) {
                    Ok(row) => {
                        let rarity = self.rarity.get(row).copied().unwrap_or_default();
                        square += rarity * rarity;
                        vector.push((row, rarity));
                    }
                    Err(_) => square += self.rarity_unknown * self.rarity_unknown,
                }
            }
            let length = f32::sqrt(square).max(f32::MIN_POSITIVE);
            for (_, value) in vector.iter_mut().skip(first) {
                *value /= length;
            }
        }
        vector
    }

    /// How much each column speaks for a text.
    pub(crate) fn scores(&self, features: &Features) -> Vec<f32> {
        let columns = self.columns();
        let mut scores = self.bias.clone();
        for (row, value) in self.vector(features) {
            let at = row.saturating_mul(columns);
            let weights = self.values.get(at..at.saturating_add(columns)).unwrap_or_default();
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += weight * value;
            }
        }
        scores
    }
}
