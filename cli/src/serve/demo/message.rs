//! The lines of a customer's phone: what the stand-in has, what the ledgers have from before, and why.

use forthright_core::{
    Channel, Personal,
    case::Actor,
    ledger::{Export, ExportedMessage},
};
use forthright_testkit::standin::{Line, Mark};
use serde::Serialize;

use super::trace::{Facts, Trace, placement};

/// A line, ready to be shown.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    is_mine: bool,
    text: Personal<String>,
    /// The language, if it is known.
    lang: Option<String>,
    at: String,
    /// How far it is, where the stand-in knows.
    mark: Option<&'static str>,
    /// Who wrote it for the business, which a phone does not show.
    by: Option<String>,
    /// What can be pressed: the payload of each, and its title.
    offered: Vec<(String, String)>,
    /// Why it was treated as it was.
    trace: Option<Trace>,
}

/// The whole conversation, the oldest line first. `since` is when the stand-in began, in RFC 3339: what was said before it
/// does not know. `lang`
/// is the language that the machine writes, if that is sure.
pub(super) fn conversation(
    channel: Channel,
    lines: &[Line],
    held: &Export,
    since: &str,
    lang: Option<&str>,
) -> Vec<Message> {
    let mut before = unknown_to_the_stand_in(lines, held, since, lang).into_iter().peekable();
    let newest = lines.len().saturating_sub(1);
    let mut shown = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        // The stand-in's lines are in their order already: its customers' times are whole seconds.
        let at = line.at.rfc3339();
        while let Some(earlier) = before.next_if(|earlier| earlier.at <= at) {
            shown.push(earlier);
        }
        // Quick replies are gone with the next message, buttons and lists stay.
        let can_press = channel == Channel::WhatsApp || index == newest;
        shown.push(if line.from_customer {
            asked(line, held)
        } else {
            said(line, held, lang, can_press)
        });
    }
    shown.extend(before);
    shown
}

/// What the ledgers have and the stand-in has not: from before it began, and what others delivered in its name.
fn unknown_to_the_stand_in(
    lines: &[Line],
    held: &Export,
    since: &str,
    lang: Option<&str>,
) -> Vec<Message> {
    let mut shown = Vec::new();
    for message in &held.messages {
        if lines.iter().any(|line| line.id == message.platform_message_id) {
            continue;
        }
        shown.push(written_before(message));
        let reply = message.reply.as_ref().filter(|reply| is_before(reply.at.as_deref(), since));
        if let Some((text, reply)) = reply.and_then(|reply| Some((reply.text.clone()?, reply))) {
            let by = Some(by_machine(reply.disclosure.as_deref()));
            shown.push(said_before(text, reply.at.as_deref(), by, lang));
        }
    }
    for sent in held.sent.iter().filter(|sent| is_before(sent.at.as_deref(), since)) {
        if let Some(text) = sent.text.clone() {
            shown.push(said_before(text, sent.at.as_deref(), by_person(sent.by), None));
        }
    }
    shown.sort_by(|one, other| one.at.cmp(&other.at));
    shown
}

/// What the customer wrote, as the stand-in has it.
fn asked(line: &Line, held: &Export) -> Message {
    let message = held.messages.iter().find(|held| held.platform_message_id == line.id);
    let trace = message.map_or_else(Trace::of_nothing, |message| Trace::of(&Facts::from(message)));
    Message {
        is_mine: true,
        text: line.text.clone(),
        lang: None,
        at: line.at.rfc3339(),
        mark: Some(mark(line.mark)),
        by: None,
        offered: Vec::new(),
        trace: Some(trace),
    }
}

/// What the business wrote, as the stand-in has it.
fn said(line: &Line, held: &Export, lang: Option<&str>, can_press: bool) -> Message {
    let replies = || held.messages.iter().filter_map(|message| message.reply.as_ref());
    let reply = replies().find(|reply| reply.text.as_ref() == Some(&line.text));
    let sent = held.sent.iter().rev().find(|sent| sent.text.as_ref() == Some(&line.text));
    let (by, is_machine) = match (reply, sent) {
        (Some(reply), _) => (Some(by_machine(reply.disclosure.as_deref())), true),
        (None, Some(sent)) => (by_person(sent.by), sent.by != Actor::Agent),
        (None, None) => (None, false),
    };
    Message {
        is_mine: false,
        text: line.text.clone(),
        lang: lang.filter(|_| is_machine).map(str::to_owned),
        at: line.at.rfc3339(),
        mark: Some(mark(line.mark)),
        by,
        offered: if can_press { line.offered.clone() } else { Vec::new() },
        trace: None,
    }
}

