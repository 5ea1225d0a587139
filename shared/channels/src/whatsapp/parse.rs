//! Turns a verified webhook body into events, without losing one.
//!
//! Whatever a part of the body is, it becomes an event: a message, a receipt, something ignored by name,
//! or something unreadable. The platform repeats a whole body for days if one part made it fail.

mod contacts;
mod wire;

use std::{iter, str};

use contacts::Contacts;
use forthright_core::{
    Account, Accounts, Personal, PlatformId, Time,
    event::{Content, Event, Inbound, Receipt, ReceiptOutcome, Unreadable, UnreadableKind},
    ids::{Address, IdKind},
};
use serde_json::value::RawValue;
use wire::{
    Change, Entry, Envelope, Message, Metadata, Parts, Profile, Status, StatusError, Text, Value,
};

use super::compose::OPAQUE_CHARS_MAX;
use crate::meta::{Scalar, Verified};

const ECHOES: &str = "smb_message_echoes";

/// The longest name of a kind that is passed on, in characters.
pub const KIND_CHARS_MAX: usize = 32;
/// The longest id of a message that is taken in, in bytes. WhatsApp's have about a hundred.
pub const MESSAGE_ID_BYTES_MAX: usize = 512;
/// The longest name of a person that is taken in, in bytes; a longer one is left out.
pub const NAME_BYTES_MAX: usize = 1_024;
/// The longest text that is taken in, in bytes: four times what 4,096 characters, WhatsApp's limit, can have.
pub const TEXT_BYTES_MAX: usize = 64 * 1_024;

/// What WhatsApp calls the kinds of message. What has no name here is stored as unknown: the name of a kind is
/// not sealed, so it must be none that a person could choose.
const KINDS: [&str; 16] = [
    "audio",
    "button",
    "contacts",
    "document",
    "edit",
    "image",
    "interactive",
    "location",
    "order",
    "poll",
    "product",
    "sticker",
    "text",
    "unsupported",
    "video",
    "voice",
];

/// Everything that the body says, in its order; at least one event.
///
/// One event is made at a time, so that a body of many small parts takes no more memory than one of few.
/// More than the 1,000 updates that the platform promises are read like any other.
pub fn parse<'a>(
    body: &'a Verified,
    account: &'a Account,
    accounts: &'a Accounts,
) -> impl Iterator<Item = Event> + Send + 'a {
    let body = match str::from_utf8(body.bytes()) {
        Ok(body) => body,
        Err(error) => return one(unreadable(UnreadableKind::NotUtf8, error.valid_up_to())),
    };
    let envelope: Envelope<'_> = match serde_json::from_str(body) {
        Ok(envelope) if body.trim_ascii_start().starts_with('{') => envelope,
        Ok(_) => return one(unreadable(UnreadableKind::Envelope, 0)),
        Err(error) => return one(unreadable(UnreadableKind::Envelope, offset(body, &error))),
    };
    if envelope.object.as_str() != "whatsapp_business_account" {
        return one(ignored("object"));
    }
    let reading = Reading { body, account, accounts };
    or(envelope.entry.flat_map(move |entry| reading.entry(entry)), "empty")
}

/// Events that are made when they are asked for.
type Events<'a> = Box<dyn Iterator<Item = Event> + Send + 'a>;

fn one<'a>(event: Event) -> Events<'a> {
    Box::new(iter::once(event))
}

/// These events; if there is none, that there was nothing, by the name `otherwise`.
fn or<'a>(events: impl Iterator<Item = Event> + Send + 'a, otherwise: &str) -> Events<'a> {
    let mut events = events.peekable();
    if events.peek().is_none() {
        return one(ignored(otherwise));
    }
    Box::new(events)
}

/// What is being read, and for whom.
#[derive(Clone, Copy)]
struct Reading<'a> {
    body: &'a str,
    account: &'a Account,
    accounts: &'a Accounts,
}

