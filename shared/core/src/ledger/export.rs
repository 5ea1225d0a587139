//! Everything held about a person, opened, for that person: GDPR art. 15(3) and 20.

use serde::Serialize;

use super::{
    Thread,
    content::{Noted, Said, Written},
    stores::Stores,
};
use crate::{
    case::Actor,
    decision::Decision,
    fault::Fault,
    ids::{Channel, Epoch, PlatformId},
    personal::Personal,
    seal::{SubjectKey, Vault},
    state::State,
    table::{Attribute, Item, Key, Table},
};

/// The copy of a person's data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Whether anything is held. "No" is an answer too (art. 15(1)).
    pub processing_confirmed: bool,
    /// On which platform.
    pub channel: Option<Channel>,
    /// The ids under which the platform knows the person, as their messages bore them.
    pub ids: Vec<PlatformId>,
    /// The names that they showed.
    pub names: Vec<Personal<String>>,
    /// What they wrote, how it was decided, and what was answered.
    pub messages: Vec<ExportedMessage>,
    /// What people of the brand and the privacy function sent.
    pub sent: Vec<ExportedSent>,
    /// What people of the brand noted about them.
    pub notes: Vec<ExportedNote>,
    /// Cases about their conversations.
    pub cases: Vec<ExportedCase>,
    /// Since when they want no messages.
    pub opted_out_since: Option<String>,
    /// Since when processing is restricted.
    pub restricted_since: Option<String>,
    /// How many rows could not be opened because they are damaged: they are quarantined, not served.
    pub quarantined_rows: usize,
}

/// A message of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedMessage {
    /// When they sent it.
    pub sent_at: Option<String>,
    /// When we took it in.
    pub received_at: Option<String>,
    /// What kind, such as `text`.
    pub kind: String,
    /// What they wrote.
    pub text: Option<Personal<String>>,
    /// The platform's id of it.
    pub platform_message_id: Personal<String>,
    /// Where it stands.
    pub state: State,
    /// How it was decided, by which rules, and with which scores.
    pub decision: Option<Decision>,
    /// Why it ended as it did, if not by an answer.
    pub reason: Option<String>,
    /// What was answered.
    pub reply: Option<ExportedReply>,
}

/// An automated answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedReply {
    /// Its text.
    pub text: Option<Personal<String>>,
    /// The template and its version.
    pub template: Option<String>,
    /// Which disclosure it carried.
    pub disclosure: Option<String>,
    /// When it came to its end.
    pub at: Option<String>,
    /// The platform's id of it.
    pub platform_message_id: Option<Personal<String>>,
}

/// A message of a person of the brand, or of the privacy function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedSent {
    /// Who sent it.
    pub by: Actor,
    /// When it was written.
    pub at: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Its text.
    pub text: Option<Personal<String>>,
    /// The template, if one says it.
    pub template: Option<String>,
}

/// What a person of the brand noted, for their colleagues only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedNote {
    /// When.
    pub at: Option<String>,
    /// The note.
    pub text: Personal<String>,
}

/// A case about the person's conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedCase {
    /// Why it was opened.
    pub reason: Option<String>,
    /// When.
    pub opened_at: Option<String>,
}

fn stamp(row: &Item, attribute: Attribute) -> Option<String> {
    row.get_time(attribute).map(crate::time::Time::rfc3339)
}

fn owned(row: &Item, attribute: Attribute) -> Option<String> {
    row.get_text(attribute).map(str::to_owned)
}

impl Export {
    /// Adds one row of a subject's partition. A damaged one is counted, and does not hide the others.
    pub(super) fn add<T: Table, V: Vault>(&mut self, key: &SubjectKey, row: &Item, epoch: Epoch) {
        let added = if row.key.sort.starts_with(Key::MESSAGE) {
            self.add_message::<T, V>(key, row, epoch)
        } else if row.key.sort.starts_with(Key::OUT) {
            self.add_sent::<T, V>(key, row, epoch)
        } else if row.key.sort.starts_with(Key::NOTE) {
            self.add_note::<T, V>(key, row, epoch)
        } else {
            if row.key.sort.starts_with(Key::CASE) {
                self.cases.push(ExportedCase {
                    reason: owned(row, Attribute::Reason),
                    opened_at: stamp(row, Attribute::ReceivedAt),
                });
            }
            Ok(())
        };
        if added.is_err() {
            self.quarantined_rows = self.quarantined_rows.saturating_add(1);
        }
    }

