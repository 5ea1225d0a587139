//! The HTTP server: routes to functions, with limits on everything that comes in.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
    routing::{any, get, post},
};
use forthright_core::{Handle, http as whole};
use http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::watch, time};

use super::{END_WAIT, Local, demo, stopped};
use crate::Problem;

/// How long a client may take over its headers.
const HEADER_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take over its body.
const BODY_WAIT: Duration = Duration::from_secs(20);
/// The most bytes of headers that are read.
const HEADER_BYTES_MAX: usize = 64 * 1_024;
/// The most connections at a time; more wait.
const CONNECTIONS_MAX: usize = 2_048;

/// Serves until `stopping`, and then until what was begun is ended.
#[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
pub(super) async fn serve(
    listener: TcpListener,
    bundle: Arc<Local>,
    platform: Option<Arc<demo::Platform>>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Problem> {
    let routes = routes(bundle, platform);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await?;
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Such as too many open files: others may end soon.
                    tracing::warn!(%error, "could not accept a connection");
                    time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stopped(&mut stopping) => break,
        };
        drop(stream.set_nodelay(true));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEADER_WAIT)
            .max_buf_size(HEADER_BYTES_MAX);
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    if time::timeout(END_WAIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    Ok(())
}

fn routes(bundle: Arc<Local>, platform: Option<Arc<demo::Platform>>) -> Router {
    let functions = Router::new()
        .route("/webhooks/{channel}/{account}", any(webhook))
        .route("/api/cases", any(escalation))
        .route("/api/cases/{case}", any(escalation))
        .route("/api/cases/{case}/{action}", any(escalation))
        .route("/api/requests", any(privacy))
        .route("/api/requests/{request}", any(privacy))
        .route("/api/requests/{request}/export", any(privacy))
        .route("/meta/data-deletion", any(privacy))
        .route("/privacy/status/{code}", any(privacy))
        .route("/healthz", get(async || "ok"))
        .with_state(bundle);
    match platform {
        Some(platform) => functions.merge(
            Router::new()
                .route("/", get(demo::page))
                .route("/say", post(demo::say))
                .with_state(platform),
        ),
        None => functions,
    }
}

async fn webhook(State(bundle): State<Arc<Local>>, request: Request) -> Response {
    answer(&bundle.webhook, request).await
}

async fn escalation(State(bundle): State<Arc<Local>>, request: Request) -> Response {
    answer(&bundle.escalation, request).await
}

async fn privacy(State(bundle): State<Arc<Local>>, request: Request) -> Response {
    answer(&bundle.privacy, request).await
}

async fn answer<Function>(function: &Function, request: Request) -> Response
where
    Function: Handle<whole::Request, Output = whole::Response>,
{
    let request = match read(request).await {
        Ok(request) => request,
        Err(refused) => return refused.map(Body::from),
    };
    let response = function.handle(request).await.unwrap_or_else(|fault| {
        tracing::error!(error = %fault, "a request could not be served");
        whole::fault(&fault)
    });
    response.map(Body::from)
}

/// The request with its whole body, if it is not too large and comes in time.
async fn read(request: Request) -> Result<whole::Request, whole::Response> {
    let (head, body) = request.into_parts();
    match time::timeout(BODY_WAIT, to_bytes(body, whole::BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => Ok(whole::Request::from_parts(head, body)),
        Ok(Err(_)) => {
            Err(whole::error(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 MiB"))
        }
        Err(_) => Err(whole::error(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}
