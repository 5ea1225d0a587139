//! What people and platforms change of what was taken in: words are edited or taken back, somebody else speaks, two ids
//! turn out to be one person's. Any of it may come before what it changes, and again.

use std::time::Duration;

use super::{
    Inbox, Intake,
    case_rows::{self, Cause},
    content::Written,
    inbox::As,
    moves::changed,
    stores::{Commit, Stores, TRIES},
};
use crate::{
    case::Reason,
    event::{Content, Inbound, SamePerson, Spoken},
    fault::Fault,
    gate::{Gate, Held},
    ids::{CaseId, Eid, Pid},
    queue::MessageRef,
    seal::{BrandKeys, Vault},
    state::{Event, State},
    subject::SubjectWrites,
    table::{Attribute, Item, Key, Table, Write},
};

/// What became of a message that was to be written anew.
enum Rewritten {
    /// It is not there.
    NotThere,
    /// It is written, or needed not be.
    Done {
        /// The message, if it is to be decided.
        undecided: Option<MessageRef>,
    },
}

impl<T: Table, V: Vault> Inbox<T, V> {
    /// Gives a message its new words. If it was not there, it is taken in with them, and what comes later is the one
    /// that was before. Who was not answered yet is answered to the new words. None if nothing is to be decided.
    pub async fn amend(&self, edited: &Inbound) -> Result<Option<MessageRef>, Fault> {
        self.change(edited, Event::Edit, As::Edited).await
    }

    /// Forgets the words of a message that its person took back, and answers it no more. If it was not there, it never
    /// will be.
    pub async fn take_back(&self, taken: &Inbound) -> Result<(), Fault> {
        self.change(taken, Event::TakeBack, As::TakenBack).await.map(|_| ())
    }

    async fn change(
        &self,
        inbound: &Inbound,
        event: Event,
        if_new: As,
    ) -> Result<Option<MessageRef>, Fault> {
        for _ in 0..TRIES {
            if let Rewritten::Done { undecided } = self.rewrite(inbound, event).await? {
                return Ok(undecided);
            }
            match self.store(inbound, if_new).await? {
                Intake::Taken(reference) if if_new == As::Edited => return Ok(Some(reference)),
                Intake::Taken(_) | Intake::Erased => return Ok(None),
                Intake::Before => {} // it came meanwhile
            }
        }
        Err(Fault::Contended { what: "message" })
    }

    /// Writes a message anew, if it is there.
    async fn rewrite(&self, inbound: &Inbound, event: Event) -> Result<Rewritten, Fault> {
        let stores = &self.0;
        let brand = stores.vault.brand(&inbound.at.brand).await?;
        let eid = brand.eid(&inbound.at, &inbound.platform_message_id);
        for _ in 0..TRIES {
            let Some((gate, row)) = self.find(&brand, inbound, eid).await? else {
                return Ok(Rewritten::NotThere);
            };
            let (pid, epoch) = (gate.pid, gate.epoch);
            let Some(subject) = stores.keyring(&brand).find(pid, epoch).await? else {
                return Ok(Rewritten::Done { undecided: None }); // it is being erased
            };
            let old: Written = Stores::<T, V>::unseal(&subject, &row, Attribute::Sealed, epoch)?
                .ok_or(Fault::Damaged { what: "message" })?;
            let text = match (&inbound.content, event) {
                (Content::Text(text), Event::Edit) => Some(text.clone()),
                _ => None,
            };
            // Words that were taken back stay so, and what never were words do not become any.
            let is_older = row.get_time(Attribute::EditedAt) > Some(inbound.platform_at);
            if event == Event::Edit && (old.text.is_none() || is_older) {
                return Ok(Rewritten::Done { undecided: None });
            }
            let (item, is_undecided) = if event == Event::Edit && old.text == text {
                (row.clone().next(), false) // as it was told before: nothing is decided anew
            } else {
                self.after(pid, &row, event)?
            };
            let item = if event == Event::Edit {
                item.time(Attribute::EditedAt, inbound.platform_at)
            } else {
                item
            };
            let revision = item.version;
            let new = Written { text, pressed: None, ..old };
            let item = stores.seal(&subject, item, Attribute::Sealed, epoch, &new)?;
            match stores.commit(vec![Write::replace(item)]).await? {
                Commit::Done => {
                    let brand = inbound.at.brand.clone();
                    let reference = MessageRef::new(brand, pid, epoch, eid).at(revision);
                    return Ok(Rewritten::Done { undecided: is_undecided.then_some(reference) });
                }
                Commit::Moved(_) => stores.pause().await,
            }
        }
        Err(Fault::Contended { what: "message" })
    }

