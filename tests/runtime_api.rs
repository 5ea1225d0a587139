//! Lambda's side of a function's process: its Runtime API, with real logs, real panics and real time.

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
use forthright_core::Clock;
use http::StatusCode;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, sync::mpsc};

/// How long a function may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// An invocation: what the function gets, and how much time Lambda gives it.
pub(crate) struct Event {
    pub(crate) payload: String,
    pub(crate) time_left: Duration,
}

impl Event {
    /// An event with the time that `infra/` gives every function.
    pub(crate) fn new(payload: String) -> Self {
        Self { payload, time_left: Duration::from_secs(30) }
    }
}

/// How a function's process ended its part: with an answer to each event, or before.
pub(crate) struct Ran {
    /// For each event that was answered: `response` or `error`, and what came with it.
    pub(crate) answers: Vec<(String, Value)>,
    /// What it printed.
    pub(crate) printed: Output,
}

struct Lambda {
    clock: Clock,
    events: Mutex<Vec<Event>>,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

/// Hands out the events one after another; then the caller waits for ever.
async fn next(State(lambda): State<Arc<Lambda>>) -> Answer {
    let Some(event) = lambda.events.lock().unwrap().pop() else {
        return std::future::pending().await;
    };
    let end = lambda.clock.now().plus(event.time_left);
    Answer::builder()
        .header("lambda-runtime-aws-request-id", "request-1")
        .header("lambda-runtime-deadline-ms", end.millis())
        .body(Body::from(event.payload))
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

/// Starts the function and gives it the events; ends it when all are answered, or takes note that it ended.
pub(crate) async fn invoke(mut function: Command, events: Vec<Event>, clock: Clock) -> Ran {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let wanted = events.len();
    let events = Mutex::new(events.into_iter().rev().collect());
    let lambda = Arc::new(Lambda { clock, events, answers });
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", axum::routing::get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{kind}", axum::routing::post(take))
        .with_state(lambda);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async { axum::serve(listener, api).await.unwrap() };
    let client = async {
        let mut child = function
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
        while answers.len() < wanted {
            tokio::select! {
                answer = answered.recv() => answers.push(answer.unwrap()),
                _ended = child.wait() => break,
                () = tokio::time::sleep(PATIENCE) => panic!("no answer in {PATIENCE:?}"),
            }
        }
        drop(child.start_kill());
        Ran { answers, printed: child.wait_with_output().await.unwrap() }
    };
    tokio::select! {
        () = server => panic!("the server must not end first"),
        ran = client => ran,
    }
}
