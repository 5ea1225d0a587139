//! What this process counts, as metrics of CloudWatch in its embedded metric format: lines of the log that it reads.
//!
//! A line for each count would cost more than all the rest of the log. So counts are summed, and lines are written ten at
//! once and then one a minute: what happens now and then is told at once, what happens all the time a minute later at most.
//! A sum that nobody adds to any more is lost with its process.
//!
//! The format is one JSON object. The crates that write it bring some fifty others, into processes that hold secrets.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use forthright_core::{
    Time,
    metric::{Metric, TARGET},
};
use serde_json::{Map, Value, json};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context};

/// How many lines may be written at once, and how long one more takes to be allowed.
const LINES_AT_ONCE: u32 = 10;
const LINE_EVERY: Duration = Duration::from_mins(1);

/// How many different values a metric may have in one line ("Specification: CloudWatch embedded metric format": at most
/// 100). One more and the line is written.
const VALUES_MAX: usize = 99;

/// Whether this is a count.
pub(crate) fn is_count(event: &Metadata<'_>) -> bool {
    event.target() == TARGET
}

/// Takes counts in and writes lines of them.
pub(crate) struct Meters<W> {
    sums: Mutex<Sums>,
    writer: W,
    now: fn() -> Time,
}

impl<W> Meters<W> {
    /// Metrics of this namespace.
    pub(crate) fn new(namespace: String, writer: W, now: fn() -> Time) -> Self {
        Self { sums: Mutex::new(Sums::new(namespace, now())), writer, now }
    }
}

impl<S, W> Layer<S> for Meters<W>
where
    S: Subscriber,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut count = Count::default();
        event.record(&mut count);
        let Count { metric: Some(metric), value } = count else {
            return;
        };
        let line = {
            let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.add(metric, value, (self.now)())
        };
        if let Some(line) = line {
            // At once, so that no other line comes into it. Without an output there is nobody to tell.
            drop(self.writer.make_writer().write_all(&line));
        }
    }
}

#[derive(Debug, Default)]
struct Count {
    metric: Option<Metric>,
    value: u64,
}

impl Visit for Count {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "metric" {
            self.metric = value.parse().ok();
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "value" {
            self.value = value;
        }
    }
}

/// How often a metric had which value; of what is only counted, under the value one.
type Values = BTreeMap<u64, u64>;

struct Sums {
    namespace: String,
    values: BTreeMap<Metric, Values>,
    lines: u32,
    /// Since when there are so many lines.
    since: Time,
}

impl Sums {
    const fn new(namespace: String, now: Time) -> Self {
        Self { namespace, values: BTreeMap::new(), lines: LINES_AT_ONCE, since: now }
    }

    /// Adds a value, and gives the line to be written, if one is.
    fn add(&mut self, metric: Metric, value: u64, now: Time) -> Option<Vec<u8>> {
        let values = self.values.entry(metric).or_default();
        let (value, times) = if metric.is_duration() { (rounded(value), 1) } else { (1, value) };
        let sum = values.entry(value).or_default();
        *sum = sum.saturating_add(times);
        let is_full = values.len() >= VALUES_MAX;
        (self.may_write(now) || is_full).then(|| self.line(now))
    }

    fn may_write(&mut self, now: Time) -> bool {
        let waited = now.since(self.since).as_millis() / LINE_EVERY.as_millis();
        if let (Ok(minutes @ 1..), true) = (u32::try_from(waited), self.lines < LINES_AT_ONCE) {
            self.lines = self.lines.saturating_add(minutes).min(LINES_AT_ONCE);
            self.since = now;
        }
        if self.lines == LINES_AT_ONCE {
            self.since = now;
        }
        let may = self.lines > 0;
        self.lines = self.lines.saturating_sub(1);
        may
    }

    /// What there is, as CloudWatch reads it, and nothing is left.
    fn line(&mut self, now: Time) -> Vec<u8> {
        let values = std::mem::take(&mut self.values);
        let unit = |metric: Metric| if metric.is_duration() { "Milliseconds" } else { "Count" };
        let metrics: Vec<_> = values
            .keys()
            .map(|metric| json!({ "Name": metric.name(), "Unit": unit(*metric) }))
            .collect();
        let told = values.into_iter().map(|(metric, values)| {
            let value = if metric.is_duration() {
                let (values, counts): (Vec<_>, Vec<_>) = values.into_iter().unzip();
                json!({ "Values": values, "Counts": counts })
            } else {
                json!(values.into_values().fold(0, u64::saturating_add))
            };
            (metric.name().to_owned(), value)
        });
        let mut line: Map<String, Value> = told.collect();
        let directive =
            json!({ "Namespace": self.namespace, "Dimensions": [[]], "Metrics": metrics });
        let about = json!({ "Timestamp": now.millis(), "CloudWatchMetrics": [directive] });
        line.insert("_aws".to_owned(), about);
        let mut line = Value::Object(line).to_string().into_bytes();
        line.push(b'\n');
        line
    }
}

