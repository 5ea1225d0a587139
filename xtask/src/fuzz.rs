//! `cargo xtask fuzz`: each fuzz target for a while, in a process of its own, one after the other.
//!
//! The targets are the checks of `tests/src` and begin with the inputs under `fuzz/corpus`. What a fuzzer finds on its
//! way goes to `target/fuzz`, never into the inputs that are kept; what breaks a check goes to `fuzz/artifacts`.

mod told;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use self::told::Told;
use crate::usage;

/// More memory than this is a finding, in MiB.
const MEMORY_MIB_MAX: u32 = 2_048;
/// One input that takes longer is a finding, in seconds.
const INPUT_SECONDS_MAX: u32 = 10;
/// How long a fuzzer may take to say what it did, once it is asked to end.
const END_WAIT: Duration = Duration::from_mins(1);

/// What to fuzz, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The targets; all of them if none is named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How much processor time each target gets, in minutes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    minutes: u64,
}

/// Runs the targets; true if nothing was found.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<bool> {
    what_it_needs_is_there()?;
    let all = targets(root)?;
    for target in &arguments.targets {
        ensure!(all.contains(target), "no target `{target}`; there are: {}", all.join(", "));
    }
    let chosen = if arguments.targets.is_empty() { &all } else { &arguments.targets };
    for target in chosen {
        build(root, target)?;
    }
    println!(
        "{:<16}{:>12}{:>10}{:>8}{:>10}  findings",
        "target", "executions", "cpu", "cov", "peak"
    );
    let mut nothing_found = true;
    for target in chosen {
        let told = fuzz(root, target, Duration::from_secs(60 * arguments.minutes))?;
        println!("{target:<16}{told}");
        nothing_found &= told.finding.is_none();
    }
    Ok(nothing_found)
}

fn what_it_needs_is_there() -> Result<()> {
    let answers = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !answers("cargo", &["fuzz", "--version"]) {
        bail!("cargo-fuzz is not installed; `cargo install cargo-fuzz` gets it");
    }
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    if !answers(&compiler, &["--version"]) {
        bail!(
            "there is no C++ compiler `{compiler}`, which libFuzzer needs; install g++ or clang \
             (Debian: `apt-get install g++`)"
        );
    }
    Ok(())
}

/// The names of the targets.
fn targets(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn build(root: &Path, target: &str) -> Result<()> {
    let status = Command::new("cargo")
        .current_dir(root.join("fuzz"))
        .args(["fuzz", "build", target, "--target-dir"])
        .arg(root.join("target/fuzz"))
        // The instruments are an unstable option of the stable compiler that everything else is built with.
        .env("RUSTC_BOOTSTRAP", "1")
        .status()
        .context("cannot start `cargo fuzz build`")?;
    ensure!(status.success(), "the target `{target}` does not build");
    Ok(())
}

/// Where a target's program, its log and its own inputs lie.
struct Place {
    program: PathBuf,
    log: PathBuf,
    found: PathBuf,
    kept: PathBuf,
    artifacts: PathBuf,
}

impl Place {
    fn of(root: &Path, target: &str) -> Result<Self> {
        let folder = root.join("target/fuzz");
        let triple = host_triple()?;
        let place = Self {
            program: folder.join(triple).join("release").join(target),
            log: folder.join(format!("{target}.log")),
            found: folder.join("corpus").join(target),
            kept: root.join("fuzz/corpus").join(target),
            artifacts: root.join("fuzz/artifacts").join(target),
        };
        fs::create_dir_all(&place.found)?;
        fs::create_dir_all(&place.artifacts)?;
        Ok(place)
    }
}

fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start `rustc`")?;
    let text = String::from_utf8(output.stdout)?;
    let triple = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(triple.context("`rustc -vV` does not name its host")?.to_owned())
}

/// Lets a target run until it has had its processor time or has found something.
fn fuzz(root: &Path, target: &str, time: Duration) -> Result<Told> {
    let place = Place::of(root, target)?;
    let log = File::create(&place.log)?;
    let mut command = Command::new(&place.program);
    command
        .arg(&place.found)
        .arg(&place.kept)
        .arg(format!("-artifact_prefix={}/", place.artifacts.display()))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg("-print_final_stats=1")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let dictionary = root.join("fuzz/dictionaries").join(format!("{target}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let child = command.spawn().with_context(|| format!("cannot start the target `{target}`"))?;
    let (processor, passed) = watched(child, time)?;
    Ok(Told::read(&fs::read_to_string(&place.log)?, processor, passed))
}

/// Waits for the end, and asks for it when the time is used up. The processor time, and whether it ended well.
fn watched(mut child: Child, time: Duration) -> Result<(Duration, bool)> {
    const LOOK: Duration = Duration::from_millis(200);
    let mut processor = Duration::ZERO;
    let mut asked = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((processor, status.success()));
        }
        if let Ok(used) = usage::of(child.id()) {
            processor = used.processor;
        }
        if processor >= time {
            if asked.is_zero() {
                let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                // It finishes its input and says what it did.
                kill_process(pid.context("the id of the fuzzer")?, Signal::USR1)?;
            }
            asked += LOOK;
            if asked > END_WAIT {
                child.kill()?;
            }
        }
        thread::sleep(LOOK);
    }
}