impl<'a> Reading<'a> {
    fn entry(self, raw: &'a RawValue) -> Events<'a> {
        match wire::object::<Entry<'a>>(raw.get()) {
            Some(entry) => Box::new(entry.changes.flat_map(move |change| self.change(change))),
            None => one(self.unreadable(UnreadableKind::Envelope, raw)),
        }
    }

    fn change(self, raw: &'a RawValue) -> Events<'a> {
        let unreadable = || one(self.unreadable(UnreadableKind::Envelope, raw));
        let Some(Change { field, value }) = wire::object(raw.get()) else {
            return unreadable();
        };
        let field = field.as_ref().map_or("", Scalar::as_str);
        if field != "messages" && field != ECHOES {
            return one(ignored(field));
        }
        let Some(value) = value else {
            return one(ignored("empty"));
        };
        match wire::object(value.get()) {
            Some(value) => self.value(raw, value),
            None => unreadable(),
        }
    }

    fn value(self, raw: &'a RawValue, value: Value<'a>) -> Events<'a> {
        let Value { metadata, contacts, messages, statuses, message_echoes, errors } = value;
        if messages.is_empty() && statuses.is_empty() && message_echoes.is_empty() {
            return one(ignored(if errors.is_some() { "errors" } else { "empty" }));
        }
        let metadata: Option<Metadata<'a>> = metadata.and_then(|raw| wire::object(raw.get()));
        let Some(at) = self.served(metadata.as_ref()) else {
            // One app may serve several accounts, and each has a signature that is right: the account in
            // the path does not make the body's claim true.
            return one(self.unreadable(UnreadableKind::ForeignAccount, raw));
        };
        let contacts = Contacts::of(contacts);
        let own = metadata.and_then(|of| of.display_phone_number);
        let messages = messages.map(move |raw| self.message(raw, at, &contacts, own.as_ref()));
        let statuses = statuses.map(move |raw| self.status(raw, at));
        let echoes = message_echoes.map(move |raw| self.echo(raw, at));
        Box::new(messages.chain(statuses).chain(echoes))
    }

    /// The address of the account that the metadata names, if this webhook serves it.
    fn served(self, metadata: Option<&Metadata<'_>>) -> Option<&'a Address> {
        let named = metadata?.phone_number_id.as_ref()?.as_str();
        if named == self.account.at.account.as_str() {
            return Some(&self.account.at);
        }
        self.accounts.sibling(self.account, named).map(|sibling| &sibling.at)
    }

    fn message(
        self,
        raw: &'a RawValue,
        at: &Address,
        contacts: &Contacts<'a>,
        own: Option<&Scalar<'_>>,
    ) -> Event {
        let Some(message) = wire::object::<Message<'a>>(raw.get()) else {
            return self.unreadable(UnreadableKind::Message, raw);
        };
        let kind = message.kind.as_ref().map_or("", Scalar::as_str);
        if let "reaction" | "system" | "revoke" | "request_welcome" = kind {
            return ignored(kind);
        }
        // A machine that answers its own messages never stops.
        if let (Some(own), Some(from)) = (own, &message.from)
            && same_number(own.as_str(), from.as_str())
        {
            return ignored("own_echo");
        }
        match inbound(&message, at, contacts) {
            Some(inbound) => Event::Message(Box::new(inbound)),
            None => self.unreadable(UnreadableKind::Message, raw),
        }
    }

