//! A linter over what each role may do, as it came out of the deployment.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::tools::Tools;

/// Findings below this are not shown and do not count. An action that AWS does not have is one of these.
const SEVERITY_MIN: &str = "LOW";

/// Whether the linter finds nothing in the policies of the roles in this state. It reads them in `folder`.
///
/// Only these: it does not know policies that belong to a key, a queue or a bucket, nor who may take a role.
pub(crate) fn are_clean(state: &Value, tools: &Tools, folder: &Path) -> Result<bool> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let policies = policies(&state["values"]["root_module"]);
    ensure!(!policies.is_empty(), "the state has no policy of a role");
    for (address, policy) in &policies {
        fs::write(folder.join(format!("{address}.json")), policy)?;
    }
    println!("    {} policies", policies.len());
    let mut linter = Command::new(tools.program("parliament"));
    linter
        .args(["--include-community-auditors", "--minimum_severity", SEVERITY_MIN, "--directory"])
        .arg(folder)
        .stdin(Stdio::null());
    Ok(linter.status().context("cannot start `parliament`")?.success())
}

/// The address and the text of each policy, from a module and all inside it.
fn policies(module: &Value) -> Vec<(String, String)> {
    let list = |name: &str| module[name].as_array().into_iter().flatten();
    let own = list("resources").filter_map(|it| {
        (it["type"] == "aws_iam_role_policy")
            .then(|| Some((it["address"].as_str()?, it["values"]["policy"].as_str()?)))?
    });
    let own = own.map(|(address, policy)| (address.replace(['"', '/'], ""), policy.to_owned()));
    own.chain(list("child_modules").flat_map(policies)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_are_found_in_modules() {
        let role = |address: &str| json!({ "type": "aws_iam_role_policy", "address": address, "values": { "policy": "{}" } });
        let state = json!({
            "resources": [role("a"), { "type": "aws_iam_role", "address": "b" }],
            "child_modules": [{ "resources": [role("module.c[\"d\"].e")] }],
        });
        let found: Vec<_> = policies(&state).into_iter().map(|(address, _)| address).collect();
        assert_eq!(found, ["a", "module.c[d].e"]);
    }
}
