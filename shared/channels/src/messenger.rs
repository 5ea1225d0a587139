//! Messenger: what the webhooks of a Facebook Page say, how a text is sent, what its answers mean.

mod classify;
mod compose;
mod read;

use forthright_core::{
    Account, Secret,
    http::{Request, Response},
    outbound::{SendOutcome, TextLimit, TextUnit},
};
use http::HeaderMap;

use crate::{
    compose::ComposeError,
    meta,
    platform::{Platform, Seens, Sending},
    served::Served,
    verify::{HandshakeRejection, Rejection},
};

/// What `object` says in its webhooks.
pub(crate) const OBJECT: &str = "page";

/// The longest text of one message. From memory, as "Send API: message.text": 2,000 characters. Counted in bytes, which
/// are never fewer, so that a text is too short for the platform rather than too long.
const TEXT_LIMIT: TextLimit = TextLimit { max: 2_000, unit: TextUnit::Bytes };

/// Messenger, for a Facebook Page.
#[derive(Debug, Clone, Copy)]
pub struct Messenger;

impl Platform for Messenger {
    fn check(&self, secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
        meta::signature::check(secrets, headers, body)
    }

    fn handshake(
        &self,
        query: Option<&str>,
        verify_token: &Secret,
    ) -> Result<String, HandshakeRejection> {
        meta::handshake(query, verify_token)
    }

    fn parts<'a>(&self, body: &'a [u8], served: Served<'a>) -> Seens<'a> {
        meta::envelope::read(body, OBJECT, served, read::entry)
    }

    fn compose(&self, account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
        compose::compose(account, sending)
    }

    fn classify(&self, response: &Response) -> SendOutcome {
        classify::classify(response)
    }

    fn text_limit(&self) -> TextLimit {
        TEXT_LIMIT
    }
}

#[cfg(test)]
mod tests;