fn written_before(message: &ExportedMessage) -> Message {
    Message {
        is_mine: true,
        text: message.text.clone().unwrap_or_else(|| Personal::new(format!("[{}]", message.kind))),
        lang: None,
        at: message.sent_at.clone().unwrap_or_default(),
        mark: None,
        by: None,
        offered: Vec::new(),
        trace: Some(Trace::of(&Facts::from(message))),
    }
}

fn said_before(
    text: Personal<String>,
    at: Option<&str>,
    by: Option<String>,
    lang: Option<&str>,
) -> Message {
    Message {
        is_mine: false,
        text,
        lang: lang.map(str::to_owned),
        at: at.unwrap_or_default().to_owned(),
        mark: None,
        by,
        offered: Vec::new(),
        trace: None,
    }
}

/// Times of one form sort as texts.
fn is_before(at: Option<&str>, since: &str) -> bool {
    at.is_some_and(|at| at < since)
}

fn by_machine(disclosure: Option<&str>) -> String {
    match disclosure {
        Some(disclosure) => format!("Machine · disclosure {}", placement(disclosure)),
        None => "Machine".to_owned(),
    }
}

fn by_person(by: Actor) -> Option<String> {
    match by {
        Actor::Agent => Some("A person of the brand".to_owned()),
        Actor::Privacy => Some("Machine · for a request about data".to_owned()),
        Actor::Machine => Some("Machine".to_owned()),
        Actor::Customer => None,
    }
}

const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Sent => "sent",
        Mark::Delivered => "delivered",
        Mark::Read => "read",
    }
}

#[cfg(test)]
mod tests {
    use forthright_core::{Time, state::State};

    use super::*;

    fn line(seconds: i64, from_customer: bool, text: &str) -> Line {
        Line {
            id: format!("CANARY {text}").as_str().into(),
            from_customer,
            text: text.into(),
            offered: vec![("forthright.person".to_owned(), "A person".to_owned())],
            at: Time::from_seconds(seconds),
            mark: Mark::Read,
        }
    }

    fn held(seconds: i64, text: &str) -> ExportedMessage {
        ExportedMessage {
            sent_at: Some(Time::from_seconds(seconds).rfc3339()),
            received_at: None,
            kind: "text".to_owned(),
            text: Some(text.into()),
            platform_message_id: format!("CANARY {text}").as_str().into(),
            state: State::Answered,
            decision: None,
            reason: None,
            reply: None,
        }
    }

    fn shown(channel: Channel, lines: &[Line], messages: Vec<ExportedMessage>) -> Vec<Message> {
        let held = Export { messages, ..Export::default() };
        conversation(channel, lines, &held, &Time::from_seconds(100).rfc3339(), Some("en"))
    }

    #[test]
    fn what_was_said_before_the_stand_in_began_is_shown_once_and_first() {
        let lines = [line(101, true, "two"), line(101, false, "three"), line(101, true, "four")];
        let messages = vec![held(10, "one"), held(101, "two")];
        let shown = shown(Channel::WhatsApp, &lines, messages);
        let texts: Vec<_> = shown.iter().map(|one| one.text.reveal().as_str()).collect();
        assert!(texts == ["one", "two", "three", "four"], "in another order");
        assert_eq!(shown[3].trace, Some(Trace::of_nothing()));
        assert!(shown[0].trace.is_some() && shown[1].trace != shown[3].trace);
    }

    #[test]
    fn a_persons_words_are_nobody_elses() {
        let lines = [line(101, false, "Kim")];
        let shown = shown(Channel::WhatsApp, &lines, Vec::new());
        assert!(shown[0].by.is_none() && shown[0].lang.is_none() && shown[0].trace.is_none());
    }

    #[test]
    fn quick_replies_go_with_the_next_message_and_buttons_stay() {
        let lines = [line(101, false, "one"), line(102, false, "two")];
        let offered = |channel| {
            let shown = shown(channel, &lines, Vec::new());
            shown.iter().map(|one| !one.offered.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(offered(Channel::WhatsApp), [true, true]);
        assert_eq!(offered(Channel::Messenger), [false, true]);
    }
}
