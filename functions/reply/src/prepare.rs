//! Decides whether a message may be sent now, and with which words.

use std::time::Duration;

use forthright_channels as channels;
use forthright_core::{
    Time,
    case::{Actor, Reason},
    gate::Refusal,
    ledger::Due,
    outbound::{Authored, Outbound},
};
use forthright_policy::{Book, Brand, Wanted};
use jiff::{Timestamp, civil::Date, tz::Offset};

/// What is to be sent, ready to be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The text, with its disclosure if a machine says it.
    pub outbound: Outbound,
    /// The template and its version, if a template says it.
    pub template: Option<String>,
    /// Whether the platform's window for answers is over, and a person writes with its permission.
    pub is_after_window: bool,
}

/// Whether the message may be sent at `now`, and with which words; `people_window` is how long the account's people may
/// answer. Whatever is missing, withdrawn or out of
/// date silences the machine, and a person gets the message.
pub fn prepare(
    due: &Due,
    book: &Book,
    people_window: Duration,
    now: Time,
) -> Result<Prepared, Refusal> {
    due.strictest.admits(due.actor, due.because(), now, people_window)?;
    // After the copy that was put back was made it may have been answered.
    if Some(due.not_written_before) <= due.settings.restored_at {
        return Err(Refusal::Escalate(Reason::Restored));
    }
    if let Some(authored) = &due.authored {
        return spoken(due, authored, now);
    }
    if !due.settings.automation {
        return Err(Refusal::Escalate(Reason::AutomationOff));
    }
    // It may have waited for its account, or for the platform, since it was decided.
    let late_after = book.brand(&due.reference.brand).map(Brand::late_after);
    if due.is_whole_answer && Some(now.since(due.written_at)) > late_after {
        return Err(Refusal::Escalate(Reason::Late));
    }
    let unfit = Refusal::Escalate(Reason::TemplateUnfit);
    let (brand, channel) = (&due.reference.brand, due.at().channel);
    let template = due.template.as_deref().ok_or(unfit)?;
    let today = date(now).ok_or(unfit)?;
    let code = due.code.as_ref().map(|code| code.reveal().as_str());
    let wanted = Wanted {
        template,
        language: due.language,
        channel,
        today,
        withdrawn: &due.settings.withdrawn,
        code,
    };
    let reply = book.render_reply(brand, &wanted).map_err(|_unfit| unfit)?;
    let limit = channels::text_limit(channel);
    let gate = due.strictest.clone().told_since(due.settings.restored_at);
    let placement = gate.placement(now);
    let disclosed = book.disclose(brand, placement, &reply, limit).map_err(|_unfit| unfit)?;
    Ok(Prepared {
        outbound: Outbound::Machine(disclosed.offering(reply.offers)),
        template: Some(format!("{}@{}", reply.template, reply.version)),
        is_after_window: false,
    })
}

/// A person's words, as they are.
fn spoken(due: &Due, authored: &Authored, now: Time) -> Result<Prepared, Refusal> {
    if due.actor != Actor::Agent {
        return Err(Refusal::Escalate(Reason::Poison));
    }
    Ok(Prepared {
        outbound: Outbound::Person(authored.clone()),
        template: None,
        is_after_window: !due.strictest.window_is_open(now),
    })
}

/// The day on which a review date is looked at, in UTC.
fn date(now: Time) -> Option<Date> {
    let stamp = Timestamp::from_millisecond(now.millis()).ok()?;
    Some(Offset::UTC.to_datetime(stamp).date())
}
