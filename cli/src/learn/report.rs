//! What came of an evaluation, as figures and as text.

use std::{collections::BTreeMap, fmt::Write};

use forthright_classifier::{
    Judged,
    measures::{
        area_under_curve, expected_calibration_error, half_width, macro_f1, share, tallies,
    },
};
use serde_json::{Value, json};

use super::compare::Compared;

/// So many confusions are shown, with so many examples of each.
const CONFUSIONS_SHOWN: usize = 10;
const EXAMPLES_SHOWN: usize = 3;

/// What a model said of lines.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) labels: Vec<String>,
    /// What has less scope is out of it.
    pub(super) threshold: f32,
    pub(super) bytes: usize,
    pub(super) digest: String,
    /// Of lines that have a label.
    pub(super) guesses: Vec<Guess>,
    /// The scopes of lines that have none.
    pub(super) outside: Vec<f32>,
}

/// What a model said of one line.
#[derive(Debug)]
pub(super) struct Guess {
    pub(super) wanted: usize,
    pub(super) judged: Judged,
    pub(super) nanos: u64,
    pub(super) text: String,
}

impl Guess {
    pub(super) const fn is_right(&self) -> bool {
        self.wanted == self.judged.label
    }
}

impl Outcome {
    pub(super) fn name(&self, label: usize) -> &str {
        self.labels.get(label).map_or("?", String::as_str)
    }

    fn accuracy(&self) -> f64 {
        share(self.guesses.iter().filter(|guess| guess.is_right()).count(), self.guesses.len())
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.guesses.iter().map(|guess| (guess.wanted, guess.judged.label))
    }

    /// Confidences, and whether each was right.
    pub(super) fn confidences(&self) -> Vec<(f64, bool)> {
        let guesses = self.guesses.iter();
        guesses
            .map(|guess| (f64::from(guess.judged.confidence_permille) / 1_000.0, guess.is_right()))
            .collect()
    }

    /// The share of lines that are told right and held to be in the scope, by a threshold.
    pub(super) fn in_scope_accuracy(&self, threshold: f32) -> f64 {
        let is_answered = |guess: &&Guess| guess.is_right() && guess.judged.scope >= threshold;
        share(self.guesses.iter().filter(is_answered).count(), self.guesses.len())
    }

    /// The share of lines out of the scope that are held to be, by a threshold; none if there are none.
    pub(super) fn recall(&self, threshold: f32) -> Option<f64> {
        let found = self.outside.iter().filter(|scope| **scope < threshold).count();
        (!self.outside.is_empty()).then(|| share(found, self.outside.len()))
    }

    fn area(&self) -> Option<f64> {
        let inside: Vec<f32> = self.guesses.iter().map(|guess| guess.judged.scope).collect();
        (!self.outside.is_empty()).then(|| area_under_curve(&inside, &self.outside))
    }

    /// In microseconds, what so many of a hundred took no longer than.
    #[expect(clippy::cast_precision_loss, reason = "a time needs no last digit")]
    fn percentile(&self, percent: usize) -> f64 {
        let mut nanos: Vec<u64> = self.guesses.iter().map(|guess| guess.nanos).collect();
        nanos.sort_unstable();
        let at = nanos.len().saturating_sub(1).saturating_mul(percent) / 100;
        nanos.get(at).copied().unwrap_or_default() as f64 / 1_000.0
    }

    /// The lowest confidence from which on 97 of 100 answers were right, in thousandths; a recommendation for a brand.
    pub(super) fn recommended_confidence(&self) -> Option<u16> {
        const RIGHT: f64 = 0.97;
        let mut guesses: Vec<_> = self.guesses.iter().collect();
        guesses.sort_by_key(|guess| std::cmp::Reverse(guess.judged.confidence_permille));
        let (mut right, mut best) = (0_usize, None);
        for (number, guess) in guesses.iter().enumerate() {
            right = right.saturating_add(usize::from(guess.is_right()));
            let is_last_of_its = guesses.get(number.saturating_add(1)).is_none_or(|next| {
                next.judged.confidence_permille != guess.judged.confidence_permille
            });
            if is_last_of_its && share(right, number.saturating_add(1)) >= RIGHT {
                best = Some(guess.judged.confidence_permille);
            }
        }
        best
    }

