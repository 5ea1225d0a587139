//! Makes the request that sends a text: `POST /{version}/{phone number id}/messages`.

use bytes::Bytes;
use forthright_core::{Account, PlatformId, http::Request, ids::IdKind, outbound::Outbound};
use http::{HeaderValue, Method, Uri, header};
use serde::Serialize;

use super::TEXT_LIMIT;

/// The longest opaque field, in characters: `biz_opaque_callback_data` in "Cloud API reference: Messages".
pub const OPAQUE_CHARS_MAX: usize = 512;

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
    /// The account's API address, version or token makes no request.
    #[error("the account's API address, version or token is not usable")]
    Account,
}

#[derive(Serialize)]
struct Message<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(flatten)]
    recipient: Recipient<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    text: Text<'a>,
    biz_opaque_callback_data: &'a str,
}

/// With both, the platform takes the phone number ("Business-scoped user ids"), so one is enough.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Recipient<'a> {
    To(&'a str),
    Recipient(&'a str),
}

#[derive(Serialize)]
struct Text<'a> {
    preview_url: bool,
    body: &'a str,
}

/// The request that sends `text` to the person with the ids `to`; `opaque` comes back in its statuses.
pub fn compose(
    account: &Account,
    to: &[PlatformId],
    text: &Outbound,
    opaque: &str,
) -> Result<Request, ComposeError> {
    let body = text.text().reveal();
    if body.is_empty() {
        return Err(ComposeError::Empty);
    }
    if !TEXT_LIMIT.fits(body) {
        return Err(ComposeError::TooLong);
    }
    if opaque.chars().count() > OPAQUE_CHARS_MAX {
        return Err(ComposeError::OpaqueTooLong);
    }
    let message = Message {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        recipient: recipient(to).ok_or(ComposeError::NoRecipient)?,
        kind: "text",
        // The platform would fetch the page behind a link and show it: nobody approved that.
        text: Text { preview_url: false, body },
        biz_opaque_callback_data: opaque,
    };
    let Ok(bytes) = serde_json::to_vec(&message) else {
        return Err(ComposeError::Account);
    };
    let mut request = Request::new(Bytes::from(bytes));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address(account).ok_or(ComposeError::Account)?;
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::AUTHORIZATION, bearer(account).ok_or(ComposeError::Account)?);
    Ok(request)
}

fn recipient(to: &[PlatformId]) -> Option<Recipient<'_>> {
    let of =
        |kind| to.iter().filter(move |id| id.kind == kind).map(|id| id.value.reveal().as_str());
    let mut phones = of(IdKind::WaId)
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    phones
        .next()
        .map(Recipient::To)
        .or_else(|| of(IdKind::UserId).find(|id| !id.is_empty()).map(Recipient::Recipient))
}

fn address(account: &Account) -> Option<Uri> {
    let base = account.api_base.trim_end_matches('/');
    let version = account.api_version.as_str();
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    if version.is_empty() || !version.bytes().all(safe) {
        return None;
    }
    let uri: Uri = format!("{base}/{version}/{}/messages", account.at.account).parse().ok()?;
    (uri.scheme().is_some() && uri.authority().is_some() && uri.query().is_none()).then_some(uri)
}

fn bearer(account: &Account) -> Option<HeaderValue> {
    let token = account.access_token.reveal();
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    // So that no `Debug` of the request shows it.
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests;
