//! What every platform's request has in common: nothing is sent that could not be sent whole.

use forthright_core::outbound::TextLimit;

use crate::{meta::OPAQUE_CHARS_MAX, platform::Sending};

/// Why a text cannot be sent this way. Sending it again cannot help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ComposeError {
    /// None of the person's ids is one that the platform sends to.
    #[error("the person has no id that the platform sends to")]
    NoRecipient,
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text is longer than the platform takes. It is never cut: that could cut the disclosure.
    #[error("the text is longer than the platform takes")]
    TooLong,
    /// The opaque field is longer than the platform takes.
    #[error("the opaque field is longer than the platform takes")]
    OpaqueTooLong,
    /// The platform's window for answers is over, and nobody has its permission to write.
    #[error("the platform's window for answers is over")]
    WindowOver,
    /// The account's API address, version or token makes no request.
    #[error("the account's API address, version or token is not usable")]
    Account,
}

/// The text and the opaque field, if the platform takes both. Nothing is ever cut: that could cut the disclosure.
pub fn sendable<'a>(sending: &Sending<'a>, limit: TextLimit) -> Result<&'a str, ComposeError> {
    let text = sending.text.text().reveal();
    if text.is_empty() {
        return Err(ComposeError::Empty);
    }
    if !limit.fits(text) {
        return Err(ComposeError::TooLong);
    }
    if sending.opaque.chars().count() > OPAQUE_CHARS_MAX {
        return Err(ComposeError::OpaqueTooLong);
    }
    Ok(text)
}
