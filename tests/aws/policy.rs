//! What each role may do, both ways: everything that its function declares, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use crate::deployment::Deployed;

/// What is applied, as `terraform show -json` tells it: it lies beside the deployment's file.
fn resources(kind: &str) -> Vec<Value> {
    let file = std::env::var_os("FORTHRIGHT_DEPLOYMENT").unwrap();
    let state = Path::new(&file).with_file_name("state.json");
    let state: Value = serde_json::from_slice(&fs::read(state).unwrap()).unwrap();
    let mut found = Vec::new();
    walk(&state["values"]["root_module"], kind, &mut found);
    found
}

fn walk(module: &Value, kind: &str, found: &mut Vec<Value>) {
    let list = |name: &str| module[name].as_array().cloned().unwrap_or_default();
    found.extend(list("resources").into_iter().filter(|one| one["type"] == kind));
    for child in list("child_modules") {
        walk(&child, kind, found);
    }
}

fn functions() -> serde_json::Map<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/functions.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The statements of a function's role.
fn statements(function: &str) -> Vec<Value> {
    let role = format!("{}-{function}", Deployed::here().at.name);
    let policies = resources("aws_iam_role_policy");
    let mut own = policies.iter().filter(|one| one["values"]["role"] == role.as_str());
    let policy = own.next().expect("a role has a policy")["values"]["policy"].as_str().unwrap();
    assert!(own.next().is_none(), "{role} has one policy");
    let policy: Value = serde_json::from_str(policy).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

/// One or many, as IAM writes both.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        other => {
            other.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
        }
    }
}

fn last(arn: &str) -> String {
    arn.rsplit([':', '/']).next().unwrap().to_owned()
}

#[test]
fn a_role_may_do_to_rows_what_the_function_declares_and_no_more() {
    let name = &Deployed::here().at.name;
    for (function, declared) in functions() {
        let mut wanted = BTreeSet::new();
        for grant in declared["grants"].as_array().unwrap() {
            let table = format!("{name}-{}", grant["table"].as_str().unwrap());
            let at =
                grant["index"].as_str().map_or(table.clone(), |index| format!("{table}/{index}"));
            for action in texts(&grant["actions"]) {
                for key in texts(&grant["leading_keys"]) {
                    wanted.insert(format!("{action} {at} {key}"));
                }
            }
        }
        let mut granted = BTreeSet::new();
        for statement in statements(&function) {
            for action in texts(&statement["Action"]) {
                if !action.starts_with("dynamodb:") {
                    continue;
                }
                let condition = &statement["Condition"];
                assert_eq!(condition["Null"]["dynamodb:LeadingKeys"], "false", "{function}");
                let keys = &condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
                for arn in texts(&statement["Resource"]) {
                    let (_, table) = arn.split_once(":table/").unwrap();
                    let at = table.replace("/index/", "/");
                    granted.extend(texts(keys).iter().map(|key| format!("{action} {at} {key}")));
                }
            }
        }
        assert_eq!(granted, wanted, "{function}");
    }
}

#[test]
fn a_role_sends_receives_and_opens_what_the_function_declares_and_no_more() {
    let name = &Deployed::here().at.name;
    for (function, declared) in functions() {
        let names = |of: &Value| -> BTreeSet<String> {
            if of.is_null() { BTreeSet::new() } else { texts(of).into_iter().collect() }
        };
        let having = |action: &str| -> BTreeSet<String> {
            let statements = statements(&function);
            let own =
                statements.iter().filter(|one| texts(&one["Action"]).iter().any(|it| it == action));
            own.flat_map(|one| texts(&one["Resource"])).map(|arn| last(&arn)).collect()
        };
        let queue = |lane: &String| {
            let fifo = if lane == "inbound" { ".fifo" } else { "" };
            format!("{name}-{lane}{fifo}")
        };
        let queues = |of: &Value| names(of).iter().map(queue).collect::<BTreeSet<_>>();
        assert_eq!(having("sqs:SendMessage"), queues(&declared["sends"]), "{function}");
        assert_eq!(having("sqs:ReceiveMessage"), queues(&declared["receives"]), "{function}");
        let secrets = having("secretsmanager:GetSecretValue");
        let wanted = names(&declared["secrets"]);
        assert_eq!(secrets.len(), wanted.len(), "{function}");
        for secret in wanted {
            // Secrets Manager puts six characters of its own behind the name.
            assert!(secrets.iter().any(|arn| arn.starts_with(&secret)), "{function}: {secret}");
        }
        for statement in statements(&function) {
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{function}: {action}");
            }
            for resource in texts(&statement["Resource"]) {
                let own_streams =
                    resource.ends_with(":*") && resource.contains(&format!("{name}-{function}"));
                assert!(own_streams || !resource.contains('*'), "{function}: {resource}");
            }
        }
    }
}

#[test]
fn only_who_reads_messages_may_ask_a_classifier_and_only_the_one_that_was_named() {
    const ENDPOINT: &str = "FORTHRIGHT_COMPREHEND_ENDPOINT";
    for (function, declared) in functions() {
        let of_comprehend = |action: &String| action.starts_with("comprehend:");
        let all = statements(&function);
        let asking = all.iter().filter(|one| texts(&one["Action"]).iter().any(of_comprehend));
        let asking: Vec<_> =
            asking.map(|one| (texts(&one["Action"]), texts(&one["Resource"]))).collect();
        let named = environment(&function).remove(ENDPOINT);
        if texts(&declared["asks"]).contains(&"comprehend".to_owned()) {
            let arn = named.unwrap();
            assert!(arn.ends_with(":document-classifier-endpoint/intents"), "{function}: {arn}");
            assert_eq!(asking, [(vec!["comprehend:ClassifyDocument".to_owned()], vec![arn])]);
        } else {
            assert_eq!((asking, named), (Vec::new(), None), "{function}");
        }
    }
}

/// The environment that a function was given.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let name = format!("{}-{function}", Deployed::here().at.name);
    let functions = resources("aws_lambda_function");
    let own = functions.iter().find(|one| one["values"]["function_name"] == name.as_str());
    let variables = &own.unwrap()["values"]["environment"][0]["variables"];
    serde_json::from_value(variables.clone()).unwrap()
}
