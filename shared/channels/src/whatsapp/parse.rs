//! Turns a verified webhook body into events, without losing one.
//!
//! Whatever a part of the body is, it becomes an event: a message, a receipt, something ignored by name,
//! or something unreadable. The platform repeats a whole body for days if one part made it fail.

mod wire;

use std::str;

use forthright_core::{
    Account, Accounts, Personal, PlatformId, Time,
    event::{Content, Event, Inbound, Receipt, ReceiptOutcome, Unreadable, UnreadableKind},
    ids::{Address, IdKind},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::{Change, Contact, Entry, Envelope, Message, Metadata, Status, StatusError, Text, Value};

use crate::meta::{Scalar, Verified};

const ECHOES: &str = "smb_message_echoes";
const KIND_CHARS_MAX: usize = 32;

/// Everything that the body says, in its order; at least one event.
///
/// Sizes are bounded by the body's: more than the 1,000 updates that the platform promises are read like
/// any other.
pub fn parse(body: &Verified, account: &Account, accounts: &Accounts) -> Vec<Event> {
    let body = match str::from_utf8(body.bytes()) {
        Ok(body) => body,
        Err(error) => return vec![unreadable(UnreadableKind::NotUtf8, error.valid_up_to())],
    };
    let envelope: Envelope<'_> = match serde_json::from_str(body) {
        Ok(envelope) => envelope,
        Err(error) => return vec![unreadable(UnreadableKind::Envelope, offset(body, &error))],
    };
    if envelope.object.as_str() != "whatsapp_business_account" {
        return vec![ignored("object")];
    }
    let mut reading = Reading { body, account, accounts, events: Vec::new() };
    for entry in envelope.entry.unwrap_or_default() {
        reading.entry(entry);
    }
    if reading.events.is_empty() {
        reading.events.push(ignored("empty"));
    }
    reading.events
}

struct Reading<'a> {
    body: &'a str,
    account: &'a Account,
    accounts: &'a Accounts,
    events: Vec<Event>,
}

impl<'a> Reading<'a> {
    fn entry(&mut self, raw: &'a RawValue) {
        let Some(Entry { changes }) = self.read(raw, UnreadableKind::Envelope) else {
            return;
        };
        for change in changes.unwrap_or_default() {
            self.change(change);
        }
    }

    fn change(&mut self, raw: &'a RawValue) {
        let Some(Change { field, value }) = self.read(raw, UnreadableKind::Envelope) else {
            return;
        };
        let field = field.as_ref().map_or("", Scalar::as_str);
        if field != "messages" && field != ECHOES {
            self.events.push(ignored(field));
            return;
        }
        let Some(value) = value else {
            self.events.push(ignored("empty"));
            return;
        };
        let before = self.events.len();
        let Some(value) = self.read::<Value<'a>>(value, UnreadableKind::Envelope) else {
            return;
        };
        let errors = value.errors.is_some();
        self.value(raw, value);
        if self.events.len() == before {
            self.events.push(ignored(if errors { "errors" } else { "empty" }));
        }
    }

    fn value(&mut self, raw: &'a RawValue, value: Value<'a>) {
        let messages = value.messages.unwrap_or_default();
        let statuses = value.statuses.unwrap_or_default();
        let echoes = value.message_echoes.unwrap_or_default();
        if messages.is_empty() && statuses.is_empty() && echoes.is_empty() {
            return;
        }
        let Some(at) = self.served(value.metadata.as_ref()) else {
            // One app may serve several accounts, and each has a signature that is right: the account in
            // the path does not make the body's claim true.
            self.unreadable(UnreadableKind::ForeignAccount, raw);
            return;
        };
        let contacts: Vec<Contact<'a>> = value
            .contacts
            .unwrap_or_default()
            .into_iter()
            .filter_map(|contact| serde_json::from_str(contact.get()).ok())
            .collect();
        let own = value.metadata.as_ref().and_then(|of| of.display_phone_number.as_ref());
        for message in messages {
            self.message(message, at, &contacts, own);
        }
        for status in statuses {
            self.status(status, at);
        }
        for echo in echoes {
            self.echo(echo, at);
        }
    }

    /// The address of the account that the metadata names, if this webhook serves it.
    fn served(&self, metadata: Option<&Metadata<'_>>) -> Option<&'a Address> {
        let named = metadata?.phone_number_id.as_ref()?.as_str();
        if named == self.account.at.account.as_str() {
            return Some(&self.account.at);
        }
        self.accounts.sibling(self.account, named).map(|sibling| &sibling.at)
    }

    fn message(
        &mut self,
        raw: &'a RawValue,
        at: &Address,
        contacts: &[Contact<'_>],
        own: Option<&Scalar<'_>>,
    ) {
        let Some(message) = self.read::<Message<'a>>(raw, UnreadableKind::Message) else {
            return;
        };
        let kind = message.kind.as_ref().map_or("", Scalar::as_str);
        if let "reaction" | "system" | "revoke" | "request_welcome" = kind {
            self.events.push(ignored(kind));
            return;
        }
        // A machine that answers its own messages never stops.
        if let (Some(own), Some(from)) = (own, &message.from)
            && same_number(own.as_str(), from.as_str())
        {
            self.events.push(ignored("own_echo"));
            return;
        }
        match inbound(&message, at, contacts) {
            Some(inbound) => self.events.push(Event::Message(Box::new(inbound))),
            None => self.unreadable(UnreadableKind::Message, raw),
        }
    }

    fn status(&mut self, raw: &'a RawValue, at: &Address) {
        let Some(status) = self.read::<Status<'a>>(raw, UnreadableKind::Message) else {
            return;
        };
        let outcome = match status.stage.as_ref().map(Scalar::as_str) {
            Some("sent" | "delivered" | "read" | "played") => Some(ReceiptOutcome::Taken),
            Some("failed") => Some(ReceiptOutcome::Failed { code: first_code(status.errors) }),
            _ => None,
        };
        // Without the opaque field the message was not ours, or nothing can be settled by it.
        self.receipt(outcome, &status, at, "status");
    }

    /// What somebody wrote in the WhatsApp app on the business's behalf, or what we sent ourselves.
    fn echo(&mut self, raw: &'a RawValue, at: &Address) {
        if let Some(echo) = self.read::<Status<'a>>(raw, UnreadableKind::Message) {
            self.receipt(Some(ReceiptOutcome::Taken), &echo, at, ECHOES);
        }
    }

    fn receipt(
        &mut self,
        outcome: Option<ReceiptOutcome>,
        status: &Status<'_>,
        at: &Address,
        otherwise: &str,
    ) {
        let (Some(outcome), Some(opaque), Some(id)) = (outcome, &status.opaque, &status.id) else {
            self.events.push(ignored(otherwise));
            return;
        };
        self.events.push(Event::Receipt(Receipt {
            at: at.clone(),
            outcome,
            opaque: Some(opaque.as_str().to_owned()),
            platform_message_id: id.as_str().into(),
        }));
    }

    /// Reads one part; if it cannot be read, that becomes an event.
    fn read<T: Deserialize<'a>>(&mut self, raw: &'a RawValue, kind: UnreadableKind) -> Option<T> {
        let read = serde_json::from_str(raw.get()).ok();
        if read.is_none() {
            self.unreadable(kind, raw);
        }
        read
    }

    fn unreadable(&mut self, kind: UnreadableKind, raw: &RawValue) {
        // A raw value is a piece of the body, so its place is the distance between the two.
        let start = raw.get().as_ptr().addr().saturating_sub(self.body.as_ptr().addr());
        self.events.push(unreadable(kind, start));
    }
}

