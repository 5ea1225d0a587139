//! Terraform or `OpenTofu`, over a copy of `infra/`, so that no state lands among the sources.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use crate::{output, stage::Missing};

/// Either will do; the first that is there.
const PROGRAMS: [&str; 2] = ["terraform", "tofu"];
/// Names a folder with providers, for a machine that does not reach a registry.
const PLUGINS_VARIABLE: &str = "FORTHRIGHT_TF_PLUGINS";
/// Where such a folder may lie besides; `~` is the home folder.
const PLUGIN_FOLDERS: [&str; 4] = [
    "~/.terraform.d/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/tf-plugins",
];
/// Puts the state beside the copy, whatever a `backend.tf` says: it would be that of a real account.
const BACKEND: &str = "terraform {\n  backend \"local\" {}\n}\n";

/// What AWS calls it when something with this name is there: DynamoDB and Lambda, IAM, SQS.
const IS_THERE: [&str; 4] = [
    "ResourceInUseException",
    "ResourceConflictException",
    "EntityAlreadyExists",
    "QueueNameExists",
];

/// The copy of the files, ready to be planned.
#[derive(Debug)]
pub(crate) struct Terraform {
    program: &'static str,
    folder: PathBuf,
    log: PathBuf,
}

impl Terraform {
    /// Copies the files into `folder` and gets the provider. What the program says goes to the end of `log`.
    pub(crate) fn prepare(root: &Path, folder: &Path, log: &Path) -> Result<Self> {
        let program = PROGRAMS.into_iter().find(|program| is_there(program));
        let program = program.ok_or_else(|| Missing::new("there is neither terraform nor tofu"))?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        copy(&root.join("infra"), folder)?;
        fs::write(folder.join("backend_override.tf"), BACKEND)?;
        let terraform = Self { program, folder: folder.to_owned(), log: log.to_owned() };
        terraform.get_provider()?;
        Ok(terraform)
    }

    /// Sets variables, for all that follows.
    pub(crate) fn set(&self, variables: &Value) -> Result<()> {
        let file = self.folder.join("xtask.auto.tfvars.json");
        Ok(fs::write(file, serde_json::to_vec_pretty(variables)?)?)
    }

    /// Whether the files are formatted.
    pub(crate) fn is_formatted(&self) -> Result<bool> {
        self.passes(&["fmt", "-check", "-diff", "-recursive", "-no-color"])
    }

    /// Whether the files make sense to the program and to the provider.
    pub(crate) fn is_valid(&self) -> Result<bool> {
        self.passes(&["validate", "-no-color"])
    }

    /// Plans into the file of this name.
    pub(crate) fn plan(&self, file: &str) -> Result<()> {
        self.run(&["plan", "-input=false", "-no-color", &format!("-out={file}")])
    }

    /// What was planned into the file of this name, as JSON.
    pub(crate) fn planned(&self, file: &str) -> Result<Value> {
        self.json(&["show", "-json", file])
    }

    /// Whether something was there already that was to be made. Of an emulator that had nothing, it had made it itself: its
    /// first answer did not arrive, so the provider asked again.
    pub(crate) fn found_its_own(&self) -> Result<bool> {
        Ok(says_it_is_there(&String::from_utf8_lossy(&fs::read(&self.log)?)))
    }

    /// Does what was planned.
    pub(crate) fn apply(&self, plan: &str) -> Result<()> {
        self.run(&["apply", "-input=false", "-no-color", plan])
    }

    /// The state, as JSON.
    pub(crate) fn state(&self) -> Result<Value> {
        self.json(&["show", "-json"])
    }

    /// What the outputs say, by their names.
    pub(crate) fn outputs(&self) -> Result<Value> {
        outputs_of(self.json(&["output", "-json"])?)
    }

    /// Takes everything away.
    pub(crate) fn destroy(&self) -> Result<()> {
        self.run(&["destroy", "-auto-approve", "-input=false", "-no-color"])
    }

    /// The addresses of what there is.
    pub(crate) fn resources(&self) -> Result<Vec<String>> {
        let output = self.output(&["state", "list"])?;
        Ok(output.lines().map(str::to_owned).collect())
    }

    /// `init`, from the registry or from a folder with providers.
    fn get_provider(&self) -> Result<()> {
        const INIT: [&str; 3] = ["init", "-input=false", "-no-color"];
        if let Some(folder) = std::env::var_os(PLUGINS_VARIABLE) {
            return self.run(&[&INIT[..], &[&plugin_flag(Path::new(&folder))]].concat());
        }
        if self.ends_well(&INIT)? {
            return Ok(());
        }
        for folder in plugin_folders().filter(|folder| folder.is_dir()) {
            eprintln!("    looking for the provider in {}", folder.display());
            if self.ends_well(&[&INIT[..], &[&plugin_flag(&folder)]].concat())? {
                return Ok(());
            }
        }
        let log = fs::read(&self.log)?;
        output::print_tail(&log, &self.log)?;
        let said = String::from_utf8_lossy(&log);
        ensure!(said.contains("provider packages"), "`{} init` failed", self.program);
        Err(Missing::new(format!(
            "no registry with the AWS provider; {PLUGINS_VARIABLE} can name a folder that has it"
        ))
        .into())
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        if self.passes(arguments)? {
            return Ok(());
        }
        bail!("`{} {}` failed", self.program, arguments.first().unwrap_or(&""));
    }

