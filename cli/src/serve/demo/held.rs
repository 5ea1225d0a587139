//! What the ledgers hold about a customer of the demo: read only, and from the same export that people get.

use std::sync::Arc;

use forthright_core::{
    Address, Fault, Personal,
    ledger::{Export, ExportedMessage, Rights},
};
use forthright_embedded::SqliteTable;

use crate::place::{LocalStores, LocalVault};

/// Reads what is held. It has no method that changes anything.
#[derive(Debug)]
pub(super) struct Held(Rights<Arc<SqliteTable>, Arc<LocalVault>>);

impl Held {
    /// What is held in these stores.
    pub(super) fn new(stores: &Arc<LocalStores>) -> Self {
        Self(Rights::new(stores))
    }

    /// Everything about the person whom the platform knows under `id`.
    pub(super) async fn about(&self, at: &Address, id: &str) -> Result<Export, Fault> {
        let subject = self.0.locate(at, id).await?;
        self.0.export(&at.brand, &subject).await
    }

    /// Whether nobody wrote under this id yet.
    pub(super) async fn is_nobody(&self, at: &Address, id: &str) -> Result<bool, Fault> {
        Ok(self.0.locate(at, id).await?.is_nobody())
    }

    /// Their message with the platform's id `message`, if it is there.
    pub(super) async fn message(
        &self,
        at: &Address,
        id: &str,
        message: &Personal<String>,
    ) -> Result<Option<ExportedMessage>, Fault> {
        let mut messages = self.about(at, id).await?.messages.into_iter();
        Ok(messages.find(|held| held.platform_message_id == *message))
    }
}
