//! Decides who answers a message: the machine with a template, a person, or nobody.

use std::time::Duration;

use forthright_core::{
    Detection, Eid, Intent, Time,
    case::Reason,
    decision::Route,
    gate::{Gate, Silence},
    offer::Choice,
};

/// How sure a detector must be before a machine answers, in thousandths. Below it a person does.
pub const CONFIDENCE_PERMILLE_MIN: u16 = 700;

/// What is known about a message besides what it says.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The message.
    pub eid: Eid,
    /// Whether the person sent text.
    pub content_is_text: bool,
    /// What of ours the person pressed instead of writing.
    pub pressed: Option<Choice>,
    /// The platform's time of the message.
    pub platform_at: Time,
    /// The present.
    pub now: Time,
    /// How old a message may be and still be answered by a machine ([`Brand::late_after`](crate::Brand::late_after)).
    pub late_after: Duration,
    /// The subject's gate.
    pub gate: &'a Gate,
}

/// Who answers. The first of these that holds decides:
///
/// 1. The person opted out by an earlier message and says so again: nobody, no second confirmation.
/// 2. The person opts out: nobody, after one confirmation. This holds even if the message is late or a person has
///    the conversation, since an opt-out acts at once.
/// 3. The person rated what was done: nobody, the rating is kept.
/// 4. Not text: a person.
/// 5. A person holds the conversation: that person.
/// 6. The person opted out and wrote something else: a person.
/// 7. Processing is restricted: a person.
/// 8. The message is late: a person.
/// 9. The platform's window is closed: a person.
/// 10. The customer asks for a person, or about their data: a person.
/// 11. Nothing was understood, or not surely enough: a person.
/// 12. The machine.
///
/// In 4 the machine says that a person was called only if none of 5 to 9 holds; in 5 to 9 it says nothing.
/// `detection` is none for what is not text, and for what was pressed; text without one counts as not understood.
pub fn decide(facts: &Facts<'_>, detection: Option<&Detection>) -> Route {
    let intent = match facts.pressed {
        Some(Choice::Rating(_)) => return Route::Silent { silence: Silence::Rated },
        Some(Choice::Person) => Some(Intent::TalkToPerson),
        None => detection.map(understood),
    };
    if intent == Some(Intent::Stop) {
        return opt_out(facts);
    }
    let must_be_silent = silencing(facts);
    if !facts.content_is_text {
        return person(Reason::NotText, must_be_silent.is_none().then_some(Intent::NoneOfThese));
    }
    if let Some(reason) = must_be_silent {
        return person(reason, None);
    }
    match intent {
        Some(Intent::TalkToPerson) => person(Reason::AskedForPerson, Some(Intent::TalkToPerson)),
        Some(Intent::MyData) => person(Reason::MyData, Some(Intent::MyData)),
        Some(intent @ (Intent::OrderStatus | Intent::Refund)) => {
            Route::Reply { template: intent.name().to_owned() }
        }
        Some(Intent::NoneOfThese | Intent::Stop) | None => {
            person(Reason::NotUnderstood, Some(Intent::NoneOfThese))
        }
    }
}

/// What the detector found, if it is sure enough.
fn understood(detection: &Detection) -> Intent {
    if is_sure(detection) { detection.intent } else { Intent::NoneOfThese }
}

/// Whether a detector is sure enough of what it found for a machine to answer.
pub const fn is_sure(detection: &Detection) -> bool {
    detection.confidence_permille >= CONFIDENCE_PERMILLE_MIN
}

/// Whether a machine may answer at all, whatever the person wants but an opt-out.
pub fn machine_may_answer(facts: &Facts<'_>) -> bool {
    facts.content_is_text && silencing(facts).is_none()
}

fn opt_out(facts: &Facts<'_>) -> Route {
    match facts.gate.suppressed {
        // One without a message is that of another subject who is the same person: this one opts out too.
        Some(suppressed) if suppressed.by.is_some_and(|by| by != facts.eid) => {
            Route::Silent { silence: Silence::AlreadyOptedOut }
        }
        // The very message that brought it about: deciding it again changes nothing.
        Some(_) | None => Route::OptOut { confirmation: Intent::Stop.name().to_owned() },
    }
}

/// Why the machine may not say anything, if so.
fn silencing(facts: &Facts<'_>) -> Option<Reason> {
    let gate = facts.gate;
    if gate.held.is_some() {
        Some(Reason::HeldByPerson)
    } else if gate.suppressed.is_some() {
        Some(Reason::OptedOut)
    } else if gate.restricted_at.is_some() {
        Some(Reason::Restricted)
    } else if facts.now.since(facts.platform_at) > facts.late_after {
        Some(Reason::Late)
    } else if !gate.window_is_open(facts.now) {
        Some(Reason::WindowClosed)
    } else {
        None
    }
}

/// A person, after the machine said so with the text of `acknowledgement`, if it may speak.
fn person(reason: Reason, acknowledgement: Option<Intent>) -> Route {
    Route::Person {
        reason,
        acknowledgement: acknowledgement.map(|intent| intent.name().to_owned()),
    }
}

#[cfg(test)]
mod tests;
