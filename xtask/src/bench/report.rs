//! What was measured, beside the floors and goals of the design.

use serde_json::{Value, json};

use super::{
    latencies::Latencies,
    load::Outcome,
    row::{self, Row},
};

/// One rate, offered for a while.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) rate: f64,
    pub(crate) seconds: u64,
    pub(crate) processor_us_per_message: f64,
    pub(crate) resident_bytes: u64,
    pub(crate) resident_bytes_peak: u64,
    pub(crate) outcome: Outcome,
}

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) disk: Latencies,
    /// At the rate that was asked for.
    pub(crate) steady: Step,
    /// The rates that were sustained, upwards.
    pub(crate) sustained: Vec<Step>,
    /// The rate that was not.
    pub(crate) beyond: Option<Step>,
    /// Bodies of 1,000 messages, until they were acknowledged.
    pub(crate) batches: Latencies,
}

impl Report {
    /// Whether every message was answered exactly once at every rate that was sustained, and none was
    /// answered twice beyond.
    pub(crate) fn is_exact(&self) -> bool {
        self.kept().all(|step| step.outcome.lost == 0 && step.outcome.refused == 0)
            && self.steps().all(|step| step.outcome.doubled == 0)
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let (rate, seconds) = (self.steady.rate, self.steady.seconds);
        println!(
            "\n{} processors, shared with the load generator; {} messages in {seconds} s at {rate:.0}/s",
            processors(),
            self.steady.outcome.sent
        );
        row::print(&self.rows());
        match &self.beyond {
            Some(step) => println!(
                "beyond: at {:.0}/s offered {:.0}/s were answered, e2e p99 {:.1} ms, {} unanswered, {} refused",
                step.rate,
                step.outcome.answered_rate(),
                step.outcome.e2e_ms(99.0),
                step.outcome.lost,
                step.outcome.refused
            ),
            None => println!("the generator's highest rate was sustained"),
        }
        println!(
            "One run on one machine: compare ratios within a run, not figures between machines."
        );
    }

    /// The same for programs.
    pub(crate) fn as_json(&self) -> Value {
        json!({
            "processors": processors(),
            "rate": self.steady.rate,
            "seconds": self.steady.seconds,
            "exact": self.is_exact(),
            "rows": row::as_json(&self.rows()),
        })
    }

    fn kept(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.steady).chain(&self.sustained)
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.kept().chain(&self.beyond)
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = self.steady_rows();
        rows.extend(self.sustained_rows());
        let slowest = self.batches.percentile_ms(100.0);
        rows.push(
            Row::less("1,000 messages in one body of 3 MB, slowest", "ms", slowest).floor(1_000.0),
        );
        rows.extend(self.exactness_rows());
        rows
    }

    fn steady_rows(&self) -> Vec<Row> {
        let disk_p50 = self.disk.percentile_ms(50.0);
        let steady = &self.steady.outcome;
        let ack = |percent| steady.acks.percentile_ms(percent);
        let processor = self.steady.processor_us_per_message;
        vec![
            Row::less("disk: 4 KiB append + fdatasync p50", "ms", disk_p50),
            Row::less("disk: 4 KiB append + fdatasync p99", "ms", self.disk.percentile_ms(99.0)),
            Row::less("acknowledge p50 (goal: 3 fdatasync)", "ms", ack(50.0)).goal(disk_p50 * 3.0),
            Row::less("acknowledge p99", "ms", ack(99.0)).floor(5.0).goal(2.0),
            Row::less("message to reply p50", "ms", steady.e2e_ms(50.0)),
            Row::less("message to reply p99", "ms", steady.e2e_ms(99.0)).floor(10.0).goal(3.0),
            Row::less("processor time a message at that rate", "µs", processor),
        ]
    }

    fn sustained_rows(&self) -> Vec<Row> {
        let last = self.sustained.last();
        let rate = Row::more("sustained full path", "msg/s", last.map_or(0.0, |step| step.rate));
        let mut rows = vec![rate.floor(4_000.0).goal(8_000.0)];
        if let Some(step) = last {
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            let peak = megabytes(step.resident_bytes_peak);
            rows.extend([
                Row::less("  acknowledge p99 there", "ms", step.outcome.acks.percentile_ms(99.0)),
                Row::less("  message to reply p99 there", "ms", step.outcome.e2e_ms(99.0)),
                Row::less("  processor time a message there", "µs", step.processor_us_per_message)
                    .floor(200.0)
                    .goal(100.0),
                Row::less("  resident memory there", "MB", megabytes(step.resident_bytes)),
                Row::less("  resident memory, peak until then", "MB", peak).floor(64.0).goal(32.0),
            ]);
        }
        rows
    }

    fn exactness_rows(&self) -> [Row; 3] {
        let kept = |count: fn(&Outcome) -> usize| {
            self.kept().map(|step| count(&step.outcome)).sum::<usize>() as f64
        };
        let doubled = self.steps().map(|step| step.outcome.doubled).sum::<usize>() as f64;
        [
            Row::less("acknowledged and not answered", "", kept(|one| one.lost)).floor(0.0),
            Row::less("not acknowledged", "", kept(|one| one.refused)).floor(0.0),
            Row::less("answered more than once, at any rate", "", doubled).floor(0.0),
        ]
    }
}

/// How many processors there are.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
