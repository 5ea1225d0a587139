//! Starts the program.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// A message makes and drops some thousand small values; the system's allocator took a fifth of its processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    forthright_cli::run(forthright_cli::args::Args::parse())
}
