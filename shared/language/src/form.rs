//! The bytes of a trained model.
//!
//! All numbers are little-endian. `FRLM`, the version, four counts (features, columns, intents, steps), the names of the intents
//! and of the languages (a length and the bytes each), per column its scale and bias, the rarity of what is unknown, the steps of
//! the confidence, the hashes, a byte of rarity for each, and a row of weights for each.

/// How many units of a rarity are one.
pub(crate) const RARITY_UNITS: f32 = 16.0;

/// What every model begins with.
pub(crate) const MAGIC: &[u8; 4] = b"FRLM";

/// The version of this form.
pub(crate) const VERSION: u32 = 1;
