//! Replies: what is to be sent is claimed, sent once, and settled.

use std::{sync::Arc, time::Duration};

use super::{
    ATTEMPTS_MAX, BACKOFF_MAX, FUNCTION_TIMEOUT, LEASE, SUSPENDED_WAIT,
    content::{Said, Written},
    moves::{Ending, due_at},
    register::Settings,
    standing::Standing,
    stores::{Commit, Stores},
};
use crate::{
    case::{Actor, Reason},
    challenge::RequestKind,
    decision::{Decision, Route},
    fault::Fault,
    gate::{Gate, Refusal},
    ids::{Address, BrandId, Eid, PlatformId, TaskId},
    language::Language,
    outbound::{Authored, Obstacle, Outbound, SendOutcome},
    personal::Personal,
    queue::{Hint, TaskRef},
    seal::{Binding, SubjectKey, Vault},
    state::{Event, State},
    subject::SubjectWrites,
    table::{Action, Attribute, Grant, Index, Item, Key, Table, Write},
    time::Time,
};

/// Claims, settles and looks after what is to be sent.
#[derive(Debug)]
pub struct Replies<T, V>(pub(super) Arc<Stores<T, V>>);

impl<T, V> Clone for Replies<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A message that may be sent now.
#[derive(Debug)]
pub struct Due {
    /// Which.
    pub reference: TaskRef,
    /// The subject's gate, as it was read; as strict as that of any other subject who is the same person.
    pub strictest: Gate,
    /// Who says it.
    pub actor: Actor,
    /// To whom, the id to prefer first.
    pub ids: Vec<PlatformId>,
    /// The words of a person; none if a template says it.
    pub authored: Option<Authored>,
    /// The template to render.
    pub template: Option<String>,
    /// In which language; none means that of the brand.
    pub language: Option<Language>,
    /// The code that the text is to tell, if it asks for one.
    pub code: Option<Personal<String>>,
    /// Whether the machine's text is the whole answer: nobody else was called, and nothing is only confirmed.
    pub is_whole_answer: bool,
    /// The brand's settings, read now.
    pub settings: Settings,
    /// When it was written: the platform's time of what is answered, or ours of what we say.
    pub written_at: Time,
    /// Before which it cannot have been written. Of a change whose message never came only the change's time is known.
    pub not_written_before: Time,
    gate: Gate,
    twins: Vec<Gate>,
    item: Item,
    attempt: u32,
    subject: Arc<SubjectKey>,
}

impl Due {
    /// The account that it is sent from.
    pub const fn at(&self) -> &Address {
        &self.gate.at
    }

    /// The inbound message that this answers, if it is a reply.
    pub const fn because(&self) -> Option<Eid> {
        self.reference.task.as_message()
    }

    fn standing(&self) -> Standing {
        Standing { gate: self.gate.clone(), item: self.item.clone(), state: State::Decided }
    }
}

/// What is claimed for sending.
#[derive(Debug)]
pub struct Claim<'a> {
    /// What is to be sent.
    pub outbound: &'a Outbound,
    /// The template and its version, if a template says it.
    pub template: Option<String>,
    /// The digest of the rules and texts in force.
    pub ruleset: &'a str,
}

/// A message that is this caller's to send, once.
#[derive(Debug)]
pub struct Claimed {
    reference: TaskRef,
    standing: Standing,
    attempt: u32,
    token: String,
    since: Time,
    subject: Arc<SubjectKey>,
}

impl Claimed {
    /// What the platform is to carry for us.
    pub fn opaque(&self) -> &str {
        &self.token
    }

    /// Whether sending may still begin at `now`. A holder that was stopped after its claim, with its machine perhaps,
    /// would else send what a person was given meanwhile.
    pub fn may_be_sent(&self, now: Time) -> bool {
        now < self.since.plus(FUNCTION_TIMEOUT)
    }
}

impl<T: Table, V: Vault> Replies<T, V> {
    /// What the ledger does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::keys(Action::Get, "K#"),
        Grant::data(Action::Get, "B#"),
        Grant::data(Action::Get, "G#"),
        Grant::data(Action::Put, "G#"),
        Grant::data(Action::Check, "G#"),
        Grant::data(Action::Get, "S#"),
        Grant::data(Action::Query, "S#"),
        Grant::data(Action::Put, "S#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
        Grant::data(Action::Get, "R#"),
        Grant::data(Action::QueryIndex(Index::Due), "due#"),
    ];

