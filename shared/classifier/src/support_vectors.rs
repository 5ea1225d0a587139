//! Support vector machines, one a column, by dual coordinate descent: the best for few lines.
//!
//! The method is algorithm 1 of Hsieh, Chang, Lin, Keerthi and Sundararajan, "A Dual Coordinate Descent Method for
//! Large-scale Linear SVM" (ICML 2008), with the squared hinge loss and without shrinking.

use crate::{random::Chance, vocabulary::Vector};

/// What an error costs against the length of the weights.
const COST: f32 = 1.0;
/// How often all lines are looked at, at most.
const ROUNDS_MAX: usize = 40;
/// Whoever is this near to the optimum is there.
const VIOLATION_MAX: f32 = 0.05;

/// The weights and the bias that tell the lines with a sign from those without.
pub(crate) fn fit(vectors: &[Vector], signs: &[bool], rows: usize, seed: u64) -> (Vec<f32>, f32) {
    const DIAGONAL: f32 = 0.5 / COST;
    let mut weights = vec![0.0_f32; rows];
    let mut bias = 0.0_f32;
    let mut duals = vec![0.0_f32; vectors.len()];
    let squares: Vec<f32> = vectors
        .iter()
        .map(|vector| vector.iter().map(|(_, value)| value * value).sum::<f32>() + 1.0 + DIAGONAL)
        .collect();
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut chance = Chance::new(seed);
    for _ in 0..ROUNDS_MAX {
        chance.shuffle(&mut order);
        let mut violation = 0.0_f32;
        for &line in &order {
            let (Some(vector), Some(&sign), Some(dual), Some(&square)) =
                (vectors.get(line), signs.get(line), duals.get_mut(line), squares.get(line))
            else {
                continue;
            };
            let sign = if sign { 1.0 } else { -1.0 };
            let product: f32 =
                vector.iter().map(|&(row, value)| value * at(&weights, row)).sum::<f32>() + bias;
            let gradient = sign * product - 1.0 + *dual * DIAGONAL;
            let projected = if *dual > 0.0 { gradient } else { gradient.min(0.0) };
            violation = violation.max(projected.abs());
            if projected.abs() > f32::EPSILON {
                let before = *dual;
                *dual = (before - gradient / square).max(0.0);
                let step = (*dual - before) * sign;
                for &(row, value) in vector {
                    if let Some(weight) =
                        usize::try_from(row).ok().and_then(|row| weights.get_mut(row))
                    {
                        *weight += step * value;
                    }
                }
                bias += step;
            }
        }
        if violation < VIOLATION_MAX {
            break;
        }
    }
    (weights, bias)
}

fn at(weights: &[f32], row: u32) -> f32 {
    usize::try_from(row).ok().and_then(|row| weights.get(row)).copied().unwrap_or_default()
}
