//! Reads an entry of a webhook body, part by part: conversations here, what is public in its own file.

mod public;
mod wire;

use forthright_core::{
    Time,
    event::{ReceiptOutcome, UnreadableKind},
    ids::{IdKind, PLATFORM_ID_BYTES_MAX},
};
use serde_json::value::RawValue;
use wire::{
    Attachment, Delivery, Edit, Entry, Message, Messaging, Name, OptIn, Party, Postback,
    QuickReply, Reaction,
};

use crate::{
    json::{Parts, Scalar, object, part},
    meta::envelope::{Reading, one},
    platform::Seens,
    seen::{Kind, Part, Raw, Seen},
};

/// Everything that an entry says.
pub(super) fn entry<'a>(reading: Reading<'a>, raw: &'a RawValue) -> Seens<'a> {
    let Some(entry) = object::<Entry<'a>>(raw.get()) else {
        return one(reading.unreadable(UnreadableKind::Envelope, raw));
    };
    let Entry { id, time, messaging, standby, changes } = entry;
    if [&messaging, &standby, &changes].into_iter().all(Parts::is_empty) {
        return Box::new(std::iter::empty());
    }
    let account = id.map(Raw::from).filter(|id| id.len() <= PLATFORM_ID_BYTES_MAX);
    if !reading.served.has(account.as_deref()) {
        return one(reading.unreadable(UnreadableKind::ForeignAccount, raw));
    }
    let time = time.as_ref().and_then(Scalar::number);
    let page = account.clone();
    let messaging = messaging.flat_map(move |raw| conversation(reading, raw));
    let standby = standby.flat_map(move |raw| elsewhere(reading, raw));
    let changes = changes.map(move |raw| public::seen(reading, raw, page.as_ref(), time));
    let all = messaging.chain(standby).chain(changes);
    Box::new(all.map(move |part| part.addressed(account.as_ref())))
}

/// The id of a party, if it is no longer than ids are: it is kept with each part of what follows.
fn id_of<'a>(party: Option<&'a RawValue>) -> Option<Raw<'a>> {
    let id = part(party).and_then(|party: Party<'a>| party.id).map(Raw::from);
    id.filter(|id| id.len() <= PLATFORM_ID_BYTES_MAX)
}

fn millis(timestamp: Option<&Scalar<'_>>) -> Option<Time> {
    timestamp?.number().map(Time::from_millis)
}

/// One of a conversation that another app or a person holds: it is theirs to answer. That something was taken back, or
/// that they spoke, counts all the same.
fn elsewhere<'a>(reading: Reading<'a>, raw: &'a RawValue) -> Seens<'a> {
    Box::new(conversation(reading, raw).map(|part| match part {
        Part::Seen(seen) if !matches!(seen.kind, Kind::Delete | Kind::Echo) => {
            let of = Seen::ignored("standby", seen.offset);
            Seen { id: seen.id, sender: seen.sender, time: seen.time, ..of }.into()
        }
        other => other,
    }))
}

fn conversation<'a>(reading: Reading<'a>, raw: &'a RawValue) -> Seens<'a> {
    let Some(item) = object::<Messaging<'a>>(raw.get()) else {
        return one(reading.unreadable(UnreadableKind::Message, raw));
    };
    let sender = id_of(item.sender);
    let of = Seen {
        ids: [sender.clone().map(|id| (IdKind::Psid, id)), None, None, None],
        sender,
        time: millis(item.timestamp.as_ref()),
        ..Seen::new(Kind::Ignored, reading.place(raw))
    };
    let unreadable = || one(reading.unreadable(UnreadableKind::Message, raw));
    let with = |seen: Option<Seen<'a>>| seen.map_or_else(unreadable, one);
    if item.message.is_some() {
        return with(message(item.message, id_of(item.recipient), of));
    }
    if item.postback.is_some() {
        return with(part(item.postback).map(|it: Postback<'a>| Seen {
            kind: Kind::Postback,
            id: it.mid.map(Raw::from),
            text: it.title.or_else(|| it.payload.clone()).map(Raw::from),
            payload: it.payload.map(Raw::from),
            ..of
        }));
    }
    if item.delivery.is_some() {
        return match part(item.delivery) {
            Some(delivery) => delivered(delivery, of),
            None => unreadable(),
        };
    }
    one(other(reading, raw, &item, of))
}

