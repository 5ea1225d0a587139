//! The phone page: a customer's chat, on each channel.

use std::{sync::Arc, time::Duration};

use forthright_core::{
    Channel, Entropy, Fault, Personal,
    http::{Request, Response},
    offer::{Choice, Offer},
    state::State,
};
use forthright_testkit::standin::{Customer, Mark};
use http::StatusCode;
use minijinja::{context, value::Serde};
use serde::Deserialize;
use tokio::time;

use super::{
    fields,
    held::Held,
    message::conversation,
    page::{self, Part, lead_to, page},
    platforms::{Platforms, Played, customer},
};

/// How long a page waits for what becomes of what was said.
const REPLY_WAIT: Duration = Duration::from_secs(3);
/// How often it looks.
const REPLY_LOOK: Duration = Duration::from_millis(25);
/// How many customers there can be.
const CUSTOMERS_MAX: u32 = 9_800;
/// How often a number is drawn that nobody had.
const DRAWS: usize = 32;
/// The longest text that can be typed.
const TEXT_CHARS_MAX: usize = 1_000;

/// The page, and what it stands on.
#[derive(Debug)]
pub(super) struct Phone {
    pub(super) platforms: Arc<Platforms>,
    pub(super) held: Held,
    pub(super) operator: String,
    pub(super) lang: Option<String>,
    pub(super) entropy: Entropy,
}

/// Whose phone is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    channel: Option<Channel>,
    customer: Option<Number>,
}

/// What the customer says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    channel: Channel,
    customer: Number,
    text: Personal<String>,
}

/// What the customer presses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    channel: Channel,
    customer: Number,
    choice: Choice,
}

/// On which channel somebody new begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    channel: Channel,
}

/// Which customer: 1 to [`CUSTOMERS_MAX`], in digits and in no other way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Number(u32);

impl TryFrom<String> for Number {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
        number
            .filter(|number| (1..=CUSTOMERS_MAX).contains(number))
            .map(Self)
            .ok_or("not a customer's number")
    }
}

/// A customer on a channel.
struct Who<'a> {
    played: &'a Played,
    number: Number,
    customer: Customer,
}

impl Who<'_> {
    /// The id that the platform knows them by.
    fn id(&self) -> Personal<String> {
        self.customer.ids().into_iter().next().map(|id| id.value).unwrap_or_default()
    }

    fn path(&self) -> String {
        path(self.played.at.channel, self.number)
    }
}

fn path(channel: Channel, number: Number) -> String {
    format!("/?channel={channel}&customer={}", number.0)
}

