//! Sums of rows of weights, each with its scale: for several columns at once, on every processor with the same outcome.
//!
//! Weights have four bits and scales two bytes. Each byte of the scale has a sum of its own, in 16 bits, which the
//! processor adds eight at a time; now and then they go to sums that are wide enough for any text.

use std::mem;

use crate::form::row_bytes;

/// So many bytes of a row are added at once.
pub(crate) const LANE: usize = 8;

/// So many products of a weight (from -8 to 7) and a byte fit into 16 bits.
const ROWS_AT_ONCE: usize = 16;

/// The sums of all columns so far.
#[derive(Debug)]
pub(crate) struct Sums {
    /// How many columns stand in the lower halves of a row's bytes.
    half: usize,
    few: Vec<Few>,
    /// How many rows are in `few`.
    rows: usize,
    all: Vec<i64>,
}

/// The sums of a few rows, for the columns of so many bytes; for each byte of the scale, the lower first.
#[derive(Debug, Clone, Copy, Default)]
struct Few {
    lower: [[i16; LANE]; 2],
    upper: [[i16; LANE]; 2],
}

impl Sums {
    /// Nothing in each of so many columns.
    pub(crate) fn new(columns: usize) -> Self {
        let half = row_bytes(columns);
        let few = vec![Few::default(); half.div_ceil(LANE)];
        Self { half, few, rows: 0, all: vec![0; columns] }
    }

    /// Adds the row that `weights` begin with, of which each unit counts `scale`. What follows the row is read in part, and
    /// counts in no column.
    pub(crate) fn add(&mut self, weights: &[u8], scale: u16) {
        if self.rows == ROWS_AT_ONCE {
            self.widen();
        }
        self.rows = self.rows.saturating_add(1);
        let scale = scale.to_le_bytes();
        for (few, bytes) in self.few.iter_mut().zip(weights.as_chunks::<LANE>().0) {
            let (mut lower, mut upper) = ([0; LANE], [0; LANE]);
            for ((lower, upper), byte) in lower.iter_mut().zip(&mut upper).zip(bytes) {
                let both = i16::from(byte.cast_signed());
                *lower = both << 12 >> 12;
                *upper = both >> 4;
            }
            add_scaled(&mut few.lower, lower, scale);
            add_scaled(&mut few.upper, upper, scale);
        }
    }

    /// The sum of each column; begins anew.
    pub(crate) fn take(&mut self) -> Vec<i64> {
        self.widen();
        let none = vec![0; self.all.len()];
        mem::replace(&mut self.all, none)
    }

    fn widen(&mut self) {
        let (lower, upper) = self.all.split_at_mut(self.half);
        // One by one: the upper half may have a lane less.
        for (columns, few) in lower.chunks_mut(LANE).zip(&self.few) {
            widen(columns, few.lower);
        }
        for (columns, few) in upper.chunks_mut(LANE).zip(&self.few) {
            widen(columns, few.upper);
        }
        self.few.fill(Few::default());
        self.rows = 0;
    }
}

fn widen(columns: &mut [i64], [low, high]: [[i16; LANE]; 2]) {
    for ((sum, low), high) in columns.iter_mut().zip(low).zip(high) {
        let more = i64::from(low).saturating_add(i64::from(high) << 8);
        *sum = sum.saturating_add(more);
    }
}

/// Nothing wraps: there are too few rows for that. What cannot fail is done for several columns at once.
fn add_scaled(sums: &mut [[i16; LANE]; 2], weights: [i16; LANE], scale: [u8; 2]) {
    for (sums, byte) in sums.iter_mut().zip(scale) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = sum.wrapping_add(weight.wrapping_mul(i16::from(byte)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(half_byte: u8) -> i64 {
        i64::from((half_byte << 4).cast_signed() >> 4)
    }

    #[test]
    fn it_is_what_adding_one_by_one_gives() {
        for columns in [2, 7, 16, 17, 36, 174] {
            let half = row_bytes(columns);
            let mut sums = Sums::new(columns);
            let mut expected = vec![0_i64; columns];
            let mut bytes = (0..=u8::MAX).cycle().step_by(37);
            let mut byte = || bytes.next().unwrap();
            for _ in 0..100 {
                let row: Vec<u8> = (0..half + LANE).map(|_| byte()).collect();
                let scale = u16::from_le_bytes([byte(), byte()]);
                sums.add(&row, scale);
                for (column, sum) in expected.iter_mut().enumerate() {
                    let half_byte =
                        if column < half { row[column] & 0x0F } else { row[column - half] >> 4 };
                    *sum += weight(half_byte) * i64::from(scale);
                }
            }
            assert_eq!(sums.take(), expected, "{columns}");
            assert_eq!(sums.take(), vec![0; columns]);
        }
    }

    #[test]
    fn the_largest_do_not_wrap() {
        let mut sums = Sums::new(2);
        for _ in 0..1_000 {
            sums.add(&[0x78; LANE + 1], u16::MAX);
        }
        let unit = 1_000 * i64::from(u16::MAX);
        assert_eq!(sums.take(), [-8 * unit, 7 * unit]);
    }
}
