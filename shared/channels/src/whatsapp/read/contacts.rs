//! Finds the contact that a message is from: the list of contacts stands beside the list of messages.

use std::collections::HashMap;

use super::wire::{Contact, Message};
use crate::json::{Parts, Scalar, object};

/// The most contacts of one list that are looked at. The platform puts at most 1,000 updates into a body; what
/// lies beyond could only add names.
const CONTACTS_MAX: usize = 16_384;

/// The contacts of one part of a body, found by their ids: the first that is a message's sender counts.
///
/// Going through the list for each message would cost the product of both.
#[derive(Default)]
pub(super) struct Contacts<'a> {
    all: Vec<Contact<'a>>,
    by_user_id: HashMap<Scalar<'a>, usize>,
    by_wa_id: HashMap<Scalar<'a>, usize>,
    /// Those that have no user id: only they can be the sender of a message with another one.
    by_wa_id_alone: HashMap<Scalar<'a>, usize>,
}

impl<'a> Contacts<'a> {
    /// The contacts of a list; one that cannot be read is left out, since its message names the sender too.
    pub(super) fn of(parts: Parts<'a>) -> Self {
        let mut contacts = Self::default();
        for part in parts.take(CONTACTS_MAX) {
            let Some(contact) = object::<Contact<'a>>(part.get()) else {
                continue;
            };
            let index = contacts.all.len();
            if let Some(user_id) = &contact.user_id {
                contacts.by_user_id.entry(user_id.clone()).or_insert(index);
            }
            if let Some(wa_id) = &contact.wa_id {
                contacts.by_wa_id.entry(wa_id.clone()).or_insert(index);
                if contact.user_id.is_none() {
                    contacts.by_wa_id_alone.entry(wa_id.clone()).or_insert(index);
                }
            }
            contacts.all.push(contact);
        }
        contacts
    }

    /// The message's sender: no id says otherwise, and one says so.
    pub(super) fn sender(&self, message: &Message<'a>) -> Option<&Contact<'a>> {
        let found = |map: &HashMap<Scalar<'a>, usize>, id: Option<&Scalar<'a>>| {
            id.and_then(|id| map.get(id).copied())
        };
        let (user_id, wa_id) = (message.from_user_id.as_ref(), message.from.as_ref());
        let index = if user_id.is_none() {
            found(&self.by_wa_id, wa_id)
        } else {
            let either = [found(&self.by_user_id, user_id), found(&self.by_wa_id_alone, wa_id)];
            either.into_iter().flatten().min()
        };
        self.all.get(index?)
    }
}
