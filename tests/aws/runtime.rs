//! Each function's real program, taken out of its zip, against Lambda's Runtime API and the deployed back ends.

use std::{collections::BTreeMap, path::PathBuf, sync::OnceLock, time::Duration};

use forthright_core::{
    CaseId, CaseRef, Eid, Epoch, Hint, MessageRef, Pid, QueueMessage, RequestId, RequestRef,
    TaskId, TaskRef,
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    deployment::{Deployed, clock},
    policy::environment,
    runtime_api::{Event, Ran, invoke},
};

/// The functions that read a queue.
const READERS: [&str; 4] = ["intent", "reply", "escalation", "privacy"];

/// The program as it lies in the zip.
fn program(function: &str) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap()).path().join(function);
    let path = folder.join("bootstrap");
    if !path.exists() {
        let zip = Deployed::here().at.zips.join(function).join("bootstrap.zip");
        let mut unzip = std::process::Command::new("python3");
        unzip.args(["-m", "zipfile", "-e"]).arg(zip).arg(&folder);
        assert!(unzip.status().unwrap().success());
        let mut run = std::process::Command::new("chmod");
        assert!(run.arg("0755").arg(&path).status().unwrap().success());
    }
    path
}

/// The program with the environment that `infra/` gives it, and what Lambda itself adds.
fn command(function: &str, environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(program(function));
    command.env_clear().envs(environment).envs([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", Deployed::here().at.endpoint.as_str()),
    ]);
    command
}

async fn run(function: &str, events: Vec<Event>) -> Vec<Value> {
    let wanted = events.len();
    let Ran { answers, printed } =
        invoke(command(function, &environment(function)), events, clock()).await;
    let errors = String::from_utf8_lossy(&printed.stderr);
    assert_eq!(answers.len(), wanted, "{function} ended: {errors}");
    answers
        .into_iter()
        .map(|(kind, answer)| {
            assert_eq!(kind, "response", "{function}");
            answer
        })
        .collect()
}

/// A job of the lane that the function reads, about something that is not there.
fn job(function: &str, number: u8, brand: &str) -> String {
    let brand = brand.parse().unwrap();
    let (pid, epoch) = (Pid::from_bytes([number; 16]), Epoch::FIRST);
    let eid = Eid::from_bytes([number; 16]);
    let hint = match function {
        "intent" => Hint::Inbound(MessageRef::new(brand, pid, epoch, eid)),
        "reply" => Hint::Outbound(TaskRef { brand, pid, epoch, task: TaskId::Message(eid) }),
        "escalation" => Hint::Human(CaseRef { brand, case: CaseId::from_bytes([number; 16]) }),
        _ => Hint::Privacy(RequestRef { brand, request: RequestId::from_bytes([number; 16]) }),
    };
    serde_json::to_string(&QueueMessage::V1(hint)).unwrap()
}

/// The recorded event of a batch, with these bodies.
fn batch(bodies: &[String]) -> Value {
    let recorded = include_str!("../../shared/aws/tests/it/events/sqs-inbound-fifo.json");
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let record = |(number, body): (usize, &String)| {
        let mut record = recorded["Records"][0].clone();
        (record["messageId"], record["body"]) = (json!(format!("m{number}")), json!(body));
        // Each of its own group: one that fails holds up no other.
        record["attributes"]["MessageGroupId"] = json!(format!("group {number}"));
        record
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

fn event(value: &Value) -> Event {
    Event::new(value.to_string())
}

fn failed(answer: &Value) -> Vec<&str> {
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|one| one["itemIdentifier"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_program_answers_good_mixed_poisoned_and_late_batches() {
    for function in READERS {
        let good: Vec<_> = (1..4).map(|number| job(function, number, "demo")).collect();
        let mut mixed = good.clone();
        mixed.insert(1, "CANARY is no job".to_owned());
        mixed.push(job(if function == "intent" { "reply" } else { "intent" }, 9, "demo"));
        let late = Event { time_left: Duration::from_secs(2), ..event(&batch(&good)) };
        let answers = run(function, vec![event(&batch(&good)), event(&batch(&mixed)), late]).await;
        let [good, mixed, late] = answers.as_slice() else { panic!("three answers") };
        assert!(failed(good).is_empty(), "{function}");
        assert_eq!(failed(mixed), ["m1", "m4"], "{function}: what is no job of its lane");
        assert_eq!(failed(late), ["m0", "m1", "m2"], "{function}: too little time was left");
    }
}

/// The recorded call of the HTTP API, with this method, path and query.
fn call(method: &str, path: &str, query: &str) -> Value {
    let recorded = include_str!("../../shared/aws/tests/it/events/http-api-base64.json");
    let mut event: Value = serde_json::from_str(recorded).unwrap();
    (event["rawPath"], event["rawQueryString"]) = (json!(path), json!(query));
    let context = &mut event["requestContext"]["http"];
    (context["method"], context["path"]) = (json!(method), json!(path));
    event
}

#[tokio::test]
async fn a_program_answers_the_calls_of_its_api() {
    let deployed = Deployed::here();
    let account = &deployed.stand_in.account().id;
    let token = deployed.secret("DEMO_WHATSAPP_VERIFY_TOKEN");
    let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
    let path = format!("/webhooks/whatsapp/{account}");
    let answers =
        run("webhook", vec![event(&call("GET", &path, &query)), event(&call("POST", &path, ""))])
            .await;
    assert_eq!(
        (&answers[0]["statusCode"], &answers[0]["body"]),
        (&json!(200), &json!("1158201444"))
    );
    assert_eq!(answers[1]["statusCode"], 401, "its signature is another app's");
    for (function, path) in [("escalation", "/api/cases"), ("privacy", "/api/requests/1")] {
        let answers = run(function, vec![event(&call("GET", path, ""))]).await;
        assert_eq!(answers[0]["statusCode"], 401, "{function}");
    }
    let tick = json!({ "version": "0", "source": "aws.scheduler", "detail": {} });
    assert_eq!(run("steward", vec![event(&tick)]).await, [Value::Null]);
}

/// What a program may go without. The endpoint is read once a brand has its messages read there.
const OPTIONAL: [&str; 4] = [
    "RUST_LOG",
    "FORTHRIGHT_SECRETS_GENERATION",
    "FORTHRIGHT_WHATSAPP_API_BASE",
    "FORTHRIGHT_COMPREHEND_ENDPOINT",
];

#[tokio::test]
async fn a_program_reads_each_setting_that_is_set_and_starts_without_none_of_them() {
    for function in ["webhook", "intent", "reply", "escalation", "privacy", "steward"] {
        let whole = environment(function);
        for name in whole.keys().filter(|name| !OPTIONAL.contains(&name.as_str())) {
            let mut without = whole.clone();
            without.remove(name);
            let event = vec![Event::new("{}".to_owned())];
            let Ran { answers, printed } =
                invoke(command(function, &without), event, clock()).await;
            assert!(answers.is_empty(), "{function} starts without {name}");
            let errors = String::from_utf8_lossy(&printed.stderr).into_owned();
            // Without the secrets the first of them is missed.
            let named = if name == "FORTHRIGHT_SECRETS" { "is missing" } else { name.as_str() };
            assert!(errors.contains(named), "{function} without {name} says: {errors}");
        }
    }
}
