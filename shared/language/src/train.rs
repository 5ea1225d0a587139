//! Trains a linear model: one support vector machine a label, by dual coordinate descent, the same from the same lines
//! on every machine.
//!
//! The method is algorithm 1 of Hsieh, Chang, Lin, Keerthi and Sundararajan, "A Dual Coordinate Descent Method for
//! Large-scale Linear SVM" (ICML 2008), with the squared hinge loss and without shrinking.

use std::{collections::HashMap, thread};

use crate::{features::Features, rank::best, weights::Weights, words::words};

/// A feature that stands in fewer lines tells nothing that another line could be judged by.
const LINES_MIN: u32 = 2;
/// What an error costs against the length of the weights.
const COST: f32 = 1.0;
/// How often all lines are looked at, at most.
const ROUNDS_MAX: usize = 40;
/// Whoever is this near to the optimum is there.
const VIOLATION_MAX: f32 = 0.05;
/// How many parts the lines are split into to find out how often a model is right about what it has not seen.
pub(crate) const FOLDS: usize = 5;
/// A step of the confidence is made of this many lines or more.
const STEP_LINES_MIN: usize = 50;

/// One line to learn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// What somebody may write.
    pub(crate) text: &'a str,
    /// What it means: the number of an intent.
    pub(crate) intent: usize,
    /// The number of its language.
    pub(crate) language: usize,
}

/// Lines as numbers.
#[derive(Debug)]
pub(crate) struct Lines {
    features: Vec<Features>,
    intents: Vec<usize>,
    languages: Vec<usize>,
    intent_count: usize,
    language_count: usize,
}

/// A line as a vector; the features that the model knows, by their rows.
type Vector = Vec<(usize, f32)>;

/// What a model said of a line that it had not seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guess {
    /// The line's number.
    pub(crate) line: usize,
    /// Which intent it found.
    pub(crate) intent: usize,
    /// By how much it preferred that to the next.
    pub(crate) margin: f32,
}

