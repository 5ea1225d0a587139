//! A reply as a customer would read it, and everything that would keep the machine from sending it.

use forthright_core::{
    Channel, Time,
    case::Actor,
    gate::{DISCLOSURE_GAP, Gate, Refusal, WINDOW},
    ids::Pid,
    outbound::{self, Outbound, Placement, TextLimit},
};
use jiff::civil::Date;

use crate::{
    book::{Book, with_code},
    brand::Brand,
    fault::{ContentError, Unfit},
    template::Template,
    wording::CODE,
};

/// What stands in a preview where a customer would read their code.
const EXAMPLE_CODE: &str = "12345678";

/// When in a conversation a reply is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing automated was said before.
    First,
    /// The customer was told already that a machine answers.
    Later,
    /// They were told, and a significant lapse of time has passed.
    Gap,
    /// A person has just handed the conversation back.
    HandBack,
}

impl Moment {
    /// Every moment.
    pub const ALL: [Self; 4] = [Self::First, Self::Later, Self::Gap, Self::HandBack];

    /// What `gate` knows at this moment, if it is `now` and the customer has just written.
    fn gate(self, gate: Gate, now: Time) -> Gate {
        let told_at = |time| Gate { disclosed_at: Some(time), ..gate.clone() };
        let gate = match self {
            Self::First => gate,
            Self::Later => told_at(now),
            Self::Gap => told_at(now.minus(DISCLOSURE_GAP)),
            Self::HandBack => told_at(now).handed_back(now),
        };
        gate.heard(now)
    }
}

/// A reply on one channel at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The channel.
    pub channel: Channel,
    /// Whether the brand has an account there.
    pub has_account: bool,
    /// Where the disclosure stands, and why.
    pub placement: Placement,
    /// What is sent, if there is a form that fits, and a disclosure.
    pub said: Option<Said>,
    /// How the platform counts, and what it takes.
    pub limit: TextLimit,
    /// Everything about the content that keeps the machine from sending it.
    pub unfit: Vec<Unfit>,
    /// What the gate says of a customer who has just written and to whom nothing special happened.
    pub refusal: Option<Refusal>,
}

/// A text with its disclosure, and which of their lengths were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is sent.
    pub outbound: Outbound,
    /// How long it is, in the platform's unit.
    pub length: usize,
    /// Whether the reply is there in full.
    pub is_body_full: bool,
    /// Whether the disclosure is there in full.
    pub is_disclosure_full: bool,
}

/// What is asked for beside the reply.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The channel.
    pub channel: Channel,
    /// How long a text may be there.
    pub limit: TextLimit,
    /// The moment.
    pub moment: Moment,
    /// The day.
    pub today: Date,
}

impl Preview {
    /// The template as `brand` would say it, whether or not it may be sent. Nothing here can be sent by that: the reply
    /// function asks the book anew.
    pub fn of(
        book: &Book,
        brand: &Brand,
        template: &Template,
        wanted: Wanted,
    ) -> Result<Self, ContentError> {
        let Wanted { channel, limit, moment, today } = wanted;
        let addresses = brand.addresses();
        let own = addresses.iter().find(|at| at.channel == channel);
        let at = own.or(addresses.first()).cloned();
        let at = at.ok_or_else(|| ContentError::new("brands", "the brand has no account"))?;
        // No time and no id matters to what is asked: only how far apart two times are.
        let now = Time::from_millis(0).plus(WINDOW.saturating_mul(2));
        let gate = moment.gate(Gate::first(Pid::from_bytes([0; 16]), at), now);
        let placement = gate.placement(now);
        let mut unfit: Vec<_> = template.unfit(channel, today).collect();
        let said = Said::compose(book, brand, template, (placement, limit))?;
        let said = said.map_err(|reason| unfit.push(reason)).ok();
        Ok(Self {
            channel,
            has_account: own.is_some(),
            placement,
            said,
            limit,
            unfit,
            refusal: gate.admits(Actor::Machine, None, now, WINDOW).err(),
        })
    }

    /// Whether the machine would send it.
    pub fn is_sendable(&self) -> bool {
        self.said.is_some() && self.unfit.is_empty() && self.refusal.is_none()
    }
}

impl Said {
    fn compose(
        book: &Book,
        brand: &Brand,
        template: &Template,
        (placement, limit): (Placement, TextLimit),
    ) -> Result<Result<Self, Unfit>, ContentError> {
        let rendered = template.render(brand.context())?;
        let asks = rendered.full.reveal().contains(CODE);
        let rendered = match with_code(&rendered, asks.then_some(EXAMPLE_CODE)) {
            Ok(rendered) => rendered,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let language = template.language();
        let Some(disclosures) = book.disclosures(brand.id(), language) else {
            return Ok(Err(Unfit::NoDisclosure));
        };
        let statement = disclosures.statement(placement);
        let disclosed = match outbound::disclose(&rendered, statement, placement, limit) {
            Ok(disclosed) => disclosed,
            Err(too_long) => return Ok(Err(too_long.into())),
        };
        let offering = template.offering();
        let offers = offering.and_then(|one| Some(book.titles(language)?.offers(one)));
        let outbound = Outbound::Machine(disclosed.offering(offers));
        let text = outbound.text().reveal();
        let (body, disclosure) = (rendered.full.reveal(), statement.full.as_str());
        let (top, end): (&str, &str) =
            if placement.is_prefix() { (disclosure, body) } else { (body, disclosure) };
        let (is_top_full, is_end_full) =
            (text.starts_with(&format!("{top}\n\n")), text.ends_with(&format!("\n\n{end}")));
        let (is_disclosure_full, is_body_full) = if placement.is_prefix() {
            (is_top_full, is_end_full)
        } else {
            (is_end_full, is_top_full)
        };
        let length = limit.length(text);
        Ok(Ok(Self { outbound, length, is_body_full, is_disclosure_full }))
    }
}

/// How many days lie between two; negative if `then` is before `today`.
pub fn days_between(today: Date, then: Date) -> i32 {
    today.until(then).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests;
