//! A trained model: for each label, and for each language, how much a text's words, pairs of words and pieces of words speak
//! for it.

use std::{hint::black_box, ops::Range};

use crate::{
    algebra::softmax,
    calibration::judge,
    features::{Feature, Features},
    form::{MAGIC, RARITY_UNITS, VERSION, row_bytes},
    rank::best,
    sums::{LANE, Sums},
    training::{Names, Origin},
};

/// More columns than this no model has.
const COLUMNS_MAX: usize = 4_096;

/// Features are looked up by so many of their highest bits first.
const START_BITS: u32 = 14;

/// A model that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the model cannot be used: {0}")]
pub struct ModelError(&'static str);

/// A trained model.
#[derive(Debug, Clone)]
pub struct Model {
    names: Names,
    origin: Origin,
    size: usize,
    checksum: u32,
    /// What each column begins with.
    bias: Vec<f32>,
    rarity_unknown: u8,
    sharpness: f32,
    scope_threshold: f32,
    /// From a margin to a confidence in thousandths, ascending.
    confidence: Vec<(f32, u16)>,
    /// The features that it knows, ascending.
    hashes: Vec<u32>,
    /// Where those begin that share their highest bits.
    starts: Vec<u32>,
    /// What a unit of a scale is worth.
    unit: f32,
    /// For each feature its rarity, its scale, and its weights, four bits a column: the first half of the columns in the lower
    /// halves of the bytes. They lie side by side, so that one look at the memory brings all. [`LANE`] bytes follow the last,
    /// so that each can be added.
    rows: Vec<u8>,
}

/// What a model says of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The number of the likeliest label.
    pub label: usize,
    /// How often such a margin was right about lines that the model had not seen, in thousandths.
    pub confidence_permille: u16,
    /// How much more the label has than the background; without a background how much it has.
    pub scope: f32,
}

/// How much each column of a model speaks for a text.
#[derive(Debug, Clone)]
pub struct Scores<'m> {
    model: &'m Model,
    columns: Vec<f32>,
}

