//! A host against Lambda's Runtime API, in a process of its own: real logs, real panics, real time.

use forthright_aws::serve_http_and_queue;
use forthright_core::{
    Fault, Handle, MessageRef,
    http::{Request, Response, text},
};
use http::StatusCode;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    lane::{Desk, Does, TRIES, batch, job},
    runtime_api::{Event, Ran, invoke},
};

const CHILD: &str = "FORTHRIGHT_TEST_CHILD";

impl Handle<Request> for Desk {
    type Output = Response;

    /// Answers with what it was sent, or panics with it.
    async fn handle(&self, request: Request) -> Result<Response, Fault> {
        let body = request.into_body();
        assert!(body.starts_with(b"{"), "{body:?}");
        Ok(text(StatusCode::OK, body))
    }
}

/// The function that the test below starts; by itself it does nothing.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let source = forthright_aws::start();
    assert!(source.required(CHILD).is_ok());
    tracing::debug!(target: "forthright_test", "our own crates may say more");
    let desk = Desk::new([(1, Does::FailsForNow), (2, Does::Panics)]);
    serve_http_and_queue::<MessageRef, _>(desk, TRIES).await.unwrap();
}

#[tokio::test]
async fn one_function_serves_http_and_its_queue_and_logs_nothing_personal() {
    let request = include_str!("events/http-api-base64.json").to_owned();
    let mut breaking: Value = serde_json::from_str(&request).unwrap();
    (breaking["body"], breaking["isBase64Encoded"]) = ("CANARY in a panic".into(), false.into());
    let jobs = batch([job(0), job(1), job(2), "CANARY is no job".to_owned()]);
    let events = [request, breaking.to_string(), jobs.to_string(), r#"{"x":"CANARY"}"#.to_owned()];
    let mut function = Command::new(std::env::current_exe().unwrap());
    function.args(["runtime::child", "--exact", "--nocapture"]);
    function.env(CHILD, "1").env("RUST_LOG", "trace");
    let events = events.map(Event::new).into();
    let Ran { answers, printed } = invoke(function, events, forthright_aws::clock()).await;

    let [(_, fine), (_, broken), (_, batch), (kind, strange)] = answers.as_slice() else {
        panic!("each event has one answer")
    };
    assert_eq!(fine["statusCode"], 200);
    assert!(fine["body"] == include_str!("events/body.json"), "the body must come back unchanged");
    assert_eq!(broken["statusCode"], 500);
    assert_eq!(
        batch["batchItemFailures"],
        serde_json::json!([{ "itemIdentifier": "m1" }, { "itemIdentifier": "m3" }])
    );
    assert_eq!(kind, "error");
    assert!(!strange.to_string().contains("CANARY"), "an error must not quote the event");

    let (logs, errors) =
        (String::from_utf8_lossy(&printed.stdout), String::from_utf8_lossy(&printed.stderr));
    for said in ["our own crates may say more", "its text is not logged", "an unreadable job"] {
        assert!(logs.contains(said), "the log must say: {said}");
    }
    for line in logs.lines().filter(|line| line.starts_with('{')) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "each line must be JSON");
    }
    let personal = logs.contains("CANARY") || errors.contains("CANARY");
    assert!(!personal, "nothing of an event may be printed, at any level");
}
