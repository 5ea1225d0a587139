//! Reads an entry of a webhook body, part by part.

mod contacts;
mod message;
mod wire;

use contacts::Contacts;
use forthright_core::{
    Time,
    event::{ReceiptOutcome, UnreadableKind},
    ids::{IdKind, PLATFORM_ID_BYTES_MAX},
};
use serde_json::value::RawValue;
use wire::{
    Changed, Entry, Message, Metadata, Preference, Status, StatusError, UserIdUpdate, Value,
};

use crate::{
    json::{Parts, Scalar, object, part},
    meta::{
        envelope::{Reading, one},
        wire::Change,
    },
    platform::Seens,
    seen::{Kind, Part, Raw, Seen},
};

const ECHOES: &str = "smb_message_echoes";
/// The fields whose parts are read; any other is ignored by name.
const FIELDS: [&str; 4] = ["messages", ECHOES, "user_preferences", "user_id_update"];

/// Everything that an entry says.
pub(super) fn entry<'a>(reading: Reading<'a>, raw: &'a RawValue) -> Seens<'a> {
    match object::<Entry<'a>>(raw.get()) {
        Some(entry) => Box::new(entry.changes.flat_map(move |raw| change(reading, raw))),
        None => one(reading.unreadable(UnreadableKind::Envelope, raw)),
    }
}

fn change<'a>(reading: Reading<'a>, raw: &'a RawValue) -> Seens<'a> {
    let unreadable = || one(reading.unreadable(UnreadableKind::Envelope, raw));
    let place = reading.place(raw);
    let Some(Change { field, value }) = object(raw.get()) else {
        return unreadable();
    };
    let field = field.map(Raw::from).unwrap_or_default();
    if !FIELDS.contains(&&*field) {
        return one(Seen::ignored(field, place));
    }
    let Some(value) = value else {
        return one(Seen::ignored("empty", place));
    };
    match object(value.get()) {
        Some(value) => Of { reading, raw }.value(field, value),
        None => unreadable(),
    }
}

/// The change that is being read.
#[derive(Clone, Copy)]
struct Of<'a> {
    reading: Reading<'a>,
    raw: &'a RawValue,
}

impl<'a> Of<'a> {
    fn value(self, field: Raw<'a>, value: Value<'a>) -> Seens<'a> {
        let reading = self.reading;
        let Value { messages, statuses, message_echoes, user_preferences, user_id_update, .. } =
            value;
        let lists = [&messages, &statuses, &message_echoes, &user_preferences, &user_id_update];
        if lists.into_iter().all(Parts::is_empty) {
            let name = match &*field {
                "messages" | ECHOES if value.errors.is_some() => "errors".into(),
                "messages" | ECHOES => "empty".into(),
                _ => field,
            };
            return one(Seen::ignored(name, reading.place(self.raw)));
        }
        let metadata: Option<Metadata<'a>> = part(value.metadata);
        let own = metadata.as_ref().and_then(|of| of.display_phone_number.clone());
        let account = metadata.and_then(|of| of.phone_number_id).map(Raw::from);
        let account = account.filter(|id| id.len() <= PLATFORM_ID_BYTES_MAX);
        if !reading.served.has(account.as_deref()) {
            return one(reading.unreadable(UnreadableKind::ForeignAccount, self.raw));
        }
        let contacts = Contacts::of(value.contacts);
        let messages =
            messages.map(move |raw| message::seen(reading, raw, &contacts, own.as_ref()));
        let statuses = statuses.map(move |raw| self.read(raw, status));
        let echoes = message_echoes.map(move |raw| self.read(raw, echo));
        let preferences = user_preferences.map(move |raw| self.read(raw, preference));
        let updates = user_id_update.map(move |raw| self.read(raw, user_id_changed));
        let all = messages.chain(statuses).chain(echoes).chain(preferences).chain(updates);
        Box::new(all.map(move |part| part.addressed(account.as_ref())))
    }

    /// One part of a list, by its reader.
    fn read<T: serde::Deserialize<'a>>(
        self,
        raw: &'a RawValue,
        reader: fn(T, usize) -> Seen<'a>,
    ) -> Part<'a> {
        match object(raw.get()) {
            Some(part) => reader(part, self.reading.place(raw)).into(),
            None => self.reading.unreadable(UnreadableKind::Message, raw),
        }
    }
}

fn seconds(timestamp: Option<&Scalar<'_>>) -> Option<Time> {
    timestamp?.number().map(Time::from_seconds)
}

