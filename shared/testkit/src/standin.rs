//! A stand-in for a platform: it signs what it delivers and checks what it receives, as strictly as the platform
//! documents. One plays WhatsApp's Cloud API, another Messenger's.
//!
//! It holds everything in memory and opens no socket. `forthright serve` puts it behind a local address;
//! tests hand it to the functions as their [`Exchange`].

mod deliver;
mod graph;
mod messenger;
mod whatsapp;

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use forthright_core::{
    Account, Channel, Clock, Personal, PlatformId, Secret, Time,
    http::{Exchange, ExchangeFault, Request, Response},
    ids::IdKind,
    offer::Offer,
};
use http::StatusCode;

/// The newest messages that are kept, and the newest lines.
const KEPT_MAX: usize = 1_000;

/// The account that the stand-in plays the platform for.
#[derive(Debug, Clone)]
pub struct StandInAccount {
    /// Which platform it plays.
    pub channel: Channel,
    /// The platform's id of the account, as in our paths.
    pub id: String,
    /// The version in the API's paths, such as `v25.0`.
    pub api_version: String,
    /// What deliveries are signed with.
    pub app_secret: Secret,
    /// What must come with a message to send.
    pub access_token: Secret,
}

impl StandInAccount {
    /// The platform's side of an account of ours: it signs with the first of our app secrets.
    pub fn of(account: &Account) -> Option<Self> {
        Some(Self {
            channel: account.at.channel,
            id: account.at.account.to_string(),
            api_version: account.api_version.clone(),
            app_secret: account.app_secrets.first()?.clone(),
            access_token: account.access_token.clone(),
        })
    }
}

/// A person who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// WhatsApp's phone number, as digits. Those who hide it have a `user_id` only.
    pub wa_id: Option<Personal<String>>,
    /// WhatsApp's business-scoped user id.
    pub user_id: Option<Personal<String>>,
    /// Messenger's page-scoped id.
    pub psid: Option<Personal<String>>,
    /// The name that the person shows.
    pub name: Personal<String>,
}

impl Customer {
    /// Somebody on Messenger.
    pub fn on_messenger(psid: &str, name: &str) -> Self {
        Self { wa_id: None, user_id: None, psid: Some(psid.into()), name: name.into() }
    }

    /// Somebody on WhatsApp, by a phone number, a user id, or both.
    pub fn on_whatsapp(wa_id: Option<&str>, user_id: Option<&str>, name: &str) -> Self {
        Self {
            wa_id: wa_id.map(Personal::from),
            user_id: user_id.map(Personal::from),
            psid: None,
            name: name.into(),
        }
    }

    fn is(&self, id: &PlatformId) -> bool {
        self.ids().contains(id)
    }

    /// The ids that the messages of this person bear, the one to prefer first.
    pub fn ids(&self) -> Vec<PlatformId> {
        [(IdKind::UserId, &self.user_id), (IdKind::WaId, &self.wa_id), (IdKind::Psid, &self.psid)]
            .into_iter()
            .filter_map(|(kind, id)| Some(PlatformId { kind, value: id.clone()? }))
            .collect()
    }
}

/// A text that a person writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Who writes.
    pub from: Customer,
    /// What.
    pub text: Personal<String>,
    /// The platform's id of the message.
    pub id: Personal<String>,
    /// When, in seconds since the Unix epoch: `WhatsApp` has no finer times.
    pub at_seconds: i64,
}

/// A message that the stand-in took, as the platform would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The id that the stand-in gave it.
    pub id: Personal<String>,
    /// To whom.
    pub to: PlatformId,
    /// The whole text.
    pub text: Personal<String>,
    /// What can be pressed under it: the payload of each, and its title.
    pub offered: Vec<(String, String)>,
    /// The opaque field that came with it.
    pub opaque: Option<String>,
    /// Whether it came under a tag that lets people write after the window.
    pub is_tagged: bool,
    /// When it was taken.
    pub at: Time,
}

/// A message that the platform is asked to send, and finds right.
struct Asked {
    to: PlatformId,
    text: Personal<String>,
    offered: Vec<(String, String)>,
    opaque: Option<String>,
    is_tagged: bool,
}

