//! What the code declares and what `infra/` deploys are the same: `infra/functions.json` is made of the
//! declarations, and Terraform makes roles, queues and settings of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    sync::Arc,
};

use forthright_core::{
    Lane,
    metric::Metric,
    table::{Action, Grant, Index, TableName},
};
use forthright_egress::Egress;
use forthright_embedded::Lanes;
use forthright_escalation::Escalation;
use forthright_intent::Intent;
use forthright_language::Detector;
use forthright_privacy::Privacy;
use forthright_reply::Reply;
use forthright_steward::Steward;
use forthright_testkit::{FixedVault, Memory};
use forthright_webhook::Webhook;

use crate::tidy::sources;

type Vault = Arc<FixedVault>;

/// What a function declares, and what its `main.rs` reads besides.
struct Declared {
    name: &'static str,
    grants: Vec<Grant>,
    sends: &'static [Lane],
    receives: Option<Lane>,
    secrets: &'static [&'static str],
    /// What else it may ask, if it was built so and a brand chose that.
    asks: &'static [&'static str],
    brands: bool,
    public_url: bool,
    makes_brand_keys: bool,
}

fn plain(
    name: &'static str,
    grants: &[&[Grant]],
    sends: &'static [Lane],
    receives: Option<Lane>,
) -> Declared {
    Declared {
        name,
        grants: grants.concat(),
        sends,
        receives,
        secrets: &[],
        asks: &[],
        brands: false,
        public_url: false,
        makes_brand_keys: false,
    }
}

fn functions() -> [Declared; 6] {
    [
        Declared {
            secrets: &["accounts"],
            brands: true,
            makes_brand_keys: true,
            ..plain(
                "webhook",
                &Webhook::<Memory, Vault, Lanes>::GRANTS,
                &forthright_webhook::SENDS,
                None,
            )
        },
        Declared {
            asks: &["comprehend"],
            ..plain(
                "intent",
                &Intent::<Memory, Vault, Detector, Lanes>::GRANTS,
                &forthright_intent::SENDS,
                Some(Lane::Inbound),
            )
        },
        Declared {
            secrets: &["accounts"],
            brands: true,
            ..plain(
                "reply",
                &Reply::<Memory, Vault, Egress, Lanes>::GRANTS,
                &forthright_reply::SENDS,
                Some(Lane::Outbound),
            )
        },
        Declared {
            secrets: &["operator"],
            brands: true,
            ..plain(
                "escalation",
                &Escalation::<Memory, Vault, Lanes>::GRANTS,
                &forthright_escalation::SENDS,
                Some(Lane::Human),
            )
        },
        Declared {
            secrets: &["accounts", "operator"],
            brands: true,
            public_url: true,
            makes_brand_keys: true,
            ..plain(
                "privacy",
                &Privacy::<Memory, Vault, Lanes>::GRANTS,
                &forthright_privacy::SENDS,
                Some(Lane::Privacy),
            )
        },
        plain(
            "steward",
            &Steward::<Memory, Vault, Lanes>::GRANTS,
            &forthright_steward::SENDS,
            None,
        ),
    ]
}

/// IAM's names of an action on a table.
const fn actions(action: Action) -> (&'static [&'static str], Option<Index>) {
    match action {
        Action::Get => (&["dynamodb:GetItem", "dynamodb:BatchGetItem"], None),
        Action::Query => (&["dynamodb:Query"], None),
        Action::QueryIndex(index) => (&["dynamodb:Query"], Some(index)),
        Action::Put => (&["dynamodb:PutItem"], None),
        Action::Delete => (&["dynamodb:DeleteItem"], None),
        Action::Check => (&["dynamodb:ConditionCheckItem"], None),
    }
}

