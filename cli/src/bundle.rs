//! The six functions, wired once for every host that runs them in one process: this program and the tests.

use std::{convert::Infallible, sync::Arc};

use forthright_core::{
    Accounts, Clock, DetectIntent, Queue, Secret, Table, Vault,
    http::Exchange,
    ledger::{Cases, Inbox, Register, Replies, Rights, Stores},
    pace::Pace,
    table::Grant,
};
use forthright_escalation::Escalation;
use forthright_intent::{Engines, Intent};
use forthright_language::Detector;
use forthright_policy::Book;
use forthright_privacy::Privacy;
use forthright_reply::Reply;
use forthright_steward::Steward;
use forthright_webhook::Webhook;

/// One of the six functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Takes in what platforms send.
    Webhook,
    /// Decides.
    Intent,
    /// Sends.
    Reply,
    /// Serves people of the brand.
    Escalation,
    /// Serves data subjects.
    Privacy,
    /// Finds what is due.
    Steward,
}

/// What the functions share besides their stores.
#[derive(Debug, Clone)]
pub struct Parts<E, Q, C = Infallible> {
    /// The texts and rules.
    pub book: Arc<Book>,
    /// What tells what a person wants.
    pub engines: Engines<Detector, C>,
    /// The accounts that are served.
    pub accounts: Accounts,
    /// What opens the cases and requests APIs.
    pub operator_token: Secret,
    /// Where people reach the status pages.
    pub public_url: String,
    /// What calls the platforms.
    pub exchange: E,
    /// Where hints go.
    pub queue: Q,
    /// The time.
    pub clock: Clock,
}

/// Every function.
#[derive(Debug)]
pub struct Bundle<T, V, E, Q, C = Infallible> {
    /// Takes in what platforms send.
    pub webhook: Webhook<T, V, Q>,
    /// Decides.
    pub intent: Intent<T, V, Engines<Detector, C>, Q>,
    /// Sends.
    pub reply: Reply<T, V, E, Q>,
    /// Serves people of the brand.
    pub escalation: Escalation<T, V, Q>,
    /// Serves data subjects.
    pub privacy: Privacy<T, V, Q>,
    /// Finds what is due.
    pub steward: Steward<T, V, Q>,
}

impl<T: Table, V: Vault, E: Exchange, Q: Queue + Clone, C: DetectIntent> Bundle<T, V, E, Q, C> {
    /// The functions over the stores that `stores` gives for each one and its grants.
    pub fn new(
        stores: impl Fn(Function, &[&[Grant]]) -> Arc<Stores<T, V>>,
        parts: Parts<E, Q, C>,
    ) -> Self {
        let Parts { book, engines, accounts, operator_token, public_url, exchange, queue, clock } =
            parts;
        let webhook = stores(Function::Webhook, &Webhook::<T, V, Q>::GRANTS);
        let intent = stores(Function::Intent, &Intent::<T, V, Engines<Detector, C>, Q>::GRANTS);
        let reply = stores(Function::Reply, &Reply::<T, V, E, Q>::GRANTS);
        let escalation = stores(Function::Escalation, &Escalation::<T, V, Q>::GRANTS);
        let privacy = stores(Function::Privacy, &Privacy::<T, V, Q>::GRANTS);
        let steward = stores(Function::Steward, &Steward::<T, V, Q>::GRANTS);
        Self {
            webhook: Webhook {
                accounts: accounts.clone(),
                inbox: Inbox::new(&webhook),
                replies: Replies::new(&webhook),
                register: Register::new(&webhook),
                queue: queue.clone(),
            },
            intent: Intent {
                inbox: Inbox::new(&intent),
                detector: engines,
                book: Arc::clone(&book),
                clock: clock.clone(),
                queue: queue.clone(),
            },
            reply: Reply {
                replies: Replies::new(&reply),
                register: Register::new(&reply),
                book,
                accounts: accounts.clone(),
                pace: Pace::default(),
                exchange,
                clock: clock.clone(),
                queue: queue.clone(),
            },
            escalation: Escalation {
                cases: Cases::new(&escalation),
                served: accounts
                    .iter()
                    .map(|account| (account.at.clone(), account.people_window))
                    .collect(),
                operator_token: operator_token.clone(),
                queue: queue.clone(),
            },
            privacy: Privacy {
                rights: Rights::new(&privacy),
                accounts,
                operator_token,
                public_url,
                clock,
                queue: queue.clone(),
            },
            steward: Steward { replies: Replies::new(&steward), queue },
        }
    }
}
