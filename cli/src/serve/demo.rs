//! The demo: a stand-in that plays WhatsApp, and a page on which to chat as a customer.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Form, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
    routing::any,
};
use forthright_core::{
    Accounts, Channel, Clock, Entropy, Personal,
    http::{self as whole, BODY_BYTES_MAX, Exchange},
};
use forthright_egress::Egress;
use forthright_policy::Brand;
use forthright_testkit::standin::{Customer, Incoming, StandIn, StandInAccount};
use http::{StatusCode, Uri};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::watch, time};

use super::stopped;
use crate::{Problem, host};

/// How long a page waits for the answer to what was said.
const REPLY_WAIT: Duration = Duration::from_secs(3);
/// How often it looks.
const REPLY_LOOK: Duration = Duration::from_millis(20);

/// The stand-in's side of the demo.
pub(crate) struct Platform {
    stand_in: StandIn,
    egress: Egress,
    server: SocketAddr,
    clock: Clock,
    entropy: Entropy,
}

/// The brand with the stand-in in the platform's place.
pub(super) fn with_stand_in(brand: Brand, platform: SocketAddr) -> Result<Brand, Problem> {
    Ok(brand.with_api_base(Channel::WhatsApp, &format!("http://{platform}"))?)
}

/// Starts the stand-in behind `listener`.
#[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
pub(super) fn start(
    listener: TcpListener,
    accounts: &Accounts,
    egress: Egress,
    server: SocketAddr,
    stopping: &watch::Receiver<bool>,
) -> Result<Arc<Platform>, Problem> {
    let account = accounts.iter().next().ok_or("the demo brand has no account")?;
    let played = StandInAccount::of(account).ok_or("the demo brand has no app secret")?;
    let clock = host::clock();
    let stand_in = StandIn::new(played, clock.clone());
    let platform = Arc::new(Platform { stand_in, egress, server, clock, entropy: host::entropy() });
    let routes = Router::new().fallback(any(receive)).with_state(Arc::clone(&platform));
    let mut stopping = stopping.clone();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopped(&mut stopping) => return,
            };
            if let Ok((stream, _)) = accepted {
                let service = TowerToHyperService::new(routes.clone());
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move { drop(connection.await) });
            }
        }
    });
    Ok(platform)
}

async fn receive(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => {
            platform.stand_in.receive(&whole::Request::from_parts(head, body)).map(Body::from)
        }
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// The customer whom the page plays.
fn customer() -> Customer {
    Customer::on_whatsapp(Some("15550100200"), None, "You")
}

impl Platform {
    fn message_id(&self) -> String {
        format!("wamid.{}", data_encoding::HEXUPPER.encode(&self.entropy.bytes::<16>()))
    }

    fn message(&self, text: &str) -> Incoming {
        Incoming {
            from: customer(),
            text: text.into(),
            id: Personal::new(self.message_id()),
            at_seconds: self.clock.now().millis() / 1_000,
        }
    }

    /// A command line that sends one signed message, as the platform would.
    pub(super) fn signed_curl(&self) -> String {
        let request = self.stand_in.prepare(&[self.message("Where is my order?")]);
        let signature = request.headers().get("x-hub-signature-256");
        let signature = signature.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body = String::from_utf8_lossy(request.body());
        format!(
            "curl -i http://{}{} -H 'Content-Type: application/json' \
             -H 'X-Hub-Signature-256: {signature}' --data-binary '{}'",
            self.server,
            request.uri().path(),
            body.replace('\'', "'\\''")
        )
    }

    /// Delivers what the customer says, over HTTP and signed, as the platform would.
    async fn deliver(&self, text: &str) -> Result<StatusCode, Problem> {
        let mut request = self.stand_in.deliver(&[self.message(text)]);
        *request.uri_mut() =
            format!("http://{}{}", self.server, request.uri().path()).parse::<Uri>()?;
        Ok(self.egress.exchange(request).await?.status())
    }

    fn answers(&self) -> usize {
        let lines = self.stand_in.conversation(&customer());
        lines.iter().filter(|line| !line.from_customer).count()
    }
}

/// What the customer says on the page.
#[derive(Deserialize)]
pub(super) struct Said {
    text: Personal<String>,
}

/// Delivers what was said, and waits a moment for the answer.
pub(super) async fn say(State(platform): State<Arc<Platform>>, Form(said): Form<Said>) -> Response {
    let text = said.text.reveal().trim();
    if !text.is_empty() {
        let before = platform.answers();
        match platform.deliver(text).await {
            Ok(StatusCode::OK) => {
                let answered = async {
                    while platform.answers() == before {
                        time::sleep(REPLY_LOOK).await;
                    }
                };
                // None comes while a person holds the conversation.
                drop(time::timeout(REPLY_WAIT, answered).await);
            }
            Ok(status) => tracing::warn!(%status, "the webhook refused a message of the stand-in"),
            Err(error) => tracing::warn!(%error, "the stand-in could not deliver a message"),
        }
    }
    Redirect::to("/").into_response()
}

const PAGE: &str = include_str!("demo.html.j2");

/// The conversation, with a line to write in.
pub(super) async fn page(State(platform): State<Arc<Platform>>) -> Response {
    let lines: Vec<_> = platform
        .stand_in
        .conversation(&customer())
        .into_iter()
        .map(|line| {
            context! {
                mine => line.from_customer,
                text => line.text.reveal(),
                at => line.at.rfc3339(),
            }
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    match environment.render_named_str("demo.html", PAGE, context! { lines }) {
        Ok(body) => whole::page(StatusCode::OK, body).map(Body::from),
        Err(error) => {
            tracing::error!(line = error.line(), "the page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
