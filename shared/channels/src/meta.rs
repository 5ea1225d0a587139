//! What Meta's platforms share: the signature, the handshake, the envelope, the signed request, the Graph API's errors.

pub(crate) mod envelope;
mod form;
mod graph;
mod handshake;
mod platform;
mod signature;
mod signed_request;
pub(crate) mod wire;

pub(crate) use graph::{Meaning, classify_by, post};
pub(crate) use handshake::handshake;
pub use platform::OnMeta;
pub use signed_request::{SignedRequest, SignedRequestRejection, signed_request};

/// The longest opaque field, in characters: `biz_opaque_callback_data` in WhatsApp's "Cloud API reference: Messages".
/// Messenger's `metadata` takes more.
pub const OPAQUE_CHARS_MAX: usize = 512;