/// How far a message is, as its writer sees it. What comes later stands later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The platform has it.
    Sent,
    /// It is with whom it was written to.
    Delivered,
    /// They have seen it.
    Read,
}

/// One line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The platform's id of the message.
    pub id: Personal<String>,
    /// Whether the person wrote it, and not the business.
    pub from_customer: bool,
    /// What was written.
    pub text: Personal<String>,
    /// What can be pressed under it: the payload of each, and its title.
    pub offered: Vec<(String, String)>,
    /// When.
    pub at: Time,
    /// How far it is.
    pub mark: Mark,
}

/// How the stand-in treats a call, whatever is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// As documented: takes what is right, refuses what is wrong.
    Accept,
    /// Takes it, and the connection breaks before the answer.
    AcceptThenDrop,
    /// No connection is made at all.
    RefuseConnection,
    /// 429 with the platform's code for too many messages.
    RateLimit {
        /// The seconds of `Retry-After`, if it says any.
        retry_after: Option<u64>,
    },
    /// 502, as from a gateway: nothing says what the platform did.
    ServerError {
        /// With a page of HTML; else with an empty body.
        html: bool,
    },
    /// The platform's own error.
    GraphError {
        /// The status of the answer.
        status: u16,
        /// The error's code.
        code: i64,
    },
    /// The access token is refused.
    TokenExpired,
    /// 200 with a body that is no JSON; the message is taken.
    Malformed200,
}

#[derive(Debug, Default)]
struct State {
    /// The access token that came after the account's, if any.
    renewed: Option<Secret>,
    script: VecDeque<Behaviour>,
    sent: VecDeque<Sent>,
    lines: VecDeque<(Vec<PlatformId>, Line)>,
    count: u64,
}

/// The stand-in. All of its methods can be called at once from many threads.
#[derive(Debug)]
pub struct StandIn {
    account: StandInAccount,
    clock: Clock,
    state: Mutex<State>,
}

impl StandIn {
    /// The platform, for this account. It does not look at the window for answers: whoever wants to see what leaves after
    /// it must see it leave.
    pub fn new(account: StandInAccount, clock: Clock) -> Self {
        Self { account, clock, state: Mutex::default() }
    }

    /// The account that it plays the platform for.
    pub const fn account(&self) -> &StandInAccount {
        &self.account
    }

    /// How the next calls are treated, one each, in this order; those after as [`Behaviour::Accept`].
    pub fn script(&self, behaviours: Vec<Behaviour>) {
        self.state().script = behaviours.into();
    }

    /// From here on this access token is the right one, and no other.
    pub fn renew_token(&self, token: Secret) {
        self.state().renewed = Some(token);
    }

    /// The newest message that it took.
    pub fn newest_sent(&self) -> Option<Sent> {
        self.state().sent.back().cloned()
    }