/// To two digits: as exact as a percentile needs, and few enough to fit into a line.
const fn rounded(value: u64) -> u64 {
    let mut unit = 1_u64;
    while value / unit >= 100 {
        unit = unit.saturating_mul(10);
    }
    value / unit * unit
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forthright_core::metric::{count, count_many, took};
    use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt};

    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_millis(1_790_000_000_000 + seconds * 1_000)
    }

    fn read(line: &[u8]) -> Value {
        assert_eq!(line.last(), Some(&b'\n'));
        serde_json::from_slice(line).unwrap()
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let mut sums = Sums::new("demo".to_owned(), at(0));
        sums.lines = 0;
        for delay in [1_234, 1_239, 87] {
            assert_eq!(sums.add(Metric::AnswerDelay, delay, at(1)), None);
        }
        assert_eq!(sums.add(Metric::OverdueFound, 0, at(1)), None);
        assert_eq!(sums.add(Metric::TextsSent, 2, at(1)), None);
        let line = read(&sums.add(Metric::TextsSent, 1, at(60)).unwrap());
        assert_eq!(line["_aws"]["Timestamp"], at(60).millis());
        let metrics = &line["_aws"]["CloudWatchMetrics"];
        assert_eq!(metrics[0]["Namespace"], "demo");
        assert_eq!(metrics[0]["Dimensions"], json!([[]]));
        let units: BTreeMap<_, _> = metrics[0]["Metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| (metric["Name"].as_str().unwrap(), metric["Unit"].as_str().unwrap()))
            .collect();
        let expected =
            [("AnswerDelay", "Milliseconds"), ("OverdueFound", "Count"), ("TextsSent", "Count")];
        assert_eq!(units, BTreeMap::from(expected));
        assert_eq!(line["AnswerDelay"], json!({ "Values": [87, 1200], "Counts": [1, 2] }));
        assert_eq!((&line["TextsSent"], &line["OverdueFound"]), (&json!(3), &json!(0)));
        assert!(sums.values.is_empty());
    }

    #[test]
    fn every_metric_can_be_written() {
        let mut sums = Sums::new("demo".to_owned(), at(0));
        sums.lines = 0;
        for metric in Metric::ALL {
            assert_eq!(sums.add(*metric, u64::MAX, at(1)), None);
        }
        let line = read(&sums.line(at(2)));
        for metric in Metric::ALL {
            assert!(line[metric.name()].is_number() || line[metric.name()].is_object(), "{metric}");
        }
    }

    #[test]
    fn few_are_told_at_once_and_many_once_a_minute() {
        let mut sums = Sums::new("demo".to_owned(), at(0));
        let mut told = |seconds| {
            let line = sums.add(Metric::TextsSent, 1, at(seconds))?;
            Some(read(&line)["TextsSent"].as_u64().unwrap())
        };
        // Ten at once, whenever they come.
        for _ in 0..10 {
            assert_eq!(told(500), Some(1));
        }
        for second in 501..560 {
            assert_eq!(told(second), None);
        }
        assert_eq!(told(560), Some(60));
        assert_eq!(told(561), None);
        assert_eq!(told(620), Some(2));
        // After a pause as many again as minutes went by.
        assert_eq!((told(740), told(740), told(740)), (Some(1), Some(1), None));
    }

    #[test]
    fn no_line_has_more_values_than_cloudwatch_takes() {
        let mut sums = Sums::new("demo".to_owned(), at(0));
        sums.lines = 0;
        let mut lines = Vec::new();
        for delay in 0..100_000 {
            lines.extend(sums.add(Metric::AnswerDelay, delay, at(1)));
        }
        let longest = lines
            .iter()
            .map(|line| read(line)["AnswerDelay"]["Values"].as_array().unwrap().len())
            .max();
        assert_eq!(longest, Some(VALUES_MAX));
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Write::write(&mut *self.0.lock().unwrap(), bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_functions_count_comes_here_and_nothing_else() {
        let page = Page::default();
        let writer = page.clone();
        let meters = Meters::new("demo".to_owned(), move || writer.clone(), || at(0));
        let subscriber =
            tracing_subscriber::registry().with(meters.with_filter(filter_fn(is_count)));
        tracing::subscriber::with_default(subscriber, || {
            count(Metric::MessagesReceived);
            count_many(Metric::OverdueFound, 7);
            took(Metric::AnswerDelay, Duration::from_millis(250));
            tracing::error!(metric = "TextsSent", value = 1_u64, "not a count");
        });
        let page = page.0.lock().unwrap();
        let lines: Vec<_> = page.split_inclusive(|byte| *byte == b'\n').map(read).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["MessagesReceived"], 1);
        assert_eq!(lines[1]["OverdueFound"], 7);
        assert_eq!(lines[2]["AnswerDelay"], json!({ "Values": [250], "Counts": [1] }));
    }
}
