//! What a platform is to the rest of Forthright: six questions, each answered in the platform's own file.

use forthright_core::{
    Account, PlatformId, Secret,
    http::{Request, Response},
    outbound::{Outbound, SendOutcome, TextLimit},
};
use http::HeaderMap;

use crate::{
    compose::ComposeError, seen::Part, served::Served, verify::HandshakeRejection,
    verify::Rejection,
};

/// Parts of a body that are read when they are asked for: all at once could take many times the memory of the body.
pub type Seens<'a> = Box<dyn Iterator<Item = Part<'a>> + Send + 'a>;

/// A text to send, and how.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The person's ids, the one to prefer first.
    pub to: &'a [PlatformId],
    /// What is said, and what is offered to press.
    pub text: &'a Outbound,
    /// What the platform carries for us, so that the message is recognised by it later.
    pub opaque: &'a str,
    /// Whether the platform's window for answers is over, so that only a person with its permission may write.
    pub is_after_window: bool,
}

/// A platform. Pure: no I/O, no clock.
///
/// README.md in this crate walks through adding one, and a suite of tests holds every one to the same promises.
pub trait Platform: Sync {
    /// Whether the platform signed these very bytes with one of `secrets`. The order is size, encoding, the header's
    /// form, the signature; nothing of the body is read before. [`verify()`](crate::verify()) has looked at the first two.
    fn check(&self, secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection>;

    /// What to answer, as plain text, when the platform asks whether this address wants its events. `query` is the
    /// request's query string. It needs no storage, so it works when that is down.
    fn handshake(
        &self,
        query: Option<&str>,
        verify_token: &Secret,
    ) -> Result<String, HandshakeRejection>;

    /// Everything that a body says, in its order; at least one part, never an error: the platform would repeat a whole
    /// body for days for one part of it.
    fn parts<'a>(&self, body: &'a [u8], served: Served<'a>) -> Seens<'a>;

    /// The request that sends a text from `account`. What cannot be sent whole is not sent.
    fn compose(&self, account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError>;

    /// What the platform did with a message, by its response. Where it is not certain that the message was refused, it
    /// is unknown: nothing is ever sent twice.
    fn classify(&self, response: &Response) -> SendOutcome;

    /// How long a text may be, and in which unit the platform counts.
    fn text_limit(&self) -> TextLimit;
}
