//! The HTTP server: routes to functions, with limits on everything that comes in.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Extension, Request, State},
    response::Response,
    routing::{any, get},
};
use forthright_core::{Handle, http as whole};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};

use super::{
    END_WAIT, Local, demo,
    intake::{self, Intake, Taken},
    places::{Place, Places},
    stopped,
};
use crate::Problem;

/// How long a client may take over its head, and between two requests.
const HEADER_WAIT: Duration = Duration::from_secs(10);
/// How long we wait for a client whatever it does. Longer than for its head and its body together: it ends those that
/// do not take their answers.
const WAIT_MAX: Duration = Duration::from_secs(45);
/// The most bytes of a head that are read. Meta's have a few hundred.
const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// The most connections at a time.
const CONNECTIONS_MAX: usize = 512;

/// What every request needs besides its function.
#[derive(Debug, Clone)]
struct Site {
    bundle: Arc<Local>,
    intake: Intake,
}

/// Serves until `stopping`, and then until what was begun is ended.
pub(super) async fn serve(
    listener: TcpListener,
    bundle: Arc<Local>,
    pages: Option<demo::Demo>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Problem> {
    let routes = routes(Site { bundle, intake: Intake::new() }, pages);
    let graceful = GracefulShutdown::new();
    let places = Places::new(CONNECTIONS_MAX);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stopping) => break,
        };
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as too many open files: others may end soon.
                tracing::warn!(%error, "could not accept a connection");
                time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let place = tokio::select! {
            place = places.take() => place?,
            () = stopped(&mut stopping) => break,
        };
        connect(stream, Arc::new(place), routes.clone(), &graceful);
    }
    drop(listener);
    if time::timeout(END_WAIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    Ok(())
}

/// Serves one connection, until it ends or its place is needed.
#[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
fn connect(stream: TcpStream, place: Arc<Place>, routes: Router, graceful: &GracefulShutdown) {
    drop(stream.set_nodelay(true));
    let own = Arc::clone(&place);
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        // A whole head has come: whatever we wait for next is something else.
        own.wait();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&own));
        TowerToHyperService::new(routes.clone()).call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_WAIT).max_buf_size(HEAD_BYTES_MAX);
    let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        tokio::select! {
            served = connection => if let Err(error) = served {
                tracing::debug!(%error, "a connection broke");
            },
            () = place.ended() => tracing::debug!("a connection made room for another"),
            () = waited_for_too_long(&place) => tracing::debug!("a client takes no answers"),
        }
    });
}

/// Ends when we have waited for the client so long that nothing will come of it.
async fn waited_for_too_long(place: &Place) {
    loop {
        let before = place.turn();
        time::sleep(WAIT_MAX).await;
        if before.is_some() && place.turn() == before {
            return;
        }
    }
}

fn routes(site: Site, pages: Option<demo::Demo>) -> Router {
    let intake = site.intake.clone();
    let functions = Router::new()
        .route("/webhooks/{channel}/{account}", any(webhook))
        .route("/api/cases", any(escalation))
        .route("/api/cases/{case}", any(escalation))
        .route("/api/cases/{case}/{action}", any(escalation))
        .route("/api/restores", any(privacy))
        .route("/api/requests", any(privacy))
        .route("/api/requests/{request}", any(privacy))
        .route("/api/requests/{request}/export", any(privacy))
        .route("/meta/data-deletion", any(privacy))
        .route("/privacy/status/{code}", any(privacy))
        .route("/healthz", get(async || "ok"))
        .with_state(site);
    let Some(pages) = pages else {
        return functions;
    };
    let pages = Pages { pages: Arc::new(pages), intake };
    let routes = demo::Demo::PATHS.into_iter();
    functions
        .merge(routes.fold(Router::new(), |all, path| all.route(path, any(demo))).with_state(pages))
}

/// The pages of the demo.
#[derive(Debug, Clone)]
struct Pages {
    pages: Arc<demo::Demo>,
    intake: Intake,
}

async fn demo(State(site): State<Pages>, place: Seat, request: Request) -> Response {
    answer(&*site.pages, &site.intake, &place, request).await
}

async fn webhook(State(site): State<Site>, place: Seat, request: Request) -> Response {
    answer(&site.bundle.webhook, &site.intake, &place, request).await
}

async fn escalation(State(site): State<Site>, place: Seat, request: Request) -> Response {
    answer(&site.bundle.escalation, &site.intake, &place, request).await
}

async fn privacy(State(site): State<Site>, place: Seat, request: Request) -> Response {
    answer(&site.bundle.privacy, &site.intake, &place, request).await
}

/// The place of the connection that a request came by.
type Seat = Extension<Arc<Place>>;

async fn answer<Function>(
    function: &Function,
    intake: &Intake,
    place: &Place,
    request: Request,
) -> Response
where
    Function: Handle<whole::Request, Output = whole::Response>,
{
    let Taken { request, share } = match intake.take(request).await {
        Ok(taken) => taken,
        Err(refused) => return refused.map(Body::from),
    };
    if !place.serve() {
        return intake::busy().map(Body::from);
    }
    let response = function.handle(request).await.unwrap_or_else(|fault| {
        tracing::error!(error = %fault, "a request could not be served");
        whole::fault(&fault)
    });
    place.wait();
    drop(share);
    response.map(Body::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_is_waited_for_until_its_time_is_over_and_served_as_long_as_it_takes() {
        let places = Places::new(1);
        let place = places.take().await.unwrap();
        let ends = async |span| time::timeout(span, waited_for_too_long(&place)).await.is_ok();
        assert!(!ends(WAIT_MAX.mul_f32(0.9)).await);
        assert!(ends(WAIT_MAX.mul_f32(1.1)).await);

        assert!(place.serve());
        assert!(!ends(10 * WAIT_MAX).await, "whoever is served is left alone");
        place.wait();
        assert!(ends(3 * WAIT_MAX).await);
    }
}
