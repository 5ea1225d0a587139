//! The inbox: messages come in once, and are decided once for the words that they have.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::constant_time;

use super::{
    EDITABLE, EDITED_WITHIN, HINT_GRACE, case_rows,
    content::Written,
    moves::{ended, taken_back},
    stores::{Commit, Stores, TRIES, due_entry_of},
};
use crate::{
    case::{Call, Reason},
    challenge::{Challenge, typed_code},
    decision::{Decision, Route},
    event::{Content, Inbound},
    fault::Fault,
    gate::{Gate, Silence, Suppressed},
    ids::{Eid, TaskId},
    offer::Choice,
    personal::Personal,
    queue::{CaseRef, Hint, MessageRef},
    seal::Vault,
    state::{Event, State},
    subject::SubjectWrites,
    table::{Action, Attribute, Grant, Index, Item, Key, Table, Write},
    time::Time,
};

/// How far ahead of our clock the platform's time of a message may be. An erasure reaches up to the newest time that
/// was seen of a person: one from the far future would have everything dropped that they ever write after it.
const AHEAD_MAX: Duration = Duration::from_hours(24);

/// Takes messages in and has them decided.
#[derive(Debug)]
pub struct Inbox<T, V>(pub(super) Arc<Stores<T, V>>);

impl<T, V> Clone for Inbox<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What became of a message that a webhook brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intake {
    /// It is stored.
    Taken(MessageRef),
    /// It was stored before: a redelivery.
    Before,
    /// It is not newer than an erasure: nothing is stored.
    Erased,
}

/// A message that waits for its decision.
#[derive(Debug)]
pub struct Opened {
    pub(super) reference: MessageRef,
    pub(super) gate: Gate,
    strictest: Gate,
    item: Item,
    pub(super) written: Written,
    platform_at: Time,
    code_is_right: Option<bool>,
}

impl Opened {
    /// Which message it is.
    pub const fn eid(&self) -> Eid {
        self.reference.eid
    }

    /// The subject's gate, as it was read; as strict as that of any other subject who is the same person.
    pub const fn strictest(&self) -> &Gate {
        &self.strictest
    }

    /// The text; none if it was not text.
    pub const fn text(&self) -> Option<&Personal<String>> {
        self.written.text.as_ref()
    }

    /// Whether the text is the code that the person was asked for; none if it is no code, or none was asked for.
    pub const fn code_is_right(&self) -> Option<bool> {
        self.code_is_right
    }

    /// What was pressed, if it was not written.
    pub const fn pressed(&self) -> Option<Choice> {
        self.written.pressed
    }

    /// The platform's time of the message.
    pub const fn platform_at(&self) -> Time {
        self.platform_at
    }
}

/// How a message comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// To be decided.
    Received,
    /// The same, with words that were changed since it was written.
    Edited,
    /// Taken back before it came: what comes later is not taken in.
    TakenBack,
}

impl<T: Table, V: Vault> Inbox<T, V> {
    /// What the inbox does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::keys(Action::Get, "K#"),
        Grant::keys(Action::Put, "K#"),
        Grant::keys(Action::Delete, "K#"),
        Grant::data(Action::Get, "L#"),
        Grant::data(Action::Put, "L#"),
        Grant::data(Action::Get, "G#"),
        Grant::data(Action::Put, "G#"),
        Grant::data(Action::Check, "G#"),
        Grant::data(Action::Get, "S#"),
        Grant::data(Action::Query, "S#"),
        Grant::data(Action::Put, "S#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
        Grant::data(Action::Get, "R#"),
        Grant::data(Action::Put, "R#"),
    ];

    /// The inbox over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// Takes a message in: the gate hears of it and the message is stored, in one transaction.
    pub async fn take_in(&self, inbound: &Inbound) -> Result<Intake, Fault> {
        self.store(inbound, As::Received).await
    }

