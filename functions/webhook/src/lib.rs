//! Verifies platform webhooks and takes in what they carry.
//!
//! The story: check the signature over the raw bytes, split the body into events, store each message in one
//! transaction, and only then acknowledge. Nothing unverified is parsed, nothing acknowledged is lost.

mod order;

use std::{mem, sync::OnceLock};

use ::http::{Method, StatusCode};
use forthright_channels as channels;
use forthright_core::{
    Account, Accounts, Channel, Fault, Handle, Hint, Lane, Queue, Retry, Table, Vault,
    event::{Event, Inbound, Receipt, ReceiptOutcome, Spoken, Unreadable, UnreadableKind},
    http::{self, Request, Response},
    ledger::{BodyMark, Inbox, Intake, Register, Replies},
    metric::{Metric, count},
    send_all,
    table::Grant,
};
use futures::StreamExt;

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 3] = [Lane::Inbound, Lane::Human, Lane::Privacy];

/// How many subjects of one batch are taken in at a time.
pub const SUBJECTS_AT_ONCE: usize = 16;

/// How many messages of one body are held at a time: what the platform puts into one at most. More are taken in
/// one lot after the other, so that a body of 4 MiB takes little more memory than its own.
pub const MESSAGES_AT_ONCE: usize = 1_000;

/// How many parts of one body are noted as unreadable, each with a case for a person. The last of them stands for
/// all that follow: a person can do no more about thousands than about one.
pub const UNREADABLE_MAX: usize = 16;

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
                count(Metric::WebhooksRefused);
                return http::error(rejection.status(), refusal(rejection.status()));
            }
        };
        let body = Body { account, bytes: verified.bytes(), mark: OnceLock::new() };
        let mut outcome = Ok(());
        let mut messages = Vec::new();
        let mut unreadable = 0_usize;
        let mut ignored: Option<(String, usize)> = None;
        for event in channels::parse(&verified, account, &self.accounts) {
            let handled = match event {
                Event::Message(inbound) => {
                    messages.push(*inbound);
                    if messages.len() < MESSAGES_AT_ONCE {
                        continue;
                    }
                    self.take_in_all(&body, mem::take(&mut messages)).await
                }
                Event::Edited(_)
                | Event::TakenBack(_)
                | Event::Spoken(_)
                | Event::SamePerson(_) => {
                    // What came before it must be there.
                    let before = self.take_in_all(&body, mem::take(&mut messages)).await;
                    before.and(self.change(&body, event).await)
                }
                Event::Receipt(receipt) => self.learn(&receipt).await,
                Event::Unreadable(part) => {
                    unreadable = unreadable.saturating_add(1);
                    if unreadable > UNREADABLE_MAX {
                        continue;
                    }
                    self.note(&body, &part).await
                }
                Event::Ignored { kind } => {
                    let count = &mut ignored.get_or_insert((kind, 0)).1;
                    *count = count.saturating_add(1);
                    Ok(())
                }
            };
            outcome = outcome.and(handled);
        }
        if let Some((first, count)) = ignored {
            tracing::debug!(channel = %channel, kind = first, count, "ignored what a body says");
        }
        if unreadable > UNREADABLE_MAX {
            tracing::error!(
                channel = %channel, account = %account.at.account, unreadable, alarm = "unreadable",
                "a signed body has more unreadable parts than get a case each"
            );
        }
        outcome = outcome.and(self.take_in_all(&body, messages).await);
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
    async fn take_in_all(&self, body: &Body<'_>, messages: Vec<Inbound>) -> Result<(), Fault> {
        futures::stream::iter(order::by_person(messages))
            .map(|messages| self.take_in_each(body, messages))
            .buffer_unordered(SUBJECTS_AT_ONCE)
            .fold(Ok(()), async |sum: Result<(), Fault>, one| sum.and(one))
            .await
    }

    async fn take_in_each(&self, body: &Body<'_>, messages: Vec<Inbound>) -> Result<(), Fault> {
        for inbound in messages {
            let taken = self.inbox.take_in(&inbound).await.map(|intake| match intake {
                Intake::Taken(reference) => {
                    count(Metric::MessagesReceived);
                    vec![Hint::Inbound(reference)]
                }
                Intake::Before => {
                    count(Metric::MessagesRepeated);
                    Vec::new()
                }
                Intake::Erased => {
                    count(Metric::MessagesErased);
                    tracing::info!("dropped a message that is not newer than its erasure");
                    Vec::new()
                }
            });
            self.done(body, taken).await?;
        }
        Ok(())
    }

    /// What changes what was said before, or who may speak.
    async fn change(&self, body: &Body<'_>, event: Event) -> Result<(), Fault> {
        let changed = match event {
            Event::Edited(edited) => {
                let amended = self.inbox.amend(&edited).await;
                amended.map(|reference| reference.map(Hint::Inbound).into_iter().collect())
            }
            Event::TakenBack(taken) => self.inbox.take_back(&taken).await.map(|()| Vec::new()),
            Event::Spoken(spoken) => self.hear(spoken).await,
            Event::SamePerson(same) => self.inbox.same_person(&same).await.map(|()| Vec::new()),
            Event::Message(_)
            | Event::Receipt(_)
            | Event::Ignored { .. }
            | Event::Unreadable(_) => Ok(Vec::new()),
        };
        self.done(body, changed).await
    }

    /// Somebody spoke for the account: we, and then it settles, or somebody else, and then the machine is silent.
    async fn hear(&self, spoken: Spoken) -> Result<Vec<Hint>, Fault> {
        let brand = &spoken.at.brand;
        match &spoken.opaque {
            Some(opaque) if self.replies.is_ours(brand, opaque).await? => {
                self.replies.learn(brand, opaque, true).await
            }
            Some(_) | None => self.inbox.spoken_elsewhere(&spoken).await.map(|()| Vec::new()),
        }
    }

    /// What one part of a body came to.
    async fn done(&self, body: &Body<'_>, outcome: Result<Vec<Hint>, Fault>) -> Result<(), Fault> {
        match outcome {
            Ok(hints) => {
                send_all(&self.queue, hints).await;
                Ok(())
            }
            // Trying again would fail again, and would hold up the rest of the batch for a week.
            Err(fault) if fault.retry() == Retry::Never => {
                tracing::error!(error = %fault, alarm = "damaged", "could not take in a part of a body");
                let part = Unreadable { kind: UnreadableKind::Message, offset: 0 };
                self.note(body, &part).await
            }
            Err(fault) => Err(fault),
        }
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

    async fn note(&self, body: &Body<'_>, part: &Unreadable) -> Result<(), Fault> {
        let at = &body.account.at;
        let mark = body.mark.get_or_init(|| BodyMark::of(body.bytes));
        if let Some(case) = self.register.note_unreadable(at, mark, part).await? {
            tracing::error!(
                channel = %at.channel, account = %at.account, kind = part.kind.name(),
                offset = part.offset, case.id = %case,
                alarm = "unreadable", "a signed body could not be read; a person has a case"
            );
        }
        Ok(())
    }
}

/// The body that is being taken in.
struct Body<'a> {
    account: &'a Account,
    bytes: &'a [u8],
    /// Made when the first part of it cannot be taken in.
    mark: OnceLock<BodyMark>,
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

/// What a refused caller hears: what is wrong with the request, and not which part of a signature.
fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 4 MiB",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "send the body without a Content-Encoding",
        _ => "the signature is missing or wrong",
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
