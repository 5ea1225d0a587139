//! The functions on an emulator of AWS, from the same Terraform files as on a real account.
//!
//! Everything of a run is in `target/aws`. Nothing outlives the run: the emulator keeps all in memory and is ended, whatever fails.

mod call;
mod drift;
mod emulator;
mod logs;
mod roles;
mod secrets;
pub(crate) mod terraform;
pub(crate) mod zips;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use rustix::process::Signal;
use serde_json::{Value, json};

pub(crate) use self::emulator::REGION;
use self::{
    emulator::Emulator,
    terraform::Terraform,
    zips::{Architecture, FUNCTIONS, Profile, Zips},
};
use crate::{
    interrupt::Interrupts,
    output::Recorded,
    port,
    stage::{Outcome, step},
    tools::{Group, Tools},
};

/// Begins every name.
const NAME: &str = "forthright";

/// A classifier that nobody asks, since the brands have their messages read in the function: it shows who may.
const CLASSIFIER: &str =
    "arn:aws:comprehend:eu-central-1:123456789012:document-classifier-endpoint/intents";

/// Brings the functions up, drives them, looks at what came out, and takes them down.
pub(crate) fn test(root: &Path, recorded: &mut Recorded) -> Result<Outcome> {
    let lint = Tools::get(root, Group::Lint)?;
    let mut deployment = Deployment::up(root, recorded, Use::Driven)?;
    let driven = deployment.drive(recorded)? == Outcome::Passed;
    let unchanged = step("planning again", || deployment.is_unchanged())?;
    let clean = step("reading the policies", || deployment.roles_are_clean(&lint))?;
    step("giving webhooks a URL of their own", || deployment.move_webhooks())?;
    let moved = deployment.drive_webhooks(recorded)? == Outcome::Passed;
    deployment.keep_logs(recorded)?;
    let gone = deployment.down()?;
    Ok(Outcome::of(driven && unchanged && clean && moved && gone))
}

/// Who runs the functions of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// The emulator, so they are built quickly.
    Driven,
    /// Somebody else, so the emulator must not, and they are built as they are for a real account.
    Measured,
}

/// The functions on a running emulator.
#[derive(Debug)]
pub(crate) struct Deployment {
    root: PathBuf,
    folder: PathBuf,
    endpoint: SocketAddr,
    stand_in: SocketAddr,
    terraform: Terraform,
    variables: Value,
    /// What was applied first.
    state: Value,
    outputs: Value,
    secrets: Value,
    zips: Zips,
    interrupts: Interrupts,
    /// Ended when this is dropped.
    _emulator: Emulator,
    /// Keeps a second run out of the folder.
    _lock: File,
}

impl Deployment {
    /// Builds, starts the emulator, applies, and gives the secrets their values.
    pub(crate) fn up(root: &Path, recorded: &mut Recorded, wanted: Use) -> Result<Self> {
        let folder = root.join("target/aws");
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock().context("another run has target/aws")?;
        let (log, told) = (folder.join("terraform.log"), folder.join("emulator.log"));
        recorded.also(&log)?;
        recorded.also(&told)?;
        let tools = Tools::get(root, Group::Aws)?;
        let mut terraform =
            step("getting the provider", || Terraform::prepare(root, &folder.join("infra"), &log))?;
        let profile = match wanted {
            Use::Driven => Profile::Stage,
            Use::Measured => Profile::Function,
        };
        let architecture = Architecture::here()?;
        let zips = Zips::build(root, &tools, profile, architecture)?;

        let [endpoint, stand_in] = port::free()?;
        let own = folder.join("emulator");
        let group = emulator::Group::default();
        let interrupts = Interrupts::watch({
            let group = group.clone();
            move || {
                if let Err(error) = group.signal(Signal::KILL) {
                    eprintln!("cannot end the emulator: {error}");
                }
            }
        })?;
        let variables = variables(wanted, architecture, [endpoint, stand_in], &zips);
        let begin = |terraform: &Terraform| {
            fresh(&own)?;
            let emulator = step("starting the emulator", || {
                Emulator::start(&tools, endpoint, group.clone(), &own, &told)
            })?;
            terraform.set(&variables)?;
            step("planning", || terraform.plan("first.tfplan"))?;
            step("applying", || terraform.apply("first.tfplan"))?;
            anyhow::Ok(emulator)
        };
        let emulator = match begin(&terraform) {
            Err(error) if terraform.found_its_own()? => {
                eprintln!(
                    "    {error:#}: an answer of the emulator was lost; once more from the beginning"
                );
                terraform = Terraform::prepare(root, &folder.join("infra"), &log)?;
                begin(&terraform)?
            }
            outcome => outcome?,
        };
        let state = terraform.state()?;
        write(&folder.join("state.json"), &state)?;
        let (outputs, secrets) = (terraform.outputs()?, secrets::make()?);
        secrets::put(endpoint, &outputs["secret_arns"], &secrets)?;
        let deployment = Self {
            root: root.to_owned(),
            folder,
            endpoint,
            stand_in,
            terraform,
            variables,
            state,
            outputs,
            secrets,
            zips,
            interrupts,
            _emulator: emulator,
            _lock: lock,
        };
        deployment.write_down()?;
        Ok(deployment)
    }