    /// The figures.
    pub(super) fn as_json(&self, compared: Option<&Compared>) -> Value {
        json!({
            "accuracy": self.accuracy(),
            "accuracy_half_width_95": half_width(self.accuracy(), self.guesses.len()),
            "macro_f1": macro_f1(self.pairs()),
            "ece": expected_calibration_error(&self.confidences()),
            "in_scope_accuracy": self.in_scope_accuracy(self.threshold),
            "oos_recall": self.recall(self.threshold),
            "oos_auroc": self.area(),
            "scope_threshold": self.threshold,
            "recommended_confidence_permille": self.recommended_confidence(),
            "lines": self.guesses.len(),
            "oos_lines": self.outside.len(),
            "p50_us": self.percentile(50),
            "p99_us": self.percentile(99),
            "model_bytes": self.bytes,
            "train_digest": self.digest,
            "compared": compared.map(Compared::as_json),
        })
    }

    /// The figures, a table of the labels, and what is confused most.
    pub(super) fn as_text(&self, compared: Option<&Compared>) -> String {
        let mut text = format!(
            "{} lines: accuracy {:.2} % ± {:.2}, macro-F1 {:.4}, calibration error {:.4}\n",
            self.guesses.len(),
            100.0 * self.accuracy(),
            100.0 * half_width(self.accuracy(), self.guesses.len()),
            macro_f1(self.pairs()),
            expected_calibration_error(&self.confidences()),
        );
        let mut add = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        if let (Some(recall), Some(area)) = (self.recall(self.threshold), self.area()) {
            add(format!(
                "{} lines out of scope: area under the curve {area:.4}; with the threshold {:.3} {:.2} % of them are found, and {:.2} % \
                 of the others answered rightly",
                self.outside.len(),
                self.threshold,
                100.0 * recall,
                100.0 * self.in_scope_accuracy(self.threshold),
            ));
        }
        if let Some(permille) = self.recommended_confidence() {
            add(format!("97 of 100 answers are right from a confidence of {permille} ‰ on"));
        }
        add(format!(
            "{:.1} µs a line (median), {:.1} µs (99 of 100); model of {} bytes, from {}\n",
            self.percentile(50),
            self.percentile(99),
            self.bytes,
            self.digest,
        ));
        let widest = self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        add(format!("{:<widest$}  lines  precision  recall     F1", "label"));
        for (label, tally) in tallies(self.pairs()) {
            add(format!(
                "{:<widest$}  {:>5}  {:>9.3}  {:>6.3}  {:.3}",
                self.name(label),
                tally.hits.saturating_add(tally.misses),
                tally.precision(),
                tally.recall(),
                tally.f1(),
            ));
        }
        text.push_str(&self.confusions());
        if let Some(compared) = compared {
            text.push_str(&compared.as_text());
        }
        text.trim_end().to_owned()
    }

    /// The pairs that are confused most, with lines to mend or to add to.
    fn confusions(&self) -> String {
        let mut pairs: BTreeMap<(usize, usize), Vec<&Guess>> = BTreeMap::new();
        for guess in self.guesses.iter().filter(|guess| !guess.is_right()) {
            pairs.entry((guess.wanted, guess.judged.label)).or_default().push(guess);
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|(_, guesses)| std::cmp::Reverse(guesses.len()));
        let mut text = String::new();
        for ((wanted, told), mut guesses) in pairs.into_iter().take(CONFUSIONS_SHOWN) {
            // Those first of which it was surest: they are wrong, or their like is missing.
            guesses.sort_by_key(|guess| std::cmp::Reverse(guess.judged.confidence_permille));
            let (wanted, told) = (self.name(wanted), self.name(told));
            // Writing to a string cannot fail.
            writeln!(text, "\n{} × {wanted} taken for {told}", guesses.len()).unwrap_or_default();
            for guess in guesses.into_iter().take(EXAMPLES_SHOWN) {
                let confidence = guess.judged.confidence_permille;
                writeln!(text, "    {confidence:>4} ‰  {}", guess.text).unwrap_or_default();
            }
        }
        text
    }
}