    /// The newest messages that it took, the oldest first, at most 1,000.
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.iter().cloned().collect()
    }

    /// How many messages it took since it began.
    pub fn sent_count(&self) -> u64 {
        self.state().count
    }

    /// What this person and the business wrote to each other, in its order, as far as it is kept.
    pub fn conversation(&self, with: &Customer) -> Vec<Line> {
        let state = self.state();
        let theirs = state.lines.iter().filter(|(ids, _)| ids.iter().any(|id| with.is(id)));
        theirs.map(|(_, line)| line.clone()).collect()
    }

    /// The business has the message `id` of a customer.
    pub fn took(&self, id: &Personal<String>) {
        let mut state = self.state();
        if let Some((_, line)) = state.lines.iter_mut().rev().find(|(_, line)| line.id == *id) {
            line.mark = line.mark.max(Mark::Delivered);
        }
    }

    /// Everything that the business wrote, to this person or to all, is so far now: what was not before, the oldest first.
    pub fn mark(&self, to: Option<&Customer>, mark: Mark) -> Vec<Sent> {
        let mut state = self.state();
        let mut changed = Vec::new();
        for (ids, line) in &mut state.lines {
            let is_theirs = to.is_none_or(|who| ids.iter().any(|id| who.is(id)));
            if is_theirs && !line.from_customer && line.mark < mark {
                line.mark = mark;
                changed.push(line.id.clone());
            }
        }
        state.sent.iter().filter(|sent| changed.contains(&sent.id)).cloned().collect()
    }

    /// Answers a call of the API. Where the connection is to break instead, the answer is an empty 502: a
    /// host that can break it calls [`receive_or_drop`](Self::receive_or_drop).
    pub fn receive(&self, request: &Request) -> Response {
        self.receive_or_drop(request).unwrap_or_else(|| graph::bad_gateway(false))
    }

    /// Answers a call of the API; `None` if the connection is to break without an answer.
    pub fn receive_or_drop(&self, request: &Request) -> Option<Response> {
        self.treat(self.next_behaviour(), request)
    }

    fn treat(&self, behaviour: Behaviour, request: &Request) -> Option<Response> {
        Some(match behaviour {
            Behaviour::Accept => self.answer(request),
            Behaviour::AcceptThenDrop => {
                self.answer(request);
                return None;
            }
            Behaviour::RefuseConnection => return None,
            Behaviour::RateLimit { retry_after } => graph::rate_limit(retry_after),
            Behaviour::ServerError { html } => graph::bad_gateway(html),
            Behaviour::GraphError { status, code } => {
                let status = StatusCode::from_u16(status);
                graph::graph_error(status.unwrap_or(StatusCode::BAD_REQUEST), code, "scripted")
            }
            Behaviour::TokenExpired => graph::token_refused(),
            Behaviour::Malformed200 => {
                self.answer(request);
                graph::malformed()
            }
        })
    }

    fn next_behaviour(&self) -> Behaviour {
        self.state().script.pop_front().unwrap_or(Behaviour::Accept)
    }

    fn answer(&self, request: &Request) -> Response {
        let renewed = self.state().renewed.clone();
        let token = renewed.as_ref().unwrap_or(&self.account.access_token);
        if let Some(refusal) = graph::refusal(request, &self.account, token) {
            return refusal;
        }
        let checked = match self.account.channel {
            Channel::WhatsApp => whatsapp::check(request.body()),
            Channel::Messenger => messenger::check(request.body()),
        };
        match checked {
            Ok(asked) => {
                let sent = self.keep(asked);
                match self.account.channel {
                    Channel::WhatsApp => whatsapp::taken(&sent),
                    Channel::Messenger => messenger::taken(&sent),
                }
            }
            Err(refusal) => graph::refuse(refusal),
        }
    }

    /// Keeps a message that was taken, under a new id.
    fn keep(&self, asked: Asked) -> Sent {
        let Asked { to, text, offered, opaque, is_tagged } = asked;
        let at = self.clock.now();
        let mut state = self.state();
        state.count = state.count.saturating_add(1);
        // The platform's ids hold the person's number. The word is one that a search of logs looks for.
        let prefix = match self.account.channel {
            Channel::WhatsApp => "wamid.",
            Channel::Messenger => "m_",
        };
        let id = Personal::new(format!("{prefix}CANARY{}", state.count));
        let line = Line {
            id: id.clone(),
            from_customer: false,
            text: text.clone(),
            offered: offered.clone(),
            at,
            mark: Mark::Sent,
        };
        let sent = Sent { id, to: to.clone(), text, offered, opaque, is_tagged, at };
        push(&mut state.sent, sent.clone());
        push(&mut state.lines, (vec![to], line));
        sent
    }

    /// Keeps what a person wrote.
    fn note(&self, from: &Customer, id: Personal<String>, text: Personal<String>, at: Time) {
        let (offered, mark) = (Vec::new(), Mark::Sent);
        let line = Line { id, from_customer: true, text, offered, at, mark };
        push(&mut self.state().lines, (from.ids(), line));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it left whole values behind: each change is one push.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange for StandIn {
    async fn exchange(&self, request: Request) -> Result<Response, ExchangeFault> {
        let behaviour = self.next_behaviour();
        self.treat(behaviour, &request).ok_or_else(|| match behaviour {
            Behaviour::RefuseConnection => ExchangeFault::NotSent("connection refused".into()),
            _ => ExchangeFault::Unknown("connection reset".into()),
        })
    }
}

fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() == KEPT_MAX {
        queue.pop_front();
    }
    queue.push_back(value);
}

#[cfg(test)]
mod tests;