impl Phone {
    fn who(&self, channel: Channel, number: Number) -> Option<Who<'_>> {
        let played = self.platforms.on(channel)?;
        Some(Who { played, number, customer: customer(channel, number.0) })
    }

    /// The chat.
    pub(super) async fn show(&self, request: Request) -> Result<Response, Fault> {
        let Whose { channel, customer } = match fields(request).await {
            Ok(whose) => whose,
            Err(wrong) => return Ok(wrong),
        };
        let first = self.platforms.channels().next().unwrap_or(Channel::WhatsApp);
        match self.who(channel.unwrap_or(first), customer.unwrap_or(Number(1))) {
            Some(who) => self.chat(&who).await,
            None => Ok(no_account()),
        }
    }

    async fn chat(&self, who: &Who<'_>) -> Result<Response, Fault> {
        let Who { played, number, customer } = who;
        let channel = played.at.channel;
        // Whoever opens the chat has seen what is in it.
        played.reaches(Some(customer), Mark::Read).await;
        let held = self.held.about(&played.at, who.id().reveal()).await?;
        let lines = played.stand_in.conversation(customer);
        let lang = self.lang.as_deref();
        let messages = conversation(channel, &lines, &held, &played.since.rfc3339(), lang);
        let newest = lines.iter().rev().find(|line| !line.from_customer);
        let tabs: Vec<_> = self
            .platforms
            .channels()
            .map(|other| {
                let is_here = other == channel;
                context! { name => shown_as(other), path => path(other, *number), is_here }
            })
            .collect();
        let what = context! {
            operator => &self.operator,
            initial => self.operator.chars().next().map(String::from),
            channel => channel.name(),
            platform => shown_as(channel),
            customer => number.0,
            path => who.path(),
            newest => newest.map(|line| line.text.reveal()),
            text_chars_max => TEXT_CHARS_MAX,
            tabs,
            messages => Serde(messages),
        };
        let title = format!("{} on {}", self.operator, shown_as(channel));
        Ok(page(StatusCode::OK, Part::Phone, &title, include_str!("phone.html.j2"), what))
    }

    /// Delivers what was said, and waits a moment for what becomes of it.
    pub(super) async fn say(&self, request: Request) -> Result<Response, Fault> {
        let Said { channel, customer, text } = match fields(request).await {
            Ok(said) => said,
            Err(wrong) => return Ok(wrong),
        };
        let Some(who) = self.who(channel, customer) else {
            return Ok(no_account());
        };
        let text = text.reveal().trim();
        if text.chars().count() > TEXT_CHARS_MAX {
            let what = "The text is too long. Send it in two messages.";
            return Ok(page::wrong(StatusCode::UNPROCESSABLE_ENTITY, what));
        }
        if !text.is_empty()
            && let Some(message) = who.played.say(&who.customer, text).await
        {
            self.wait(&who, &message).await?;
        }
        Ok(lead_to(&format!("{}#text", who.path())))
    }

    /// The same for what was pressed, if it was offered.
    pub(super) async fn press(&self, request: Request) -> Result<Response, Fault> {
        let Pressed { channel, customer, choice } = match fields(request).await {
            Ok(pressed) => pressed,
            Err(wrong) => return Ok(wrong),
        };
        let Some(who) = self.who(channel, customer) else {
            return Ok(no_account());
        };
        let lines = who.played.stand_in.conversation(&who.customer);
        let mut offered = lines.into_iter().rev().flat_map(|line| line.offered);
        let payload = choice.to_string();
        let Some((_, title)) = offered.find(|(offered, _)| *offered == payload) else {
            return Ok(page::wrong(StatusCode::CONFLICT, "This is not offered any more."));
        };
        if let Some(message) = who.played.press(&who.customer, &Offer { choice, title }).await {
            self.wait(&who, &message).await?;
        }
        Ok(lead_to(&format!("{}#text", who.path())))
    }

    /// Begins anew as somebody who never wrote.
    pub(super) async fn begin(&self, request: Request) -> Result<Response, Fault> {
        let channel = match fields(request).await {
            Ok(Begun { channel }) => channel,
            Err(wrong) => return Ok(wrong),
        };
        for _ in 0..DRAWS {
            let [high, low] = self.entropy.bytes::<2>();
            let drawn = u32::from(u16::from_be_bytes([high, low])) % CUSTOMERS_MAX;
            let number = Number(drawn.saturating_add(1));
            if self.is_new(number).await? {
                return Ok(lead_to(&format!("{}#text", path(channel, number))));
            }
        }
        let what =
            "Nearly every customer of the demo wrote already. Remove its folder and start anew.";
        Ok(page::wrong(StatusCode::SERVICE_UNAVAILABLE, what))
    }

    async fn is_new(&self, number: Number) -> Result<bool, Fault> {
        for channel in self.platforms.channels() {
            if let Some(who) = self.who(channel, number)
                && (!who.played.stand_in.conversation(&who.customer).is_empty()
                    || !self.held.is_nobody(&who.played.at, who.id().reveal()).await?)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until the message is at its end. If that takes long, the page shows how far it is.
    async fn wait(&self, who: &Who<'_>, message: &Personal<String>) -> Result<(), Fault> {
        let settled = async {
            loop {
                let id = who.id();
                let held = self.held.message(&who.played.at, id.reveal(), message).await?;
                match held.map(|held| held.state) {
                    Some(State::Answered | State::Human | State::Suppressed) => return Ok(()),
                    _ => time::sleep(REPLY_LOOK).await,
                }
            }
        };
        time::timeout(REPLY_WAIT, settled).await.unwrap_or(Ok(()))
    }
}

const fn shown_as(channel: Channel) -> &'static str {
    match channel {
        Channel::WhatsApp => "WhatsApp",
        Channel::Messenger => "Messenger",
    }
}

fn no_account() -> Response {
    page::wrong(StatusCode::NOT_FOUND, "The demo brand has no account on this channel.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_has_a_number_in_one_way_of_writing() {
        for (text, number) in [("1", 1), ("42", 42), ("9800", 9_800)] {
            assert_eq!(Number::try_from(text.to_owned()), Ok(Number(number)));
        }
        for text in
            ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "9801", "4294967297", "one", "１"]
        {
            assert!(Number::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn every_customer_has_ids_of_their_own() {
        for channel in Channel::ALL {
            let ids = |number| customer(channel, number).ids();
            assert!(ids(1) != ids(2) && ids(1).len() == 1);
            assert_eq!(ids(1)[0].value.reveal().len(), ids(CUSTOMERS_MAX)[0].value.reveal().len());
        }
        assert!(customer(Channel::WhatsApp, 1).ids()[0].value == "15550100200".into());
    }
}