    /// The row of a message, with the gate of the subject that has it: of any that the ids lead to, or that was proven
    /// to be the same person.
    async fn find(
        &self,
        brand: &BrandKeys,
        inbound: &Inbound,
        eid: Eid,
    ) -> Result<Option<(Gate, Item)>, Fault> {
        let writer = self.identify(brand, &inbound.at, &inbound.ids).await?;
        let mut gates = self.twins_of(&writer).await?;
        gates.insert(0, writer.gate);
        let keys: Vec<_> =
            gates.iter().map(|gate| Key::message(gate.pid, gate.epoch, eid)).collect();
        let rows = self.0.get_all(&keys).await?;
        let found = gates.into_iter().zip(rows).find_map(|(gate, row)| Some((gate, row?)));
        Ok(found)
    }

    /// The row after `event`, and whether it is to be decided.
    fn after(&self, pid: Pid, row: &Item, event: Event) -> Result<(Item, bool), Fault> {
        let now = self.0.now();
        let state: State = row.parse_required(Attribute::State)?;
        let item = row.clone().next();
        // A person was called for it: they see the new words, and nobody is called again.
        let is_called_for = row.get_text(Attribute::Case).is_some();
        Ok(match state.after(event)? {
            Some(State::Received) if !is_called_for => {
                (changed(pid, item, State::Received, now), true)
            }
            Some(State::Suppressed) => (changed(pid, item, State::Suppressed, now), false),
            // It is on its way, or may be. If it comes back refused, it does not go again as it was.
            _ if matches!(state, State::Sending | State::Unknown) => {
                (item.text(Attribute::Remark, event), false)
            }
            Some(_) | None => (item, state == State::Received && event == Event::Edit),
        })
    }

    /// Leaves the conversation to whoever spoke in it elsewhere: the machine is silent until somebody hands it back.
    /// Nobody is called, since somebody is there. The case comes into the queue when the customer writes again.
    pub async fn spoken_elsewhere(&self, spoken: &Spoken) -> Result<(), Fault> {
        let stores = &self.0;
        let brand = stores.vault.brand(&spoken.at.brand).await?;
        let eid = brand.eid(&spoken.at, &spoken.platform_message_id);
        for _ in 0..TRIES {
            let gate = self.identify(&brand, &spoken.at, &spoken.ids).await?.gate;
            // The platform's times may be whole seconds: what was said in the same one may have come after it.
            let is_over = gate
                .handed_back
                .is_some_and(|back| spoken.platform_at.plus(Duration::from_secs(1)) <= back.at);
            // A conversation that we know nothing of, or that goes on since.
            if gate.version == 0 || gate.has_erased(spoken.platform_at) || is_over {
                return Ok(());
            }
            let case = match gate.held {
                Some(held) if held.spoke => return Ok(()),
                Some(held) => held.case,
                None => CaseId::opened_by(eid),
            };
            let holding = Gate { held: Some(Held { case, spoke: true }), ..gate.clone() };
            let mut writes = SubjectWrites::moving(&holding);
            if gate.held.is_none() {
                let [before] = stores.get([Key::case(case)]).await?;
                if before.is_some() {
                    return Ok(()); // it was told before, and what came of it is over
                }
                let reason = Reason::AnsweredElsewhere;
                let cause = Cause { case, call: reason.into(), now: stores.now() };
                writes = writes
                    .create(case_rows::answered_item(&gate, cause))
                    .create(case_rows::pointer_item(&gate, cause));
            }
            match stores.commit(writes.into_writes()).await? {
                Commit::Done => return Ok(()),
                Commit::Moved(_) => stores.pause().await,
            }
        }
        Err(Fault::Contended { what: "gate" })
    }

    /// Links ids that are one person's, so that the same gate holds for all of them. Of a person whom we do not know
    /// nothing is stored.
    pub async fn same_person(&self, same: &SamePerson) -> Result<(), Fault> {
        let stores = &self.0;
        let brand = stores.vault.brand(&same.at.brand).await?;
        for _ in 0..TRIES {
            let writer = self.identify(&brand, &same.at, &same.ids).await?;
            if writer.gate.version == 0 || (writer.links.is_empty() && writer.twin.is_none()) {
                return Ok(());
            }
            let twins = self.twins_of(&writer).await?;
            let writes = self.with_identity(&writer, writer.gate.clone(), &twins).await?;
            match stores.commit(writes.into_writes()).await? {
                Commit::Done => return Ok(()),
                Commit::Moved(_) => stores.pause().await,
            }
        }
        Err(Fault::Contended { what: "gate" })
    }
}
