//! From what a platform said to what functions act upon: one shape for every channel, with what is missing or cannot
//! be believed refused.

use forthright_core::{
    Personal, PlatformId, Time,
    event::{Content, Event, Inbound, Receipt, SamePerson, Spoken, Unreadable, UnreadableKind},
    ids::Address,
};

use crate::{
    meta::OPAQUE_CHARS_MAX,
    seen::{Kind, Part, Raw, Seen},
    served::Served,
};

/// The longest name of a kind that is passed on, in characters.
pub const KIND_CHARS_MAX: usize = 32;
/// The longest id of a message that is taken in, in bytes. WhatsApp's have about a hundred.
pub const MESSAGE_ID_BYTES_MAX: usize = 512;
/// The longest name of a person that is taken in, in bytes; a longer one is left out.
pub const NAME_BYTES_MAX: usize = 1_024;
/// The longest text that is taken in, in bytes: four times what 4,096 characters, WhatsApp's limit, can have.
pub const TEXT_BYTES_MAX: usize = 64 * 1_024;

/// What platforms call what is not text. What has no name here is stored as unknown: the name of a kind is not sealed,
/// so it must be none that a person could choose.
const KINDS: [&str; 22] = [
    "audio",
    "button",
    "contacts",
    "document",
    "edit",
    "fallback",
    "file",
    "group",
    "image",
    "interactive",
    "location",
    "order",
    "poll",
    "postback",
    "product",
    "reel",
    "sticker",
    "template",
    "text",
    "unsupported",
    "video",
    "voice",
];

/// The event that a part of a body is.
pub(crate) fn event(part: Part<'_>, served: Served<'_>) -> Event {
    match part {
        Part::Unreadable(unreadable) => Event::Unreadable(unreadable),
        Part::Seen(seen) => of(&seen, served),
    }
}

fn of(seen: &Seen<'_>, served: Served<'_>) -> Event {
    let unreadable = |kind| Event::Unreadable(Unreadable { kind, offset: seen.offset });
    let Some(at) = served.address(seen.account.as_deref()) else {
        // What is ignored needs no account.
        return if matches!(seen.kind, Kind::Ignored) || seen.is_public {
            ignored(seen)
        } else {
            unreadable(UnreadableKind::ForeignAccount)
        };
    };
    let event = match seen.kind {
        // What everybody can see is answered in public, if at all.
        _ if seen.is_public => Some(ignored(seen)),
        Kind::Message | Kind::Postback => {
            content(seen).and_then(|content| inbound(seen, at, content)).map(Event::Message)
        }
        // Without words it is a picture that changed, and a person looks at those anyway.
        Kind::Edit if seen.text.is_none() => Some(ignored(seen)),
        Kind::Edit => {
            content(seen).and_then(|content| inbound(seen, at, content)).map(Event::Edited)
        }
        Kind::Delete => {
            let content = Content::Other { kind: "taken_back".to_owned() };
            inbound(seen, at, content).map(Event::TakenBack)
        }
        // Without the opaque field the message was not ours, or nothing can be settled by it.
        Kind::Read | Kind::Delivered | Kind::Failed | Kind::Ignored => {
            Some(receipt(seen, at).unwrap_or_else(|| ignored(seen)))
        }
        // Whoever changes or takes back what they said says nothing new.
        Kind::Echo
            if matches!(
                seen.reason.as_deref(),
                Some("deleted" | "edit" | "revoke" | "reaction")
            ) =>
        {
            Some(ignored(seen))
        }
        Kind::Echo => spoken(seen, at),
        Kind::IdentityChange => Some(same_person(seen, at).unwrap_or_else(|| ignored(seen))),
        // It is told to who had the thread, and has it no more.
        Kind::Handover if seen.reason.as_deref() == Some("take_thread_control") => {
            let id = format!("{}:{}", Kind::Handover.name(), seen.time.map_or(0, Time::millis));
            spoken(&Seen { id: Some(id.into()), ..seen.clone() }, at)
        }
        Kind::Reaction
        | Kind::Comment
        | Kind::Mention
        | Kind::OptOut
        | Kind::OptIn
        | Kind::Handover => Some(ignored(seen)),
    };
    event.unwrap_or_else(|| unreadable(UnreadableKind::Message))
}