impl Model {
    /// Reads a model; refuses whatever is not whole.
    ///
    /// Takes memory in proportion to `bytes`, whatever they say.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let size = bytes.len();
        let mut bytes = Bytes(bytes);
        if bytes.take(MAGIC.len())? != MAGIC || bytes.number()? != VERSION {
            return Err(ModelError("it is of another kind or version"));
        }
        let checksum = bytes.number()?;
        if checksum != crc32fast::hash(bytes.0) {
            return Err(ModelError("its checksum is not that of its content"));
        }
        let [rows, labels, languages, steps] =
            [bytes.count()?, bytes.count()?, bytes.count()?, bytes.count()?];
        let has_background = match bytes.array()? {
            [0] => false,
            [1] => true,
            [_] => return Err(ModelError("its background is neither there nor not")),
        };
        let scoring = labels.saturating_add(usize::from(has_background));
        let columns = scoring.saturating_add(languages);
        if columns > COLUMNS_MAX || labels < 2 {
            return Err(ModelError("its columns are too many or too few"));
        }
        let origin = Origin {
            seed: u64::from_le_bytes(bytes.array()?),
            digest: bytes.array()?,
            licence: bytes.text()?,
            sources: bytes.text()?,
        };
        let names = Names {
            labels: (0..labels).map(|_| bytes.name()).collect::<Result<_, _>>()?,
            languages: (0..languages).map(|_| bytes.name()).collect::<Result<_, _>>()?,
            has_background,
        };
        let [rarity_unknown] = bytes.array()?;
        let [unit, sharpness, scope_threshold] =
            [bytes.fraction()?, bytes.fraction()?, bytes.fraction()?];
        let bias = (0..columns).map(|_| bytes.fraction()).collect::<Result<_, _>>()?;
        let confidence: Vec<_> = (0..steps.min(bytes.0.len()))
            .map(|_| Ok((bytes.fraction()?, u16::from_le_bytes(bytes.array()?))))
            .collect::<Result<_, _>>()?;
        let (hashes, _) = bytes.take(rows.saturating_mul(4))?.as_chunks();
        let hashes: Vec<_> = hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect();
        let rarity = bytes.take(rows)?;
        let scales = bytes.take(rows.saturating_mul(SCALE_BYTES))?;
        let weights = bytes.take(rows.saturating_mul(row_bytes(columns)))?;
        let rows = side_by_side(rarity, scales, weights, row_bytes(columns));
        if !bytes.0.is_empty() {
            return Err(ModelError("something follows its end"));
        }
        if !hashes.is_sorted() {
            return Err(ModelError("its features are not in order"));
        }
        Ok(Self {
            names,
            origin,
            size,
            checksum,
            bias,
            rarity_unknown,
            sharpness,
            scope_threshold,
            confidence,
            starts: starts(&hashes),
            hashes,
            unit,
            rows,
        })
    }

    /// What it tells apart.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Where it comes from.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many bytes its file has.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The CRC-32 of what its file says: which model it is, not whether somebody forged it.
    pub const fn checksum(&self) -> u32 {
        self.checksum
    }

    /// How many features it knows.
    pub const fn features(&self) -> usize {
        self.hashes.len()
    }

    /// What has less scope is out of it, as the training recommends: no more than
    /// [`RIGHT_ANSWERS_LOST_PERMILLE`](crate::RIGHT_ANSWERS_LOST_PERMILLE) of the right answers to held-out lines had less.
    pub const fn scope_threshold(&self) -> f32 {
        self.scope_threshold
    }

    /// Reads `text`, whose words are `words`. Takes time in proportion to its length.
    ///
    /// Sums are of whole numbers, so that every processor has the same.
    pub fn read_text(&self, text: &str, words: &[String]) -> Scores<'_> {
        let features = Features::of(text, words);
        let mut columns = self.bias.clone();
        let mut sums = Sums::new(columns.len());
        for group in features.groups() {
            let mut square = 0_i64;
            for row in self.rows_of(group) {
                let rarity = match row {
                    Some([rarity, low, high, weights @ ..]) => {
                        sums.add(weights, u16::from_le_bytes([*low, *high]));
                        *rarity
                    }
                    _ => self.rarity_unknown,
                };
                square = square.saturating_add(i64::from(rarity).pow(2));
            }
            let length = (fraction(square).sqrt() / RARITY_UNITS).max(RARITY_UNITS.recip());
            for (score, sum) in columns.iter_mut().zip(sums.take()) {
                *score += self.unit * fraction(sum) / length;
            }
        }
        Scores { model: self, columns }
    }

    /// What each feature's row begins, if it is known.
    ///
    /// A text's features lie all over a model that the processor has not beside it. So each step looks at all of them
    /// before the next begins: then it waits for many at a time, where it would else wait for one after the other.
    fn rows_of(&self, features: &[Feature]) -> Vec<Option<&[u8]>> {
        let first = |feature: &Feature| self.hashes.get(self.near(feature.hash)?.start).copied();
        black_box(features.iter().filter_map(first).fold(0, |all, one| all ^ one));
        let width = ROW_HEAD.saturating_add(row_bytes(self.bias.len()));
        let row =
            |feature: &Feature| self.rows.get(self.row(feature.hash)?.saturating_mul(width)..);
        let rows: Vec<_> = features.iter().map(row).collect();
        let firsts = rows.iter().flatten().filter_map(|row| row.first());
        black_box(firsts.fold(0, |all, one| all ^ one));
        rows
    }

    /// The row of a feature, if it is known.
    fn row(&self, hash: u32) -> Option<usize> {
        let near = self.near(hash)?;
        let at = self.hashes.get(near.clone())?.binary_search(&hash).ok()?;
        Some(near.start.saturating_add(at))
    }

    /// The features that share the highest bits of this one.
    fn near(&self, hash: u32) -> Option<Range<usize>> {
        let high = usize::try_from(hash >> (u32::BITS - START_BITS)).ok()?;
        let start = |high: usize| usize::try_from(*self.starts.get(high)?).ok();
        Some(start(high)?..start(high.saturating_add(1))?)
    }

    fn confidence(&self, margin: f32) -> u16 {
        let above = self.confidence.partition_point(|(at, _)| *at <= margin);
        let before = above.checked_sub(1).and_then(|index| self.confidence.get(index)).copied();
        match (before, self.confidence.get(above).copied()) {
            // Below the first step there was nothing to judge by: as sure as there, at most.
            (None, first) => first.map_or(0, |(_, permille)| permille / 2),
            (Some((_, permille)), None) => permille,
            (Some((from, low)), Some((to, high))) => {
                let share = (margin - from) / (to - from).max(f32::MIN_POSITIVE);
                between(low, high, share)
            }
        }
    }
}

