//! The `forthright` program: every function in one process over an embedded store, and the tools.

pub mod args;
pub mod bundle;
mod check;
mod control;
mod folder;
mod host;
mod inspect;
mod learn;
mod place;
mod preview;
mod restore;
mod secrets;
pub mod serve;
pub mod simulate;
mod tools;

use std::process::ExitCode;

use args::{Args, Command};

/// Something that the person at the keyboard must see and can mend.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

/// A finding or an invalid input.
const FINDING: u8 = 1;
/// A usage mistake, or a file or port that cannot be used.
const TROUBLE: u8 = 2;

/// Runs the program.
pub fn run(args: Args) -> ExitCode {
    let command = args.command.unwrap_or_default();
    // What functions say in a simulated world is no news, unless somebody asks for it.
    let level = if matches!(command, Command::Simulate(_)) { "off" } else { "info" };
    host::start_logs(&host::environment(), level);
    let outcome = match command {
        Command::Serve(serve) => host::block_on(serve::run(&serve)).map(|()| true),
        Command::Export(whose) => host::block_on(tools::export(&whose)),
        Command::Erase(whose) => host::block_on(tools::erase(&whose)),
        Command::Automation(change) => host::block_on(tools::automation(&change)),
        Command::Backup(backup) => host::block_on(tools::backup(&backup)),
        Command::Restore(asked) => host::block_on(restore::run(&asked)),
        Command::Verify(verify) => tools::verify(&verify),
        Command::Inspect(asked) => inspect::run(&asked),
        Command::Check(asked) => check::run(&asked),
        Command::Preview(asked) => preview::run(&asked),
        Command::Train(asked) => learn::train::run(&asked),
        Command::Eval(asked) => learn::eval::run(&asked),
        Command::Detect(asked) => learn::detect::run(&asked),
        Command::Redact(asked) => learn::detect::redact(&asked),
        Command::Fairness(asked) => learn::fairness::run(&asked),
        Command::Simulate(simulate) => tools::simulate(&simulate),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FINDING),
        Err(problem) => {
            host::complain(&*problem);
            ExitCode::from(TROUBLE)
        }
    }
}