    fn status(self, raw: &'a RawValue, at: &Address) -> Event {
        let Some(status) = wire::object::<Status<'a>>(raw.get()) else {
            return self.unreadable(UnreadableKind::Message, raw);
        };
        let outcome = match status.stage.as_ref().map(Scalar::as_str) {
            Some("sent" | "delivered" | "read" | "played") => Some(ReceiptOutcome::Taken),
            Some("failed") => Some(ReceiptOutcome::Failed { code: first_code(status.errors) }),
            _ => None,
        };
        // Without the opaque field the message was not ours, or nothing can be settled by it.
        outcome
            .and_then(|outcome| receipt(outcome, &status, at))
            .unwrap_or_else(|| ignored("status"))
    }

    /// What somebody wrote in the WhatsApp app on the business's behalf, or what we sent ourselves.
    fn echo(self, raw: &'a RawValue, at: &Address) -> Event {
        let Some(echo) = wire::object::<Status<'a>>(raw.get()) else {
            return self.unreadable(UnreadableKind::Message, raw);
        };
        receipt(ReceiptOutcome::Taken, &echo, at).unwrap_or_else(|| ignored(ECHOES))
    }

    fn unreadable(self, kind: UnreadableKind, raw: &RawValue) -> Event {
        // A raw value is a piece of the body, so its place is the distance between the two.
        let start = raw.get().as_ptr().addr().saturating_sub(self.body.as_ptr().addr());
        unreadable(kind, start)
    }
}

/// What became of a message that carries an opaque field; none if it carries none that could be ours.
fn receipt(outcome: ReceiptOutcome, status: &Status<'_>, at: &Address) -> Option<Event> {
    let opaque = status.opaque.as_ref().map(Scalar::as_str)?;
    let id = status.id.as_ref().map(Scalar::as_str)?;
    if opaque.len() > OPAQUE_CHARS_MAX || id.len() > MESSAGE_ID_BYTES_MAX {
        return None;
    }
    Some(Event::Receipt(Receipt {
        at: at.clone(),
        outcome,
        opaque: Some(opaque.to_owned()),
        platform_message_id: id.into(),
    }))
}

/// The message, if it says which one it is, of when, from whom, and what.
fn inbound<'a>(message: &Message<'a>, at: &Address, contacts: &Contacts<'a>) -> Option<Inbound> {
    let contact = contacts.sender(message);
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
    let profile: Option<Profile<'_>> =
        contact.and_then(|contact| wire::object(contact.profile?.get()));
    let name = profile
        .as_ref()
        .and_then(|profile| profile.name.as_ref())
        .map(Scalar::as_str)
        .filter(|name| name.len() <= NAME_BYTES_MAX)
        .map(Personal::from);
    let platform_message_id = message
        .id
        .as_ref()
        .map(Scalar::as_str)
        .filter(|id| (1..=MESSAGE_ID_BYTES_MAX).contains(&id.len()))?;
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
        let known = KINDS.iter().find(|known| **known == kind);
        return Some(Content::Other { kind: (*known.unwrap_or(&"unknown")).to_owned() });
    }
    let text: Text<'_> = wire::object(message.text?.get())?;
    let text = text.body.as_str();
    if text.len() > TEXT_BYTES_MAX {
        // No platform takes so much from a person. Who wrote is known, so somebody can ask.
        return Some(Content::Other { kind: "long_text".to_owned() });
    }
    Some(Content::Text(text.into()))
}

/// Whether two ways to write a phone number mean the same one.
fn same_number(left: &str, right: &str) -> bool {
    let mut digits = left.bytes().filter(u8::is_ascii_digit).peekable();
    digits.peek().is_some() && digits.eq(right.bytes().filter(u8::is_ascii_digit))
}

fn first_code(errors: Option<&RawValue>) -> Option<i64> {
    let mut errors: Parts<'_> = serde_json::from_str(errors?.get()).ok()?;
    let first: StatusError<'_> = wire::object(errors.next()?.get())?;
    first.code?.number()
}

fn ignored(kind: &str) -> Event {
    Event::Ignored { kind: sanitised(kind) }
}

/// The platform's name for a thing, made safe for logs and metrics: letters only, so that no number of a person
/// can hide in it.
fn sanitised(kind: &str) -> String {
    let kind: String = kind
        .chars()
        .take(KIND_CHARS_MAX)
        .map(|letter| if letter.is_ascii_alphabetic() { letter.to_ascii_lowercase() } else { '_' })
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
