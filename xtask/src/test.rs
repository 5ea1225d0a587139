//! `cargo xtask test`: every test, then a search for personal data in all they printed.

use std::{path::Path, process::Command};

use clap::ValueEnum;

use crate::{
    aws, browser, infra,
    output::{Counts, Recorded},
    stage::Stages,
};

/// What the tests can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Count a skipped stage as a failure
    #[arg(long)]
    all: bool,
    /// Run this stage only, and the search of what it prints
    #[arg(long, value_name = "STAGE")]
    only: Option<Stage>,
}

/// A stage that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Every test of the workspace
    Tests,
    /// The demo's pages in a browser
    Browser,
    /// The Terraform files, without anything to deploy them to
    Infra,
    /// The functions, deployed to an emulator of AWS
    Aws,
}

/// Runs the stages and prints the summary; true if all passed.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> bool {
    let mut stages = Stages::default();
    let counts = self::stages(root, &mut stages, arguments.only);
    stages.print_summary();
    println!("\n{counts}");
    stages.passed(arguments.all)
}

/// The stages of the tests, for this command and for `ci`; all of them if none is named.
pub(crate) fn stages(root: &Path, stages: &mut Stages, only: Option<Stage>) -> Counts {
    let wanted = |stage| only.is_none_or(|only| only == stage);
    let mut recorded = Recorded::default();
    if wanted(Stage::Tests) {
        stages.run("tests", || {
            recorded.run(&mut every_test(root), &root.join("target/test-output.log"))
        });
    }
    if wanted(Stage::Browser) {
        stages.run("browser", || browser::test(root, &mut recorded));
    }
    if wanted(Stage::Infra) {
        stages.run("infra", || infra::check(root));
    }
    if wanted(Stage::Aws) {
        stages.run("aws", || aws::test(root, &mut recorded));
    }
    // Nothing that the infra stage prints comes from a test.
    if only != Some(Stage::Infra) {
        stages.run("canary", || recorded.search());
    }
    recorded.counts()
}

/// Every test, at the finest log level.
fn every_test(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args(["test", "--workspace", "--all-features", "--locked", "--no-fail-fast"])
        .args(["--", "--nocapture"])
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "0");
    command
}
