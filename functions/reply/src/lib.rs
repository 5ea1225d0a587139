//! Claims, discloses, sends and settles replies: each at most once.

mod prepare;

use std::sync::Arc;

use forthright_channels as channels;
use forthright_core::{
    Account, Accounts, Clock, Fault, Handle, Lane, Poison, Queue, Table, TaskRef, Vault,
    case::Reason,
    gate::Refusal,
    http::{Exchange, ExchangeFault},
    ledger::{Claim, Claimed, Due, Register, Replies},
    metric::{Metric, count, took},
    outbound::{Obstacle, SendOutcome},
    pace::{Pace, Turn},
    send_all,
    table::Grant,
};
use forthright_policy::Book;

pub use prepare::{Prepared, prepare};

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 2] = [Lane::Human, Lane::Privacy];

/// How often a claim is tried anew because the conversation moved while it was made.
const TRIES: usize = 8;

/// What came of an attempt.
enum Attempt {
    /// It is over: sent, refused, or put off.
    Over,
    /// The conversation moved, or time passed: open the message again.
    Again,
}

/// The reply function.
#[derive(Debug)]
pub struct Reply<T, V, E, Q> {
    /// What is to be sent.
    pub replies: Replies<T, V>,
    /// Settings and the health of accounts.
    pub register: Register<T, V>,
    /// The texts and rules.
    pub book: Arc<Book>,
    /// The accounts to send from.
    pub accounts: Accounts,
    /// How fast each of them may send.
    pub pace: Pace,
    /// What calls the platforms.
    pub exchange: E,
    /// The time.
    pub clock: Clock,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, E: Exchange, Q: Queue> Reply<T, V, E, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 2] = [Replies::<T, V>::GRANTS, Register::<T, V>::GRANTS];

    /// Tries to send once. `has_turn` is whether the account's pace was waited for already.
    async fn attempt(&self, due: &Due, has_turn: &mut bool) -> Result<Attempt, Fault> {
        let account = self.accounts.at(due.at()).ok_or(Fault::rejected("unknown account"))?;
        if self.register.is_suspended(&due.settings, &account.at, &account.access_token).await? {
            self.replies.suspend(due).await?;
            return Ok(Attempt::Over);
        }
        let prepared = match prepare(due, &self.book, account.people_window, self.clock.now()) {
            Ok(prepared) => prepared,
            Err(refusal) => {
                self.refuse(due, refusal).await?;
                return Ok(Attempt::Over);
            }
        };
        if !*has_turn && let Some(attempt) = self.wait(due, account, has_turn).await? {
            return Ok(attempt);
        }
        let claim = Claim {
            outbound: &prepared.outbound,
            template: prepared.template.clone(),
            ruleset: self.book.ruleset_digest(),
        };
        let Some(claimed) = self.replies.claim(due, &claim).await? else {
            return Ok(Attempt::Again);
        };
        // From here on the message may be on its way: whatever happens is settled, never tried blindly again.
        let outcome = self.hand_over(account, due, &prepared, &claimed).await;
        match outcome {
            SendOutcome::Accepted { .. } => self.pace.took(account),
            SendOutcome::RefusedForNow { retry_after, is_accounts: true } => {
                self.pace.rest(account, self.clock.now(), retry_after);
            }
            _ => {}
        }
        let hints = self.replies.settle(claimed, &outcome).await?;
        send_all(&self.queue, hints).await;
        count(metric_of(&outcome));
        if due.because().is_some() && matches!(outcome, SendOutcome::Accepted { .. }) {
            took(Metric::AnswerDelay, self.clock.now().since(due.written_at));
        }
        match outcome {
            SendOutcome::TokenInvalid => self.suspend(account).await?,
            SendOutcome::RefusedForGood { obstacle: Obstacle::Restricted, code } => {
                tracing::error!(
                    channel = %account.at.channel, account = %account.at.account, code,
                    alarm = "account_restricted",
                    "the platform holds the account back; people get its messages"
                );
            }
            _ => {}
        }
        Ok(Attempt::Over)
    }

    /// Waits for the account's turn. What came of the attempt, if it does not go on.
    async fn wait(
        &self,
        due: &Due,
        account: &Account,
        has_turn: &mut bool,
    ) -> Result<Option<Attempt>, Fault> {
        match self.pace.take(account, self.clock.now()) {
            Turn::Now => {
                *has_turn = true;
                Ok(None)
            }
            Turn::At(time) => {
                self.clock.sleep(time.since(self.clock.now())).await;
                *has_turn = true;
                Ok(Some(Attempt::Again)) // what was right a moment ago may not be
            }
            Turn::Later(not_before) => {
                self.replies.postpone(due, not_before).await?;
                count(Metric::TextsPutOff);
                Ok(Some(Attempt::Over))
            }
        }
    }

    /// Hands what was claimed to the platform, once.
    async fn hand_over(
        &self,
        account: &Account,
        due: &Due,
        prepared: &Prepared,
        claimed: &Claimed,
    ) -> SendOutcome {
        let sending = channels::Sending {
            to: &due.ids,
            text: &prepared.outbound,
            opaque: claimed.opaque(),
            is_after_window: prepared.is_after_window,
        };
        match channels::compose(account, &sending) {
            Ok(_) if !claimed.may_be_sent(self.clock.now()) => {
                tracing::warn!(task.id = %due.reference.task, "a claim came too late; nothing was sent");
                SendOutcome::RefusedForNow { retry_after: None, is_accounts: false }
            }
            Ok(request) => self.send(account, request).await,
            Err(error) => {
                tracing::error!(task.id = %due.reference.task, error = %error, "could not be composed");
                SendOutcome::RefusedForGood { code: None, obstacle: Obstacle::Other }
            }
        }
    }

    async fn send(
        &self,
        account: &Account,
        request: forthright_core::http::Request,
    ) -> SendOutcome {
        let channel = account.at.channel;
        match self.exchange.exchange(request).await {
            Ok(response) => {
                let outcome = channels::classify(channel, &response);
                if !matches!(outcome, SendOutcome::Accepted { .. }) {
                    let status = response.status().as_u16();
                    tracing::warn!(channel = %channel, status, "the platform did not take a message");
                }
                outcome
            }
            Err(fault @ ExchangeFault::NotSent(_)) => {
                tracing::warn!(channel = %channel, error = %fault, "a message did not leave");
                SendOutcome::RefusedForNow { retry_after: None, is_accounts: false }
            }
            Err(fault @ ExchangeFault::NotAllowed(_)) => {
                tracing::error!(channel = %channel, error = %fault, "a call was not allowed");
                SendOutcome::RefusedForGood { code: None, obstacle: Obstacle::Other }
            }
            Err(fault @ ExchangeFault::Unknown(_)) => {
                tracing::warn!(channel = %channel, error = %fault, "nobody knows if a message left");
                SendOutcome::Unknown
            }
        }
    }

    async fn suspend(&self, account: &Account) -> Result<(), Fault> {
        if self.register.suspend(&account.at, &account.access_token).await? {
            tracing::error!(
                channel = %account.at.channel, account = %account.at.account,
                alarm = "channel_suspended",
                "the platform refuses the access token; messages wait until a new one is set"
            );
        }
        Ok(())
    }

    async fn refuse(&self, due: &Due, refusal: Refusal) -> Result<(), Fault> {
        if refusal == Refusal::Escalate(Reason::TemplateUnfit) {
            tracing::error!(
                brand = %due.reference.brand, template = due.template,
                alarm = "template", "a template cannot be used; people answer instead"
            );
        }
        let hints = self.replies.refuse(due, refusal).await?;
        send_all(&self.queue, hints).await;
        count(Metric::TextsWithheld);
        Ok(())
    }
}

