//! Reads what a person sent.

use forthright_core::{event::UnreadableKind, ids::IdKind};
use serde_json::value::RawValue;

use super::{
    contacts::Contacts,
    ids, seconds,
    wire::{
        Button, Choice, Edit, Interactive, Media, Message, Profile, Reaction, Revoke, System, Text,
    },
};
use crate::{
    json::{Scalar, object, part},
    meta::envelope::Reading,
    seen::{Kind, Part, Raw, Seen},
};

/// What one message says. `own` is the account's number.
pub(super) fn seen<'a>(
    reading: Reading<'a>,
    raw: &'a RawValue,
    contacts: &Contacts<'a>,
    own: Option<&Scalar<'_>>,
) -> Part<'a> {
    let Some(message) = object::<Message<'a>>(raw.get()) else {
        return reading.unreadable(UnreadableKind::Message, raw);
    };
    let place = reading.place(raw);
    // A machine that answers its own messages never stops.
    if let (Some(own), Some(from)) = (own, &message.from)
        && same_number(own.as_str(), from.as_str())
    {
        return Seen::ignored("own_echo", place).into();
    }
    let contact = contacts.sender(&message);
    let known =
        |own: &Option<Scalar<'a>>, listed: Option<&Scalar<'a>>| own.as_ref().or(listed).cloned();
    let user_id =
        known(&message.from_user_id, contact.and_then(|contact| contact.user_id.as_ref()));
    let wa_id = known(&message.from, contact.and_then(|contact| contact.wa_id.as_ref()));
    let profile: Option<Profile<'a>> = contact.and_then(|contact| part(contact.profile));
    let of = Seen {
        id: message.id.clone().map(Raw::from),
        sender: wa_id.clone().or_else(|| user_id.clone()).map(Raw::from),
        time: seconds(message.timestamp.as_ref()),
        ids: ids(user_id, wa_id),
        name: profile.and_then(|profile| profile.name).map(Raw::from),
        ..Seen::new(Kind::Message, place)
    };
    match said(&message, of) {
        Some(seen) => seen.into(),
        None => reading.unreadable(UnreadableKind::Message, raw),
    }
}

/// What it says, by its kind; none if it lacks what its kind must have.
fn said<'a>(message: &Message<'a>, of: Seen<'a>) -> Option<Seen<'a>> {
    let kind = message.kind.as_ref().map_or("", Scalar::as_str);
    if message.group_id.is_some() {
        // An answer to one would be read by all.
        return Some(Seen { reason: Some("group".into()), ..of });
    }
    let other = || message.kind.clone().map_or("unknown".into(), Raw::from);
    let caption = |raw| part(raw).and_then(|media: Media<'a>| media.caption).map(Raw::from);
    Some(match kind {
        "text" => {
            let text: Text<'a> = part(message.text)?;
            Seen { text: Some(text.body.into()), ..of }
        }
        "button" => {
            let button: Option<Button<'a>> = part(message.button);
            pressed(button.map(|button| (button.text, button.payload)), other, of)
        }
        "interactive" => pressed(chosen(message.interactive), other, of),
        "image" => Seen { reason: Some(other()), text: caption(message.image), ..of },
        "video" => Seen { reason: Some(other()), text: caption(message.video), ..of },
        "document" => Seen { reason: Some(other()), text: caption(message.document), ..of },
        "reaction" => {
            let reaction: Option<Reaction<'a>> = part(message.reaction);
            let emoji = reaction.and_then(|reaction| reaction.emoji);
            let is_taken_back = emoji.is_none_or(|emoji| emoji.as_str().is_empty());
            let reason = is_taken_back.then(|| "removed".into());
            Seen { kind: Kind::Reaction, reason, ..of }
        }
        "edit" => {
            let Some(edit) = part::<Edit<'a>>(message.edit) else {
                return Some(Seen { reason: Some(other()), ..of });
            };
            let new: Option<Message<'a>> = part(edit.message);
            let text = new.and_then(|new| {
                let text = part(new.text).map(|text: Text<'a>| text.body.into());
                text.or_else(|| [new.image, new.video, new.document].into_iter().find_map(caption))
            });
            let id = edit.original_message_id.map(Raw::from);
            Seen { kind: Kind::Edit, id, text, ..of }
        }
        "revoke" => {
            let revoke: Option<Revoke<'a>> = part(message.revoke);
            let id = revoke.and_then(|revoke| revoke.original_message_id).map(Raw::from);
            Seen { kind: Kind::Delete, id, ..of }
        }
        "system" => changed(message.system, of),
        "request_welcome" => Seen { kind: Kind::Ignored, reason: Some(other()), ..of },
        _ => Seen { reason: Some(other()), ..of },
    })
}

/// The words on something to press, and what we gave the platform to tell it by.
type Pressed<'a> = (Option<Scalar<'a>>, Option<Scalar<'a>>);

/// The words on what was pressed count as said; without words it is what `other` calls it.
fn pressed<'a>(
    pressed: Option<Pressed<'a>>,
    other: impl Fn() -> Raw<'a>,
    of: Seen<'a>,
) -> Seen<'a> {
    match pressed {
        Some((Some(words), payload)) => Seen {
            kind: Kind::Postback,
            text: Some(words.into()),
            payload: payload.map(Raw::from),
            ..of
        },
        _ => Seen { reason: Some(other()), ..of },
    }
}

/// What was chosen from buttons or from a list.
fn chosen<'a>(interactive: Option<&'a RawValue>) -> Option<Pressed<'a>> {
    let interactive: Interactive<'a> = part(interactive)?;
    let choice: Choice<'a> = part(interactive.button_reply.or(interactive.list_reply))?;
    Some((choice.title, choice.id))
}

/// A number or a user id changed: all of them are the same person's.
fn changed<'a>(system: Option<&'a RawValue>, mut seen: Seen<'a>) -> Seen<'a> {
    let system: Option<System<'a>> = part(system);
    let (kind, user_id, wa_id) = match system {
        Some(system) => (system.kind, system.user_id, system.wa_id.or(system.new_wa_id)),
        None => (None, None, None),
    };
    if user_id.is_none() && wa_id.is_none() {
        return Seen { kind: Kind::Ignored, reason: Some("system".into()), ..seen };
    }
    let new = [(IdKind::UserId, user_id), (IdKind::WaId, wa_id)];
    let new = new.into_iter().filter_map(|(kind, id)| id.map(|id| (kind, Raw::from(id))));
    let mut all = new.chain(std::mem::take(&mut seen.ids).into_iter().flatten());
    let ids = [all.next(), all.next(), all.next(), all.next()];
    drop(all);
    seen.sender = seen.sender.or_else(|| ids.iter().flatten().next().map(|(_, id)| id.clone()));
    Seen { kind: Kind::IdentityChange, reason: kind.map(Raw::from), ids, ..seen }
}

/// Whether two ways to write a phone number mean the same one.
fn same_number(left: &str, right: &str) -> bool {
    let mut digits = left.bytes().filter(u8::is_ascii_digit).peekable();
    digits.peek().is_some() && digits.eq(right.bytes().filter(u8::is_ascii_digit))
}