impl Scores<'_> {
    /// The likeliest label.
    pub fn judge(&self) -> Judged {
        let labels = self.model.names.labels.len();
        let scoring = labels.saturating_add(usize::from(self.model.names.has_background));
        let scoring = self.columns.get(..scoring).unwrap_or_default();
        let (label, margin, scope) = judge(scoring, labels);
        Judged { label, confidence_permille: self.model.confidence(margin), scope }
    }

    /// The likeliest language and by how much it is preferred to the next; none if the model tells no languages.
    pub fn language(&self) -> Option<(usize, f32)> {
        let first = self.columns.len().checked_sub(self.model.names.languages.len())?;
        best(self.columns.get(first..)?)
    }

    /// The likeliest labels after the first, at most `count`, and how likely each is, in thousandths: they share what the
    /// confidence in the first leaves. One that is not a thousandth likely is none.
    pub fn alternatives(&self, count: usize) -> Vec<(usize, u16)> {
        let judged = self.judge();
        let labels = self.columns.iter().take(self.model.names.labels.len());
        let mut shares: Vec<f32> = labels.copied().collect();
        softmax(&mut shares, self.model.sharpness);
        let mut others: Vec<(usize, f32)> =
            shares.into_iter().enumerate().filter(|(label, _)| *label != judged.label).collect();
        let left = f32::from(1_000_u16.saturating_sub(judged.confidence_permille));
        let sum: f32 = others.iter().map(|(_, share)| share).sum();
        others.sort_by(|one, other| other.1.total_cmp(&one.1));
        let others = others.into_iter().take(count);
        others
            .map(|(label, share)| {
                (label, between(0, 1_000, left * share / sum.max(f32::MIN_POSITIVE) / 1_000.0))
            })
            .filter(|(_, permille)| *permille > 0)
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between two numbers of sixteen bits"
)]
fn between(low: u16, high: u16, share: f32) -> u16 {
    (f32::from(low) + share * (f32::from(high) - f32::from(low))) as u16
}

#[expect(clippy::cast_precision_loss, reason = "the nearest is near enough")]
const fn fraction(number: i64) -> f32 {
    number as f32
}

/// Where those of the ascending `hashes` begin that share their highest bits, and where the last of them end.
fn starts(hashes: &[u32]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(1 << START_BITS);
    let mut before = 0_u32;
    let mut rest = hashes.iter().map(|hash| hash >> (u32::BITS - START_BITS)).peekable();
    for high in 0..=1_u32 << START_BITS {
        while rest.next_if(|of| *of < high).is_some() {
            before = before.saturating_add(1);
        }
        starts.push(before);
    }
    starts
}

/// How many bytes a scale has.
const SCALE_BYTES: usize = 2;

/// What comes before the weights in a row.
const ROW_HEAD: usize = 1 + SCALE_BYTES;

/// The rows of a model, of which `weight_bytes` are weights.
fn side_by_side(rarity: &[u8], scales: &[u8], weights: &[u8], weight_bytes: usize) -> Vec<u8> {
    let parts = [rarity, scales, weights];
    let mut rows = Vec::with_capacity(parts.map(<[u8]>::len).iter().sum::<usize>() + LANE);
    let scales = scales.chunks_exact(SCALE_BYTES);
    for ((rarity, scale), weights) in
        rarity.iter().zip(scales).zip(weights.chunks_exact(weight_bytes))
    {
        rows.push(*rarity);
        rows.extend(scale);
        rows.extend(weights);
    }
    rows.extend([0; LANE]);
    rows
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

    fn name(&mut self) -> Result<String, ModelError> {
        let [length] = self.array()?;
        self.utf8(usize::from(length))
    }

    fn text(&mut self) -> Result<String, ModelError> {
        let length = u16::from_le_bytes(self.array()?);
        self.utf8(usize::from(length))
    }

    fn utf8(&mut self, length: usize) -> Result<String, ModelError> {
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned).map_err(|_bytes| ModelError("a name of it is no UTF-8"))
    }
}

#[cfg(test)]
mod tests;
