//! How good guesses are.

use std::collections::BTreeMap;

/// Right and wrong of one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Of the label, and told so.
    pub hits: usize,
    /// Of the label, and told otherwise.
    pub misses: usize,
    /// Of another label, and told to be of this.
    pub alarms: usize,
}

impl Tally {
    /// The share of right ones among those told to be of the label; one if there are none.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.hits.saturating_add(self.alarms))
    }

    /// The share of those found among those of the label; one if there are none.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.hits.saturating_add(self.misses))
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        let hits = self.hits.saturating_mul(2);
        share(hits, hits.saturating_add(self.misses).saturating_add(self.alarms))
    }
}

/// The tally of each label that is wanted or told, from pairs of what is wanted and what is told.
pub fn tallies(pairs: impl IntoIterator<Item = (usize, usize)>) -> BTreeMap<usize, Tally> {
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    for (wanted, told) in pairs {
        if wanted == told {
            increase(&mut tallies.entry(wanted).or_default().hits);
        } else {
            increase(&mut tallies.entry(wanted).or_default().misses);
            increase(&mut tallies.entry(told).or_default().alarms);
        }
    }
    tallies
}

/// The mean of F1 over the labels that are wanted.
pub fn macro_f1(pairs: impl IntoIterator<Item = (usize, usize)>) -> f64 {
    let tallies = tallies(pairs);
    let wanted = tallies.values().filter(|tally| tally.hits.saturating_add(tally.misses) > 0);
    let (sum, count) = wanted.fold((0.0, 0), |(sum, count), tally| (sum + tally.f1(), count + 1));
    if count == 0 { 1.0 } else { sum / f64::from(count) }
}

/// How far apart confidence and truth are: guesses are put into fifteen equal bins of confidence, and the difference of mean
/// confidence and share of right ones counts by the bins' sizes (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural
/// Networks", ICML 2017).
///
/// Takes confidences from nought to one, and whether each was right.
pub fn expected_calibration_error(guesses: &[(f64, bool)]) -> f64 {
    reliability(guesses).iter().map(|bin| bin.weight * (bin.confidence - bin.accuracy).abs()).sum()
}

/// Guesses of like confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// The share of all guesses that are in it.
    pub weight: f64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of right ones.
    pub accuracy: f64,
}

/// The bins that hold any of these guesses, by confidence.
pub fn reliability(guesses: &[(f64, bool)]) -> Vec<Bin> {
    const BINS: f64 = 15.0;
    let mut bins: BTreeMap<u8, (f64, usize, usize)> = BTreeMap::new();
    for &(confidence, is_right) in guesses {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from nought to fourteen"
        )]
        let bin = (confidence * BINS).clamp(0.0, BINS - 1.0) as u8;
        let (sum, right, count) = bins.entry(bin).or_default();
        *sum += confidence;
        *right = right.saturating_add(usize::from(is_right));
        increase(count);
    }
    bins.into_values()
        .map(|(sum, right, count)| Bin {
            weight: share(count, guesses.len()),
            confidence: sum / number(count),
            accuracy: share(right, count),
        })
        .collect()
}

/// How often one of `inside` has more than one of `outside`, ties counted half: the area under the curve of both rates.
pub fn area_under_curve(inside: &[f32], outside: &[f32]) -> f64 {
    let labelled = |of: &[f32], is_inside: bool| -> Vec<(f32, bool)> {
        of.iter().map(|&score| (score, is_inside)).collect()
    };
    let mut all = labelled(inside, true);
    all.extend(labelled(outside, false));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut below, mut wins) = (0_usize, 0.0);
    for ties in all.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let inside = ties.iter().filter(|(_, is_inside)| *is_inside).count();
        let outside = ties.len().saturating_sub(inside);
        wins += number(inside) * (number(below) + number(outside) / 2.0);
        below = below.saturating_add(outside);
    }
    wins / (number(inside.len()) * number(outside.len())).max(1.0)
}

/// The half-width of the interval that holds a share with 95 % certainty, when `count` were asked (the normal approximation).
pub fn half_width(share: f64, count: usize) -> f64 {
    1.96 * (share * (1.0 - share) / number(count.max(1))).sqrt()
}

/// The share of `part` in `whole`; one of nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { number(part) / number(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "a count of lines")]
const fn number(count: usize) -> f64 {
    count as f64
}

const fn increase(count: &mut usize) {
    *count = count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-9, "{one} {other}");
    }

    #[test]
    fn f1_is_the_mean_over_what_is_wanted() {
        near(macro_f1([(0, 0), (1, 1)]), 1.0);
        near(macro_f1([(0, 0), (0, 1), (1, 1), (1, 2)]), f64::midpoint(2.0 / 3.0, 0.5));
        near(macro_f1([]), 1.0);
        let tally = tallies([(0, 0), (0, 1), (2, 0)])[&0];
        assert_eq!(tally, Tally { hits: 1, misses: 1, alarms: 1 });
        near(tally.precision(), 0.5);
        near(tally.recall(), 0.5);
    }

    #[test]
    fn a_curve_has_everything_under_it_or_half() {
        near(area_under_curve(&[2.0, 3.0], &[0.0, 1.0]), 1.0);
        near(area_under_curve(&[0.0], &[1.0]), 0.0);
        near(area_under_curve(&[1.0, 1.0], &[1.0]), 0.5);
        near(area_under_curve(&[1.0, 3.0], &[2.0]), 0.5);
    }

    #[test]
    fn who_is_as_sure_as_right_has_no_error() {
        let half = [(0.5, true), (0.5, false)];
        near(expected_calibration_error(&half), 0.0);
        near(expected_calibration_error(&[(0.9, false), (0.9, true)]), 0.4);
        assert_eq!(reliability(&half).len(), 1);
        near(half_width(0.5, 100), 0.098);
    }
}