/// The ids of a person, the one to prefer first: the business-scoped id outlives the phone number.
fn ids<'a>(
    user_id: Option<Scalar<'a>>,
    wa_id: Option<Scalar<'a>>,
) -> [Option<(IdKind, Raw<'a>)>; 4] {
    let of = |kind, id: Option<Scalar<'a>>| id.map(|id| (kind, Raw::from(id)));
    let (user_id, wa_id) = (of(IdKind::UserId, user_id), of(IdKind::WaId, wa_id));
    match user_id {
        Some(_) => [user_id, wa_id, None, None],
        None => [wa_id, None, None, None],
    }
}

fn status(status: Status<'_>, place: usize) -> Seen<'_> {
    let stage = status.stage.as_ref().map_or("", Scalar::as_str);
    let code = first_code(status.errors);
    let (kind, receipt, reason) = match stage {
        "delivered" => (Kind::Delivered, Some(ReceiptOutcome::Taken), None),
        "read" | "played" => (Kind::Read, Some(ReceiptOutcome::Taken), None),
        // Of no use by itself; with our opaque field it settles.
        "sent" => (Kind::Ignored, Some(ReceiptOutcome::Taken), Some("sent".into())),
        "failed" => (
            Kind::Failed,
            Some(ReceiptOutcome::Failed { code }),
            code.map(|code| Raw::from(code.to_string())),
        ),
        _ => (Kind::Ignored, None, Some("status".into())),
    };
    let sender = status.recipient_id.clone().or_else(|| status.recipient_user_id.clone());
    Seen {
        id: status.id.map(Raw::from),
        sender: sender.map(Raw::from),
        time: seconds(status.timestamp.as_ref()),
        reason,
        ids: ids(status.recipient_user_id, status.recipient_id),
        opaque: status.opaque.map(Raw::from),
        receipt,
        ..Seen::new(kind, place)
    }
}

/// What somebody wrote in the WhatsApp app on the business's behalf, or what we sent ourselves.
fn echo(echo: Message<'_>, place: usize) -> Seen<'_> {
    let kind = echo.kind.as_ref().map_or("", Scalar::as_str);
    let reason = (kind != "text").then(|| echo.kind.clone().map(Raw::from)).flatten();
    Seen {
        id: echo.id.map(Raw::from),
        sender: echo.from.map(Raw::from),
        text: part(echo.text).map(|text: wire::Text<'_>| text.body.into()),
        time: seconds(echo.timestamp.as_ref()),
        reason,
        ids: ids(echo.to_user_id, echo.to),
        opaque: echo.opaque.map(Raw::from),
        receipt: Some(ReceiptOutcome::Taken),
        ..Seen::new(Kind::Echo, place)
    }
}

fn preference(preference: Preference<'_>, place: usize) -> Seen<'_> {
    let value = preference.value.as_ref().map_or("", Scalar::as_str);
    let (kind, reason) = match value {
        "stop" => (Kind::OptOut, preference.category.map(Raw::from)),
        "resume" | "signup" => (Kind::OptIn, preference.category.map(Raw::from)),
        _ => (Kind::Ignored, Some("user_preferences".into())),
    };
    let sender = preference.wa_id.clone().or_else(|| preference.user_id.clone());
    Seen {
        sender: sender.map(Raw::from),
        time: seconds(preference.timestamp.as_ref()),
        reason,
        ids: ids(preference.user_id, preference.wa_id),
        ..Seen::new(kind, place)
    }
}

fn user_id_changed(update: UserIdUpdate<'_>, place: usize) -> Seen<'_> {
    let changed: Option<Changed<'_>> = part(update.user_id);
    let (previous, current) =
        changed.map_or((None, None), |changed| (changed.previous, changed.current));
    let sender = update.wa_id.clone().or_else(|| current.clone());
    let [first, second, ..] = ids(current, update.wa_id);
    let previous = previous.map(|id| (IdKind::UserId, Raw::from(id)));
    Seen {
        sender: sender.map(Raw::from),
        time: seconds(update.timestamp.as_ref()),
        reason: Some("user_id_update".into()),
        ids: [first, second, previous, None],
        ..Seen::new(Kind::IdentityChange, place)
    }
}

fn first_code(errors: Option<&RawValue>) -> Option<i64> {
    let mut errors: Parts<'_> = serde_json::from_str(errors?.get()).ok()?;
    let first: StatusError<'_> = object(errors.next()?.get())?;
    first.code?.number()
}

#[cfg(test)]
mod tests;
