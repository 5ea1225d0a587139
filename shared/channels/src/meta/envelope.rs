//! Reads the envelope of a body, and hands each entry to its platform's reader, without losing one.
//!
//! Whatever a part of the body is, it becomes something seen, or something unreadable. The platform repeats a whole
//! body for days if one part made it fail. One part is read at a time, so that a body of many small parts takes no
//! more memory than one of few. More than the 1,000 updates that the platform promises are read like any other.

use std::{iter, str};

use forthright_core::event::{Unreadable, UnreadableKind};
use serde_json::value::RawValue;

use super::wire::Envelope;
use crate::{
    platform::Seens,
    seen::{Part, Seen},
    served::Served,
};

/// What reads an entry.
pub(crate) type Entry = for<'a> fn(Reading<'a>, &'a RawValue) -> Seens<'a>;

/// What is being read, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    body: &'a str,
    pub(crate) served: Served<'a>,
}

/// Everything that a body of `object` says, in its order; at least one part.
pub(crate) fn read<'a>(
    body: &'a [u8],
    object: &str,
    served: Served<'a>,
    entry: Entry,
) -> Seens<'a> {
    let body = match str::from_utf8(body) {
        Ok(body) => body,
        Err(error) => return one(unreadable(UnreadableKind::NotUtf8, error.valid_up_to())),
    };
    let envelope: Envelope<'_> = match serde_json::from_str(body) {
        Ok(envelope) if body.trim_ascii_start().starts_with('{') => envelope,
        Ok(_) => return one(unreadable(UnreadableKind::Envelope, 0)),
        Err(error) => return one(unreadable(UnreadableKind::Envelope, offset(body, &error))),
    };
    let reading = Reading { body, served };
    if envelope.object.as_str() != object {
        return one(Seen::ignored("object", 0));
    }
    or_empty(envelope.entry.flat_map(move |raw| entry(reading, raw)))
}

pub(crate) fn one<'a>(part: impl Into<Part<'a>>) -> Seens<'a> {
    Box::new(iter::once(part.into()))
}

/// These parts; if there is none, that there was nothing.
fn or_empty<'a>(parts: impl Iterator<Item = Part<'a>> + Send + 'a) -> Seens<'a> {
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return one(Seen::ignored("empty", 0));
    }
    Box::new(parts)
}

impl<'a> Reading<'a> {
    /// Where a part stands. A raw value is a piece of the body, so its place is the distance between the two.
    pub(crate) fn place(self, raw: &RawValue) -> usize {
        raw.get().as_ptr().addr().saturating_sub(self.body.as_ptr().addr())
    }

    pub(crate) fn unreadable(self, kind: UnreadableKind, raw: &RawValue) -> Part<'a> {
        unreadable(kind, self.place(raw))
    }
}

const fn unreadable<'a>(kind: UnreadableKind, offset: usize) -> Part<'a> {
    Part::Unreadable(Unreadable { kind, offset })
}

/// Where reading stopped, in bytes. The error's own text quotes the body, so it goes nowhere.
pub(crate) fn offset(body: &str, error: &serde_json::Error) -> usize {
    let lines = body.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>().saturating_add(error.column()).min(body.len())
}
