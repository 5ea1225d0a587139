//! What a model has learned, before it is packed.

use crate::{features::Features, vocabulary::Vocabulary};

/// Weights: how much each feature speaks for each column.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    /// The features; each has a row.
    pub(crate) vocabulary: Vocabulary,
    /// Row by row, a value for each column, with the rarity of the row in it.
    pub(crate) values: Vec<f32>,
    /// What each column begins with.
    pub(crate) bias: Vec<f32>,
}

impl Weights {
    /// Weights without values.
    pub(crate) fn empty(vocabulary: Vocabulary, columns: usize) -> Self {
        let values = vec![0.0; vocabulary.hashes.len().saturating_mul(columns)];
        Self { vocabulary, values, bias: vec![0.0; columns] }
    }

    /// How many columns there are.
    pub(crate) fn columns(&self) -> usize {
        self.bias.len()
    }

    /// What a row gives each column.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let from = row.saturating_mul(self.columns());
        self.values.get(from..from.saturating_add(self.columns())).unwrap_or_default()
    }

    /// Puts in a column of weights that do not have the rarity in them.
    pub(crate) fn set_column(&mut self, column: usize, values: &[f32], bias: f32) {
        let columns = self.columns();
        let places = self.values.iter_mut().skip(column).step_by(columns);
        for ((row, place), value) in places.enumerate().zip(values) {
            *place = value * self.vocabulary.rarity(row);
        }
        if let Some(place) = self.bias.get_mut(column) {
            *place = bias;
        }
    }

    /// How much each column speaks for a text.
    pub(crate) fn scores(&self, features: &Features) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for (row, value) in self.vocabulary.vector(features) {
            let row = usize::try_from(row).unwrap_or(usize::MAX);
            let factor = value / self.vocabulary.rarity(row).max(f32::MIN_POSITIVE);
            crate::algebra::add(&mut scores, factor, self.row(row));
        }
        scores
    }
}