/// The message, if it says which one it is, of when, from whom, and what.
fn inbound(message: &Message<'_>, at: &Address, contacts: &[Contact<'_>]) -> Option<Inbound> {
    let contact = contacts.iter().find(|contact| is_of(contact, message));
    let known = |own: &Option<Scalar<'_>>, listed: Option<&Scalar<'_>>| {
        own.as_ref().or(listed).map(|id| id.as_str().to_owned())
    };
    // The business-scoped id outlives the phone number, so it goes first.
    let user_id =
        known(&message.from_user_id, contact.and_then(|contact| contact.user_id.as_ref()));
    let wa_id = known(&message.from, contact.and_then(|contact| contact.wa_id.as_ref()));
    let ids = [(IdKind::UserId, user_id), (IdKind::WaId, wa_id)]
        .into_iter()
        .filter_map(|(kind, id)| Some(PlatformId::parse(kind, &id?)))
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|ids| !ids.is_empty())?;
    let name = contact
        .and_then(|contact| contact.profile.as_ref()?.name.as_ref())
        .map(|name| Personal::from(name.as_str()));
    let platform_message_id =
        message.id.as_ref().map(Scalar::as_str).filter(|id| !id.is_empty())?;
    Some(Inbound {
        at: at.clone(),
        ids,
        name,
        platform_message_id: platform_message_id.into(),
        platform_at: message.timestamp.as_ref()?.number().map(Time::from_seconds)?,
        content: content(message)?,
    })
}

fn content(message: &Message<'_>) -> Option<Content> {
    if message.group_id.is_some() {
        // An answer to one would be read by all.
        return Some(Content::Other { kind: "group".to_owned() });
    }
    let kind = message.kind.as_ref().map_or("", Scalar::as_str);
    if kind != "text" {
        return Some(Content::Other { kind: sanitised(kind) });
    }
    let text: Text<'_> = serde_json::from_str(message.text?.get()).ok()?;
    Some(Content::Text(text.body.as_str().into()))
}

/// Whether the contact is the message's sender: no id says otherwise, and one says so.
fn is_of(contact: &Contact<'_>, message: &Message<'_>) -> bool {
    let compare = |left: &Option<Scalar<'_>>, right: &Option<Scalar<'_>>| match (left, right) {
        (Some(left), Some(right)) => Some(left.as_str() == right.as_str()),
        _ => None,
    };
    match compare(&contact.user_id, &message.from_user_id) {
        Some(same) => same,
        None => compare(&contact.wa_id, &message.from) == Some(true),
    }
}

/// Whether two ways to write a phone number mean the same one.
fn same_number(left: &str, right: &str) -> bool {
    let mut digits = left.bytes().filter(u8::is_ascii_digit).peekable();
    digits.peek().is_some() && digits.eq(right.bytes().filter(u8::is_ascii_digit))
}

fn first_code(errors: Option<&RawValue>) -> Option<i64> {
    let errors: Vec<StatusError<'_>> = serde_json::from_str(errors?.get()).ok()?;
    errors.first()?.code.as_ref()?.number()
}

fn ignored(kind: &str) -> Event {
    Event::Ignored { kind: sanitised(kind) }
}

/// The platform's name for a thing, made safe for logs and metrics.
fn sanitised(kind: &str) -> String {
    let kind: String = kind
        .chars()
        .take(KIND_CHARS_MAX)
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' },
        )
        .collect();
    if kind.is_empty() { "unknown".to_owned() } else { kind }
}

const fn unreadable(kind: UnreadableKind, offset: usize) -> Event {
    Event::Unreadable(Unreadable { kind, offset })
}

/// Where reading stopped, in bytes. The error's own text quotes the body, so it goes nowhere.
fn offset(body: &str, error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>().saturating_add(error.column()).min(body.len())
}

#[cfg(test)]
mod tests;