/// Everything else that is one part of one kind.
fn other<'a>(
    reading: Reading<'a>,
    raw: &'a RawValue,
    item: &Messaging<'a>,
    of: Seen<'a>,
) -> Part<'a> {
    let handover = [
        ("pass_thread_control", item.pass_thread_control),
        ("take_thread_control", item.take_thread_control),
        ("request_thread_control", item.request_thread_control),
        ("app_roles", item.app_roles),
    ];
    if let Some((name, _)) = handover.into_iter().find(|(_, raw)| raw.is_some()) {
        return Seen { kind: Kind::Handover, reason: Some(name.into()), ..of }.into();
    }
    let seen = if item.read.is_some() {
        part(item.read).map(|read: Delivery<'a>| Seen {
            kind: Kind::Read,
            time: of.time.or_else(|| millis(read.watermark.as_ref())),
            ..of
        })
    } else if item.reaction.is_some() {
        part(item.reaction).map(|reaction: Reaction<'a>| Seen {
            kind: Kind::Reaction,
            id: reaction.mid.map(Raw::from),
            reason: reaction.action.map(Raw::from),
            ..of
        })
    } else if item.message_edit.is_some() {
        part(item.message_edit).map(|edit: Edit<'a>| Seen {
            kind: Kind::Edit,
            id: edit.mid.map(Raw::from),
            text: edit.text.map(Raw::from),
            ..of
        })
    } else if item.optin.is_some() {
        part(item.optin).map(|opt_in: OptIn<'a>| Seen {
            kind: Kind::OptIn,
            reason: opt_in.kind.map(Raw::from),
            ..of
        })
    } else {
        Some(Seen { reason: Some(named(raw)), ..of })
    };
    seen.map_or_else(|| reading.unreadable(UnreadableKind::Message, raw), Part::from)
}

fn delivered<'a>(delivery: Delivery<'a>, of: Seen<'a>) -> Seens<'a> {
    let of = Seen {
        kind: Kind::Delivered,
        time: of.time.or_else(|| millis(delivery.watermark.as_ref())),
        ..of
    };
    if delivery.mids.is_empty() {
        return one(of);
    }
    Box::new(delivery.mids.map(move |raw| {
        let mid: Option<Scalar<'a>> = serde_json::from_str(raw.get()).ok();
        Seen { id: mid.map(Raw::from), ..of.clone() }.into()
    }))
}

fn message<'a>(
    raw: Option<&'a RawValue>,
    recipient: Option<Raw<'a>>,
    of: Seen<'a>,
) -> Option<Seen<'a>> {
    let message: Message<'a> = part(raw)?;
    let of = Seen { id: message.mid.map(Raw::from), ..of };
    if message.is_echo == Some(true) {
        // It is from the Page, to the person.
        let ids = [recipient.map(|id| (IdKind::Psid, id)), None, None, None];
        let is_taken_back = message.is_deleted == Some(true);
        return Some(Seen {
            kind: Kind::Echo,
            text: message.text.map(Raw::from),
            reason: is_taken_back.then(|| "deleted".into()),
            ids,
            opaque: message.metadata.map(Raw::from),
            receipt: Some(ReceiptOutcome::Taken),
            ..of
        });
    }
    if message.is_deleted == Some(true) {
        return Some(Seen { kind: Kind::Delete, ..of });
    }
    let text = message.text.map(Raw::from);
    let attached = message.attachments.map(|raw| {
        let attachment: Option<Attachment<'a>> = object(raw.get());
        attachment.and_then(|attachment| attachment.kind).map_or("unknown".into(), Raw::from)
    });
    // What stands beside a text counts, but for the preview of a link in it.
    let kind = attached.into_iter().find(|kind: &Raw<'a>| text.is_none() || kind != "fallback");
    let reason = match (kind, message.is_unsupported) {
        (Some(kind), _) => Some(kind),
        (None, Some(true)) => Some("unsupported".into()),
        (None, _) if text.is_none() => Some("unknown".into()),
        (None, _) => None,
    };
    let pressed: Option<QuickReply<'a>> = part(message.quick_reply);
    let payload = pressed.and_then(|pressed| pressed.payload).map(Raw::from);
    Some(Seen { kind: Kind::Message, text, payload, reason, ..of })
}

/// The name of what happened, where it is none that we know. It is `policy-enforcement` in one place, and has a line for
/// its hyphen in another.
fn named(raw: &RawValue) -> Raw<'_> {
    let Name(name) = object(raw.get()).unwrap_or(Name(None));
    name.map_or("messaging".into(), |name| Raw::from(name).replace('-', "_").into())
}
