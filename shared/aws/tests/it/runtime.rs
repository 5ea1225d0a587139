//! A host against Lambda's Runtime API, in a process of its own: real logs, real panics, real time.

use std::{
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request as Call, State},
    response::Response as Answer,
};
use forthright_aws::serve_http_and_queue;
use forthright_core::{
    Fault, Handle, MessageRef,
    http::{Request, Response, text},
};
use http::StatusCode;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, sync::mpsc};

use crate::lane::{Desk, Does, batch, job};

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
    serve_http_and_queue::<MessageRef, _>(desk).await.unwrap();
}

/// Lambda's side: hands out the events one after another, then the caller waits for ever.
struct Lambda {
    events: Mutex<Vec<String>>,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

async fn next(State(lambda): State<Arc<Lambda>>) -> Answer {
    let Some(event) = lambda.events.lock().unwrap().pop() else {
        return std::future::pending().await;
    };
    let end = forthright_aws::clock().now().plus(Duration::from_secs(30));
    Answer::builder()
        .header("lambda-runtime-aws-request-id", "request-1")
        .header("lambda-runtime-deadline-ms", end.millis())
        .body(Body::from(event))
        .unwrap()
}

async fn take(
    State(lambda): State<Arc<Lambda>>,
    Path((_, kind)): Path<(String, String)>,
    call: Call,
) -> StatusCode {
    let body = axum::body::to_bytes(call.into_body(), 1 << 20).await.unwrap();
    lambda.answers.send((kind, serde_json::from_slice(&body).unwrap())).unwrap();
    StatusCode::ACCEPTED
}

/// The answers to `events`, each with its kind, and what the function printed.
async fn invoke(events: &[String]) -> (Vec<(String, Value)>, Output) {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let events_left = Mutex::new(events.iter().rev().cloned().collect());
    let lambda = Arc::new(Lambda { events: events_left, answers });
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", axum::routing::get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{kind}", axum::routing::post(take))
        .with_state(lambda);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async { axum::serve(listener, api).await.unwrap() };
    let client = async {
        let mut function = Command::new(std::env::current_exe().unwrap())
            .args(["runtime::child", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("RUST_LOG", "trace")
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut answers = Vec::new();
        while answers.len() < events.len() {
            let wait = tokio::time::timeout(Duration::from_mins(1), answered.recv());
            answers.push(wait.await.unwrap().unwrap());
        }
        function.start_kill().unwrap();
        (answers, function.wait_with_output().await.unwrap())
    };
    tokio::select! {
        () = server => panic!("the server must not end first"),
        outcome = client => outcome,
    }
}

#[tokio::test]
async fn one_function_serves_http_and_its_queue_and_logs_nothing_personal() {
    let request = include_str!("events/http-api-base64.json").to_owned();
    let mut breaking: Value = serde_json::from_str(&request).unwrap();
    (breaking["body"], breaking["isBase64Encoded"]) = ("CANARY in a panic".into(), false.into());
    let jobs = batch([job(0), job(1), job(2), "CANARY is no job".to_owned()]);
    let events = [request, breaking.to_string(), jobs.to_string(), r#"{"x":"CANARY"}"#.to_owned()];
    let (answers, printed) = invoke(&events).await;

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
