//! Writes a trained model; `form.rs` says how.

use crate::{
    calibration::Calibration,
    form::{MAGIC, VERSION},
    pack::pack,
    training::{Names, Origin},
    weights::Weights,
};

/// A model as bytes, in no more than `bytes_max` if one feature fits at all.
pub(crate) fn encode(
    weights: &Weights,
    names: &Names,
    calibration: &Calibration,
    origin: &Origin,
    bytes_max: usize,
) -> Vec<u8> {
    let mut body = Vec::new();
    body.push(u8::from(names.has_background));
    body.extend(origin.seed.to_le_bytes());
    body.extend(origin.digest);
    for text in [&origin.licence, &origin.sources] {
        // Longer ones end early; they inform people, nothing rests on them.
        let bytes = text.as_bytes();
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        body.extend(length.to_le_bytes());
        body.extend(bytes.iter().take(usize::from(length)));
    }
    for name in names.labels.iter().chain(&names.languages) {
        body.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        body.extend(name.bytes().take(usize::from(u8::MAX)));
    }
    body.push(weights.vocabulary.rarity_unknown);
    let mut tail = Vec::new();
    for bias in &weights.bias {
        tail.extend(bias.to_le_bytes());
    }
    for (margin, permille) in &calibration.confidence {
        tail.extend(margin.to_le_bytes());
        tail.extend(permille.to_le_bytes());
    }
    let head = MAGIC.len() + 4 + 4 + 4 * 4 + 3 * 4;
    let packed = pack(weights, bytes_max.saturating_sub(head + body.len() + tail.len()));
    for number in [packed.unit, calibration.sharpness, calibration.scope_threshold] {
        body.extend(number.to_le_bytes());
    }
    body.extend(tail);
    body.extend(packed.hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    body.extend(&packed.rarity);
    body.extend(packed.scales.iter().flat_map(|scale| scale.to_le_bytes()));
    body.extend(packed.weights);

    let mut checked = Vec::with_capacity(body.len().saturating_add(head));
    for count in [
        packed.hashes.len(),
        names.labels.len(),
        names.languages.len(),
        calibration.confidence.len(),
    ] {
        checked.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }
    checked.extend(body);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(crc32fast::hash(&checked).to_le_bytes());
    bytes.extend(checked);
    bytes
}
