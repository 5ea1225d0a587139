//! What is the same on each of Meta's platforms: who signs, who asks, and the envelope.

use forthright_core::{
    Account, Secret,
    http::{Request, Response},
    outbound::{SendOutcome, TextLimit},
};
use http::HeaderMap;

use super::{
    envelope::{self, Entry},
    handshake, signature,
};
use crate::{
    compose::ComposeError,
    platform::{Platform, Seens, Sending},
    served::Served,
    verify::{HandshakeRejection, Rejection},
};

/// One of Meta's platforms, by what only it has.
#[derive(Debug, Clone, Copy)]
pub struct OnMeta {
    /// What `object` says in its webhooks.
    pub(crate) object: &'static str,
    /// Reads an entry of a body.
    pub(crate) entry: Entry,
    /// Makes the request that sends a text.
    pub(crate) compose: fn(&Account, &Sending<'_>) -> Result<Request, ComposeError>,
    /// Tells what became of it.
    pub(crate) classify: fn(&Response) -> SendOutcome,
    /// How long a text may be.
    pub(crate) text_limit: TextLimit,
}

impl Platform for OnMeta {
    fn check(&self, secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
        signature::check(secrets, headers, body)
    }

    fn handshake(
        &self,
        query: Option<&str>,
        verify_token: &Secret,
    ) -> Result<String, HandshakeRejection> {
        handshake(query, verify_token)
    }

    fn parts<'a>(&self, body: &'a [u8], served: Served<'a>) -> Seens<'a> {
        envelope::read(body, self.object, served, self.entry)
    }

    fn compose(&self, account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
        (self.compose)(account, sending)
    }

    fn classify(&self, response: &Response) -> SendOutcome {
        (self.classify)(response)
    }

    fn text_limit(&self) -> TextLimit {
        self.text_limit
    }
}
