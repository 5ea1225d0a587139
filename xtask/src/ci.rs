//! `cargo xtask ci`: what a change must pass.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Result;

use crate::{
    stage::{Outcome, Stages, outcome_of},
    test,
};

/// Runs every stage, the quick ones first; all of them, so that one run shows all that is wrong.
pub(crate) fn run(root: &Path) -> bool {
    let mut stages = Stages::default();
    stages.run("fmt", || outcome_of(cargo(root).args(["fmt", "--all", "--check"])));
    stages.run("clippy", || {
        outcome_of(cargo(root).args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    });
    stages.run("doc", || {
        outcome_of(cargo(root).env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--workspace",
            "--no-deps",
            "--all-features",
            "--document-private-items",
            "--locked",
        ]))
    });
    stages.run("deny", || dependencies(root));
    // A machine without cargo-deny may pass; the tests may skip nothing.
    let early = stages.passed(false);
    let mut tested = Stages::default();
    let counts = test::stages(root, &mut tested, None);
    stages.print_summary();
    tested.print_summary();
    println!("\n{counts}");
    early && tested.passed(true)
}

fn dependencies(root: &Path) -> Result<Outcome> {
    let installed = cargo(root)
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?
        .success();
    if !installed {
        return Ok(Outcome::Skipped("cargo-deny is not installed".into()));
    }
    outcome_of(cargo(root).args(["deny", "check", "bans", "licenses", "sources"]))
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command
}