    /// Stores a message that was not there.
    pub(super) async fn store(&self, inbound: &Inbound, how: As) -> Result<Intake, Fault> {
        let stores = &self.0;
        if inbound.platform_at > stores.now().plus(AHEAD_MAX) {
            return Err(Fault::rejected("the platform's time of a message lies in the future"));
        }
        let brand = stores.vault.brand(&inbound.at.brand).await?;
        let eid = brand.eid(&inbound.at, &inbound.platform_message_id);
        let mut destroyed = None;
        for _ in 0..TRIES {
            let writer = self.identify(&brand, &inbound.at, &inbound.ids).await?;
            let (pid, epoch) = (writer.gate.pid, writer.gate.epoch);
            if writer.gate.has_erased(inbound.platform_at) {
                return Ok(Intake::Erased);
            }
            // What came under another id of theirs, before both were known as one person's, may be the same message.
            let twins = self.twins_of(&writer).await?;
            if self.is_with(&twins, eid).await? {
                return Ok(Intake::Before);
            }
            // The key comes before the first row that needs it.
            let keyring = stores.keyring(&brand);
            let Some(subject) = keyring.find_or_make(pid, epoch).await? else {
                // The key of an epoch is destroyed after its gate has moved on. If the gate, read anew, has
                // not, it came out of a backup that is older than the erasure.
                if destroyed.replace((pid, epoch)) == Some((pid, epoch)) {
                    self.close_restored(&writer.gate).await?;
                }
                stores.pause().await;
                continue;
            };
            let item = self.message_item(inbound, &writer.gate, eid);
            let item = stores.seal(&subject, item, Attribute::Sealed, epoch, &written(inbound))?;
            let revision = item.version;
            let (gate, at) = (writer.gate.clone(), inbound.platform_at);
            let (item, heard) = match how {
                As::Received => (item, gate.heard(at)),
                As::Edited => {
                    let item = item
                        .time(Attribute::EditedAt, at)
                        .time(Attribute::NotWrittenBefore, at.minus(EDITABLE));
                    (item, gate.heard(at.minus(EDITED_WITHIN)).noticed(at))
                }
                As::TakenBack => (taken_back(item, stores.now()), gate.noticed(at)),
            };
            let writes = self.with_identity(&writer, heard, &twins).await?.create(item);
            match stores.commit(writes.into_writes()).await? {
                Commit::Done => {
                    let brand = inbound.at.brand.clone();
                    let reference = MessageRef::new(brand, pid, epoch, eid).at(revision);
                    return Ok(Intake::Taken(reference));
                }
                Commit::Moved(failed) => {
                    if writer.gate.version == 0 && failed.is_some() {
                        keyring.abandon(pid, epoch).await?;
                    }
                    let [row] = stores.get([Key::message(pid, epoch, eid)]).await?;
                    if row.is_some() {
                        return Ok(Intake::Before);
                    }
                    stores.pause().await;
                }
            }
        }
        Err(Fault::Contended { what: "gate" })
    }

    /// Moves a restored gate on, as the erasure had done. What is not newer than now may be erased, so it
    /// counts as erased.
    async fn close_restored(&self, gate: &Gate) -> Result<(), Fault> {
        tracing::error!(alarm = "restored", "a gate is older than its erasure; it is closed again");
        let writes = SubjectWrites::moving(&gate.clone().erased(self.0.now()));
        // If it moved meanwhile, so much the better.
        self.0.commit(writes.into_writes()).await.map(|_| ())
    }

    fn message_item(&self, inbound: &Inbound, gate: &Gate, eid: Eid) -> Item {
        let now = self.0.now();
        let kind = match &inbound.content {
            Content::Text(_) => "text",
            Content::Pressed { .. } => "pressed",
            Content::Other { kind } => kind,
        };
        Item::new(Key::message(gate.pid, gate.epoch, eid))
            .text(Attribute::State, State::Received)
            .text(Attribute::Brand, &inbound.at.brand)
            .text(Attribute::Kind, kind)
            .time(Attribute::PlatformAt, inbound.platform_at)
            .time(Attribute::ReceivedAt, now)
            .listed(Index::Due, due_entry_of(gate.pid), now.plus(HINT_GRACE))
    }

