//! What a call of the requests API demands.

use forthright_core::{AccountId, Channel, Personal, ledger::RequestKind};
use serde::Deserialize;

/// `{"kind": "access" | "erasure", "subject": {"channel", "account", "id"}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Demand {
    pub(crate) kind: RequestKind,
    pub(crate) subject: Whom,
}

/// A person, by the id under which a platform knows them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whom {
    pub(crate) channel: Channel,
    pub(crate) account: AccountId,
    pub(crate) id: Personal<String>,
}

impl Demand {
    /// The demand in a body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, &'static str> {
        serde_json::from_slice(body).map_err(|_quotes_its_input| {
            "send JSON: {\"kind\": \"access\" or \"erasure\", \"subject\": \
             {\"channel\": \"whatsapp\", \"account\": \"…\", \"id\": \"…\"}}"
        })
    }
}
