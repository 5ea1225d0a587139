//! Where the deployment is, and how it is called.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use axum::{Router, body::Body, extract::Request as Call, response::Response as Answer};
use bytes::Bytes;
use forthright_core::{
    Account, Clock, Source, Time,
    http::{Request, Response},
};
use forthright_policy::Served;
use forthright_testkit::standin::{StandIn, StandInAccount};
use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

/// How long a story waits for something: a queue's long poll, a cold start, a tick of the scheduler.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(200);

/// What `cargo xtask deploy` writes down.
#[derive(Debug, Deserialize)]
pub(crate) struct Deployment {
    /// The emulator's address.
    pub(crate) endpoint: String,
    api_id: String,
    stand_in_port: u16,
    /// What Terraform put out, by name.
    pub(crate) outputs: HashMap<String, Value>,
    /// What each secret holds, by its name and theirs.
    secrets: HashMap<String, HashMap<String, String>>,
    /// The folder of the zips.
    pub(crate) zips: std::path::PathBuf,
    /// What all names begin with.
    pub(crate) name: String,
}

/// The deployment and the platform beside it.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) at: Deployment,
    pub(crate) stand_in: Arc<StandIn>,
}

impl Deployed {
    /// The one deployment. The platform's stand-in answers from the first call to the end of the process.
    pub(crate) fn here() -> &'static Self {
        static HERE: OnceLock<Deployed> = OnceLock::new();
        HERE.get_or_init(|| {
            let file = std::env::var_os("FORTHRIGHT_DEPLOYMENT").expect(
                "`cargo xtask deploy --emulated` runs this, and says where the deployment is",
            );
            let at: Deployment = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let account = StandInAccount::of(&account(&at.secrets)).unwrap();
            let stand_in = Arc::new(StandIn::new(account, clock()));
            let (platform, port) = (Arc::clone(&stand_in), at.stand_in_port);
            thread::spawn(move || serve(platform, port));
            Self { at, stand_in }
        })
    }

    pub(crate) fn secret(&self, name: &str) -> &str {
        let mut values = self.at.secrets.values();
        values.find_map(|secret| secret.get(name)).unwrap()
    }

    /// An entry of one of Terraform's outputs.
    pub(crate) fn output(&self, name: &str, entry: &str) -> String {
        self.at.outputs[name][entry].as_str().unwrap().to_owned()
    }

    /// The answer of the HTTP API, or of the webhook function's own URL where webhooks go there.
    pub(crate) async fn ask(&self, request: Request) -> Response {
        match self.webhook_url_host() {
            Some(host) if request.uri().path().starts_with("/webhooks/") => {
                self.ask_at(&host, request).await
            }
            Some(_) | None => self.ask_api(request).await,
        }
    }

    /// The answer of the HTTP API.
    pub(crate) async fn ask_api(&self, request: Request) -> Response {
        let port = self.at.endpoint.rsplit(':').next().unwrap();
        self.ask_at(&format!("{}.execute-api.localhost:{port}", self.at.api_id), request).await
    }

    /// The host of the webhook function's own URL, if it has one.
    pub(crate) fn webhook_url_host(&self) -> Option<String> {
        let url = self.output("webhook_urls", "whatsapp");
        let host = url.split('/').nth(2).filter(|host| host.contains(".lambda-url."));
        host.map(str::to_owned)
    }

    /// The answer of the host that the emulator knows by this name.
    async fn ask_at(&self, host: &str, mut request: Request) -> Response {
        request.headers_mut().insert(header::HOST, HeaderValue::from_str(host).unwrap());
        let path = request.uri().path_and_query().unwrap().as_str().to_owned();
        *request.uri_mut() = format!("{}{path}", self.at.endpoint).parse().unwrap();
        send(request).await
    }

    /// A call of an AWS service in its JSON protocol.
    pub(crate) async fn aws(&self, service: &str, operation: &str, body: &Value) -> Value {
        let mut request = Request::new(body.to_string().into());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.at.endpoint.parse::<Uri>().unwrap();
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        for (name, value) in [
            ("x-amz-target", operation),
            ("content-type", "application/x-amz-json-1.0"),
            ("authorization", &scope),
        ] {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let response = send(request).await;
        let status = response.status();
        assert!(status.is_success(), "{operation}: {status}");
        serde_json::from_slice(response.body()).unwrap_or(Value::Null)
    }

    /// Waits until `done`, for a while; whether it was.
    pub(crate) async fn wait(done: impl AsyncFn() -> bool) -> bool {
        let start = std::time::Instant::now();
        while start.elapsed() < PATIENCE {
            if done().await {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    /// Waits until `done`; fails after a while.
    pub(crate) async fn until(what: &str, done: impl AsyncFn() -> bool) {
        assert!(Self::wait(done).await, "not in {PATIENCE:?}: {what}");
    }
}

async fn send(request: Request) -> Response {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.map(Full::new)).await.unwrap();
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// The account of the demo brand, with the secrets that the deployment was given.
fn account(secrets: &HashMap<String, HashMap<String, String>>) -> Account {
    let secrets = secrets["accounts"].clone();
    let source = Source::new(move |name| {
        if name == Served::BRANDS { Some("demo".to_owned()) } else { secrets.get(name).cloned() }
    });
    Served::read(&source).unwrap().accounts.iter().next().unwrap().clone()
}

/// The platform, where the functions were told that it is.
fn serve(stand_in: Arc<StandIn>, port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let answer = move |call: Call| {
            let stand_in = Arc::clone(&stand_in);
            async move {
                let (head, body) = call.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let answer = stand_in.receive(&Request::from_parts(head, body));
                Answer::from(answer.map(Body::from))
            }
        };
        axum::serve(listener, Router::new().fallback(answer)).await.unwrap();
    });
}

pub(crate) fn clock() -> Clock {
    Clock::new(now, tokio::time::sleep)
}

pub(crate) fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap())
}