impl<T: Table, V: Vault, E: Exchange, Q: Queue> Handle<TaskRef> for Reply<T, V, E, Q> {
    type Output = ();

    async fn handle(&self, task: TaskRef) -> Result<(), Fault> {
        let mut has_turn = false;
        for _ in 0..TRIES {
            let Some(due) = self.replies.open(&task).await? else {
                return Ok(()); // sent before, another's, not due yet, or erased
            };
            match self.attempt(&due, &mut has_turn).await? {
                Attempt::Over => return Ok(()),
                Attempt::Again => {}
            }
        }
        Err(Fault::Contended { what: "conversation" })
    }
}

impl<T: Table, V: Vault, E: Exchange, Q: Queue> Poison<TaskRef> for Reply<T, V, E, Q> {
    async fn to_a_person(&self, task: &TaskRef) -> Result<(), Fault> {
        let hints = self.replies.poison(task).await?;
        send_all(&self.queue, hints).await;
        Ok(())
    }
}

const fn metric_of(outcome: &SendOutcome) -> Metric {
    match outcome {
        SendOutcome::Accepted { .. } => Metric::TextsSent,
        SendOutcome::RefusedForNow { .. } | SendOutcome::TokenInvalid => Metric::TextsPutOff,
        SendOutcome::RefusedForGood { .. } => Metric::TextsRefused,
        SendOutcome::Unknown => Metric::TextsUnknown,
    }
}
