//! What can be said of the Terraform files without anything to deploy them to.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use crate::{
    aws::terraform::Terraform,
    stage::{Outcome, outcome_of, step},
    tools::{Group, Tools},
};

/// Whether they are formatted, make sense, and have nothing that a linter finds.
pub(crate) fn check(root: &Path) -> Result<Outcome> {
    let folder = root.join("target/aws");
    fs::create_dir_all(&folder)?;
    let log = folder.join("infra.log");
    fs::write(&log, "")?;
    let tools = Tools::get(root, Group::Lint)?;
    let terraform =
        step("getting the provider", || Terraform::prepare(root, &folder.join("check"), &log))?;
    let formatted = step("checking the format", || terraform.is_formatted())?;
    let valid = step("validating", || terraform.is_valid())?;
    let linted = step("looking for mistakes", || {
        let mut linter = Command::new(tools.program("checkov"));
        linter.current_dir(root).args(["--directory", "infra", "--framework", "terraform"]).args([
            "--skip-download",
            "--quiet",
            "--compact",
        ]);
        outcome_of(&mut linter)
    })?;
    Ok(Outcome::of(formatted && valid && linted == Outcome::Passed))
}
