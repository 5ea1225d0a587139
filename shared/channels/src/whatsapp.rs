//! The WhatsApp Business Cloud API: what its webhooks say, how a text is sent, what its answers mean.

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
pub(crate) const OBJECT: &str = "whatsapp_business_account";

/// "The text of the text message": at most 4,096 characters (Cloud API reference: Messages).
const TEXT_LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };

/// WhatsApp, for a business number.
#[derive(Debug, Clone, Copy)]
pub struct WhatsApp;

impl Platform for WhatsApp {
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