    /// The ledger over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// A message that may be sent now; none if it was sent, is another's, must wait, or is erased.
    pub async fn open(&self, reference: &TaskRef) -> Result<Option<Due>, Fault> {
        let TaskRef { brand, pid, epoch, task } = reference;
        let rows = [Key::gate(*pid), Key::task(*pid, *epoch, *task), Key::settings(brand)];
        let [Some(gate), Some(item), settings] = self.0.get(rows).await? else {
            return Ok(None);
        };
        let gate = Gate::from_item(*pid, &gate)?;
        let state: State = item.parse_required(Attribute::State)?;
        let waits = item.get_time(Attribute::NotBefore).is_some_and(|time| self.0.now() < time);
        if gate.epoch != *epoch || gate.at.brand != *brand || state != State::Decided || waits {
            return Ok(None);
        }
        let keys = self.0.vault.brand(brand).await?;
        let Some(subject) = self.0.keyring(&keys).find(*pid, *epoch).await? else {
            return Ok(None);
        };
        let said = to_say::<T, V>(&subject, &item, reference)?;
        let attempt = item.get_number(Attribute::Attempt).unwrap_or(0);
        let written_at =
            item.get_time(Attribute::PlatformAt).or(item.get_time(Attribute::ReceivedAt));
        let written_at = written_at.ok_or(Fault::Damaged { what: "message" })?;
        let code = said
            .challenge
            .zip(reference.task.as_message())
            .map(|(kind, eid)| Personal::new(keys.code(kind, *pid, eid)));
        let twins = self.0.twins(&gate).await?;
        Ok(Some(Due {
            reference: reference.clone(),
            strictest: twins.iter().fold(gate.clone(), Gate::stricter),
            gate,
            twins,
            actor: said.actor,
            ids: said.ids,
            authored: said.authored,
            template: said.template,
            language: said.language,
            code,
            is_whole_answer: said.is_whole_answer,
            settings: Settings::from_item(settings.as_ref())?,
            written_at,
            not_written_before: item.get_time(Attribute::NotWrittenBefore).unwrap_or(written_at),
            attempt: u32::try_from(attempt).map_err(|_cause| Fault::Damaged { what: "attempt" })?,
            item,
            subject,
        }))
    }

    /// Makes the message this caller's to send, if neither it nor the gate moved. None if one did: open it
    /// again.
    pub async fn claim(&self, due: &Due, claim: &Claim<'_>) -> Result<Option<Claimed>, Fault> {
        let TaskRef { brand, pid, epoch, task } = &due.reference;
        let keys = self.0.vault.brand(brand).await?;
        let attempt = due.attempt.saturating_add(1);
        let token = keys.attempt_token(*pid, *epoch, *task, attempt);
        let state = State::Decided.after(Event::Claim)?.ok_or(Fault::rejected("claimed before"))?;
        let since = self.0.now();
        let lease_until = since.plus(LEASE);
        let gate_version = i64::try_from(due.gate.version).unwrap_or(i64::MAX);
        let text = claim.outbound.text();
        let item = due
            .item
            .clone()
            .next()
            .text(Attribute::State, state)
            .number(Attribute::Attempt, i64::from(attempt))
            .time(Attribute::LeaseUntil, lease_until)
            .number(Attribute::GateVersion, gate_version)
            .text(Attribute::TextHash, keys.evidence(text.reveal().as_bytes()))
            .text(Attribute::Actor, due.actor)
            .text(Attribute::Ruleset, claim.ruleset)
            .maybe_text(
                Attribute::Disclosure,
                claim.outbound.placement().map(crate::outbound::Placement::name),
            )
            .maybe_text(Attribute::Template, claim.template.as_ref());
        let said = Said { ids: Vec::new(), text: Some(text.clone()) };
        // When it is due stays as it was: almost always it comes to its end before, and a move in the index costs as
        // much as the row. The steward moves the others to the end of their lease.
        let item = self.0.seal(&due.subject, item, Attribute::SealedReply, *epoch, &said)?;
        // Nothing of the gate changes, so a check is enough: whatever moved it since it was read, an opt-out,
        // a hand-over, an erasure, makes this fail.
        let writes = SubjectWrites::new(&due.gate);
        let writes = due.twins.iter().fold(writes, SubjectWrites::only_while);
        let writes = writes.and(Write::replace(item.clone()));
        Ok(match self.0.commit(writes.into_writes()).await? {
            Commit::Done => Some(Claimed {
                reference: due.reference.clone(),
                standing: Standing { gate: due.gate.clone(), item, state },
                attempt,
                token,
                since,
                subject: Arc::clone(&due.subject),
            }),
            Commit::Moved(_) => None,
        })
    }

