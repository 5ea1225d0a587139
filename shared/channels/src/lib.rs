//! One file a platform: verify, read, compose, classify errors. Pure: no I/O, no clock.
//!
//! A platform is a [`Platform`]; README.md tells how one is added. [`Verified`] is the proof that a body came from it: only
//! [`verify()`] makes one, and only it can be [`parse`]d into events. [`read`] only looks: nothing that comes of it can be
//! acted upon.

mod compose;
mod inspect;
pub mod json;
mod messenger;
pub mod meta;
mod normalise;
mod platform;
mod seen;
mod served;
mod verify;
mod whatsapp;

use bytes::Bytes;
use forthright_core::{
    Account, Accounts, Channel, Secret,
    event::Event,
    http::{Request, Response},
    outbound::{SendOutcome, TextLimit},
};
use http::HeaderMap;

pub use compose::{ComposeError, sendable};
pub use inspect::{NotTheChannels, read};
pub use messenger::MESSENGER;
pub use meta::{OPAQUE_CHARS_MAX, SignedRequest, SignedRequestRejection};
pub use normalise::{KIND_CHARS_MAX, MESSAGE_ID_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
pub use platform::{Platform, Seens, Sending};
pub use seen::{Kind, Part, Raw, Seen};
pub use served::Served;
pub use verify::{HandshakeRejection, Rejection, Verified, only_header, usable, verify_by};
pub use whatsapp::WHATSAPP;

/// The platform behind a channel.
pub const fn platform(channel: Channel) -> &'static dyn Platform {
    match channel {
        Channel::WhatsApp => &WHATSAPP,
        Channel::Messenger => &MESSENGER,
    }
}

/// Takes in a body only if the platform signed these very bytes with one of `secrets`.
pub fn verify(
    channel: Channel,
    secrets: &[Secret],
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Verified, Rejection> {
    verify_by(platform(channel), secrets, headers, body)
}

/// Answers the platform's question whether this address wants its events; see [`Platform::handshake`].
pub fn handshake(
    channel: Channel,
    query: Option<&str>,
    verify_token: &Secret,
) -> Result<String, HandshakeRejection> {
    platform(channel).handshake(query, verify_token)
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
    parse_by(platform(account.at.channel), body, account, accounts)
}

/// The same, by a platform that need not be one of our channels.
pub fn parse_by<'a>(
    platform: &dyn Platform,
    body: &'a Verified,
    account: &'a Account,
    accounts: &'a Accounts,
) -> impl Iterator<Item = Event> + Send + 'a {
    let served = Served::Of(account, accounts);
    platform.parts(body.bytes(), served).map(move |part| normalise::event(part, served))
}

/// The request that sends a text from `account`; see [`Platform::compose`].
pub fn compose(account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
    platform(account.at.channel).compose(account, sending)
}

/// What the platform did with a message, by its response.
pub fn classify(channel: Channel, response: &Response) -> SendOutcome {
    platform(channel).classify(response)
}

/// How long a text may be, and in which unit the platform counts.
pub fn text_limit(channel: Channel) -> TextLimit {
    platform(channel).text_limit()
}
