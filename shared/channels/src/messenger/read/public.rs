//! Reads what happens on a Page in public: comments, posts, reactions, mentions.

use forthright_core::{Time, event::UnreadableKind, ids::IdKind};
use serde_json::value::RawValue;

use super::wire::{Party, Public};
use crate::{
    json::{Scalar, object, part},
    meta::{envelope::Reading, wire::Change},
    seen::{Kind, Part, Raw, Seen},
};

/// What one change says. `page` is the account, `time` the entry's, in seconds.
pub(super) fn seen<'a>(
    reading: Reading<'a>,
    raw: &'a RawValue,
    page: Option<&Raw<'a>>,
    time: Option<i64>,
) -> Part<'a> {
    let place = reading.place(raw);
    let Some(Change { field, value }) = object(raw.get()) else {
        return reading.unreadable(UnreadableKind::Envelope, raw);
    };
    let field = field.map(Raw::from).unwrap_or_default();
    if field != "feed" && field != "mention" {
        return Seen::ignored(field, place).into();
    }
    let Some(public) = part::<Public<'a>>(value) else {
        return reading.unreadable(UnreadableKind::Message, raw);
    };
    let from = part(public.from).and_then(|from: Party<'a>| from.id);
    let sender = from.or(public.sender_id.clone()).map(Raw::from);
    let is_own = sender.is_some() && sender.as_ref() == page;
    let created = public.created_time.as_ref().and_then(Scalar::number).or(time);
    let id = public.comment_id.clone().or_else(|| public.post_id.clone());
    let (kind, reason) = judged(&field, &public, is_own);
    Seen {
        id: id.map(Raw::from),
        ids: [sender.clone().map(|id| (IdKind::Psid, id)), None, None, None],
        sender,
        text: public.message.map(Raw::from),
        time: created.map(Time::from_seconds),
        reason,
        is_public: true,
        ..Seen::new(kind, place)
    }
    .into()
}

fn judged<'a>(field: &str, public: &Public<'a>, is_own: bool) -> (Kind, Option<Raw<'a>>) {
    let item = public.item.as_ref().map_or("", Scalar::as_str);
    let verb = public.verb.as_ref().map_or("", Scalar::as_str);
    let named = || public.item.clone().map(Raw::from);
    let other = || (Kind::Ignored, Some(Raw::from(format!("{field}_{item}_{verb}"))));
    match (item, verb) {
        ("reaction", "add" | "edit" | "edited") => {
            (Kind::Reaction, public.reaction_type.clone().map(Raw::from))
        }
        ("reaction", "remove") => (Kind::Reaction, Some("removed".into())),
        ("like", _) => other(),
        (_, "remove" | "delete") => (Kind::Delete, named()),
        (_, "edited" | "edit") => (Kind::Edit, named()),
        // A machine that answers its own comments never stops.
        (_, "add") if is_own => (Kind::Echo, named()),
        ("comment", "add") if field == "feed" => (Kind::Comment, None),
        (_, "add") if field == "mention" => (Kind::Mention, named()),
        _ => other(),
    }
}