/// The grants as a policy has them: what is done to the same table or index in the same way stands together.
fn policy(function: &Declared) -> Vec<String> {
    let mut grants = function.grants.clone();
    if function.makes_brand_keys {
        // Not a ledger's: the vault stores a new brand's root.
        grants.push(Grant::keys(Action::Put, "B#"));
    }
    let mut merged: BTreeMap<(TableName, Action), BTreeSet<String>> = BTreeMap::new();
    for Grant { action, table, prefix } in grants {
        merged.entry((table, action)).or_default().insert(format!("{prefix}*"));
    }
    let line = |((table, action), leading): (&(TableName, Action), &BTreeSet<String>)| {
        let (actions, index) = actions(*action);
        let index = index.map(|index| index.attributes().0.name());
        format!(
            r#"{{"table": {}, "index": {}, "actions": {}, "leading_keys": {}}}"#,
            json(&table.name()),
            json(&index),
            json(&actions),
            json(&leading)
        )
    };
    merged.iter().map(line).collect()
}

/// JSON with a space after each comma and colon, as people write it.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap().replace("\",\"", "\", \"")
}

fn rendered() -> String {
    let mut text = "{\n".to_owned();
    let all = functions();
    for (number, function) in all.iter().enumerate() {
        let names =
            |lanes: &[Lane]| json(&lanes.iter().map(|lane| lane.name()).collect::<Vec<_>>());
        let grants = policy(function).join(",\n      ");
        write!(
            text,
            "  \"{}\": {{\n    \"grants\": [\n      {grants}\n    ],\n    \"sends\": {},\n    \"receives\": {},\n    \
             \"secrets\": {},\n    \"asks\": {},\n    \"brands\": {},\n    \"public_url\": {},\n    \"makes_brand_keys\": {}\n  }}{}\n",
            function.name,
            names(function.sends),
            json(&function.receives.map(Lane::name)),
            json(&function.secrets),
            json(&function.asks),
            function.brands,
            function.public_url,
            function.makes_brand_keys,
            if number + 1 == all.len() { "" } else { "," },
        )
        .unwrap();
    }
    text + "}\n"
}

#[test]
fn what_is_deployed_is_what_is_declared() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/functions.json");
    let declared = rendered();
    if std::env::var_os("FORTHRIGHT_WRITE_INFRA").is_some() {
        fs::write(&path, &declared).unwrap();
    }
    let deployed = fs::read_to_string(&path).unwrap();
    assert!(
        deployed == declared,
        "infra/functions.json is not what the functions declare; run this test with \
         FORTHRIGHT_WRITE_INFRA=1 and look at the difference"
    );
}

/// Every value of the `alarm` field in the code has its alarm, and no alarm waits for what nobody says.
#[test]
fn whatever_raises_an_alarm_is_watched() {
    const DEPLOYED: [&str; 4] =
        ["functions/", "shared/aws/src/", "shared/core/src/", "shared/policy/src/"];
    let sources = sources();
    let deployed =
        sources.iter().filter(|(path, _)| DEPLOYED.iter().any(|folder| path.starts_with(folder)));
    let names = |text: &str| -> Vec<String> {
        let said = text.split("alarm = \"").skip(1).filter_map(|rest| rest.split('"').next());
        said.map(str::to_owned).collect()
    };
    let said: BTreeSet<String> = deployed.flat_map(|(_, text)| names(text)).collect();
    let main = infra("main.tf");
    let (_, list) = main.split_once("alarm_names = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let watched: BTreeSet<String> = quoted(list).map(str::to_owned).collect();
    assert_eq!(said, watched);
}

/// The dashboard shows whatever functions count, and nothing that none does.
#[test]
fn whatever_is_counted_is_on_the_dashboard() {
    let dashboard = infra("modules/alarms/dashboard.tf");
    let (_, list) = dashboard.split_once("counted = {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let names = list.lines().filter_map(|line| line.split_once('[')).flat_map(|(_, of)| quoted(of));
    let shown: BTreeSet<&str> = names.collect();
    assert_eq!(shown, Metric::ALL.iter().map(|metric| metric.name()).collect());
}

fn infra(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra").join(file);
    fs::read_to_string(path).unwrap()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}
