//! What a second plan would change: nothing, but for what the emulator is known to lose.

use std::{collections::BTreeSet, fmt};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// What the emulator does not give back.
struct Known {
    kind: &'static str,
    /// One resource of that kind, or all of them.
    name: Option<&'static str>,
    /// The paths of what it loses, with all that is inside.
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
            "ok_actions",
            "period",
            "statistic",
            "treat_missing_data",
        ],
        why: "its answer to DescribeAlarms has few of the fields that it stores",
    },
    Known {
        kind: "aws_dynamodb_table",
        name: Some("keys"),
        attributes: &["point_in_time_recovery.0.recovery_period_in_days"],
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
    /// The paths of what would differ.
    attributes: Vec<String>,
}

impl Change {
    /// Why this is no mistake of the files, if it is known to be none.
    pub(crate) fn known_because(&self) -> Option<&'static str> {
        let known = KNOWN.iter().find(|known| {
            known.kind == self.kind && known.name.is_none_or(|name| name == self.name)
        })?;
        let is_known = |path: &String| known.attributes.iter().any(|lost| is_inside(path, lost));
        (self.actions == ["update"] && self.attributes.iter().all(is_known)).then_some(known.why)
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

/// The paths of what differs, or will be known only then.
fn attributes(change: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    compare("", &change["before"], &change["after"], &mut paths);
    add_unknown("", &change["after_unknown"], &mut paths);
    paths.sort();
    paths.dedup();
    paths
}

/// Adds the paths of what is not the same, as deep as both sides have the same form.
fn compare(path: &str, before: &Value, after: &Value, paths: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let side = |side: &Map<_, _>| side.get(key).cloned().unwrap_or_default();
                compare(&below(path, key), &side(before), &side(after), paths);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&below(path, &index.to_string()), before, after, paths);
            }
        }
        _ if before != after => paths.push(path.to_owned()),
        _ => {}
    }
}

/// Adds the paths of what stands as `true` for a value that nobody knows yet.
fn add_unknown(path: &str, value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Bool(true) => paths.push(path.to_owned()),
        Value::Object(inside) => {
            inside.iter().for_each(|(key, value)| add_unknown(&below(path, key), value, paths));
        }
        Value::Array(inside) => {
            for (index, value) in inside.iter().enumerate() {
                add_unknown(&below(path, &index.to_string()), value, paths);
            }
        }
        _ => {}
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_inside(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a second plan has of an alarm, of the keys table and of what does not change.
    fn recorded() -> Value {
        json!({
            "resource_changes": [
                {
                    "address": "module.alarms.aws_cloudwatch_metric_alarm.this[\"webhook-errors\"]",
                    "type": "aws_cloudwatch_metric_alarm",
                    "name": "this",
                    "change": {
                        "actions": ["update"],
                        "before": {
                            "alarm_name": "forthright-webhook-errors",
                            "actions_enabled": false, "alarm_actions": [], "alarm_description": "",
                            "dimensions": {}, "ok_actions": [], "period": 0, "statistic": "",
                            "threshold": 1, "treat_missing_data": "missing",
                        },
                        "after": {
                            "alarm_name": "forthright-webhook-errors",
                            "actions_enabled": true, "alarm_actions": ["arn"],
                            "alarm_description": "Lambda", "dimensions": { "FunctionName": "f" },
                            "ok_actions": ["arn"], "period": 300, "statistic": "Sum",
                            "threshold": 1, "treat_missing_data": "notBreaching",
                        },
                        "after_unknown": { "alarm_actions": [false], "dimensions": {} },
                    },
                },
                {
                    "address": "module.tables.aws_dynamodb_table.keys",
                    "type": "aws_dynamodb_table",
                    "name": "keys",
                    "change": {
                        "actions": ["update"],
                        "before": { "point_in_time_recovery": [{ "enabled": true, "recovery_period_in_days": 0 }] },
                        "after": { "point_in_time_recovery": [{ "enabled": true, "recovery_period_in_days": 1 }] },
                        "after_unknown": { "point_in_time_recovery": [{}] },
                    },
                },
                {
                    "address": "module.key.aws_kms_key.this",
                    "type": "aws_kms_key",
                    "name": "this",
                    "change": { "actions": ["no-op"], "before": {}, "after": {}, "after_unknown": {} },
                },
            ],
            "output_changes": { "api_id": { "actions": ["no-op"] } },
        })
    }

    /// The one change that is not known, after something is changed in what was recorded.
    fn unknown(index: usize, path: &str, value: Value) -> Option<String> {
        let mut plan = recorded();
        *plan["resource_changes"][index].pointer_mut(path).unwrap() = value;
        let changes = changes(&plan).unwrap();
        changes.iter().find(|change| change.known_because().is_none()).map(Change::to_string)
    }

    #[test]
    fn what_the_emulator_loses_is_known() {
        let changes = changes(&recorded()).unwrap();
        assert_eq!(changes.len(), 2, "what does not change is not listed");
        assert!(changes.iter().all(|change| change.known_because().is_some()), "{changes:?}");
        assert!(changes[0].attributes.contains(&"dimensions.FunctionName".to_owned()));
    }

    #[test]
    fn anything_else_is_not() {
        let threshold = unknown(0, "/change/before/threshold", 2.into()).unwrap();
        assert!(threshold.ends_with(", threshold, treat_missing_data"), "{threshold}");
        assert!(unknown(0, "/change/actions", json!(["delete", "create"])).is_some());
        assert!(
            unknown(1, "/change/before/point_in_time_recovery/0/enabled", false.into()).is_some()
        );
        assert!(unknown(1, "/name", "data".into()).is_some());
        assert_eq!(
            unknown(2, "/change/actions", json!(["update"])).unwrap(),
            "module.key.aws_kms_key.this: update "
        );
    }

    #[test]
    fn what_only_the_provider_knows_and_outputs_count_as_well() {
        let found = unknown(1, "/change/after_unknown", json!({ "arn": true })).unwrap();
        assert!(found.contains(" arn, point_in_time_recovery"), "{found}");
        let mut plan = recorded();
        plan["output_changes"]["api_id"]["actions"] = json!(["update"]);
        let changes = changes(&plan).unwrap();
        assert!(changes[2].known_because().is_none());
        assert_eq!(changes[2].to_string(), "output.api_id: update ");
    }
}