impl Lines {
    /// Reads the features of `lines`; each label below its count.
    pub(crate) fn read(lines: &[Line<'_>], intent_count: usize, language_count: usize) -> Self {
        Self {
            features: lines.iter().map(|line| Features::of(line.text, &words(line.text))).collect(),
            intents: lines.iter().map(|line| line.intent).collect(),
            languages: lines.iter().map(|line| line.language).collect(),
            intent_count,
            language_count,
        }
    }

    /// The weights that fit all lines, with the confidence that their like deserved on lines they had not seen.
    pub(crate) fn train(&self) -> Weights {
        let all: Vec<usize> = (0..self.features.len()).collect();
        let mut weights = self.fit(&all);
        weights.confidence = self.calibrate(&self.cross_validate());
        weights
    }

    /// What models said of the lines of each fold that were made of the other folds.
    pub(crate) fn cross_validate(&self) -> Vec<Guess> {
        (0..FOLDS).flat_map(|fold| self.validate(fold)).collect()
    }

    fn validate(&self, fold: usize) -> Vec<Guess> {
        let folds = self.folds();
        let of = |wanted: bool| {
            let chosen = folds.iter().enumerate().filter(move |(_, at)| (**at == fold) == wanted);
            chosen.map(|(line, _)| line)
        };
        let weights = self.fit(&of(false).collect::<Vec<_>>());
        let guess = |line| {
            let scores = weights.scores(self.features.get(line)?);
            let (intents, _languages) = scores.split_at_checked(self.intent_count)?;
            let (intent, margin) = best(intents)?;
            Some(Guess { line, intent, margin })
        };
        of(true).filter_map(guess).collect()
    }

    /// The fold of each line: those of one intent and language are dealt in turn.
    fn folds(&self) -> Vec<usize> {
        let mut dealt: HashMap<(usize, usize), usize> = HashMap::new();
        let labels = self.intents.iter().zip(&self.languages);
        labels
            .map(|(&intent, &language)| {
                let next = dealt.entry((intent, language)).or_default();
                *next = next.wrapping_add(1);
                *next % FOLDS
            })
            .collect()
    }

    /// The weights that fit the chosen lines.
    fn fit(&self, chosen: &[usize]) -> Weights {
        let chosen_features: Vec<&Features> =
            chosen.iter().filter_map(|&line| self.features.get(line)).collect();
        let mut weights = vocabulary(&chosen_features, self.intent_count + self.language_count);
        let vectors: Vec<Vector> =
            chosen_features.iter().map(|features| weights.vector(features)).collect();
        let columns: Vec<Vec<bool>> = (0..self.intent_count)
            .map(|intent| {
                chosen.iter().map(|&line| self.intents.get(line) == Some(&intent)).collect()
            })
            .chain((0..self.language_count).map(|language| {
                chosen.iter().map(|&line| self.languages.get(line) == Some(&language)).collect()
            }))
            .collect();
        let rows = weights.hashes.len();
        let fitted = in_parallel(&columns, |signs| descend(&vectors, signs, rows));
        for (column, (fitted, bias)) in fitted.iter().enumerate() {
            weights.set_column(column, fitted, *bias);
        }
        weights
    }

    /// Steps from a margin to how often in a thousand a guess with it was right; neither ever falls.
    fn calibrate(&self, guesses: &[Guess]) -> Vec<(f32, u16)> {
        let mut judged: Vec<(f32, bool)> = guesses
            .iter()
            .map(|guess| (guess.margin, self.intents.get(guess.line) == Some(&guess.intent)))
            .collect();
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

/// Weights without values, for the features that are frequent enough.
fn vocabulary(lines: &[&Features], columns: usize) -> Weights {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for &hash in lines.iter().flat_map(|line| line.words.iter().chain(&line.pieces)) {
        let count = counts.entry(hash).or_default();
        *count = count.saturating_add(1);
    }
    let mut kept: Vec<(u32, u32)> =
        counts.into_iter().filter(|&(_, count)| count >= LINES_MIN).collect();
    kept.sort_unstable();
    Weights::empty(&kept, u32::try_from(lines.len()).unwrap_or(u32::MAX), columns)
}

/// The weights and the bias that tell the lines with a sign from those without.
fn descend(vectors: &[Vector], signs: &[bool], rows: usize) -> (Vec<f32>, f32) {
    const DIAGONAL: f32 = 0.5 / COST;
    let mut weights = vec![0.0_f32; rows];
    let mut bias = 0.0_f32;
    let mut duals = vec![0.0_f32; vectors.len()];
    let squares: Vec<f32> = vectors
        .iter()
        .map(|vector| vector.iter().map(|(_, value)| value * value).sum::<f32>() + 1.0 + DIAGONAL)
        .collect();
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut shuffle = Shuffle(0x9E37_79B9_7F4A_7C15);
    for _ in 0..ROUNDS_MAX {
        shuffle.shuffle(&mut order);
        let mut violation = 0.0_f32;
        for &line in &order {
            let (Some(vector), Some(&sign), Some(dual), Some(&square)) =
                (vectors.get(line), signs.get(line), duals.get_mut(line), squares.get(line))
            else {
                continue;
            };
            let sign = if sign { 1.0 } else { -1.0 };
            let product: f32 = vector
                .iter()
                .map(|&(row, value)| value * weights.get(row).copied().unwrap_or_default())
                .sum();
            let gradient = sign * (product + bias) - 1.0 + *dual * DIAGONAL;
            let projected = if *dual > 0.0 { gradient } else { gradient.min(0.0) };
            violation = violation.max(projected.abs());
            if projected.abs() > f32::EPSILON {
                let before = *dual;
                *dual = (before - gradient / square).max(0.0);
                let step = (*dual - before) * sign;
                for &(row, value) in vector {
                    if let Some(weight) = weights.get_mut(row) {
                        *weight += step * value;
                    }
                }
                bias += step;
            }
        }
        if violation < VIOLATION_MAX {
            break;
        }
    }
    (weights, bias)
}

/// `work` on each of `parts`, on all processors; the outcomes in the order of the parts.
fn in_parallel<P: Sync, O: Send>(parts: &[P], work: impl Fn(&P) -> O + Sync) -> Vec<O> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = parts.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let running: Vec<_> = parts
            .chunks(share)
            .map(|chunk| scope.spawn(|| chunk.iter().map(&work).collect::<Vec<_>>()))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(outcomes) => outcomes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// An order by chance that is the same each time: xorshift64*, Vigna 2016.
struct Shuffle(u64);

impl Shuffle {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % end.max(1)
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, order: &mut [usize]) {
        for end in (1..order.len()).rev() {
            let other = self.below(end.saturating_add(1));
            order.swap(end, other);
        }
    }
}