    /// Whether it ended well; if not, the end of what was said is shown.
    fn passes(&self, arguments: &[&str]) -> Result<bool> {
        let passed = self.ends_well(arguments)?;
        if !passed {
            output::print_tail(&fs::read(&self.log)?, &self.log)?;
        }
        Ok(passed)
    }

    fn ends_well(&self, arguments: &[&str]) -> Result<bool> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.command(arguments);
        Ok(command.stdout(log.try_clone()?).stderr(log).status()?.success())
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.output(arguments)?;
        serde_json::from_str(&output).with_context(|| format!("`{}` without JSON", self.program))
    }

    fn output(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        ensure!(
            output.status.success(),
            "`{} {}` failed",
            self.program,
            arguments.first().unwrap_or(&"")
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The program, without anything in the environment that could lead it to a real account.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.program);
        command.current_dir(&self.folder).args(arguments).stdin(Stdio::null());
        command
    }
}

fn says_it_is_there(said: &str) -> bool {
    IS_THERE.iter().any(|error| said.contains(error))
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_own_choice = matches!(&*text, "TF_CLI_CONFIG_FILE" | "TF_PLUGIN_CACHE_DIR");
        // A file that is not there makes every command fail or warn.
        if is_own_choice && Path::new(&value).exists() {
            continue;
        }
        if text.starts_with("AWS_") || text.starts_with("TF_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1");
    command
}

fn is_there(program: &str) -> bool {
    let mut command = command(program);
    command.arg("version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn plugin_folders() -> impl Iterator<Item = PathBuf> {
    let home = std::env::home_dir();
    PLUGIN_FOLDERS.into_iter().filter_map(move |folder| match folder.strip_prefix("~/") {
        Some(inside) => home.as_ref().map(|home| home.join(inside)),
        None => Some(folder.into()),
    })
}

fn plugin_flag(folder: &Path) -> String {
    format!("-plugin-dir={}", folder.display())
}

/// Copies sources only: no state, no plan, no variables of a real account, nothing hidden.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    const NOT_SOURCES: [&str; 3] = ["tfstate", "tfplan", "tfvars"];
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.split('.').any(|part| NOT_SOURCES.contains(&part)) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// The resources of this type in a state, wherever they stand.
pub(crate) fn resources<'state>(state: &'state Value, kind: &str) -> Vec<&'state Value> {
    let mut modules = vec![&state["values"]["root_module"]];
    let mut found = Vec::new();
    while let Some(module) = modules.pop() {
        let list = |name: &str| module[name].as_array().into_iter().flatten();
        found.extend(list("resources").filter(|it| it["type"] == *kind));
        modules.extend(list("child_modules"));
    }
    found
}

/// `output -json` wraps each value in an object that also tells its type.
fn outputs_of(mut wrapped: Value) -> Result<Value> {
    let outputs = wrapped.as_object_mut().context("the outputs are no object")?;
    let values = outputs.iter_mut().map(|(name, it)| (name.clone(), it["value"].take()));
    Ok(values.collect::<Map<_, _>>().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_already_is_told_from_other_errors() {
        let error = |what: &str| format!("Error: operation error DynamoDB: CreateTable, {what}");
        assert!(says_it_is_there(&error("ResourceInUseException: Table already exists: data")));
        assert!(!says_it_is_there(&error("ValidationException: no key schema")));
    }

    #[test]
    fn outputs_are_unwrapped() {
        let wrapped = json!({ "api_id": { "sensitive": false, "type": "string", "value": "abc" } });
        assert_eq!(outputs_of(wrapped).unwrap(), json!({ "api_id": "abc" }));
        assert!(outputs_of(json!([])).is_err());
    }

    #[test]
    fn resources_are_found_in_modules() {
        let role = |address: &str| json!({ "type": "aws_iam_role_policy", "address": address });
        let state = json!({ "values": { "root_module": {
            "resources": [role("a"), { "type": "aws_iam_role", "address": "b" }],
            "child_modules": [{ "resources": [role("module.c.d")] }],
        } } });
        let found = resources(&state, "aws_iam_role_policy");
        let addresses: Vec<_> = found.iter().map(|it| it["address"].as_str().unwrap()).collect();
        assert_eq!(addresses, ["a", "module.c.d"]);
    }

    #[test]
    fn states_and_variables_are_not_copied() {
        let base = std::env::temp_dir().join(format!("xtask-copy-{}", std::process::id()));
        let from = base.join("from");
        fs::create_dir_all(from.join("modules/key")).unwrap();
        for name in ["main.tf", "modules/key/main.tf", "functions.json", "terraform.tfstate"] {
            fs::write(from.join(name), "").unwrap();
        }
        for name in ["terraform.tfstate.1.backup", "terraform.tfvars", "my.auto.tfvars.json"] {
            fs::write(from.join(name), "").unwrap();
        }
        copy(&from, &base.join("to")).unwrap();
        let mut copied: Vec<_> = fs::read_dir(base.join("to"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        copied.sort();
        assert_eq!(copied, ["functions.json", "main.tf", "modules"]);
        assert!(base.join("to/modules/key/main.tf").exists());
        fs::remove_dir_all(base).unwrap();
    }
}
