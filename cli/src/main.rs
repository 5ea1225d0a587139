//! Starts the program.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    forthright_cli::run(forthright_cli::args::Args::parse())
}
