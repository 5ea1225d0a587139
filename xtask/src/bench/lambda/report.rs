//! What was measured of the functions, beside the floors and goals of the design.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::runtime_api::{Ran, Took};
use crate::{
    aws::zips::Architecture,
    bench::{
        latencies::Latencies,
        report::processors,
        row::{self, Row},
    },
};

/// The whole time of something, and that of the program itself.
#[derive(Debug, Default)]
struct Times {
    whole: Latencies,
    own: Latencies,
    calls: Vec<usize>,
}

impl Times {
    fn add(&mut self, took: Took) {
        self.whole.add(took.whole);
        self.own.add(took.whole.saturating_sub(took.waited.time));
        self.calls.push(took.waited.calls);
    }

    /// The median number of calls of the back end.
    fn calls(&self) -> usize {
        let mut sorted = self.calls.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    fn as_json(&self) -> Value {
        json!({
            "p50_ms": self.whole.percentile_ms(50.0),
            "p90_ms": self.whole.percentile_ms(90.0),
            "own_p50_ms": self.own.percentile_ms(50.0),
            "own_p90_ms": self.own.percentile_ms(90.0),
            "calls": self.calls(),
        })
    }
}

/// One program.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) name: &'static str,
    event: &'static str,
    init: Times,
    cold: Times,
    warm: Times,
    memory_peak_bytes: u64,
    /// The sizes of its zips, by processor.
    zips: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// Of a program that has not been started yet.
    pub(super) fn new(
        name: &'static str,
        event: &'static str,
        zips: BTreeMap<&'static str, u64>,
    ) -> Self {
        let times = Times::default;
        let (init, cold, warm) = (times(), times(), times());
        Self { name, event, init, cold, warm, memory_peak_bytes: 0, zips }
    }

    /// Adds one start.
    pub(super) fn add(&mut self, ran: &Ran) {
        self.init.add(ran.init);
        self.cold.add(ran.cold);
        for took in &ran.warm {
            self.warm.add(*took);
        }
        self.memory_peak_bytes = self.memory_peak_bytes.max(ran.memory_peak_bytes);
    }

    fn print(&self) {
        let pair = |times: &Times| {
            let (p50, p90) = (times.whole.percentile_ms(50.0), times.whole.percentile_ms(90.0));
            format!("{p50:.1} ({p90:.1})")
        };
        let (init, cold, warm) = (&self.init, &self.cold, &self.warm);
        let zip = |of: Architecture| {
            self.zips.get(of.name()).map_or_else(|| "-".to_owned(), |bytes| megabytes(*bytes))
        };
        println!(
            "{:<11}{:>15}{:>7.1}{:>17}{:>7.1}{:>7}{:>15}{:>7.1}{:>7}{:>8}{:>9}{:>8}",
            self.name,
            pair(init),
            init.own.percentile_ms(50.0),
            pair(cold),
            cold.own.percentile_ms(50.0),
            cold.calls(),
            pair(warm),
            warm.own.percentile_ms(50.0),
            warm.calls(),
            megabytes(self.memory_peak_bytes),
            zip(Architecture::X86_64),
            zip(Architecture::Arm64),
        );
    }

    fn as_json(&self) -> Value {
        json!({
            "name": self.name,
            "event": self.event,
            "init": self.init.as_json(),
            "cold": self.cold.as_json(),
            "warm": self.warm.as_json(),
            "memory_peak_bytes": self.memory_peak_bytes,
            "zip_bytes": self.zips,
        })
    }
}

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) runs: u32,
    pub(super) warm: usize,
    pub(super) architecture: Architecture,
    pub(super) functions: Vec<Figures>,
    /// With what `node --version` says, or why there is none.
    pub(super) node: Result<(Figures, String), String>,
    /// Why there are no zips for the other processor, if there are none.
    pub(super) not_built: Option<String>,
}

impl Report {
    /// Prints the tables.
    pub(super) fn print(&self) {
        let (here, other) = (self.architecture.name(), self.architecture.other().name());
        println!(
            "\n{} processors; each program {} times in turn, on {here}, with 1 first and {} later events; p50 (p90), times in ms",
            processors(),
            self.runs,
            self.warm
        );
        println!(
            "{:<11}{:>15}{:>7}{:>17}{:>7}{:>7}{:>15}{:>7}{:>7}{:>8}{:>9}{:>8}",
            "",
            "init",
            "own",
            "cold start",
            "own",
            "calls",
            "warm",
            "own",
            "calls",
            "memory",
            "x86_64",
            "arm64"
        );
        for figures in &self.functions {
            figures.print();
        }
        if let Ok((node, _)) = &self.node {
            node.print();
        }
        println!(
            "init: from the start of the process to its first question for an event; cold start: to its first answer; \
             warm: from a later event to its answer.\n\
             own: without the time in which it waited for the back end, an emulator that is a Python program; calls: \
             to it, from the start or from the event.\n\
             memory: the most that was resident, in MB; zips in MB, with the profile `function`."
        );
        for figures in &self.functions {
            println!("{:<11}{}", figures.name, figures.event);
        }
        match &self.node {
            Ok((node, version)) => println!(
                "{:<11}{version}: {}, of which it verifies the signature and stores one item, and no more",
                node.name, node.event
            ),
            Err(why) => println!("{:<11}skipped: {why}", "node"),
        }
        if let Some(why) = &self.not_built {
            println!("{other:<11}not built: {why}");
        }
        println!();
        row::print(&self.rows());
        println!(
            "One run on one machine: compare ratios within a run, not figures between machines."
        );
    }

