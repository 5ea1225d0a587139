//! `cargo xtask bench`: the local host, or the functions, beside their budgets, in one run on one machine.
//!
//! The load generator and the platform that takes the replies are one single-threaded epoll loop in this
//! process; the host is a process of its own, so its processor time is its own.

mod batch;
mod disk;
mod lambda;
mod latencies;
mod load;
mod messages;
mod mock;
mod report;
mod row;
mod server;
mod wire;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use self::{
    load::{Load, Outcome},
    messages::Messages,
    report::{Report, Step},
    server::{ACCOUNT, APP_SECRET, Server},
};

/// Each step of the search for the sustained rate is this long.
const STEP_SECONDS: u64 = 3;
/// Each step offers this much more than the one before.
const STEP_FACTOR: f64 = 1.25;
/// A step is sustained if this share of the rate was answered while it lasted, …
const ANSWERED_SHARE_MIN: f64 = 0.97;
/// … and almost every reply came sooner than this.
const E2E_P99_MAX: Duration = Duration::from_secs(1);
/// Offered rates end here, messages per second.
const RATE_MAX: f64 = 60_000.0;

/// What the bench can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long the latencies are measured, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// The rate at which the latencies are measured, in messages per second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    rate: u32,
    /// How many customers write, in turn
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    customers: u32,
    /// How many connections the platform keeps to the host
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=500))]
    connections: u16,
    /// Measure this build of the program instead of making one
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Measure the functions instead: cold start, warm time, memory and size of their zips
    #[arg(long, conflicts_with_all = ["seconds", "rate", "customers", "connections", "binary"])]
    lambda: bool,
    /// How often each function is started, after once that does not count
    #[arg(long, requires = "lambda", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    runs: u32,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

/// Measures and prints; false if a message was lost or answered twice at a rate that was sustained, or if
/// something that should be measured could not be built.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<bool> {
    if arguments.lambda {
        return lambda::run(root, arguments.runs, arguments.json);
    }
    let binary = match &arguments.binary {
        Some(binary) => binary.canonicalize().context("there is no such program")?,
        None => build(root)?,
    };

    let folder = server::Folder::make(root)?;
    eprintln!("measuring the disk");
    let disk = disk::measure(folder.path())?;
    let mut load = Load::new(arguments.customers)?;
    let server = Server::start(root, &binary, &folder, load.mock_port()?)?;
    load.connect(server.address(), usize::from(arguments.connections))?;
    let mut messages = Messages::new(ACCOUNT, APP_SECRET, arguments.customers);

    let rate = f64::from(arguments.rate);
    eprintln!("warming up");
    step(&server, &mut load, &mut messages, (rate, 1))?;
    eprintln!("offering {rate:.0} messages/s for {} s", arguments.seconds);
    let steady = step(&server, &mut load, &mut messages, (rate, arguments.seconds))?;
    let (sustained, beyond) = search(&server, &mut load, &mut messages, rate)?;
    server.stop()?;
    drop(folder);
    eprintln!("sending bodies of 1,000 messages");
    let batches = batch::measure(root, &binary)?;

    let report = Report { disk, steady, sustained, beyond, batches };
    if arguments.json {
        println!("{}", report.as_json());
    } else {
        report.print();
    }
    Ok(report.is_exact())
}

fn build(root: &Path) -> Result<PathBuf> {
    let status = Command::new("cargo")
        .current_dir(root)
        .args(["build", "--release", "--locked", "--package", "forthright-cli"])
        .status()?;
    ensure!(status.success(), "the release build of forthright failed");
    Ok(root.join("target/release/forthright"))
}

/// Raises the rate until it is not sustained; the steps that were, and the one that was not.
fn search(
    server: &Server,
    load: &mut Load,
    messages: &mut Messages,
    from: f64,
) -> Result<(Vec<Step>, Option<Step>)> {
    let mut sustained = Vec::new();
    let mut rate = from;
    while rate <= RATE_MAX {
        let step = step(server, load, messages, (rate, STEP_SECONDS))?;
        eprintln!(
            "offered {rate:.0}/s: answered {:.0}/s, e2e p99 {:.1} ms",
            step.outcome.answered_rate(),
            step.outcome.e2e_ms(99.0)
        );
        let keeps_up = step.outcome.answered_rate() >= rate * ANSWERED_SHARE_MIN
            && step.outcome.e2e_ms(99.0) < E2E_P99_MAX.as_secs_f64() * 1_000.0;
        if !keeps_up {
            return Ok((sustained, Some(step)));
        }
        sustained.push(step);
        rate *= STEP_FACTOR;
    }
    Ok((sustained, None))
}

/// Offers one rate for a while and waits until all is answered.
fn step(
    server: &Server,
    load: &mut Load,
    messages: &mut Messages,
    (rate, seconds): (f64, u64),
) -> Result<Step> {
    let count = (rate * seconds as f64).round() as usize;
    // Signed before the run, so that signing costs nothing while it lasts.
    let batch = messages.prepare(server.address(), count);
    let before = server.usage()?;
    let outcome: Outcome = load.run(&batch, rate, Instant::now())?;
    let after = server.usage()?;
    let processor = after.processor.saturating_sub(before.processor);
    Ok(Step {
        rate,
        seconds,
        processor_us_per_message: processor.as_secs_f64() * 1e6 / count.max(1) as f64,
        resident_bytes: after.resident_bytes,
        resident_bytes_peak: after.resident_bytes_peak,
        outcome,
    })
}
