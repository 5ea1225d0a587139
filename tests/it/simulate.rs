//! `forthright simulate` in short: some worlds, every story, every mistake, and every trace that once broke a promise.

use std::{fs, path::Path};

use forthright_cli::simulate::{Mutant, Options, Report, replay, simulate};

fn run(options: &Options) -> Report {
    simulate(options, &|_, _, _| {}).unwrap()
}

fn worlds(seed: u64, messages: usize, mutant: Option<Mutant>) -> Options {
    Options { seed, messages, mutant, sweeps: false, explain: mutant.is_none(), keep: None }
}

fn assert_kept(report: &Report) {
    assert!(report.is_kept(), "a promise is broken:\n{report}");
}

#[test]
fn some_worlds_keep_every_promise_and_much_happens_in_them() {
    let mut all = forthright_cli::simulate::Tally::default();
    for seed in 1..=3 {
        let report = run(&worlds(seed, 1_500, None));
        assert_kept(&report);
        all += &report.worlds;
    }
    let ended = |end: &str| all.ends.get(end).copied().unwrap_or_default();
    // A simulation in which nothing happens proves nothing.
    for (end, least) in [
        ("answered", 1_000),
        ("erased", 300),
        ("suppressed", 5),
        ("human: held_by_person", 300),
        ("human: outcome_unknown", 20),
        ("human: opted_out", 20),
        ("human: not_text", 20),
        ("human: late", 3),
    ] {
        assert!(ended(end) >= least, "{end}: {}\n{all:#?}", ended(end));
    }
    for (event, least) in [
        ("crashes before a call", 50),
        ("crashes after a call", 50),
        ("erasures by callback", 20),
        ("erasures demanded", 20),
        ("functions timed out", 5),
        ("hints lost", 200),
        ("hints repeated", 400),
        ("hosts stall", 20),
        ("machine off", 5),
        ("people answer", 50),
        ("people answer elsewhere", 10),
        ("people hand back", 50),
        ("people note something", 10),
        ("people opted out", 20),
        ("people read a case again", 3),
        ("people take cases", 10),
        ("platform misbehaves", 100),
        ("reported failed", 20),
        ("restores", 3),
        ("subjects proven to be one person", 10),
        ("table misbehaves", 100),
        ("token expires", 5),
        ("transactions undone by a crash", 5),
        ("words changed", 50),
        ("words taken back", 50),
        ("words taken back before they came", 20),
        ("writes landed late", 10),
    ] {
        assert!(all.of(event) >= least, "{event}: {}\n{all:#?}", all.of(event));
    }
    assert!(all.redeliveries * 10 >= all.deliveries, "{all:#?}");
}

#[test]
fn a_break_at_every_call_of_every_story_and_all_pairs_of_one_break_no_promise() {
    let report = run(&Options { sweeps: true, ..worlds(1, 0, None) });
    assert_kept(&report);
    let pairs: Vec<_> = report.sweeps.iter().filter(|sweep| sweep.pairs).collect();
    let [core] = pairs[..] else { panic!("one story has all its pairs of crashes") };
    assert!(core.calls > 50 && core.runs > core.calls * core.calls, "{core:?}");
    assert!(report.sweeps.len() >= 22, "every story, on one process and on three hosts");
    for sweep in report.sweeps.iter().filter(|sweep| !sweep.pairs) {
        assert_eq!(sweep.runs, sweep.calls * 6, "{sweep:?}");
    }
}

#[test]
fn every_mistake_is_found() {
    for mutant in Mutant::ALL {
        let found = (1..=20).find(|seed| !run(&worlds(*seed, 1_000, Some(mutant))).is_kept());
        assert!(found.is_some(), "`{mutant}` is not found within twenty seeds");
    }
}

#[test]
fn a_seed_gives_the_same_worlds_again() {
    let again = || serde_json::to_string(&run(&worlds(7, 300, None))).unwrap();
    assert_eq!(again(), again());
    let other = serde_json::to_string(&run(&worlds(8, 300, None)).worlds).unwrap();
    assert!(!again().contains(&other));
}

#[test]
fn what_once_broke_a_promise_breaks_none_any_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let replayed = replay(&path, None).unwrap();
        assert!(replayed.broken.is_empty(), "{}: {:?}", path.display(), replayed.broken);
        assert!(replayed.story.len() > 5, "{}: nothing happens in it", path.display());
        seen += 1;
    }
    assert!(seen >= 6);
}
