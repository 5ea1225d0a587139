//! Makes the request that sends a text: `POST /{version}/{phone number id}/messages`.

use forthright_core::{
    Account, PlatformId,
    http::Request,
    ids::IdKind,
    offer::Offers,
    outbound::{TextLimit, TextUnit},
};
use serde::Serialize;

use super::TEXT_LIMIT;
use crate::{
    compose::{ComposeError, sendable},
    meta::post,
    platform::Sending,
};

/// The longest text above something to press ("Interactive reply buttons messages": 1,024 characters of body).
const INTERACTIVE_LIMIT: TextLimit = TextLimit { max: 1_024, unit: TextUnit::Characters };
/// "Up to three" reply buttons; with more there is a list.
const BUTTONS_MAX: usize = 3;
/// The most rows of a list's sections together ("Interactive list messages").
const ROWS_MAX: usize = 10;

#[derive(Serialize)]
struct Message<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(flatten)]
    recipient: Recipient<'a>,
    #[serde(flatten)]
    content: Content<'a>,
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
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text { text: Text<'a> },
    Interactive { interactive: Interactive<'a> },
}

#[derive(Serialize)]
struct Text<'a> {
    preview_url: bool,
    body: &'a str,
}

#[derive(Serialize)]
struct Interactive<'a> {
    body: Body<'a>,
    #[serde(flatten)]
    offered: Offered<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "action", rename_all = "snake_case")]
enum Offered<'a> {
    Button { buttons: Vec<Button<'a>> },
    List { button: &'a str, sections: [Section<'a>; 1] },
}

#[derive(Serialize)]
struct Button<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    reply: Choice<'a>,
}

#[derive(Serialize)]
struct Section<'a> {
    rows: Vec<Choice<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    id: String,
    title: &'a str,
}

/// The request that sends a text; its opaque field comes back in the message's statuses.
pub(super) fn compose(account: &Account, sending: &Sending<'_>) -> Result<Request, ComposeError> {
    let body = sendable(sending, TEXT_LIMIT)?;
    // Outside the window the platform takes approved templates only, whoever writes.
    if sending.is_after_window {
        return Err(ComposeError::WindowOver);
    }
    let message = Message {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        recipient: recipient(sending.to).ok_or(ComposeError::NoRecipient)?,
        content: content(body, sending.text.offers()),
        biz_opaque_callback_data: sending.opaque,
    };
    post(account, &message)
}

/// A long text goes without anything to press: what can be pressed, the customer can also write.
fn content<'a>(body: &'a str, offers: Option<&'a Offers>) -> Content<'a> {
    let offers = offers.filter(|offers| {
        !offers.all.is_empty() && offers.all.len() <= ROWS_MAX && INTERACTIVE_LIMIT.fits(body)
    });
    let Some(offers) = offers else {
        // The platform would fetch the page behind a link and show it: nobody approved that.
        return Content::Text { text: Text { preview_url: false, body } };
    };
    let choices =
        offers.all.iter().map(|one| Choice { id: one.choice.to_string(), title: &one.title });
    let offered = if offers.all.len() <= BUTTONS_MAX {
        Offered::Button { buttons: choices.map(|reply| Button { kind: "reply", reply }).collect() }
    } else {
        let sections = [Section { rows: choices.collect() }];
        Offered::List { button: &offers.label, sections }
    };
    Content::Interactive { interactive: Interactive { body: Body { text: body }, offered } }
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

#[cfg(test)]
mod tests;
