//! What a fuzzer told about its run.

use std::{fmt, time::Duration};

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    executions: u64,
    processor: Duration,
    coverage: u64,
    peak_mib: u64,
    /// What broke, if anything did, and the file that shows it.
    pub(crate) finding: Option<String>,
}

impl Told {
    /// Reads libFuzzer's log.
    pub(crate) fn read(log: &str, processor: Duration, passed: bool) -> Self {
        let last = |name: &str| {
            let values = log.lines().filter_map(|line| line.split_once(name));
            let mut numbers =
                values.filter_map(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
            numbers.next_back().unwrap_or(0)
        };
        // A run that broke off has no final count; then the last that was shown counts.
        let shown = log.lines().filter_map(|line| line.strip_prefix('#'));
        let shown =
            shown.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).next_back();
        Self {
            executions: last("stat::number_of_executed_units:").max(shown.unwrap_or(0)),
            processor,
            coverage: last(" cov: "),
            peak_mib: last("stat::peak_rss_mb:"),
            finding: (!passed).then(|| finding(log)),
        }
    }
}

fn finding(log: &str) -> String {
    let artifact = log.lines().find_map(|line| line.split_once("Test unit written to "));
    let panic = log.lines().skip_while(|line| !line.contains("panicked at")).nth(1);
    let other = log.lines().find_map(|line| line.split_once("ERROR: "));
    let what = panic.or(other.map(|(_, what)| what)).unwrap_or("the fuzzer broke off; see its log");
    match artifact {
        Some((_, path)) => format!("{what}: {path}"),
        None => what.to_owned(),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = format!("{} s", self.processor.as_secs());
        let peak = format!("{} MiB", self.peak_mib);
        let found = self.finding.as_deref().unwrap_or("none");
        write!(f, "{:>12}{seconds:>10}{:>8}{peak:>10}  {found}", self.executions, self.coverage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: &str = "INFO: seed corpus: files: 33\n\
        #34\tINITED cov: 210 ft: 300 corp: 30/2Kb exec/s: 0 rss: 41Mb\n\
        #4096\tpulse  cov: 231 ft: 340 corp: 41/3Kb lim: 33 exec/s: 2048 rss: 44Mb\n\
        ==7== INFO: libFuzzer: exiting as requested\n\
        stat::number_of_executed_units: 5000\n\
        stat::peak_rss_mb:              45\n";

    #[test]
    fn a_run_without_a_finding_is_counted() {
        let told = Told::read(QUIET, Duration::from_mins(1), true);
        assert_eq!((told.executions, told.coverage, told.peak_mib), (5_000, 231, 45));
        assert_eq!(told.finding, None);
        assert!(told.to_string().ends_with("none"));
    }

    #[test]
    fn a_finding_names_what_broke_and_the_file_that_shows_it() {
        let log = "#2048\tpulse  cov: 9 ft: 9 exec/s: 9\n\
            thread '<unnamed>' panicked at tests/src/item.rs:9:5:\nanother row is read\n\
            ==9== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='a/'; Test unit written to a/crash-1\n";
        let told = Told::read(log, Duration::from_secs(1), false);
        assert_eq!(told.executions, 2_048);
        assert_eq!(told.finding.as_deref(), Some("another row is read: a/crash-1"));
        let slow = "==9== ERROR: libFuzzer: timeout after 11 seconds\n";
        let told = Told::read(slow, Duration::ZERO, false);
        assert_eq!(told.finding.as_deref(), Some("libFuzzer: timeout after 11 seconds"));
    }
}