    /// What becomes of a message that may not be sent.
    pub async fn refuse(&self, due: &Due, refusal: Refusal) -> Result<Vec<Hint>, Fault> {
        let (event, ending) = match refusal {
            Refusal::Silent(silence) => (Event::Silence, Ending::Silent(silence)),
            Refusal::Escalate(reason) => (Event::Escalate, Ending::Person(reason)),
        };
        let known = Some(due.standing());
        self.0.finish(&due.reference, known, event, &ending).await
    }

    /// Lets a message wait: its account is suspended.
    pub async fn suspend(&self, due: &Due) -> Result<(), Fault> {
        self.postpone(due, self.0.now().plus(SUSPENDED_WAIT)).await
    }

    /// Lets a message wait until `not_before`.
    pub async fn postpone(&self, due: &Due, not_before: Time) -> Result<(), Fault> {
        let item = due.item.clone().next().time(Attribute::NotBefore, not_before);
        let item = due_at(&due.reference, item, not_before);
        // If it moved meanwhile, whoever moved it has set when it is due.
        self.0.commit(vec![Write::replace(item)]).await.map(|_| ())
    }

    /// Settles what the platform did with a claimed message.
    pub async fn settle(
        &self,
        claimed: Claimed,
        outcome: &SendOutcome,
    ) -> Result<Vec<Hint>, Fault> {
        let later = |wait: Duration| (Event::RefuseForNow, Ending::Later(self.0.now().plus(wait)));
        let (event, ending) = match outcome {
            SendOutcome::Accepted { platform_message_id } => (
                Event::Accept,
                Ending::Accepted(Some(self.receipt(&claimed, platform_message_id)?)),
            ),
            // What is refused for the account's sake says nothing about the message: its time is over some day.
            SendOutcome::RefusedForNow { is_accounts: false, .. }
                if claimed.attempt >= ATTEMPTS_MAX =>
            {
                (Event::RefuseForGood, Ending::Person(Reason::TriesOver))
            }
            SendOutcome::RefusedForNow { retry_after, .. } => {
                let wait = self.backoff(claimed.attempt);
                later(retry_after.map_or(wait, |asked| asked.max(wait)).min(BACKOFF_MAX))
            }
            SendOutcome::RefusedForGood { obstacle, .. } => {
                (Event::RefuseForGood, Ending::Person(reason_of(*obstacle)))
            }
            SendOutcome::TokenInvalid => later(SUSPENDED_WAIT),
            SendOutcome::Unknown => (Event::LoseTrack, Ending::Lost),
        };
        let known = Some(claimed.standing);
        self.0.finish(&claimed.reference, known, event, &ending).await
    }

    /// Twice as long each time, with jitter, so that those who were refused together do not return together.
    fn backoff(&self, attempt: u32) -> Duration {
        let seconds = 1_u64.checked_shl(attempt.min(16)).unwrap_or(u64::MAX);
        self.0.entropy.jitter(Duration::from_secs(seconds).saturating_mul(2))
    }

    fn receipt(&self, claimed: &Claimed, id: &Personal<String>) -> Result<Vec<u8>, Fault> {
        let binding = Binding {
            key: &claimed.standing.item.key,
            attribute: Attribute::SealedReceipt,
            epoch: claimed.reference.epoch,
        };
        let plain =
            serde_json::to_vec(id).map_err(|_cause| Fault::rejected("platform message id"))?;
        claimed.subject.seal(&self.0.entropy, binding, &plain)
    }

    /// Whether an opaque field is one of ours: then we said what bears it.
    pub async fn is_ours(&self, brand: &BrandId, opaque: &str) -> Result<bool, Fault> {
        Ok(self.0.vault.brand(brand).await?.read_attempt_token(opaque).is_some())
    }