    /// Writes down where everything is.
    fn write_down(&self) -> Result<()> {
        let (port, zips) = (self.stand_in.port(), self.zips.folder());
        let description = describe(self.endpoint, port, &self.outputs, &self.secrets, zips);
        write(&self.folder.join("deployment.json"), &description)
    }

    /// Changes the running deployment so that platforms call the webhook function itself.
    fn move_webhooks(&mut self) -> Result<()> {
        self.variables["webhook_entry"] = json!("function_url");
        self.terraform.set(&self.variables)?;
        self.terraform.plan("third.tfplan")?;
        self.terraform.apply("third.tfplan")?;
        self.outputs = self.terraform.outputs()?;
        self.write_down()
    }

    /// Runs the tests of what comes in by webhooks, whichever way in they have now.
    fn drive_webhooks(&self, recorded: &mut Recorded) -> Result<Outcome> {
        step("driving the webhooks again", || {
            let mut tests = self.tests("aws");
            tests.args(["--test-threads=1", "webhooks_come_in", "nothing_unsigned"]);
            tests.env("FORTHRIGHT_DEPLOYMENT", self.folder.join("deployment.json"));
            recorded.run(&mut tests, &self.folder.join("webhooks-output.log"))
        })
    }

    /// Runs the tests that call the functions, and keeps what the functions logged.
    pub(crate) fn drive(&self, recorded: &mut Recorded) -> Result<Outcome> {
        let driven = step("driving the functions", || {
            let mut tests = self.tests("aws");
            tests.args(["--test-threads=1"]);
            tests.env("FORTHRIGHT_DEPLOYMENT", self.folder.join("deployment.json"));
            recorded.run(&mut tests, &self.folder.join("test-output.log"))
        })?;
        let table = step("asking the emulator's DynamoDB what every table must do", || {
            let mut tests = self.tests("it");
            tests.arg("dynamodb::").env("FORTHRIGHT_DYNAMODB", format!("http://{}", self.endpoint));
            recorded.run(&mut tests, &self.folder.join("table-output.log"))
        })?;
        Ok(Outcome::of([driven, table] == [Outcome::Passed, Outcome::Passed]))
    }

    /// Keeps what the functions logged so far.
    pub(crate) fn keep_logs(&self, recorded: &mut Recorded) -> Result<()> {
        let logged = self.folder.join("functions.log");
        recorded.also(&logged)?;
        let lines = logs::fetch(self.endpoint, &self.outputs["function_names"], &logged)?;
        println!("    the functions logged {lines} lines");
        Ok(())
    }

    /// The tests of this target, of the build that the other stages made.
    fn tests(&self, target: &str) -> Command {
        let mut tests = Command::new("cargo");
        tests
            .current_dir(&self.root)
            .args(["test", "--workspace", "--all-features", "--locked", "--test", target])
            .args(["--", "--nocapture"])
            .env("RUST_BACKTRACE", "0");
        tests
    }

    /// Whether a second plan changes nothing, but for what the emulator is known to lose.
    fn is_unchanged(&self) -> Result<bool> {
        self.terraform.plan("second.tfplan")?;
        let plan = self.terraform.planned("second.tfplan")?;
        write(&self.folder.join("second-plan.json"), &plan)?;
        let (mut known, mut unknown) = (0, 0);
        for change in drift::changes(&plan)? {
            if change.known_because().is_some() {
                known += 1;
            } else {
                unknown += 1;
                println!("    {change}");
            }
        }
        println!("    {known} changes that the emulator is known for, {unknown} others");
        Ok(unknown == 0)
    }

    /// Whether a linter finds nothing in what the roles may do.
    fn roles_are_clean(&self, lint: &Tools) -> Result<bool> {
        roles::are_clean(&self.state, lint, &self.folder.join("policies"))
    }

    /// Where the emulator is.
    pub(crate) const fn endpoint(&self) -> SocketAddr {
        self.endpoint
    }

