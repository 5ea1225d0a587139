//! Support vectors and factored models of one fit, and how they become one model: both are linear.

use crate::{
    algebra::add, factors::Factors, features::Features, vocabulary::Vocabulary, weights::Weights,
};

/// The models of one fit.
#[derive(Debug)]
pub(crate) struct Fitted {
    /// The support vectors.
    pub(crate) weights: Weights,
    /// The factored models.
    pub(crate) factors: Vec<Factors>,
    /// What [`length_ratio`] says of their lines.
    pub(crate) ratio: f32,
}

impl Fitted {
    /// One model of both, with the support vectors counted `share` times; without a share they are alone.
    pub(crate) fn at(&self, share: Option<f32>) -> Weights {
        let mut weights = self.weights.clone();
        let Some(share) = share else { return weights };
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let each = (self.factors.len().max(1) as f32).recip();
        let columns = weights.columns();
        let scoring = self.factors.first().map_or(0, |factors| factors.bias().len());
        for row in weights.values.chunks_exact_mut(columns).chain([weights.bias.as_mut_slice()]) {
            for value in row.iter_mut().take(scoring) {
                *value *= share;
            }
        }
        for factors in &self.factors {
            for (row, values) in weights.values.chunks_exact_mut(columns).enumerate() {
                for (value, more) in values.iter_mut().zip(factors.weights(row)) {
                    *value += more * self.ratio * each;
                }
            }
            add(&mut weights.bias, each, factors.bias());
        }
        weights
    }
}

/// The features of a text have the length one by their rarity for support vectors, and a half by their number for factors:
/// how much longer, in the mean, the former are before that.
pub(crate) fn length_ratio(features: &[&Features], vocabulary: &Vocabulary) -> f32 {
    let mut ratios = (0.0_f64, 0.0_f64);
    for group in features.iter().flat_map(|features| features.groups()) {
        let rows = group.iter().filter_map(|&feature| vocabulary.row(feature));
        let (square, count) = rows.fold((0.0_f64, 0.0_f64), |(square, count), row| {
            (square + f64::from(vocabulary.rarity(row)).powi(2), count + 1.0)
        });
        if count > 0.0 {
            ratios = (ratios.0 + (square / count).sqrt(), ratios.1 + 1.0);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a rarity")]
    let mean = (ratios.0 / ratios.1.max(1.0)) as f32;
    mean / std::f32::consts::SQRT_2
}
