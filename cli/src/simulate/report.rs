//! What a simulation prints.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{promise::Promise, tally::Tally};

/// What came of a simulation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The mistake that was made on purpose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// What happened in the random worlds.
    pub worlds: Tally,
    /// A break at every call of some stories.
    pub sweeps: Vec<Sweep>,
    /// How often each promise was broken, in all.
    pub broken: BTreeMap<Promise, u64>,
    /// The shortest trace that breaks a promise, as it can be run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// What is broken in it, call by call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// What came of a story with breaks at every call.
#[derive(Debug, Clone, Serialize)]
pub struct Sweep {
    /// The story.
    pub story: &'static str,
    /// On how many hosts.
    pub hosts: u8,
    /// How many calls of ports it makes when nothing breaks.
    pub calls: u64,
    /// How many worlds were run: one for each break, or each pair.
    pub runs: u64,
    /// Whether these are all pairs of crashes.
    pub pairs: bool,
}

impl Report {
    /// Whether every promise was kept.
    pub fn is_kept(&self) -> bool {
        self.broken.values().all(|times| *times == 0)
    }
}

/// A count with its thousands apart.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, mutant, worlds, sweeps, broken, trace, story } = self;
        match mutant {
            Some(mutant) => writeln!(f, "seed {seed}, with the mistake `{mutant}`")?,
            None => writeln!(f, "seed {seed}")?,
        }
        for Sweep { story, hosts, calls, runs, pairs } in sweeps {
            let hosts = if *hosts == 1 { "one process" } else { "three hosts" };
            let what = if *pairs { "all pairs of crashes" } else { "a break at every call" };
            writeln!(
                f,
                "`{story}` on {hosts}: {calls} calls, {what}: {} worlds",
                thousands(*runs)
            )?;
        }
        if worlds.worlds > 0 {
            let count = |number| thousands(number);
            writeln!(
                f,
                "{} random worlds: {} messages in {} deliveries ({} of them again), {} calls, {} claims, {} texts sent",
                count(worlds.worlds),
                count(worlds.messages),
                count(worlds.deliveries),
                count(worlds.redeliveries),
                count(worlds.calls),
                count(worlds.claims),
                count(worlds.sends),
            )?;
            for (title, counts) in
                [("messages ended", &worlds.ends), ("what happened", &worlds.events)]
            {
                writeln!(f, "{title}:")?;
                for (name, number) in counts {
                    writeln!(f, "  {name:<40} {:>10}", count(*number))?;
                }
            }
        }
        if let Some(trace) = trace {
            writeln!(f, "\nthe shortest trace found, to be run again with --replay:\n{trace}")?;
            for line in story {
                writeln!(f, "{line}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "broken promises:")?;
        for promise in Promise::ALL {
            let times = broken.get(&promise).copied().unwrap_or_default();
            writeln!(f, "  {:<40} {:>10}", promise.name(), thousands(times))?;
        }
        Ok(())
    }
}
