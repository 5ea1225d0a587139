//! `cargo xtask bench --lambda`: the functions as they are deployed, each started again and again against a Runtime API in this
//! process, with an emulator behind it.

mod back_end;
mod events;
mod http;
mod peer;
mod report;
mod runtime_api;

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use self::{
    back_end::BackEnd,
    events::{ACCOUNT, Kind},
    peer::Peer,
    report::{Figures, Report},
    runtime_api::RuntimeApi,
};
use super::{messages::Messages, server::Folder};
use crate::{
    aws::{
        Deployment, REGION, Use,
        zips::{Architecture, FUNCTIONS, Profile, Zips},
    },
    output::Recorded,
    stage::{Missing, step},
    tools::{Group, Tools},
};

/// Events that each started program gets after its first one.
const WARM: usize = 10;
/// More than there are messages, so that each is from somebody new.
const CUSTOMERS: u32 = 100_000;
const APP_SECRET: &str = "DEMO_WHATSAPP_APP_SECRET";

/// Measures and prints; false if the zips for the other processor could not be built.
pub(super) fn run(root: &Path, runs: u32, json: bool) -> Result<bool> {
    let here = Architecture::here()?;
    let node = match Peer::get(root) {
        Ok(peer) => Ok(peer),
        Err(error) => Err(error.downcast::<Missing>()?.to_string()),
    };
    let tools = Tools::get(root, Group::Aws)?;
    let other = Zips::build(root, &tools, Profile::Function, here.other());
    let mut recorded = Recorded::default();
    let log = root.join("target/bench-lambda.log");
    recorded.also(&log)?;
    let deployment = Deployment::up(root, &mut recorded, Use::Measured)?;

    let folder = Folder::make(root)?;
    let api = RuntimeApi::start(BackEnd::before(deployment.endpoint())?)?;
    let bench = Bench { deployment: &deployment, folder: folder.path(), log: &log, api: &api };
    let mut programs = Vec::new();
    for function in FUNCTIONS {
        let mut sizes = BTreeMap::from([(here.name(), deployment.zips().bytes(function)?)]);
        if let Ok(other) = &other {
            sizes.insert(here.other().name(), other.bytes(function)?);
        }
        programs.push(bench.function(function, sizes)?);
    }
    if let Ok(peer) = &node {
        programs.push(bench.peer(peer)?);
    }
    step(&format!("starting each of {} programs {runs} times", programs.len()), || {
        bench.measure(&mut programs, runs)
    })?;

    let mut figures: Vec<_> = programs.into_iter().map(|program| program.figures).collect();
    let node = node.and_then(|peer| {
        let own = figures.pop().ok_or_else(|| "it was not measured".to_owned())?;
        Ok((own, peer.version))
    });
    let report = Report {
        runs,
        warm: WARM,
        architecture: here,
        functions: figures,
        node,
        not_built: other.err().map(|error| format!("{error:#}")),
    };
    if json {
        println!("{}", report.as_json());
    } else {
        report.print();
    }
    Ok(report.not_built.is_none())
}

/// A program, and what was measured of it so far.
#[derive(Debug)]
struct Program {
    command: Command,
    kind: Kind,
    figures: Figures,
}

/// What all programs share.
struct Bench<'run> {
    deployment: &'run Deployment,
    folder: &'run Path,
    /// What programs print.
    log: &'run Path,
    api: &'run RuntimeApi,
}

impl Bench<'_> {
    fn function(&self, name: &'static str, zips: BTreeMap<&'static str, u64>) -> Result<Program> {
        let kind = Kind::of(name)?;
        let mut command = Command::new(self.unpacked(name)?);
        self.set_up(&mut command, name)?;
        Ok(Program { command, kind, figures: Figures::new(name, kind.words(), zips) })
    }

    fn peer(&self, peer: &Peer) -> Result<Program> {
        let kind = Kind::Message;
        let mut command = peer.command()?;
        self.set_up(&mut command, "webhook")?;
        command.env("BENCH_APP_SECRET", self.deployment.secret(APP_SECRET)?);
        Ok(Program { command, kind, figures: Figures::new("node", kind.words(), BTreeMap::new()) })
    }

    /// The program out of the zip.
    fn unpacked(&self, function: &str) -> Result<PathBuf> {
        let folder = self.folder.join(function);
        let mut unzip = Command::new("python3");
        unzip.args(["-m", "zipfile", "-e"]).arg(self.deployment.zips().of(function)).arg(&folder);
        ensure!(unzip.status().context("cannot start python3")?.success(), "the zip is broken");
        let program = folder.join("bootstrap");
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        Ok(program)
    }

    /// Gives a program the environment that the function was deployed with, and what Lambda itself adds.
    fn set_up(&self, command: &mut Command, function: &str) -> Result<()> {
        let log = File::options().append(true).open(self.log)?;
        command.env_clear().envs(self.deployment.environment(function)?).envs([
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ]);
        command
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.api.back_end().address()))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(())
    }

    /// Starts the programs in turn, so that what else the machine does meets all of them. The first round reads the
    /// programs from the disk and makes the brand's key, and does not count.
    fn measure(&self, programs: &mut [Program], runs: u32) -> Result<()> {
        let mut messages = Messages::new(ACCOUNT, self.deployment.secret(APP_SECRET)?, CUSTOMERS);
        for round in 0..=runs {
            eprint!("\r    round {round} of {runs}");
            for program in &mut *programs {
                let name = program.figures.name;
                let failed = || format!("{name}; {} has what it said", self.log.display());
                let events = (0..=WARM).map(|_| program.kind.make(&mut messages));
                let events = events.collect::<Result<Vec<_>>>()?;
                let ran = self.api.run(&mut program.command, events).with_context(failed)?;
                let right = ran.answers.iter().all(|answer| program.kind.is_answered_by(answer));
                ensure!(right, "not the answer that it must give: {}", failed());
                if round > 0 {
                    program.figures.add(&ran);
                }
            }
        }
        eprintln!();
        Ok(())
    }
}
