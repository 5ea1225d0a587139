//! Decides who answers a message: the machine with a template, a person, or nobody.

use std::time::Duration;

use forthright_core::{
    Detection, Eid, Intent, Language, Time,
    case::Reason,
    challenge::{CODE_LIFE, RequestKind},
    decision::Route,
    detect::Trigger,
    gate::{Gate, Silence},
    offer::Choice,
};

/// The template that tells the code with which a person confirms that they want a copy of their data.
pub const CONFIRM_ACCESS: &str = "confirm_access";
/// The template that tells the code with which a person confirms that everything is to be erased.
pub const CONFIRM_ERASURE: &str = "confirm_erasure";
/// The template that says that a code was wrong.
pub const WRONG_CODE: &str = "wrong_code";
/// The template that tells a person that their data is about to be erased.
pub const ERASURE_NOTICE: &str = "erasure_notice";

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
    /// Whether the text is the code that was asked for; none if it is no code.
    pub code_is_right: Option<bool>,
    /// How many messages in a row a machine answers ([`Brand::turns_max`](crate::Brand::turns_max)).
    pub turns_max: u32,
    /// How sure a detector must be, in thousandths ([`Brand::sure_from_permille`](crate::Brand::sure_from_permille)).
    pub sure_from_permille: u16,
    /// The languages that the brand speaks.
    pub languages: &'a [Language],
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
/// 10. A machine seems to write: a person, to whom nothing is said, or two machines would never end.
/// 11. The message is the code that was asked for: what it confirms, or that it was wrong.
/// 12. Something calls a person whatever else is said: harm, the law, fraud, anger.
/// 13. The customer asks whether this is a machine: the truth.
/// 14. The customer asks for a person, or about their data: a person, or first a code.
/// 15. The machine answered very often in a row: a person.
/// 16. The brand does not speak the customer's language: a person.
/// 17. Nothing was understood, or not surely enough: a person.
/// 18. The machine.
///
/// In 4 the machine says that a person was called only if none of 5 to 9 holds; in 5 to 10 it says nothing.
/// `detection` is none for what is not text, and for what was pressed; text without one counts as not understood.
pub fn decide(facts: &Facts<'_>, detection: Option<&Detection>) -> Route {
    let intent = match facts.pressed {
        Some(Choice::Rating(_)) => return Route::Silent { silence: Silence::Rated },
        Some(Choice::Person) => Some(Intent::TalkToPerson),
        None => detection.map(|found| understood(found, facts.sure_from_permille)),
    };
    if intent == Some(Intent::Stop) && detection.is_none_or(|found| found.is_whole_message) {
        return opt_out(facts);
    }
    let must_be_silent = silencing(facts);
    if !facts.content_is_text {
        return person(Reason::NotText, must_be_silent.is_none().then_some(Intent::NoneOfThese));
    }
    if let Some(reason) = must_be_silent {
        return person(reason, None);
    }
    if detection.is_some_and(|found| found.trigger == Some(Trigger::Machine)) {
        return person(Reason::Machine, None);
    }
    if let Some(route) = confirmed(facts) {
        return route;
    }
    if let Some(trigger) = detection.and_then(|found| found.trigger) {
        return person(reason_of(trigger), Some(Intent::TalkToPerson));
    }
    answer(facts, detection, intent.unwrap_or(Intent::NoneOfThese))
}

/// Who answers what nothing but its meaning decides.
fn answer(facts: &Facts<'_>, detection: Option<&Detection>, intent: Intent) -> Route {
    let speaks = detection
        .and_then(|found| found.language)
        .is_none_or(|written| facts.languages.contains(&written));
    match intent {
        Intent::AreYouAMachine if speaks => reply(intent),
        Intent::TalkToPerson => person(Reason::AskedForPerson, Some(Intent::TalkToPerson)),
        Intent::MyData => person(Reason::MyData, Some(Intent::MyData)),
        Intent::CopyMyData if speaks => challenge(RequestKind::Access),
        Intent::EraseMyData if speaks => challenge(RequestKind::Erasure),
        _ if facts.gate.turns > facts.turns_max => {
            person(Reason::RepeatedFailure, Some(Intent::TalkToPerson))
        }
        _ if !speaks => person(Reason::Language, Some(Intent::NoneOfThese)),
        // Nobody is silenced for good by a guess.
        Intent::NoneOfThese | Intent::Stop => {
            person(Reason::NotUnderstood, Some(Intent::NoneOfThese))
        }
        Intent::OrderStatus
        | Intent::CancelOrder
        | Intent::ChangeOrder
        | Intent::Refund
        | Intent::ReturnItem
        | Intent::Exchange
        | Intent::DeliveryProblem
        | Intent::DamagedItem
        | Intent::Warranty
        | Intent::Invoice
        | Intent::PaymentProblem
        | Intent::ChangeAddress
        | Intent::AccountAccess
        | Intent::ProductQuestion
        | Intent::Availability
        | Intent::ShippingInfo
        | Intent::Voucher
        | Intent::Subscription
        | Intent::Appointment
        | Intent::OpeningHours
        | Intent::Complaint
        | Intent::Praise
        | Intent::Thanks
        | Intent::Greeting
        | Intent::AreYouAMachine
        | Intent::CopyMyData
        | Intent::EraseMyData => reply(intent),
    }
}

fn reply(intent: Intent) -> Route {
    Route::Reply { template: intent.name().to_owned() }
}

/// Asks for the code that confirms what a person demands of their data.
fn challenge(kind: RequestKind) -> Route {
    let template = match kind {
        RequestKind::Access => CONFIRM_ACCESS,
        RequestKind::Erasure => CONFIRM_ERASURE,
    };
    Route::Challenge { kind, template: template.to_owned() }
}

/// What a code brings about, if the message is one that was asked for.
fn confirmed(facts: &Facts<'_>) -> Option<Route> {
    let (challenge_of, is_right) = facts.gate.challenge.zip(facts.code_is_right)?;
    if facts.now.since(challenge_of.at) >= CODE_LIFE {
        return Some(challenge(challenge_of.kind));
    }
    if !challenge_of.holds(facts.now) {
        return Some(person(Reason::MyData, Some(Intent::MyData)));
    }
    Some(match (is_right, challenge_of.kind) {
        (false, _) => Route::WrongCode { template: WRONG_CODE.to_owned() },
        (true, RequestKind::Erasure) => Route::Erase { notice: ERASURE_NOTICE.to_owned() },
        // Whoever serves it must see what they hand out.
        (true, RequestKind::Access) => person(Reason::MyData, Some(Intent::MyData)),
    })
}

const fn reason_of(trigger: Trigger) -> Reason {
    match trigger {
        Trigger::Safety => Reason::Safety,
        Trigger::LegalThreat => Reason::LegalThreat,
        Trigger::Fraud => Reason::Fraud,
        Trigger::Anger => Reason::Anger,
        Trigger::Machine => Reason::Machine,
    }
}

/// What the detector found, if it is sure enough.
const fn understood(detection: &Detection, sure_from_permille: u16) -> Intent {
    if is_sure(detection, sure_from_permille) { detection.intent } else { Intent::NoneOfThese }
}

/// Whether a detector is sure enough of what it found for a machine to answer.
pub const fn is_sure(detection: &Detection, sure_from_permille: u16) -> bool {
    detection.confidence_permille >= sure_from_permille
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
