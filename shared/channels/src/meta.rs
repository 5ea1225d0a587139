//! What Meta's platforms share: the signature, the handshake, the signed request.

mod form;
mod handshake;
mod scalar;
mod signature;
mod signed_request;

pub use handshake::{HandshakeRejection, handshake};
pub(crate) use scalar::Scalar;
pub use signature::{Rejection, Verified, verify};
pub use signed_request::{SignedRequest, SignedRequestRejection, signed_request};