    /// A receipt that bears an opaque field: if it is ours, it settles the message that it names.
    ///
    /// `taken` is whether the platform has the message; else it could not deliver it.
    pub async fn learn(
        &self,
        brand: &BrandId,
        opaque: &str,
        taken: bool,
    ) -> Result<Vec<Hint>, Fault> {
        let keys = self.0.vault.brand(brand).await?;
        let Some((pid, epoch, task)) = keys.read_attempt_token(opaque) else {
            return Ok(Vec::new());
        };
        let reference = TaskRef { brand: brand.clone(), pid, epoch, task };
        let [row] = self.0.get([Key::task(pid, epoch, task)]).await?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        match (row.parse_required(Attribute::State)?, taken) {
            // The ordinary case, three times a message: sent, delivered, read. One row tells, and nothing is written.
            (State::Answered | State::Suppressed, true) | (State::Received | State::Decided, _) => {
                Ok(Vec::new())
            }
            (State::Sending | State::Unknown, true) => {
                let ending = Ending::Accepted(None);
                self.0.finish(&reference, None, Event::TokenSeen, &ending).await
            }
            (State::Sending | State::Unknown, false) => {
                let ending = Ending::Person(Reason::Refused);
                self.0.finish(&reference, None, Event::RefuseForGood, &ending).await
            }
            (State::Human, true) => self.0.remark(&reference, "delivered").await,
            (State::Answered | State::Human | State::Suppressed, false) => {
                self.0.remark(&reference, "not_delivered").await
            }
        }
    }

    /// Gives a message that no function can send to a person.
    pub async fn poison(&self, reference: &TaskRef) -> Result<Vec<Hint>, Fault> {
        let ending = Ending::Person(Reason::Poison);
        match self.0.finish(reference, None, Event::Escalate, &ending).await {
            Err(Fault::Damaged { .. }) => {
                let TaskRef { pid, epoch, task, .. } = *reference;
                self.0.call_for_damaged((pid, epoch, task)).await
            }
            other => other,
        }
    }
}

/// Why a person gets what the platform never takes.
const fn reason_of(obstacle: Obstacle) -> Reason {
    match obstacle {
        Obstacle::Window => Reason::WindowClosed,
        Obstacle::Unreachable => Reason::Unreachable,
        Obstacle::Restricted => Reason::AccountRestricted,
        Obstacle::Other => Reason::Refused,
    }
}

struct ToSay {
    is_whole_answer: bool,
    actor: Actor,
    ids: Vec<PlatformId>,
    authored: Option<Authored>,
    template: Option<String>,
    language: Option<Language>,
    /// What the person demands, if they are to type a code.
    challenge: Option<RequestKind>,
}

fn to_say<T: Table, V: Vault>(
    subject: &SubjectKey,
    item: &Item,
    reference: &TaskRef,
) -> Result<ToSay, Fault> {
    let damaged = Fault::Damaged { what: "message" };
    match reference.task {
        TaskId::Message(_) => {
            let written: Written =
                Stores::<T, V>::unseal(subject, item, Attribute::Sealed, reference.epoch)?
                    .ok_or(damaged)?;
            let decision: Decision = item.json_required(Attribute::Decision)?;
            Ok(ToSay {
                is_whole_answer: matches!(
                    decision.route,
                    Route::Reply { .. } | Route::Challenge { .. } | Route::WrongCode { .. }
                ),
                actor: Actor::Machine,
                ids: written.ids,
                authored: None,
                template: decision.route.template().cloned(),
                language: decision.language,
                challenge: decision.route.challenge(),
            })
        }
        TaskId::Out(_) => {
            let said: Said =
                Stores::<T, V>::unseal(subject, item, Attribute::Sealed, reference.epoch)?
                    .ok_or(damaged)?;
            Ok(ToSay {
                is_whole_answer: false,
                actor: item.parse_required(Attribute::Actor)?,
                ids: said.ids,
                authored: said.text.map(Authored::by_agent),
                template: item.get_text(Attribute::Template).map(str::to_owned),
                language: item.parse(Attribute::Language)?,
                challenge: None,
            })
        }
    }
}
