//! One file a platform: verify, read, compose, classify errors. Pure: no I/O, no clock.
//!
//! The functions here choose the platform by its [`Channel`]; a further platform is one more arm of each.
//! [`Verified`] is the proof that a body came from the platform: only [`verify`] makes one, and only
//! it can be [`parse`]d into events. [`read`] only looks: nothing that comes of it can be acted upon.

mod inspect;
pub mod messenger;
pub mod meta;
mod normalise;
mod seen;
mod served;
pub mod whatsapp;

use bytes::Bytes;
use forthright_core::{
    Account, Accounts, Channel, PlatformId, Secret,
    event::Event,
    http::{Request, Response},
    outbound::{Outbound, SendOutcome, TextLimit},
};
use http::HeaderMap;

pub use inspect::{NotTheChannels, read};
pub use meta::{
    ComposeError, HandshakeRejection, OPAQUE_CHARS_MAX, Rejection, SignedRequest,
    SignedRequestRejection, Verified,
};
pub use normalise::{KIND_CHARS_MAX, MESSAGE_ID_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
pub use seen::{Kind, Part, Raw, Seen};
use served::Served;

/// Takes in a body only if the platform signed these very bytes with one of `secrets`.
pub fn verify(
    channel: Channel,
    secrets: &[Secret],
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Verified, Rejection> {
    match channel {
        Channel::WhatsApp | Channel::Messenger => meta::verify(secrets, headers, body),
    }
}

/// Answers the platform's question whether this address wants its events: what to answer with, as plain
/// text. `query` is the request's query string. It needs no storage, so it works when that is down.
pub fn handshake(
    channel: Channel,
    query: Option<&str>,
    verify_token: &Secret,
) -> Result<String, HandshakeRejection> {
    match channel {
        Channel::WhatsApp | Channel::Messenger => meta::handshake(query, verify_token),
    }
}

/// Everything that a verified body says, in its order; at least one event, never an error. Each event is made
/// when it is asked for: all at once could take many times the memory of the body.
///
/// `account` is the one whose path the body came to; of others it may speak only if the same app of the
/// same brand serves them.
pub fn parse<'a>(
    body: &'a Verified,
    account: &'a Account,
    accounts: &'a Accounts,
) -> impl Iterator<Item = Event> + Send + 'a {
    let served = Served::Of(account, accounts);
    parts(account.at.channel, body.bytes(), served).map(move |part| normalise::event(part, served))
}

fn parts<'a>(channel: Channel, body: &'a [u8], served: Served<'a>) -> meta::envelope::Seens<'a> {
    let (object, entry): (_, meta::envelope::Entry) = match channel {
        Channel::WhatsApp => (whatsapp::OBJECT, whatsapp::entry),
        Channel::Messenger => (messenger::OBJECT, messenger::entry),
    };
    meta::envelope::read(body, object, served, entry)
}

/// The request that sends `text` from `account` to a person, with `opaque` to recognise it by later.
pub fn compose(
    account: &Account,
    to: &[PlatformId],
    text: &Outbound,
    opaque: &str,
) -> Result<Request, ComposeError> {
    match account.at.channel {
        Channel::WhatsApp => whatsapp::compose(account, to, text, opaque),
        Channel::Messenger => messenger::compose(account, to, text, opaque),
    }
}

/// What the platform did with a message, by its response.
pub fn classify(channel: Channel, response: &Response) -> SendOutcome {
    match channel {
        Channel::WhatsApp => whatsapp::classify(response),
        Channel::Messenger => messenger::classify(response),
    }
}

/// How long a text may be, and in which unit the platform counts.
pub const fn text_limit(channel: Channel) -> TextLimit {
    match channel {
        Channel::WhatsApp => whatsapp::TEXT_LIMIT,
        Channel::Messenger => messenger::TEXT_LIMIT,
    }
}
