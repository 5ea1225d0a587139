//! What a second plan would change: nothing, but for what the emulator is known to lose.

use std::fmt;

use anyhow::{Context, Result};
use serde_json::Value;

/// What the emulator does not give back.
struct Known {
    kind: &'static str,
    /// One resource of that kind, or all of them.
    name: Option<&'static str>,
    attributes: &'static [&'static str],
    why: &'static str,
}

const KNOWN: [Known; 3] = [
    Known {
        kind: "aws_cloudwatch_metric_alarm",
        name: None,
        attributes: &[
            "actions_enabled",
            "alarm_actions",
            "alarm_description",
            "dimensions",
            "extended_statistic",
            "ok_actions",
            "period",
            "statistic",
            "treat_missing_data",
            "unit",
        ],
        why: "its answer to DescribeAlarms has few of the fields that it stores",
    },
    Known {
        kind: "aws_dynamodb_table",
        name: Some("keys"),
        attributes: &["point_in_time_recovery"],
        why: "it stores only whether recovery is on, and not for how many days",
    },
    Known {
        kind: "aws_apigatewayv2_authorizer",
        name: Some("people"),
        attributes: &["authorizer_payload_format_version"],
        why: "it has a payload version for every authorizer; on AWS only those of Lambda have one",
    },
];

/// A resource or an output that the plan would change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    address: String,
    kind: String,
    name: String,
    actions: Vec<String>,
    attributes: Vec<String>,
}

impl Change {
    /// Why this is no mistake of the files, if it is known to be none.
    pub(crate) fn known_because(&self) -> Option<&'static str> {
        let known = KNOWN.iter().find(|known| {
            known.kind == self.kind && known.name.is_none_or(|name| name == self.name)
        })?;
        let all_known =
            self.attributes.iter().all(|attribute| known.attributes.contains(&attribute.as_str()));
        (all_known && self.actions == ["update"]).then_some(known.why)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (actions, attributes) = (self.actions.join(", "), self.attributes.join(", "));
        write!(f, "{}: {actions} {attributes}", self.address)
    }
}

/// All that a plan, as JSON, would change.
pub(crate) fn changes(plan: &Value) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for it in plan["resource_changes"].as_array().context("a plan without resources")? {
        let actions = actions(&it["change"]);
        // Only data sources are read, and reading changes nothing.
        if actions != ["read"] {
            changes.push(Change {
                address: text(&it["address"]),
                kind: text(&it["type"]),
                name: text(&it["name"]),
                actions,
                attributes: attributes(&it["change"]),
            });
        }
    }
    if let Some(outputs) = plan["output_changes"].as_object() {
        changes.extend(outputs.iter().map(|(name, change)| Change {
            address: format!("output.{name}"),
            kind: "output".to_owned(),
            name: name.clone(),
            actions: actions(change),
            attributes: Vec::new(),
        }));
    }
    changes.retain(|change| change.actions != ["no-op"]);
    Ok(changes)
}

fn actions(change: &Value) -> Vec<String> {
    change["actions"].as_array().into_iter().flatten().map(text).collect()
}

/// The attributes whose values differ, or will be known only then.
fn attributes(change: &Value) -> Vec<String> {
    let names = |value: &Value| value.as_object().into_iter().flatten().map(first).collect();
    let mut all: Vec<String> = names(&change["before"]);
    all.extend::<Vec<_>>(names(&change["after"]));
    all.extend::<Vec<_>>(names(&change["after_unknown"]));
    all.sort();
    all.dedup();
    all.retain(|name| {
        change["before"][name] != change["after"][name] || change["after_unknown"][name] == true
    });
    all
}

fn first((name, _): (&String, &Value)) -> String {
    name.clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
