//! A linear model that was trained from the utterances in `content/intents`: for each intent, and for each language, how
//! much a text's words, pairs of words and pieces of words speak for it.

use std::str::FromStr;

use forthright_core::{Intent, Language};

use crate::{
    features::Features,
    form::{MAGIC, RARITY_UNITS, VERSION},
    rank::best,
};

/// More columns than this no model has.
const COLUMNS_MAX: usize = 64;

/// So many products of a weight and a rarity fit into a sum of 32 bits.
const FEATURES_AT_ONCE: usize = 1_024;

/// By how much a language must be preferred to the next to be believed.
const LANGUAGE_MARGIN_MIN: f32 = 0.3;

/// A model that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the model of the language cannot be used: {0}")]
pub struct ModelError(&'static str);

/// A trained model.
#[derive(Debug, Clone)]
pub struct Model {
    intents: Vec<Intent>,
    languages: Vec<Language>,
    /// Per column: what a unit is worth, and what it begins with.
    columns: Vec<(f32, f32)>,
    rarity_unknown: u8,
    /// From a margin to a confidence in thousandths, ascending.
    confidence: Vec<(f32, u16)>,
    /// The features that it knows, ascending.
    hashes: Vec<u32>,
    /// Where those begin that share their eight highest bits.
    starts: Vec<usize>,
    rarity: Vec<u8>,
    weights: Vec<i8>,
}

/// What a model says of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// The likeliest intent.
    pub(crate) intent: Intent,
    /// How often such a margin was right about lines that the model had not seen, in thousandths.
    pub(crate) confidence_permille: u16,
    /// The language; none where it could be several.
    pub(crate) language: Option<Language>,
}

