//! Tells why a message was treated as it was, from the record of its decision: enums, scores and ids, in plain words.

use forthright_core::{
    case::Reason,
    decision::{Decision, Route},
    detect::Sentiment,
    gate::Silence,
    ledger::ExportedMessage,
    state::State,
};
use serde::Serialize;

/// So many characters of a digest tell it from others.
const RULESET_CHARS: usize = 12;

/// What is known of how a message was treated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    /// Where it stands.
    pub(super) state: State,
    /// How it was decided.
    pub(super) decision: Option<&'a Decision>,
    /// Why it ended as it did, if not by an answer.
    pub(super) reason: Option<&'a str>,
    /// The template that answered, with its version.
    pub(super) template: Option<&'a str>,
    /// Which disclosure the answer carried.
    pub(super) disclosure: Option<&'a str>,
}

impl<'a> From<&'a ExportedMessage> for Facts<'a> {
    fn from(message: &'a ExportedMessage) -> Self {
        let reply = message.reply.as_ref();
        Self {
            state: message.state,
            decision: message.decision.as_ref(),
            reason: message.reason.as_deref(),
            template: reply.and_then(|reply| reply.template.as_deref()),
            disclosure: reply.and_then(|reply| reply.disclosure.as_deref()),
        }
    }
}

/// Why a message was treated as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Trace {
    /// In one line.
    headline: String,
    /// Each fact: what it is about, and what it says.
    facts: Vec<(&'static str, String)>,
}

impl Trace {
    /// Of a message of which nothing is held: not taken in, or erased since.
    pub(super) fn of_nothing() -> Self {
        let headline = "Nothing is held about this message".to_owned();
        let why = "It was not taken in, or it was erased since. The app keeps its own copy.";
        Self { headline, facts: vec![("Held", why.to_owned())] }
    }

    /// Of a message.
    pub(super) fn of(message: &Facts<'_>) -> Self {
        let mut facts = vec![("State", message.state.to_string())];
        if let Some(found) = message.decision.and_then(|decision| decision.found.as_ref()) {
            let permille = found.confidence_permille;
            facts.push(("Intent", words(found.intent.name())));
            let confidence = format!(
                "{}, where {} is enough",
                percent(permille),
                percent(found.threshold_permille)
            );
            facts.push(("Confidence", confidence));
            let others = found.alternatives.iter();
            let others: Vec<_> = others
                .map(|(intent, permille)| {
                    format!("{} {}", words(intent.name()), percent(*permille))
                })
                .collect();
            if !others.is_empty() {
                facts.push(("Or", others.join(", ")));
            }
            if found.sentiment != Sentiment::Neutral {
                facts.push(("Mood", words(found.sentiment.name())));
            }
            if found.is_urgent {
                facts.push(("Urgent", "yes".to_owned()));
            }
            if let Some(trigger) = found.trigger {
                facts.push(("Trigger", words(trigger.name())));
            }
            facts.push(("Detector", found.detector.clone()));
        }
        if let Some(decision) = message.decision {
            facts.push(("Route", route(&decision.route)));
            if let Some(language) = decision.language {
                facts.push(("Language", language.to_string()));
            }
        }
        let reason = message.reason.map(str::to_owned).or_else(|| reason(message.decision?));
        if let Some(reason) = &reason {
            facts.push(("Reason", words(reason)));
        }
        if let Some(gate) = reason.as_deref().and_then(gate) {
            facts.push(("Silenced by", gate.to_owned()));
        }
        if let Some(template) = message.template {
            facts.push(("Template", template.to_owned()));
        }
        if let Some(disclosure) = message.disclosure {
            facts.push(("Disclosure", placement(disclosure).to_owned()));
        }
        facts.push(("Answered by", answered_by(message).to_owned()));
        if let Some(decision) = message.decision {
            let start = decision.ruleset.chars().take(RULESET_CHARS);
            facts.push(("Rules in force", start.collect()));
        }
        Self { headline: headline(message, reason.as_deref()), facts }
    }
}

