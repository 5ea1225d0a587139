//! The functions as zips: as they are deployed, or the same but built faster.

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
pub(crate) const FUNCTIONS: [&str; 6] =
    ["webhook", "intent", "reply", "escalation", "privacy", "steward"];

/// A profile of `Cargo.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What is deployed: small.
    Function,
    /// Built quickly.
    Stage,
}

impl Profile {
    /// Its name there.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Stage => "stage",
        }
    }
}

/// A processor that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    /// That of this machine, on which the emulator runs the functions.
    pub(crate) fn here() -> Result<Self> {
        match ARCH {
            "x86_64" => Ok(Self::X86_64),
            "aarch64" => Ok(Self::Arm64),
            other => bail!("Lambda has no {other}"),
        }
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::X86_64 => Self::Arm64,
            Self::Arm64 => Self::X86_64,
        }
    }

    /// AWS's name for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::X86_64 => "--x86-64",
            Self::Arm64 => "--arm64",
        }
    }
}

/// A zip for each function.
#[derive(Debug, Clone)]
pub(crate) struct Zips {
    folder: PathBuf,
}

impl Zips {
    /// Builds all of them.
    pub(crate) fn build(
        root: &Path,
        tools: &Tools,
        profile: Profile,
        architecture: Architecture,
    ) -> Result<Self> {
        let (profile, name) = (profile.name(), architecture.name());
        let zips = Self { folder: root.join(format!("target/zips/{profile}-{name}")) };
        let mut command = Command::new("cargo");
        command
            .current_dir(root)
            .env("PATH", tools.path_variable()?)
            .args(["lambda", "build", "--profile", profile, "--output-format", "zip", "--locked"])
            .args(["--bins", architecture.flag(), "--lambda-dir"])
            .arg(&zips.folder);
        // Else one of an earlier build could stand for one that is not made any longer.
        fresh(&zips.folder)?;
        step(&format!("building the zips for {name} with the profile `{profile}`"), || {
            let status = command.status().context("cannot start `cargo lambda`")?;
            ensure!(status.success(), "`cargo lambda build` failed");
            Ok(())
        })?;
        for function in FUNCTIONS {
            eprintln!("    {function:<11}{:>6.2} MB", zips.bytes(function)? as f64 / 1e6);
        }
        Ok(zips)
    }

    /// The folder that holds one for each function.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The zip of this function.
    pub(crate) fn of(&self, function: &str) -> PathBuf {
        self.folder.join(function).join("bootstrap.zip")
    }

    /// How large the zip of this function is.
    pub(crate) fn bytes(&self, function: &str) -> Result<u64> {
        let zip = self.of(function);
        Ok(fs::metadata(&zip).with_context(|| format!("no {}", zip.display()))?.len())
    }
}
