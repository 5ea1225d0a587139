//! Developer commands: `cargo xtask test | ci | deploy | bench | fuzz`.

mod aws;
mod bench;
mod browser;
mod ci;
mod deploy;
mod fuzz;
mod infra;
mod interrupt;
mod output;
mod port;
mod stage;
mod test;
mod tools;
mod usage;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Developer commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every test, then look for personal data in all they printed
    Test(test::Arguments),
    /// Run what a change must pass: format, lints, docs, dependencies, tests
    Ci,
    /// Deploy the functions to an emulator of AWS on this machine, and try them there
    Deploy(deploy::Arguments),
    /// Measure the local host beside its budgets
    Bench(bench::Arguments),
    /// Let fuzzers look for an input that breaks a check of `tests/src`
    Fuzz(fuzz::Arguments),
}

/// Whether everything that was asked for passed.
fn run() -> Result<bool> {
    let arguments = Arguments::parse();
    let root = root()?;
    match arguments.command {
        Command::Test(arguments) => Ok(test::run(&root, &arguments)),
        Command::Ci => Ok(ci::run(&root)),
        Command::Deploy(arguments) => deploy::run(&root, &arguments),
        Command::Bench(arguments) => bench::run(&root, &arguments),
        Command::Fuzz(arguments) => fuzz::run(&root, &arguments),
    }
}

/// The folder of the workspace, wherever the command was called from.
fn root() -> Result<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    Ok(own.parent().context("xtask lies in the workspace")?.to_owned())
}