    /// What was deployed.
    pub(crate) const fn zips(&self) -> &Zips {
        &self.zips
    }

    /// A value of a secret, by its name in the brand.
    pub(crate) fn secret(&self, name: &str) -> Result<&str> {
        let mut secrets = self.secrets.as_object().into_iter().flat_map(|all| all.values());
        secrets.find_map(|one| one[name].as_str()).with_context(|| format!("no secret {name}"))
    }

    /// The environment that a function was given.
    pub(crate) fn environment(&self, function: &str) -> Result<BTreeMap<String, String>> {
        let name = format!("{NAME}-{function}");
        let functions = terraform::resources(&self.state, "aws_lambda_function");
        let mut own = functions.iter().filter(|one| one["values"]["function_name"] == *name);
        let own = own.next().with_context(|| format!("{name} is not deployed"))?;
        Ok(serde_json::from_value(own["values"]["environment"][0]["variables"].clone())?)
    }

    /// Says where everything is.
    pub(crate) fn print_addresses(&self) {
        let host = self.host();
        println!("emulator      http://{}", self.endpoint);
        println!("API           curl -H 'Host: {host}' http://{}/…", self.endpoint);
        println!("tables        {}", self.outputs["table_names"]);
        println!("queues        {}", self.outputs["queue_urls"]);
        println!("functions     {}", self.outputs["function_names"]);
        println!("all of it, and the secrets: {}", self.folder.join("deployment.json").display());
    }

    /// Waits for Enter or Ctrl-C.
    pub(crate) fn wait(&self) -> Result<()> {
        println!("\nrunning; Enter or Ctrl-C takes it down");
        self.interrupts.wait()
    }

    /// Takes everything down; whether nothing is left.
    pub(crate) fn down(self) -> Result<bool> {
        step("destroying", || self.terraform.destroy())?;
        let left = self.terraform.resources()?;
        for address in &left {
            println!("    left: {address}");
        }
        Ok(left.is_empty())
    }

    /// By this name of the host the emulator knows the API.
    fn host(&self) -> String {
        let id = self.outputs["api_id"].as_str().unwrap_or_default();
        format!("{id}.execute-api.localhost:{}", self.endpoint.port())
    }
}

/// What is set of a deployment to the emulator at `endpoint`, whose functions call the platform at `stand_in`.
fn variables(
    wanted: Use,
    architecture: Architecture,
    [endpoint, stand_in]: [SocketAddr; 2],
    zips: &Zips,
) -> Value {
    let stopped: BTreeMap<_, _> = match wanted {
        Use::Driven => BTreeMap::new(),
        Use::Measured => FUNCTIONS.map(|function| (function, 0)).into(),
    };
    json!({
        "name": NAME,
        "region": emulator::REGION,
        "emulator": format!("http://{endpoint}"),
        "protect": false,
        "architecture": architecture.name(),
        "zips": zips.folder(),
        "reserved_concurrency": stopped,
        "people": "token",
        "public_url": format!("http://{endpoint}"),
        "whatsapp_api_base": format!("http://{stand_in}"),
        "log_level": "debug",
        "comprehend_endpoint": CLASSIFIER,
    })
}

/// What the tests have to know of a deployment.
fn describe(
    endpoint: SocketAddr,
    stand_in_port: u16,
    outputs: &Value,
    secrets: &Value,
    zips: &Path,
) -> Value {
    json!({
        "name": NAME,
        "endpoint": format!("http://{endpoint}"),
        "api_id": outputs["api_id"],
        "stand_in_port": stand_in_port,
        "outputs": outputs,
        "secrets": secrets,
        "zips": zips,
    })
}

fn write(file: &Path, value: &Value) -> Result<()> {
    Ok(fs::write(file, serde_json::to_vec_pretty(value)?)?)
}

/// An empty folder in the place of what an earlier run left.
fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_described_as_the_tests_read_it() {
        let outputs = json!({ "api_id": "abc", "key_arn": "arn" });
        let secrets = json!({ "accounts": {}, "operator": {} });
        let endpoint = SocketAddr::from(([127, 0, 0, 1], 4_566));
        let described = describe(endpoint, 4_242, &outputs, &secrets, Path::new("/zips"));
        assert_eq!(
            described,
            json!({
                "name": "forthright",
                "endpoint": "http://127.0.0.1:4566",
                "api_id": "abc",
                "stand_in_port": 4242,
                "outputs": { "api_id": "abc", "key_arn": "arn" },
                "secrets": { "accounts": {}, "operator": {} },
                "zips": "/zips",
            })
        );
    }
}
