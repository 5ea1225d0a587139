//! Stages with headings, times and a summary, for the commands that run several.

use std::{
    fmt,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
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

/// The stages that ran so far.
#[derive(Debug, Default)]
pub(crate) struct Stages(Vec<(&'static str, Outcome, Duration)>);

impl Stages {
    /// Prints the heading, runs the stage and remembers how it ended.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        stage: impl FnOnce() -> Result<Outcome>,
    ) -> Result<()> {
        println!("\n=== {name} ===");
        let start = Instant::now();
        let outcome = stage().with_context(|| format!("stage {name}"))?;
        self.0.push((name, outcome, start.elapsed()));
        Ok(())
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
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outcomes: &[Outcome]) -> Stages {
        let mut stages = Stages::default();
        for outcome in outcomes {
            stages.run("one", || Ok(outcome.clone())).unwrap();
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
        let stages = after(&[Outcome::Passed, Outcome::Skipped("not here")]);
        assert!(stages.passed(false));
        assert!(!stages.passed(true));
    }
}
