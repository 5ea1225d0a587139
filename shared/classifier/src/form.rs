//! The bytes of a trained model.
//!
//! All numbers are little-endian. `FRLM`, the version, a CRC-32 of all that follows; four counts (features, labels, languages,
//! steps); whether there is a background (a byte); the seed (8 bytes), the SHA-256 of what it was trained from, the licence
//! and the sources (two bytes of length and the text each); the names of the labels and of the languages (a byte of length and
//! the text each); the rarity of what is unknown (a byte); what a unit of a scale is worth, how sharp the shares are, and the
//! threshold of the scope; per column what it begins with; the steps of the confidence (a margin and thousandths each); the hashes, a
//! byte of rarity and two of scale for each; and for each a row of weights of four bits: the first half of the columns in
//! the lower halves of the bytes, the second in the upper.

/// How many units of a rarity are one.
pub(crate) const RARITY_UNITS: f32 = 16.0;

/// What every model begins with.
pub(crate) const MAGIC: &[u8; 4] = b"FRLM";

/// The version of this form.
pub(crate) const VERSION: u32 = 2;

/// How many bytes the weights of a row of so many columns take.
pub(crate) const fn row_bytes(columns: usize) -> usize {
    columns.div_ceil(2)
}
