//! The stand-ins of the demo: one for each account, all behind one address.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use forthright_core::{
    Accounts, Address, Channel, Clock, Entropy, Personal, Time,
    http::{self as whole, BODY_BYTES_MAX, Exchange},
    offer::Offer,
};
use forthright_egress::Egress;
use forthright_policy::Brand;
use forthright_testkit::standin::{Customer, Incoming, Mark, StandIn, StandInAccount};
use http::{StatusCode, Uri};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{net::TcpListener, sync::watch, time};

use super::{super::stopped, fresh_id};
use crate::{Problem, host};

/// How long a message is on its way to a phone.
const DELIVERY_WAIT: Duration = Duration::from_millis(150);

/// The platforms, as the demo plays them.
#[derive(Debug)]
pub(in super::super) struct Platforms {
    played: Vec<Arc<Played>>,
}

/// One account, and the stand-in that plays its platform.
#[derive(Debug)]
pub(super) struct Played {
    /// The account.
    pub(super) at: Address,
    /// Since when it is played.
    pub(super) since: Time,
    /// What plays the platform.
    pub(super) stand_in: StandIn,
    egress: Egress,
    server: SocketAddr,
    clock: Clock,
    entropy: Entropy,
}

/// The brand with stand-ins in the platforms' place.
pub(in super::super) fn with_stand_ins(brand: Brand, at: SocketAddr) -> Result<Brand, Problem> {
    let mut brand = brand;
    for address in brand.addresses() {
        brand = brand.with_api_base(address.channel, &format!("http://{at}"))?;
    }
    Ok(brand)
}

impl Platforms {
    /// Starts the stand-ins behind `listener`.
    #[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
    pub(in super::super) fn start(
        listener: TcpListener,
        accounts: &Accounts,
        egress: &Egress,
        server: SocketAddr,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Arc<Self>, Problem> {
        let mut played = Vec::new();
        for account in accounts.iter() {
            let part = StandInAccount::of(account).ok_or("the demo brand has no app secret")?;
            let clock = host::clock();
            played.push(Arc::new(Played {
                at: account.at.clone(),
                since: clock.now(),
                stand_in: StandIn::new(part, clock.clone()),
                egress: egress.clone(),
                server,
                clock,
                entropy: host::entropy(),
            }));
        }
        if played.is_empty() {
            return Err("the demo brand has no account".into());
        }
        let platforms = Arc::new(Self { played });
        let routes = Router::new().fallback(any(receive)).with_state(Arc::clone(&platforms));
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
        Ok(platforms)
    }

    /// The account on this channel.
    pub(super) fn on(&self, channel: Channel) -> Option<&Arc<Played>> {
        self.played.iter().find(|played| played.at.channel == channel)
    }

    /// The channels that are played.
    pub(super) fn channels(&self) -> impl Iterator<Item = Channel> {
        self.played.iter().map(|played| played.at.channel)
    }

    /// A command line that sends one signed message, as the first platform would.
    pub(in super::super) fn signed_curl(&self) -> Option<String> {
        Some(self.played.first()?.signed_curl())
    }
}

/// What our functions send: to the account that the path names.
#[expect(clippy::disallowed_methods, reason = "this process does not freeze: it may spawn")]
async fn receive(State(platforms): State<Arc<Platforms>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let account = head.uri.path().split('/').nth(2).unwrap_or_default();
    let named = platforms.played.iter().find(|played| played.at.account.as_str() == account);
    let Some(played) = named.cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let answer = played.stand_in.receive(&whole::Request::from_parts(head, body));
    if answer.status().is_success() {
        tokio::spawn(async move {
            time::sleep(DELIVERY_WAIT).await;
            played.reaches(None, Mark::Delivered).await;
        });
    }
    answer.map(Body::from)
}

/// A customer of the demo by number, on a channel.
pub(super) fn customer(channel: Channel, number: u32) -> Customer {
    let last = 199_u32.saturating_add(number);
    match channel {
        Channel::WhatsApp => Customer::on_whatsapp(Some(&format!("1555010{last:04}")), None, "You"),
        Channel::Messenger => Customer::on_messenger(&format!("2401000000{last:04}"), "You"),
    }
}

impl Played {
    fn fresh_message_id(&self) -> Personal<String> {
        let prefix = match self.at.channel {
            Channel::WhatsApp => "wamid.",
            Channel::Messenger => "m_",
        };
        Personal::new(format!("{prefix}{}", fresh_id(&self.entropy)))
    }

    fn message(&self, from: Customer, text: &str) -> Incoming {
        let at_seconds = self.clock.now().millis() / 1_000;
        Incoming { from, text: text.into(), id: self.fresh_message_id(), at_seconds }
    }

    fn signed_curl(&self) -> String {
        let message = self.message(customer(self.at.channel, 1), "Where is my order?");
        let request = self.stand_in.prepare(&[message]);
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

    /// The customer writes; the platform's id of it, if our webhook took it.
    pub(super) async fn say(&self, who: &Customer, text: &str) -> Option<Personal<String>> {
        let message = self.message(who.clone(), text);
        let id = message.id.clone();
        let request = self.stand_in.deliver(&[message]);
        self.delivered(request, id).await
    }

    /// The customer presses what was offered; the same.
    pub(super) async fn press(&self, who: &Customer, offer: &Offer) -> Option<Personal<String>> {
        let id = self.fresh_message_id();
        let request = self.stand_in.presses(who, offer, id.reveal());
        self.delivered(request, id).await
    }

    async fn delivered(
        &self,
        request: whole::Request,
        id: Personal<String>,
    ) -> Option<Personal<String>> {
        if !self.deliver(request).await {
            return None;
        }
        self.stand_in.took(&id);
        Some(id)
    }

    /// What the business wrote is so far now, and our webhook is told.
    pub(super) async fn reaches(&self, who: Option<&Customer>, mark: Mark) {
        let status = match mark {
            Mark::Sent => "sent",
            Mark::Delivered => "delivered",
            Mark::Read => "read",
        };
        for sent in self.stand_in.mark(who, mark) {
            if let Some(request) = self.stand_in.status(&sent, status) {
                self.deliver(request).await;
            }
        }
    }

    /// Calls our webhook over HTTP and signed, as the platform would; whether it took the call.
    async fn deliver(&self, mut request: whole::Request) -> bool {
        let path = request.uri().path().to_owned();
        let Ok(uri) = format!("http://{}{path}", self.server).parse::<Uri>() else {
            return false;
        };
        *request.uri_mut() = uri;
        match self.egress.exchange(request).await {
            Ok(answer) if answer.status() == StatusCode::OK => return true,
            Ok(answer) => {
                tracing::warn!(status = %answer.status(), "the webhook refused what a stand-in told");
            }
            Err(error) => tracing::warn!(%error, "a stand-in could not reach the webhook"),
        }
        false
    }
}
