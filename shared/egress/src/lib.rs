//! The one place that calls a platform: allow-list, no redirects, time-outs.
//!
//! Whatever is told to it, a request goes only to a host that an account's configuration names. An answer
//! that points elsewhere is handed back, not followed.

mod allowed;

use std::{fmt, time::Duration};

use bytes::Bytes;
use forthright_core::{
    Accounts,
    http::{EXCHANGE_TIMEOUT, Exchange, ExchangeFault, Request, Response},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

pub use allowed::AllowedHost;

/// The largest response body that is read. Platforms' answers have a few hundred bytes.
pub const RESPONSE_BYTES_MAX: usize = 1_024 * 1_024;

/// Connections kept open to one host while nothing is sent.
const IDLE_CONNECTIONS_MAX: usize = 64;

/// After this long an unused connection is closed, before the platform does it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// How long making a connection may take: less than the whole, so that it is known that nothing was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// Why calls cannot be made at all.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// No host is allowed, so no call could ever be made.
    #[error("no host is allowed")]
    NothingAllowed,
    /// An API address is not `https://host[:port]`.
    #[error("an API address must be https://host[:port]; http:// only to this machine")]
    ApiBase,
    /// The TLS library refuses its settings.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Calls platforms' APIs over HTTP/1.1 and TLS, with connections that are kept open.
///
/// A request that was surely not sent is [`ExchangeFault::NotSent`]; whatever goes wrong after that is
/// [`ExchangeFault::Unknown`], since the platform may have acted on it.
#[derive(Clone)]
pub struct Egress {
    allowed: Vec<AllowedHost>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    timeout: Duration,
}

impl Egress {
    /// Calls to these hosts, and to no other.
    pub fn new(allowed: Vec<AllowedHost>) -> Result<Self, EgressError> {
        if allowed.is_empty() {
            return Err(EgressError::NothingAllowed);
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // The provider is named: with two of them compiled in, the library's own choice would panic.
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())
            .map_err(EgressError::Tls)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        // The client repeats a request by itself only if not a byte of it was written: the platform had
        // closed the idle connection.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { allowed, client, timeout: EXCHANGE_TIMEOUT })
    }

    /// Calls to the platforms of these accounts, and to no other.
    pub fn for_accounts(accounts: &Accounts) -> Result<Self, EgressError> {
        let hosts = accounts.iter().map(|account| AllowedHost::from_api_base(&account.api_base));
        Self::new(hosts.collect::<Result<_, _>>()?)
    }

    async fn call(&self, request: Request) -> Result<Response, ExchangeFault> {
        let response = self.client.request(request.map(Full::new)).await.map_err(|error| {
            if error.is_connect() {
                ExchangeFault::NotSent(error.into())
            } else {
                ExchangeFault::Unknown(error.into())
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, RESPONSE_BYTES_MAX);
        let body = body.collect().await.map_err(ExchangeFault::Unknown)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

impl Exchange for Egress {
    async fn exchange(&self, request: Request) -> Result<Response, ExchangeFault> {
        if !self.allowed.iter().any(|host| host.covers(request.uri())) {
            return Err(ExchangeFault::NotAllowed("the host is not one of an account"));
        }
        tokio::time::timeout(self.timeout, self.call(request))
            .await
            .unwrap_or_else(|elapsed| Err(ExchangeFault::Unknown(elapsed.into())))
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
