//! The functions as zips, built as they are for AWS but faster.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use super::fresh;
use crate::{stage::step, tools::Tools};

/// The functions, each a package of its own under `functions/`; `Cargo.toml` says that `cargo lambda` builds these.
const FUNCTIONS: [&str; 6] = ["webhook", "intent", "reply", "escalation", "privacy", "steward"];

/// Builds every zip for the processor of this machine, on which the emulator runs them; the folder that holds them.
pub(crate) fn build(root: &Path, tools: &Tools) -> Result<PathBuf> {
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .env("PATH", tools.path_variable()?)
        .args(["lambda", "build", "--profile", "stage", "--output-format", "zip", "--locked"])
        .args(["--bins", if architecture()? == "arm64" { "--arm64" } else { "--x86-64" }]);
    let folder = root.join("target/lambda");
    // Else one of an earlier build could stand for one that is not made any longer.
    fresh(&folder)?;
    step("building the zips", || {
        let status = command.status().context("cannot start `cargo lambda`")?;
        ensure!(status.success(), "`cargo lambda build` failed");
        Ok(())
    })?;
    for function in FUNCTIONS {
        let zip = folder.join(function).join("bootstrap.zip");
        let bytes = fs::metadata(&zip).with_context(|| format!("no {}", zip.display()))?.len();
        println!("    {function:<11}{:>6.2} MB", bytes as f64 / 1e6);
    }
    Ok(folder)
}

/// AWS's name for the processor of this machine.
pub(crate) fn architecture() -> Result<&'static str> {
    match ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => bail!("Lambda has no {other}"),
    }
}