fn spoken(seen: &Seen<'_>, at: &Address) -> Option<Event> {
    let opaque = seen.opaque.as_deref().filter(|opaque| opaque.len() <= OPAQUE_CHARS_MAX);
    Some(Event::Spoken(Spoken {
        at: at.clone(),
        ids: ids(seen)?,
        platform_message_id: message_id(seen.id.as_deref()?)?,
        platform_at: seen.time?,
        opaque: opaque.map(str::to_owned),
    }))
}

fn same_person(seen: &Seen<'_>, at: &Address) -> Option<Event> {
    let ids = ids(seen).filter(|ids| ids.len() > 1)?;
    Some(Event::SamePerson(SamePerson { at: at.clone(), ids }))
}

/// Every id of the person, each once; none if there is none, or one that cannot be an id.
fn ids(seen: &Seen<'_>) -> Option<Vec<PlatformId>> {
    let mut ids = Vec::new();
    for (kind, id) in seen.ids.iter().flatten() {
        let id = PlatformId::parse(*kind, id).ok()?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    (!ids.is_empty()).then_some(ids)
}

fn message_id(id: &str) -> Option<Personal<String>> {
    (1..=MESSAGE_ID_BYTES_MAX).contains(&id.len()).then(|| id.into())
}

/// What became of a message that carries an opaque field; none if it carries none that could be ours.
fn receipt(seen: &Seen<'_>, at: &Address) -> Option<Event> {
    let (outcome, opaque, id) = (seen.receipt?, seen.opaque.as_deref()?, seen.id.as_deref()?);
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

/// The message, if it says which one it is, of when, and from whom.
fn inbound(seen: &Seen<'_>, at: &Address, content: Content) -> Option<Box<Inbound>> {
    let name = seen.name.as_deref().filter(|name| name.len() <= NAME_BYTES_MAX);
    let platform_at = seen.time?;
    let id = match (&seen.id, seen.kind) {
        (Some(id), _) => id.clone(),
        // Older ones have none: who pressed, and when, tells one from the other.
        (None, Kind::Postback) => {
            Raw::from(format!("postback:{}:{}", seen.sender.as_deref()?, platform_at.millis()))
        }
        (None, _) => return None,
    };
    Some(Box::new(Inbound {
        at: at.clone(),
        ids: ids(seen)?,
        name: name.map(Personal::from),
        platform_message_id: message_id(&id)?,
        platform_at,
        content,
    }))
}

fn content(seen: &Seen<'_>) -> Option<Content> {
    let other = |kind: &str| Content::Other { kind: kind.to_owned() };
    if let Some(kind) = seen.reason.as_deref() {
        return Some(other(KINDS.iter().find(|known| **known == kind).unwrap_or(&"unknown")));
    }
    let text = seen.text.as_deref()?;
    if text.len() > TEXT_BYTES_MAX {
        // No platform takes so much from a person. Who wrote is known, so somebody can ask.
        return Some(other("long_text"));
    }
    let pressed = seen.payload.as_deref().and_then(|payload| payload.parse().ok());
    Some(match pressed {
        Some(choice) => Content::Pressed { choice, words: text.into() },
        None => Content::Text(text.into()),
    })
}

fn ignored(seen: &Seen<'_>) -> Event {
    let kind = match (seen.kind, seen.receipt) {
        (Kind::Echo, _) => Kind::Echo.name(),
        (_, Some(_)) => "status",
        (Kind::Ignored, None) => seen.reason.as_deref().unwrap_or_default(),
        (other, None) => other.name(),
    };
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