impl Model {
    /// The model that this program was built with.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::read(include_bytes!(concat!(env!("OUT_DIR"), "/model.bin")))
    }

    /// Reads a model; refuses whatever is not whole, or names what this program does not know.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut bytes = Bytes(bytes);
        if bytes.take(MAGIC.len())? != MAGIC || bytes.number()? != VERSION {
            return Err(ModelError("it is of another kind or version"));
        }
        let [features, columns, intents, steps] =
            [bytes.count()?, bytes.count()?, bytes.count()?, bytes.count()?];
        if columns > COLUMNS_MAX || intents < 2 || intents.saturating_add(2) > columns {
            return Err(ModelError("its columns are too many or too few"));
        }
        let language_count = columns.saturating_sub(intents);
        let intents = (0..intents).map(|_| bytes.name()).collect::<Result<_, _>>()?;
        let languages = (0..language_count).map(|_| bytes.name()).collect::<Result<_, _>>()?;
        let columns: Vec<_> = (0..columns)
            .map(|_| Ok((bytes.fraction()?, bytes.fraction()?)))
            .collect::<Result<_, _>>()?;
        let [rarity_unknown] = bytes.array()?;
        let confidence: Vec<_> = (0..steps.min(bytes.0.len()))
            .map(|_| Ok((bytes.fraction()?, u16::from_le_bytes(bytes.array()?))))
            .collect::<Result<_, _>>()?;
        let hashes: Vec<u32> = bytes
            .take(features.saturating_mul(4))?
            .chunks(4)
            .filter_map(|four| four.try_into().ok().map(u32::from_le_bytes))
            .collect();
        let rarity = bytes.take(features)?.to_vec();
        let weights = bytes.take(features.saturating_mul(columns.len()))?;
        if !bytes.0.is_empty() {
            return Err(ModelError("something follows its end"));
        }
        if !hashes.is_sorted() {
            return Err(ModelError("its features are not in order"));
        }
        let starts = (0..=256_u32).map(|high| hashes.partition_point(|&hash| hash >> 24 < high));
        Ok(Self {
            intents,
            languages,
            columns,
            rarity_unknown,
            confidence,
            starts: starts.collect(),
            hashes,
            rarity,
            weights: weights.iter().map(|byte| byte.cast_signed()).collect(),
        })
    }

    /// The intents that it knows.
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    /// What `text` means, whose words are `words`, and in which language it is. Takes time in proportion to its length.
    pub(crate) fn judge(&self, text: &str, words: &[String]) -> Judged {
        let scores = self.scores(&Features::of(text, words));
        let (intents, languages) =
            scores.split_at_checked(self.intents.len()).unwrap_or((&scores, &[]));
        let (intent, margin) = best(intents).unwrap_or_default();
        let (language, language_margin) = best(languages).unwrap_or_default();
        let is_told =
            language_margin >= LANGUAGE_MARGIN_MIN && text.chars().any(char::is_alphabetic);
        Judged {
            intent: self.intents.get(intent).copied().unwrap_or(Intent::NoneOfThese),
            confidence_permille: self.confidence(margin),
            language: self.languages.get(language).copied().filter(|_| is_told),
        }
    }

    fn confidence(&self, margin: f32) -> u16 {
        let above = self.confidence.partition_point(|(at, _)| *at <= margin);
        let before = above.checked_sub(1).and_then(|index| self.confidence.get(index)).copied();
        match (before, self.confidence.get(above).copied()) {
            (None, _) => 0,
            (Some((_, permille)), None) => permille,
            (Some((from, low)), Some((to, high))) => {
                let share = (margin - from) / (to - from).max(f32::MIN_POSITIVE);
                between(low, high, share)
            }
        }
    }

    /// How much each column speaks for a text. Sums are of whole numbers, so that every processor has the same.
    fn scores(&self, features: &Features) -> Vec<f32> {
        let mut scores: Vec<f32> = self.columns.iter().map(|(_, bias)| *bias).collect();
        for group in [&features.words, &features.pieces] {
            let mut sums = [0_i64; COLUMNS_MAX];
            let mut square = 0_i64;
            for part in group.chunks(FEATURES_AT_ONCE) {
                let mut few = [0_i32; COLUMNS_MAX];
                for &hash in part {
                    let Some(row) = self.row(hash) else {
                        square = square.saturating_add(i64::from(self.rarity_unknown).pow(2));
                        continue;
                    };
                    let rarity = self.rarity.get(row).copied().unwrap_or_default();
                    square = square.saturating_add(i64::from(rarity).pow(2));
                    let from = row.saturating_mul(self.columns.len());
                    let to = from.saturating_add(self.columns.len());
                    let weights = self.weights.get(from..to).unwrap_or_default();
                    // Nothing wraps: a part is too short for that. What cannot fail is done for several columns at once.
                    for (sum, weight) in few.iter_mut().zip(weights) {
                        *sum = sum.wrapping_add(i32::from(*weight).wrapping_mul(i32::from(rarity)));
                    }
                }
                for (sum, few) in sums.iter_mut().zip(few) {
                    *sum = sum.saturating_add(i64::from(few));
                }
            }
            let length = fraction(square).sqrt().max(RARITY_UNITS.recip());
            for ((score, (scale, _)), sum) in scores.iter_mut().zip(&self.columns).zip(sums) {
                *score += scale * fraction(sum) / length;
            }
        }
        scores
    }

    /// The row of a feature, if it is known.
    fn row(&self, hash: u32) -> Option<usize> {
        let high = usize::try_from(hash >> 24).ok()?;
        let (from, to) = (*self.starts.get(high)?, *self.starts.get(high.saturating_add(1))?);
        let at = self.hashes.get(from..to)?.binary_search(&hash).ok()?;
        Some(from.saturating_add(at))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "between two numbers of sixteen bits"
)]
fn between(low: u16, high: u16, share: f32) -> u16 {
    (f32::from(low) + share * (f32::from(high) - f32::from(low))) as u16
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "the nearest is near enough"
)]
const fn fraction(number: i64) -> f32 {
    number as f32
}

/// What is left of a model's bytes.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    const SHORT: ModelError = ModelError("it ends too early");

    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Self::SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        self.take(N)?.try_into().map_err(|_length| Self::SHORT)
    }

    fn number(&mut self) -> Result<u32, ModelError> {
        self.array().map(u32::from_le_bytes)
    }

    fn count(&mut self) -> Result<usize, ModelError> {
        usize::try_from(self.number()?).map_err(|_size| Self::SHORT)
    }

    fn fraction(&mut self) -> Result<f32, ModelError> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(ModelError("a number of it is none")) }
    }

    fn name<N: FromStr>(&mut self) -> Result<N, ModelError> {
        let [length] = self.array()?;
        let name = std::str::from_utf8(self.take(usize::from(length))?).ok();
        name.and_then(|name| name.parse().ok()).ok_or(ModelError("it names what is unknown here"))
    }
}

#[cfg(test)]
mod tests;