fn headline(message: &Facts<'_>, reason: Option<&str>) -> String {
    let because = |what: &str| match reason {
        Some(reason) => format!("{what}: {}", words(reason)),
        None => what.to_owned(),
    };
    let route = message.decision.map(|decision| &decision.route);
    match (message.state, route) {
        (State::Received, _) => "Not decided yet".to_owned(),
        (State::Decided | State::Sending, _) => "The answer is on its way".to_owned(),
        (State::Unknown, _) => "Nobody knows yet whether the answer arrived".to_owned(),
        (State::Answered, Some(Route::Person { .. })) => because("A person was called"),
        (State::Answered, Some(Route::OptOut { .. })) => "The opt-out was confirmed".to_owned(),
        (State::Answered, _) => "The machine answered".to_owned(),
        (State::Human, _) => because("Left to a person"),
        (State::Suppressed, _) => because("Nobody answers"),
    }
}

fn route(route: &Route) -> String {
    match route {
        Route::Reply { template } => format!("the machine, with {}", words(template)),
        Route::Person { acknowledgement: Some(template), .. } => {
            format!("a person; the machine says so with {}", words(template))
        }
        Route::Person { acknowledgement: None, .. } => "a person; the machine is silent".to_owned(),
        Route::OptOut { confirmation } => {
            format!("nobody; the opt-out is confirmed once with {}", words(confirmation))
        }
        Route::Challenge { kind, .. } => {
            format!("the machine, which asks for a code that confirms the request for {kind}")
        }
        Route::WrongCode { .. } => "the machine, which says that the code was wrong".to_owned(),
        Route::Erase { .. } => "nobody: everything is erased after a last notice".to_owned(),
        Route::Silent { .. } => "nobody".to_owned(),
    }
}

fn reason(decision: &Decision) -> Option<String> {
    match &decision.route {
        Route::Person { reason, .. } => Some(reason.to_string()),
        Route::Silent { silence } => Some(silence.to_string()),
        Route::Reply { .. }
        | Route::Challenge { .. }
        | Route::WrongCode { .. }
        | Route::Erase { .. }
        | Route::OptOut { .. } => None,
    }
}

const fn answered_by(message: &Facts<'_>) -> &'static str {
    match message.state {
        State::Answered => "the machine",
        State::Human => "a person",
        State::Suppressed => "nobody",
        State::Received | State::Decided | State::Sending | State::Unknown => "nobody so far",
    }
}

/// What keeps the machine silent for this reason; none if it is not the machine's silence that it explains.
fn gate(reason: &str) -> Option<&'static str> {
    if let Ok(silence) = reason.parse::<Silence>() {
        return Some(match silence {
            Silence::OptedOut | Silence::AlreadyOptedOut => "the customer's opt-out",
            Silence::NotAsked => "the message itself: it asks for no answer",
            Silence::TakenBack => "the customer, who took the message back",
            Silence::Rated => "the message itself: a rating needs no answer",
            Silence::Confirmed => "the erasure, whose notice answers",
        });
    }
    match reason.parse::<Reason>().ok()? {
        Reason::OptedOut => Some("the customer's opt-out"),
        Reason::HeldByPerson => Some("a person, who holds the conversation"),
        Reason::AnsweredElsewhere => Some("a person, who answered in the platform's own app"),
        Reason::AutomationOff => Some("the brand's kill switch"),
        Reason::Restricted => Some("a restriction of processing"),
        Reason::Late => Some("the age of the message"),
        Reason::TemplateUnfit => Some("the template: it is missing, withdrawn or out of date"),
        Reason::WindowClosed => Some("the platform's window for answers"),
        Reason::ChannelSuspended | Reason::AccountRestricted => {
            Some("the platform, which holds the account back")
        }
        Reason::Restored => Some("data that was put back from a copy"),
        Reason::Machine => Some("another machine, which seems to write"),
        Reason::AskedForPerson
        | Reason::Safety
        | Reason::LegalThreat
        | Reason::Fraud
        | Reason::Anger
        | Reason::RepeatedFailure
        | Reason::Language
        | Reason::MyData
        | Reason::NotUnderstood
        | Reason::NotText
        | Reason::Unreachable
        | Reason::Refused
        | Reason::OutcomeUnknown
        | Reason::TriesOver
        | Reason::Poison
        | Reason::Unreadable => None,
    }
}