    /// A message that waits for its decision; none if it was decided before or is erased.
    pub async fn open(&self, reference: &MessageRef) -> Result<Option<Opened>, Fault> {
        let MessageRef { brand, pid, epoch, eid, .. } = reference;
        let rows = self.0.get([Key::gate(*pid), Key::message(*pid, *epoch, *eid)]).await?;
        let [Some(gate), Some(item)] = rows else {
            return Ok(None);
        };
        let gate = Gate::from_item(*pid, &gate)?;
        let state: State = item.parse_required(Attribute::State)?;
        if gate.epoch != *epoch || gate.at.brand != *brand || state != State::Received {
            return Ok(None);
        }
        let brand = self.0.vault.brand(brand).await?;
        let Some(subject) = self.0.keyring(&brand).find(*pid, *epoch).await? else {
            return Ok(None);
        };
        let written: Written = Stores::<T, V>::unseal(&subject, &item, Attribute::Sealed, *epoch)?
            .ok_or(Fault::Damaged { what: "message" })?;
        let platform_at =
            item.get_time(Attribute::PlatformAt).ok_or(Fault::Damaged { what: "message" })?;
        let strictest = self.0.twins(&gate).await?.iter().fold(gate.clone(), Gate::stricter);
        let reference = reference.clone();
        let typed = written.text.as_ref().and_then(|text| typed_code(text.reveal()));
        let code_is_right = gate.challenge.zip(typed).map(|(challenge, typed)| {
            let code = brand.code(challenge.kind, gate.pid, challenge.by);
            constant_time::verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok()
        });
        Ok(Some(Opened { reference, gate, strictest, item, written, platform_at, code_is_right }))
    }

    /// Settles who answers. None if the message or the gate moved meanwhile: open it again and decide anew.
    ///
    /// The hints say who should look next.
    pub async fn decide(
        &self,
        opened: &Opened,
        decision: &Decision,
    ) -> Result<Option<Vec<Hint>>, Fault> {
        let now = self.0.now();
        let (gate, eid) = (&opened.gate, opened.reference.eid);
        let outbound = || vec![Hint::Outbound(opened.reference.task())];
        let decided =
            |event| moved(opened, event, now).map(|item| item.json(Attribute::Decision, decision));
        let (writes, hints) = match &decision.route {
            Route::Reply { .. } => (vec![Write::replace(decided(Event::Decide)?)], outbound()),
            Route::Silent { silence } => {
                let item = decided(Event::Silence)?.text(Attribute::Reason, silence);
                (vec![Write::replace(item)], Vec::new())
            }
            Route::Challenge { kind, .. } => {
                let language = decision.language;
                let challenge = Challenge { kind: *kind, by: eid, at: now, language, tries: 0 };
                let gate = Gate { challenge: Some(challenge), ..gate.clone() };
                let item = decided(Event::Decide)?;
                (SubjectWrites::moving(&gate).and(Write::replace(item)).into_writes(), outbound())
            }
            Route::WrongCode { .. } => {
                let tried = |challenge: Challenge| Challenge {
                    tries: challenge.tries.saturating_add(1),
                    ..challenge
                };
                let gate = Gate { challenge: gate.challenge.map(tried), ..gate.clone() };
                let item = decided(Event::Decide)?;
                (SubjectWrites::moving(&gate).and(Write::replace(item)).into_writes(), outbound())
            }
            Route::Erase { notice } => {
                let item = decided(Event::Silence)?.text(Attribute::Reason, Silence::Confirmed);
                let said = (notice.as_str(), decision.language);
                self.erase_as_confirmed(opened, item, said).await?
            }
            Route::OptOut { .. } => {
                // The confirmation may go because the gate names the message that it answers.
                let suppressed = Suppressed { at: opened.platform_at, by: Some(eid) };
                let gate = Gate { suppressed: Some(suppressed), ..gate.clone() };
                let item = decided(Event::Decide)?;
                (SubjectWrites::moving(&gate).and(Write::replace(item)).into_writes(), outbound())
            }
            Route::Person { reason, acknowledgement } => {
                let event = if acknowledgement.is_some() { Event::Decide } else { Event::Escalate };
                let item = decided(event)?.text(Attribute::Reason, reason);
                let is_urgent = decision.found.as_ref().is_some_and(|found| found.is_urgent);
                let call = Call { reason: *reason, is_urgent };
                let (case, writes) = case_rows::escalate(&self.0, gate, eid, call, item).await?;
                let brand = opened.reference.brand.clone();
                let mut hints = vec![Hint::Human(CaseRef { brand, case })];
                if acknowledgement.is_some() {
                    hints.extend(outbound());
                }
                (writes, hints)
            }
        };
        // A mere reply that a loss of power undoes is decided again; who holds a conversation, or opted out,
        // must be known from now on.
        let committed = match &decision.route {
            Route::Reply { .. } | Route::Silent { .. } => self.0.commit_soon(writes).await?,
            Route::Person { .. }
            | Route::OptOut { .. }
            | Route::Challenge { .. }
            | Route::WrongCode { .. }
            | Route::Erase { .. } => self.0.commit(writes).await?,
        };
        match committed {
            Commit::Done => Ok(Some(hints)),
            Commit::Moved(_) => Ok(None),
        }
    }