    /// The same for programs.
    pub(super) fn as_json(&self) -> Value {
        let node = match &self.node {
            Ok((figures, version)) => json!({ "version": version, "figures": figures.as_json() }),
            Err(why) => json!({ "skipped": why }),
        };
        json!({
            "processors": processors(),
            "runs": self.runs,
            "architecture": self.architecture.name(),
            "functions": self.functions.iter().map(Figures::as_json).collect::<Vec<_>>(),
            "node": node,
            "not_built": self.not_built,
            "rows": row::as_json(&self.rows()),
        })
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for of in [Architecture::X86_64, Architecture::Arm64] {
            let sizes =
                self.functions.iter().filter_map(|it| Some((it.name, *it.zips.get(of.name())?)));
            if let Some((name, bytes)) = sizes.max_by_key(|(_, bytes)| *bytes) {
                let what = format!("largest zip, {}: {name}", of.name());
                rows.push(Row::less(what, "MB", bytes as f64 / 1e6).floor(5.0).goal(3.0));
            }
        }
        if let Some(most) = self.functions.iter().max_by_key(|it| it.memory_peak_bytes) {
            let bytes = most.memory_peak_bytes as f64;
            let what = format!("most memory: {}", most.name);
            rows.push(Row::less(what, "MB", bytes / 1e6).floor(24.0).goal(12.0));
        }
        let webhook = self.functions.iter().find(|it| it.name == "webhook");
        if let (Some(own), Ok((node, _))) = (webhook, &self.node) {
            let ratio = |of: fn(&Figures) -> &Latencies| {
                of(node).percentile_ms(50.0) / of(own).percentile_ms(50.0)
            };
            rows.extend([
                Row::more(
                    "cold start, Node / webhook, own time",
                    "times",
                    ratio(|it| &it.cold.own),
                )
                .floor(10.0)
                .goal(18.0),
                Row::more("  with the emulator's time", "times", ratio(|it| &it.cold.whole)),
                Row::more("init, Node / webhook, own time", "times", ratio(|it| &it.init.own)),
            ]);
        }
        rows
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::lambda::back_end::Waited;

    fn figures(name: &'static str, ms: u64, zip: u64) -> Figures {
        let took = |whole, waited| Took {
            whole: Duration::from_millis(whole),
            waited: Waited { calls: 3, time: Duration::from_millis(waited) },
        };
        let mut figures = Figures::new(name, "", BTreeMap::from([("arm64", zip)]));
        figures.add(&Ran {
            init: took(ms, 0),
            cold: took(ms + 40, 40),
            warm: vec![took(7, 5)],
            memory_peak_bytes: zip,
            answers: Vec::new(),
        });
        figures
    }

    fn report(node: Result<(Figures, String), String>) -> Report {
        Report {
            runs: 1,
            warm: 1,
            architecture: Architecture::X86_64,
            functions: vec![figures("webhook", 10, 2_000_000), figures("privacy", 8, 6_000_000)],
            node,
            not_built: None,
        }
    }

    #[test]
    fn the_largest_is_judged_and_node_is_compared_by_its_own_time() {
        let node = figures("node", 150, 0);
        let report = report(Ok((node, "v1".to_owned()))).as_json();
        let row = |what: &str| {
            let mut rows = report["rows"].as_array().unwrap().iter();
            rows.find(|row| row["what"] == what).unwrap_or_else(|| panic!("no {what}")).clone()
        };
        assert_eq!(row("largest zip, arm64: privacy")["floor_met"], false);
        assert_eq!(row("most memory: privacy")["goal_met"], true);
        assert_eq!(row("cold start, Node / webhook, own time")["measured"], 15.0);
        assert_eq!(row("  with the emulator's time")["measured"], 3.8);
        let cold = &report["functions"][0]["cold"];
        assert_eq!((&cold["p50_ms"], &cold["own_p50_ms"]), (&json!(50.0), &json!(10.0)));
        assert_eq!(cold["calls"], 3);
    }

    #[test]
    fn without_node_nothing_is_compared() {
        let report = report(Err("there is no node".to_owned()));
        assert!(report.rows().len() == 2);
        assert_eq!(report.as_json()["node"]["skipped"], "there is no node");
    }
}
