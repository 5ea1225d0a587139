//! A linter over what each role may do, as it came out of the deployment.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::terraform;
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
    let policies = policies(state);
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

/// The address and the text of each policy in a state.
fn policies(state: &Value) -> Vec<(String, &str)> {
    let policies = terraform::resources(state, "aws_iam_role_policy").into_iter();
    let texts =
        policies.filter_map(|it| Some((it["address"].as_str()?, it["values"]["policy"].as_str()?)));
    texts.map(|(address, policy)| (address.replace(['"', '/'], ""), policy)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_of_policies_are_names_of_files() {
        let role = |address: &str| json!({ "type": "aws_iam_role_policy", "address": address, "values": { "policy": "{}" } });
        let state =
            json!({ "values": { "root_module": { "resources": [role("module.c[\"d\"].e")] } } });
        let found: Vec<_> = policies(&state).into_iter().map(|(address, _)| address).collect();
        assert_eq!(found, ["module.c[d].e"]);
    }
}