    fn add_message<T: Table, V: Vault>(
        &mut self,
        key: &SubjectKey,
        row: &Item,
        epoch: Epoch,
    ) -> Result<(), Fault> {
        let written: Written = Stores::<T, V>::unseal(key, row, Attribute::Sealed, epoch)?
            .ok_or(Fault::Damaged { what: "message" })?;
        let said: Option<Said> = Stores::<T, V>::unseal(key, row, Attribute::SealedReply, epoch)?;
        let receipt = Stores::<T, V>::unseal(key, row, Attribute::SealedReceipt, epoch)?;
        for id in written.ids {
            if !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
        self.names.extend(written.name.filter(|name| !self.names.contains(name)));
        self.messages.push(ExportedMessage {
            sent_at: stamp(row, Attribute::PlatformAt),
            received_at: stamp(row, Attribute::ReceivedAt),
            kind: owned(row, Attribute::Kind).unwrap_or_default(),
            text: written.text,
            platform_message_id: written.platform_message_id,
            state: row.parse_required(Attribute::State)?,
            decision: row.get_json(Attribute::Decision)?,
            reason: owned(row, Attribute::Reason),
            reply: said.map(|said| ExportedReply {
                text: said.text,
                template: owned(row, Attribute::Template),
                disclosure: owned(row, Attribute::Disclosure),
                at: stamp(row, Attribute::EndedAt),
                platform_message_id: receipt,
            }),
        });
        Ok(())
    }

    fn add_sent<T: Table, V: Vault>(
        &mut self,
        key: &SubjectKey,
        row: &Item,
        epoch: Epoch,
    ) -> Result<(), Fault> {
        let said: Option<Said> = Stores::<T, V>::unseal(key, row, Attribute::Sealed, epoch)?;
        let rendered: Option<Said> =
            Stores::<T, V>::unseal(key, row, Attribute::SealedReply, epoch)?;
        self.sent.push(ExportedSent {
            by: row.parse_required(Attribute::Actor)?,
            at: stamp(row, Attribute::ReceivedAt),
            state: row.parse_required(Attribute::State)?,
            text: said.and_then(|said| said.text).or(rendered.and_then(|said| said.text)),
            template: owned(row, Attribute::Template),
        });
        Ok(())
    }

    fn add_note<T: Table, V: Vault>(
        &mut self,
        key: &SubjectKey,
        row: &Item,
        epoch: Epoch,
    ) -> Result<(), Fault> {
        let noted: Noted = Stores::<T, V>::unseal(key, row, Attribute::Sealed, epoch)?
            .ok_or(Fault::Damaged { what: "note" })?;
        self.notes.push(ExportedNote { at: stamp(row, Attribute::ReceivedAt), text: noted.text });
        Ok(())
    }
}

/// What is shown of a row that is damaged: that it is there.
pub(super) fn damaged_line(row: &Item) -> Thread {
    let at = row.get_time(Attribute::PlatformAt).or(row.get_time(Attribute::ReceivedAt));
    let sort = &row.key.sort;
    let is_note = sort.starts_with(Key::NOTE);
    let by = match (sort.starts_with(Key::MESSAGE), is_note) {
        (true, _) => Actor::Customer,
        (false, true) => Actor::Agent,
        (false, false) => Actor::Machine,
    };
    let state = row.parse_required(Attribute::State).unwrap_or(State::Human);
    Thread {
        by,
        at: at.unwrap_or_default(),
        state: (!is_note).then_some(state),
        kind: "damaged".to_owned(),
        text: None,
        decision: None,
    }
}

/// The lines of conversation that a row holds: what was written, and what was answered.
pub(super) fn lines<T: Table, V: Vault>(
    key: &SubjectKey,
    row: &Item,
    epoch: Epoch,
) -> Result<Vec<Thread>, Fault> {
    let mut export = Export::default();
    if row.key.sort.starts_with(Key::MESSAGE) {
        export.add_message::<T, V>(key, row, epoch)?;
    } else if row.key.sort.starts_with(Key::OUT) {
        export.add_sent::<T, V>(key, row, epoch)?;
    } else if row.key.sort.starts_with(Key::NOTE) {
        export.add_note::<T, V>(key, row, epoch)?;
    }
    let at = |attribute| row.get_time(attribute).unwrap_or_default();
    let sent = export.sent.into_iter().map(|sent| Thread {
        by: sent.by,
        at: at(Attribute::ReceivedAt),
        state: Some(sent.state),
        kind: "text".to_owned(),
        text: sent.text,
        decision: None,
    });
    let noted = export.notes.into_iter().map(|note| Thread {
        by: Actor::Agent,
        at: at(Attribute::ReceivedAt),
        state: None,
        kind: "note".to_owned(),
        text: Some(note.text),
        decision: None,
    });
    let written = export.messages.into_iter().flat_map(|message| {
        let reply = message.reply.map(|reply| Thread {
            by: Actor::Machine,
            at: at(Attribute::EndedAt),
            state: Some(message.state),
            kind: "text".to_owned(),
            text: reply.text,
            decision: None,
        });
        let written = Thread {
            by: Actor::Customer,
            at: at(Attribute::PlatformAt),
            state: Some(message.state),
            kind: message.kind,
            text: message.text,
            decision: message.decision,
        };
        [Some(written), reply].into_iter().flatten()
    });
    Ok(sent.chain(noted).chain(written).collect())
}
