//! Writes a trained model, for the build script; `form.rs` says how.

use crate::{
    form::{MAGIC, RARITY_UNITS, VERSION},
    weights::Weights,
};

/// `weights` as bytes, rounded to eight bits each.
pub(crate) fn encode(weights: &Weights, intents: &[String], languages: &[String]) -> Vec<u8> {
    let columns = weights.columns();
    let mut bytes = MAGIC.to_vec();
    for count in [
        VERSION,
        count(weights.hashes.len()),
        count(columns),
        count(intents.len()),
        count(weights.confidence.len()),
    ] {
        bytes.extend(count.to_le_bytes());
    }
    for name in intents.iter().chain(languages) {
        bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        bytes.extend(name.as_bytes());
    }
    let scales: Vec<f32> = (0..columns).map(|column| scale(weights, column)).collect();
    for (scale, bias) in scales.iter().zip(&weights.bias) {
        bytes.extend(scale.to_le_bytes());
        bytes.extend(bias.to_le_bytes());
    }
    bytes.push(rarity(weights.rarity_unknown));
    for (margin, permille) in &weights.confidence {
        bytes.extend(margin.to_le_bytes());
        bytes.extend(permille.to_le_bytes());
    }
    bytes.extend(weights.hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    bytes.extend(weights.rarity.iter().map(|&value| rarity(value)));
    for row in weights.values.chunks(columns) {
        bytes.extend(row.iter().zip(&scales).map(|(value, scale)| weight(*value, *scale)));
    }
    bytes
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What one unit of a column's weights is worth.
fn scale(weights: &Weights, column: usize) -> f32 {
    let values = weights.values.iter().skip(column).step_by(weights.columns());
    let largest = values.fold(0.0_f32, |largest, value| largest.max(value.abs()));
    largest.max(f32::MIN_POSITIVE) / f32::from(i8::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "from -127 to 127")]
fn weight(value: f32, scale: f32) -> u8 {
    ((value / scale).round() as i8).cast_unsigned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rarity is from one to fifteen"
)]
fn rarity(value: f32) -> u8 {
    (value * RARITY_UNITS).round() as u8
}
