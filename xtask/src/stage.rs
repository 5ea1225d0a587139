//! Stages with headings, times and a summary, for the commands that run several.

use std::{
    borrow::Cow,
    error, fmt,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was as it should be.
    Passed,
    /// Something was not; what it was is on the screen.
    Failed,
    /// It did not run, and why.
    Skipped(Cow<'static, str>),
}

impl Outcome {
    /// Passed or failed.
    pub(crate) const fn of(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed => f.write_str("failed"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// A tool that is not on this machine and could not be had: the stage that needs it is skipped.
#[derive(Debug)]
pub(crate) struct Missing(Cow<'static, str>);

impl Missing {
    /// What is missing, and what to do about it.
    pub(crate) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for Missing {}

/// The stages that ran so far.
#[derive(Debug, Default)]
pub(crate) struct Stages(Vec<(&'static str, Outcome, Duration)>);

impl Stages {
    /// Prints the heading, runs the stage and remembers how it ended. A stage that breaks off has failed, and the
    /// others run nevertheless; one that misses a tool is skipped.
    pub(crate) fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<Outcome>) {
        println!("\n=== {name} ===");
        let start = Instant::now();
        let outcome = stage().unwrap_or_else(|error| match error.downcast() {
            Ok(Missing(why)) => Outcome::Skipped(why),
            Err(error) => {
                println!("the stage broke off: {error:#}");
                Outcome::Failed
            }
        });
        self.0.push((name, outcome, start.elapsed()));
    }

    /// Whether every stage passed; `skipped_fails` says what a skipped one counts as.
    pub(crate) fn passed(&self, skipped_fails: bool) -> bool {
        self.0.iter().all(|(_, outcome, _)| match outcome {
            Outcome::Passed => true,
            Outcome::Failed => false,
            Outcome::Skipped(_) => !skipped_fails,
        })
    }

    /// Prints one line a stage.
    pub(crate) fn print_summary(&self) {
        println!("\n=== summary ===");
        for (name, outcome, took) in &self.0 {
            println!("{name:<12} {:>7.1} s  {outcome}", took.as_secs_f64());
        }
    }
}

/// Runs a program with its output on the screen.
pub(crate) fn outcome_of(command: &mut Command) -> Result<Outcome> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start `{program}`"))?;
    Ok(Outcome::of(status.success()))
}

/// Says what is done now, does it, and says how long it took; on standard error, since a command may print JSON.
pub(crate) fn step<T>(what: &str, does: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("--- {what}");
    let start = Instant::now();
    let done = does().with_context(|| what.to_owned())?;
    eprintln!("    done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outcomes: &[Outcome]) -> Stages {
        let mut stages = Stages::default();
        for outcome in outcomes {
            stages.run("one", || Ok(outcome.clone()));
        }
        stages
    }

    #[test]
    fn one_failed_stage_fails_all() {
        assert!(after(&[Outcome::Passed]).passed(true));
        assert!(!after(&[Outcome::Passed, Outcome::Failed]).passed(false));
    }

    #[test]
    fn a_skipped_stage_fails_only_where_all_are_demanded() {
        let stages = after(&[Outcome::Passed, Outcome::Skipped("not here".into())]);
        assert!(stages.passed(false));
        assert!(!stages.passed(true));
    }

    #[test]
    fn a_stage_that_breaks_off_has_failed_and_one_without_its_tool_is_skipped() {
        let mut stages = Stages::default();
        stages.run("one", || step("works", || Err(Missing::new("no tool").into())));
        assert!(stages.passed(false));
        assert!(!stages.passed(true));
        stages.run("two", || anyhow::bail!("it broke"));
        assert!(!stages.passed(false));
    }
}
