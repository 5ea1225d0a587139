//! Chooses the features that a model of some size can hold, and rounds their weights to four bits.
//!
//! Each row has a scale of its own, so four bits lose nothing that counts (measured: no more than a different seed), and half the
//! bytes of eight bits hold twice the features.

use crate::{form::row_bytes, weights::Weights};

/// The largest weight of four bits that has a negative.
const LARGEST: f32 = 7.0;
/// The largest scale, in units.
const SCALE_MAX: f32 = 32_767.0;
/// A smaller scale than that of the largest weight is tried: so many, each by this share smaller.
const TRIES: u8 = 8;
const TRY_STEP: f32 = 0.08;

/// Rows as they are stored.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    /// The features, in order.
    pub(crate) hashes: Vec<u32>,
    /// How rare each is.
    pub(crate) rarity: Vec<u8>,
    /// What a unit of a scale is worth.
    pub(crate) unit: f32,
    /// What a unit of each row's weights is worth, in units.
    pub(crate) scales: Vec<u16>,
    /// The rows.
    pub(crate) weights: Vec<u8>,
}

/// So many bytes a row of so many columns takes: hash, rarity, scale and weights.
const fn bytes_of_row(columns: usize) -> usize {
    row_bytes(columns).saturating_add(4 + 1 + 2)
}

/// How many rows of so many columns so many bytes hold.
pub(crate) fn rows_in(bytes: usize, columns: usize) -> usize {
    bytes.checked_div(bytes_of_row(columns)).unwrap_or(0)
}

/// The rows of `weights` that matter most, in no more than `bytes_max`.
pub(crate) fn pack(weights: &Weights, bytes_max: usize) -> Packed {
    let chosen = most_telling(weights, rows_in(bytes_max, weights.columns()));
    let scales: Vec<f32> = chosen.iter().map(|&row| scale(weights.row(row))).collect();
    let largest = scales.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let unit = largest / SCALE_MAX;
    let of = |all: &[u8], row: usize| all.get(row).copied().unwrap_or_default();
    let mut packed = Packed { unit, ..Packed::default() };
    for (&row, scale) in chosen.iter().zip(scales) {
        packed.hashes.extend(weights.vocabulary.hashes.get(row));
        packed.rarity.push(of(&weights.vocabulary.rarity, row));
        let scale = units(scale / unit);
        packed.scales.push(scale);
        pack_row(weights.row(row), f32::from(scale) * unit, &mut packed.weights);
    }
    packed
}

/// The rows that speak most, by how many lines have them; in order.
pub(crate) fn most_telling(weights: &Weights, count: usize) -> Vec<usize> {
    let rows = 0..weights.vocabulary.hashes.len();
    #[expect(clippy::cast_precision_loss, reason = "only compared")]
    let matters = |row: usize| {
        let square: f32 = weights.row(row).iter().map(|value| value * value).sum();
        square * weights.vocabulary.lines(row) as f32
    };
    let mut ranked: Vec<(f32, usize)> = rows.map(|row| (matters(row), row)).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut chosen: Vec<usize> = ranked.into_iter().take(count).map(|(_, row)| row).collect();
    chosen.sort_unstable();
    chosen
}

/// What a unit of a row is worth, so that rounding loses the least.
fn scale(row: &[f32]) -> f32 {
    let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let tried = (0..TRIES).map(|number| largest * (1.0 - TRY_STEP * f32::from(number)) / LARGEST);
    let lost = |scale: f32| -> f32 {
        row.iter().map(|value| (value - rounded(*value, scale) * scale).powi(2)).sum()
    };
    let judged = tried.map(|scale| (lost(scale), scale));
    judged.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, scale)| scale)
}

fn rounded(value: f32, scale: f32) -> f32 {
    (value / scale.max(f32::MIN_POSITIVE)).round().clamp(-LARGEST, LARGEST)
}

fn pack_row(row: &[f32], scale: f32, bytes: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, reason = "from -7 to 7")]
    let nibble = |value: &f32| (rounded(*value, scale) as i8).cast_unsigned() & 0x0F;
    let (lower, upper) = row.split_at(row_bytes(row.len()));
    let uppers = upper.iter().map(nibble).chain([0]);
    bytes.extend(lower.iter().map(nibble).zip(uppers).map(|(lower, upper)| lower | upper << 4));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from one to 32,767")]
fn units(scale: f32) -> u16 {
    scale.round().clamp(1.0, SCALE_MAX) as u16
}
