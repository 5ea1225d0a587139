//! Verifies platform webhooks and takes in what they carry.
//!
//! The story: check the signature over the raw bytes, split the body into events, store each message in one
//! transaction, and only then acknowledge. Nothing unverified is parsed, nothing acknowledged is lost.

mod order;

use ::http::{Method, StatusCode};
use forthright_channels as channels;
use forthright_core::{
    Account, Accounts, Channel, Fault, Handle, Hint, Queue, Retry, Table, Vault,
    event::{Event, Inbound, Receipt, ReceiptOutcome, Unreadable, UnreadableKind},
    http::{self, Request, Response},
    ledger::{Inbox, Intake, Register, Replies},
    send_all,
    table::Grant,
};
use futures::StreamExt;

/// How many subjects of one batch are taken in at a time.
pub const SUBJECTS_AT_ONCE: usize = 16;

/// The webhook function: its accounts, its ledgers and the queue that its hints go to.
#[derive(Debug)]
pub struct Webhook<T, V, Q> {
    /// The accounts whose webhooks come here.
    pub accounts: Accounts,
    /// Where messages are taken in.
    pub inbox: Inbox<T, V>,
    /// Where receipts settle what was sent.
    pub replies: Replies<T, V>,
    /// Where it is noted what could not be read.
    pub register: Register<T, V>,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, Q: Queue> Webhook<T, V, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 3] =
        [Inbox::<T, V>::GRANTS, Replies::<T, V>::GRANTS, Register::<T, V>::GRANTS];

    async fn receive(&self, account: &Account, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let channel = account.at.channel;
        let verified = match channels::verify(channel, &account.app_secrets, &parts.headers, body) {
            Ok(verified) => verified,
            Err(rejection) => {
                tracing::warn!(
                    channel = %channel, account = %account.at.account, reason = %rejection,
                    alarm = "signature", "refused a webhook: {rejection}"
                );
                return http::error(rejection.status(), "the signature is missing or wrong");
            }
        };
        let events = channels::parse(&verified, account, &self.accounts);
        let mut outcome = Ok(());
        let mut messages = Vec::new();
        for event in events {
            let handled = match event {
                Event::Message(inbound) => {
                    messages.push(*inbound);
                    Ok(())
                }
                Event::Receipt(receipt) => self.learn(&receipt).await,
                Event::Unreadable(part) => self.note(account, verified.bytes(), &part).await,
                Event::Ignored { kind } => {
                    tracing::debug!(channel = %channel, kind, "ignored an event");
                    Ok(())
                }
            };
            outcome = outcome.and(handled);
        }
        outcome = outcome.and(self.take_in_all(account, verified.bytes(), messages).await);
        match outcome {
            Ok(()) => http::text(StatusCode::OK, "ok"),
            // The platform sends the whole body again; what is stored already is recognised.
            Err(fault) => {
                tracing::error!(error = %fault, "could not take in a webhook; the platform will repeat it");
                http::fault(&fault)
            }
        }
    }

    /// Takes messages in: each subject's in their order, some subjects at a time.
    async fn take_in_all(
        &self,
        account: &Account,
        body: &[u8],
        messages: Vec<Inbound>,
    ) -> Result<(), Fault> {
        futures::stream::iter(order::by_person(messages))
            .map(|messages| self.take_in_each(account, body, messages))
            .buffer_unordered(SUBJECTS_AT_ONCE)
            .fold(Ok(()), async |sum: Result<(), Fault>, one| sum.and(one))
            .await
    }

    async fn take_in_each(
        &self,
        account: &Account,
        body: &[u8],
        messages: Vec<Inbound>,
    ) -> Result<(), Fault> {
        for inbound in messages {
            match self.inbox.take_in(&inbound).await {
                Ok(Intake::Taken(reference)) => {
                    send_all(&self.queue, vec![Hint::Inbound(reference)]).await;
                }
                Ok(Intake::Before) => tracing::debug!("a message came again"),
                Ok(Intake::Erased) => {
                    tracing::info!("dropped a message that is not newer than its erasure");
                }
                // Trying again would fail again, and would hold up the rest of the batch for a week.
                Err(fault) if fault.retry() == Retry::Never => {
                    tracing::error!(error = %fault, alarm = "damaged", "could not take in a message");
                    let part = Unreadable { kind: UnreadableKind::Message, offset: 0 };
                    self.note(account, body, &part).await?;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn learn(&self, receipt: &Receipt) -> Result<(), Fault> {
        let Some(opaque) = &receipt.opaque else {
            return Ok(());
        };
        let taken = match receipt.outcome {
            ReceiptOutcome::Taken => true,
            ReceiptOutcome::Failed { code } => {
                tracing::warn!(channel = %receipt.at.channel, code, "the platform could not deliver");
                false
            }
        };
        match self.replies.learn(&receipt.at.brand, opaque, taken).await {
            Ok(hints) => {
                send_all(&self.queue, hints).await;
                Ok(())
            }
            Err(fault) if fault.retry() == Retry::Never => {
                tracing::error!(error = %fault, alarm = "damaged", "could not use a receipt");
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    async fn note(&self, account: &Account, body: &[u8], part: &Unreadable) -> Result<(), Fault> {
        let noted = self.register.note_unreadable(&account.at, body, part).await?;
        if let Some(case) = noted {
            tracing::error!(
                channel = %account.at.channel, account = %account.at.account,
                kind = part.kind.name(), offset = part.offset, case.id = %case,
                alarm = "unreadable", "a signed body could not be read; a person has a case"
            );
        }
        Ok(())
    }
}

impl<T: Table, V: Vault, Q: Queue> Handle<Request> for Webhook<T, V, Q> {
    type Output = Response;

    async fn handle(&self, request: Request) -> Result<Response, Fault> {
        let Some(account) = addressed(&self.accounts, request.uri().path()) else {
            return Ok(http::error(StatusCode::NOT_FOUND, "there is no such webhook"));
        };
        Ok(match *request.method() {
            Method::GET => handshake(account, &request),
            Method::POST => self.receive(account, request).await,
            _ => http::error(StatusCode::METHOD_NOT_ALLOWED, "use GET or POST"),
        })
    }
}

/// The account that `/webhooks/{channel}/{account}` names.
fn addressed<'a>(accounts: &'a Accounts, path: &str) -> Option<&'a Account> {
    let (channel, account) = path.strip_prefix("/webhooks/")?.split_once('/')?;
    accounts.find(channel.parse::<Channel>().ok()?, account)
}

fn handshake(account: &Account, request: &Request) -> Response {
    let query = request.uri().query();
    match channels::handshake(account.at.channel, query, &account.verify_token) {
        Ok(challenge) => http::text(StatusCode::OK, challenge),
        Err(rejection) => {
            tracing::warn!(account = %account.at.account, reason = %rejection, "refused a handshake");
            http::error(rejection.status(), "the handshake is missing something or wrong")
        }
    }
}