    /// Gives a message that no function can handle to a person.
    pub async fn poison(&self, reference: &MessageRef, ruleset: &str) -> Result<Vec<Hint>, Fault> {
        for _ in 0..TRIES {
            let rows = [
                Key::gate(reference.pid),
                Key::message(reference.pid, reference.epoch, reference.eid),
            ];
            let task = (reference.pid, reference.epoch, TaskId::Message(reference.eid));
            let rows = match self.0.get(rows).await {
                Err(Fault::Damaged { .. }) => return self.0.call_for_damaged(task).await,
                other => other?,
            };
            let [Some(gate), Some(item)] = rows else {
                return Ok(Vec::new());
            };
            let gate = Gate::from_item(reference.pid, &gate)?;
            let Ok(state) = item.parse_required::<State>(Attribute::State) else {
                return self.0.call_for_damaged(task).await;
            };
            if gate.epoch != reference.epoch || state != State::Received {
                return Ok(Vec::new());
            }
            let reason = Reason::Poison;
            let route = Route::Person { reason, acknowledgement: None };
            let decision =
                Decision { route, found: None, language: None, ruleset: ruleset.to_owned() };
            let item = ended(item.next(), State::Human, self.0.now())
                .json(Attribute::Decision, &decision)
                .text(Attribute::Reason, reason);
            let (case, writes) =
                case_rows::escalate(&self.0, &gate, reference.eid, reason.into(), item).await?;
            if self.0.commit(writes).await? == Commit::Done {
                return Ok(vec![Hint::Human(CaseRef { brand: reference.brand.clone(), case })]);
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "gate" })
    }
}

fn written(inbound: &Inbound) -> Written {
    Written {
        ids: inbound.ids.clone(),
        name: inbound.name.clone(),
        platform_message_id: inbound.platform_message_id.clone(),
        text: match &inbound.content {
            Content::Text(text) | Content::Pressed { words: text, .. } => Some(text.clone()),
            Content::Other { .. } => None,
        },
        pressed: match &inbound.content {
            Content::Pressed { choice, .. } => Some(*choice),
            Content::Text(_) | Content::Other { .. } => None,
        },
    }
}

/// The message's row after `event`: due if the machine is to send something, else at its end.
fn moved(opened: &Opened, event: Event, now: Time) -> Result<Item, Fault> {
    let state = State::Received.after(event)?.ok_or(Fault::rejected("decided before"))?;
    let item = opened.item.clone().next();
    if state.is_terminal() {
        return Ok(ended(item, state, now));
    }
    // It stays due as it was taken in: until then its hints should have brought it to its end.
    Ok(item.text(Attribute::State, state))
}