/// Where a disclosure stands, in words.
pub(super) fn placement(name: &str) -> &'static str {
    match name {
        "prefix_first" => "at the top, since it is the first",
        "prefix_after_gap" => "at the top, after a long silence",
        "prefix_on_handback" => "at the top, after a person handed back",
        "suffix_every" => "at the end",
        _ => "unknown",
    }
}

/// A name of a closed set, as words.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn percent(permille: u16) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

#[cfg(test)]
mod tests {
    use forthright_core::{Intent, decision::Found};

    use super::*;

    fn decision(route: Route) -> Decision {
        let found = Found {
            intent: Intent::OrderStatus,
            confidence_permille: 973,
            trigger: None,
            alternatives: vec![(Intent::DeliveryProblem, 20)],
            threshold_permille: 700,
            sentiment: Sentiment::Neutral,
            is_urgent: false,
            detector: "rules@3".to_owned(),
        };
        Decision { route, found: Some(found), language: None, ruleset: "abc".to_owned() }
    }

    fn traced(state: State, route: Route, reason: Option<&str>) -> Trace {
        let decision = decision(route);
        let decision = Some(&decision);
        Trace::of(&Facts { state, decision, reason, template: None, disclosure: None })
    }

    fn fact<'a>(trace: &'a Trace, name: &str) -> Option<&'a str> {
        trace.facts.iter().find(|(about, _)| *about == name).map(|(_, says)| says.as_str())
    }

    #[test]
    fn an_answer_tells_what_was_found_and_how_sure() {
        let route = Route::Reply { template: "order_status".to_owned() };
        let trace = traced(State::Answered, route, None);
        assert_eq!(trace.headline, "The machine answered");
        assert_eq!(fact(&trace, "Intent"), Some("order status"));
        assert_eq!(fact(&trace, "Confidence"), Some("97.3 %, where 70.0 % is enough"));
        assert_eq!(fact(&trace, "Or"), Some("delivery problem 2.0 %"));
        assert_eq!(fact(&trace, "Detector"), Some("rules@3"));
        assert_eq!(fact(&trace, "Answered by"), Some("the machine"));
        assert_eq!(fact(&trace, "Silenced by"), None);
    }

    #[test]
    fn a_silence_names_what_silenced_the_machine() {
        let held = Route::Person { reason: Reason::HeldByPerson, acknowledgement: None };
        let trace = traced(State::Human, held, None);
        assert_eq!(trace.headline, "Left to a person: held by person");
        assert_eq!(fact(&trace, "Silenced by"), Some("a person, who holds the conversation"));

        let silent = Route::Silent { silence: Silence::AlreadyOptedOut };
        let trace = traced(State::Suppressed, silent, None);
        assert_eq!(fact(&trace, "Silenced by"), Some("the customer's opt-out"));

        // What became known later counts more than what was decided.
        let reply = Route::Reply { template: "refund".to_owned() };
        let trace = traced(State::Human, reply, Some("automation_off"));
        assert_eq!(fact(&trace, "Silenced by"), Some("the brand's kill switch"));
    }

    #[test]
    fn every_reason_and_silence_is_known_by_its_name() {
        for silence in Silence::ALL {
            assert!(gate(silence.name()).is_some(), "{silence}");
        }
        assert_eq!(gate("unheard_of"), None);
        assert_eq!(gate(Reason::AskedForPerson.name()), None);
    }
}
