//! From what a model said of lines that it had not seen to how far it can be believed.

use crate::{algebra::softmax, rank::best};

/// A step of the confidence is made of this many lines or more.
pub(crate) const STEP_LINES_MIN: usize = 50;

/// A threshold of the scope may cost this share of the right answers, in thousandths: a question that a person gets without
/// need costs less than a wrong answer to what was not asked.
pub const RIGHT_ANSWERS_LOST_PERMILLE: usize = 10;

/// What a model said of a line that it had not seen.
#[derive(Debug, Clone)]
pub(crate) struct Guess {
    /// The line's label.
    pub(crate) wanted: usize,
    /// The score of each label, and of the background behind them if there is one.
    pub(crate) scores: Vec<f32>,
}

impl Guess {
    /// The best of the labels, by how much it is preferred to the next, and how far it is in the scope.
    pub(crate) fn judge(&self, label_count: usize) -> (usize, f32, f32) {
        judge(&self.scores, label_count)
    }
}

/// The best of the labels, by how much it is preferred to the next, and how far it is in the scope: how much more it has than
/// the background, or how much it has.
pub(crate) fn judge(scores: &[f32], label_count: usize) -> (usize, f32, f32) {
    let (labels, background) = scores.split_at_checked(label_count).unwrap_or((scores, &[]));
    let (label, margin) = best(labels).unwrap_or_default();
    let score = labels.get(label).copied().unwrap_or_default();
    (label, margin, score - background.first().copied().unwrap_or_default())
}

/// How far a model can be believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calibration {
    /// Steps from a margin to how often in a thousand a guess with it was right; neither ever falls.
    pub(crate) confidence: Vec<(f32, u16)>,
    /// How sharp the shares of the labels are.
    pub(crate) sharpness: f32,
    /// What has less is out of the scope.
    pub(crate) scope_threshold: f32,
}

impl Calibration {
    /// From guesses about lines of the labels; those about the background are left out.
    pub(crate) fn of(guesses: &[Guess], label_count: usize) -> Self {
        let guesses: Vec<&Guess> =
            guesses.iter().filter(|guess| guess.wanted < label_count).collect();
        Self {
            confidence: confidence(&guesses, label_count),
            sharpness: sharpness(&guesses, label_count),
            scope_threshold: scope_threshold(
                guesses.iter().filter_map(|guess| {
                    let (label, _, scope) = guess.judge(label_count);
                    (label == guess.wanted).then_some(scope)
                }),
                RIGHT_ANSWERS_LOST_PERMILLE,
            ),
        }
    }
}

/// The largest threshold that loses no more than so many thousandths of these right answers.
pub fn scope_threshold(right: impl IntoIterator<Item = f32>, lost_permille: usize) -> f32 {
    let mut scopes: Vec<f32> = right.into_iter().collect();
    scopes.sort_by(f32::total_cmp);
    let lost = scopes.len().saturating_mul(lost_permille) / 1_000;
    scopes.get(lost).copied().unwrap_or(f32::MIN)
}

fn confidence(guesses: &[&Guess], label_count: usize) -> Vec<(f32, u16)> {
    let judge = |guess: &&Guess| {
        let (label, margin, _) = guess.judge(label_count);
        (margin, label == guess.wanted)
    };
    let mut judged: Vec<(f32, bool)> = guesses.iter().map(judge).collect();
    judged.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut steps: Vec<Pool> = Vec::new();
    for chunk in judged.chunks(STEP_LINES_MIN) {
        let mut pool = Pool::of(chunk);
        while let Some(before) = steps.pop_if(|before| before.share() >= pool.share()) {
            pool = before.and(pool);
        }
        steps.push(pool);
    }
    steps.iter().map(|pool| (pool.margin(), pool.permille())).collect()
}

/// The sharpness under which the right labels are likeliest.
fn sharpness(guesses: &[&Guess], label_count: usize) -> f32 {
    let surprise = |sharpness: f32| -> f32 {
        guesses
            .iter()
            .map(|guess| {
                let mut shares: Vec<f32> = guess.scores.iter().take(label_count).copied().collect();
                softmax(&mut shares, sharpness);
                -shares.get(guess.wanted).copied().unwrap_or_default().max(1e-9).ln()
            })
            .sum()
    };
    // From a tenth to some forty, in steps of a quarter.
    let tried = (0..28).map(|step| 0.1 * 1.25_f32.powi(step));
    let judged = tried.map(|sharpness| (surprise(sharpness), sharpness));
    judged.min_by(|one, other| one.0.total_cmp(&other.0)).map_or(1.0, |(_, sharpness)| sharpness)
}

/// Lines with neighbouring margins.
#[derive(Debug, Clone, Copy)]
struct Pool {
    margins: f64,
    right: u32,
    lines: u32,
}

impl Pool {
    fn of(judged: &[(f32, bool)]) -> Self {
        judged.iter().fold(Self { margins: 0.0, right: 0, lines: 0 }, |pool, &(margin, right)| {
            pool.and(Self { margins: f64::from(margin), right: u32::from(right), lines: 1 })
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            margins: self.margins + other.margins,
            right: self.right.saturating_add(other.right),
            lines: self.lines.saturating_add(other.lines),
        }
    }

    fn share(&self) -> f64 {
        f64::from(self.right) / f64::from(self.lines)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a mean of such numbers")]
    fn margin(&self) -> f32 {
        (self.margins / f64::from(self.lines)) as f32
    }

    /// One line more, and wrong: nothing that was seen so seldom is certain.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nought and a thousand"
    )]
    fn permille(&self) -> u16 {
        (1_000.0 * f64::from(self.right) / (f64::from(self.lines) + 1.0)) as u16
    }
}
