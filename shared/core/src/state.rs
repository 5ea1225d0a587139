//! The states of a message, and every move between them: one table for code, tests and documentation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{case::named, fault::Fault};

named! {
    /// Where a message stands.
    State "message state" {
        /// Taken in, nothing decided.
        Received = "received",
        /// The machine is to send something.
        Decided = "decided",
        /// Claimed: it may be on its way.
        Sending = "sending",
        /// It may have been sent; nobody knows.
        Unknown = "unknown",
        /// The platform has our answer. Terminal.
        Answered = "answered",
        /// A person has it. Terminal.
        Human = "human",
        /// Nobody answers, by rule. Terminal.
        Suppressed = "suppressed",
    }
}

named! {
    /// What can happen to a message.
    Event "message event" {
        /// A rule or a detector chose a reply.
        Decide = "decide",
        /// A rule chose silence.
        Silence = "silence",
        /// A rule chose a person.
        Escalate = "escalate",
        /// The person changed their words.
        Edit = "edit",
        /// The person took it back.
        TakeBack = "take_back",
        /// The reply function claimed it.
        Claim = "claim",
        /// The platform accepted it.
        Accept = "accept",
        /// Its attempt token came back from the platform.
        TokenSeen = "token_seen",
        /// The platform refused it for now.
        RefuseForNow = "refuse_for_now",
        /// The platform refused it for good.
        RefuseForGood = "refuse_for_good",
        /// The outcome of sending is not known.
        LoseTrack = "lose_track",
        /// The lease of the claim is over.
        LeaseOver = "lease_over",
        /// The time to learn the outcome is over.
        TimeOver = "time_over",
    }
}

/// What an event does to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It moves there.
    To(State),
    /// Nothing: it happened before, or it can no longer matter.
    Stay,
    /// It cannot happen: a programming error.
    Never,
}

use State::{Answered, Decided, Human, Received, Sending, Suppressed, Unknown};
use Step::{Never, Stay, To};

/// Every (state, event) pair: a row for each of [`State::ALL`], a column for each of [`Event::ALL`].
///
/// Terminal rows only ever stay. Only `SENDING` and `UNKNOWN` can learn what the platform did.
#[rustfmt::skip]
pub const STEPS: [[Step; 13]; 7] = [
    // decide       silence         escalate    edit          take_back       claim        accept        token_seen    refuse_for_now refuse_for_good lose_track   lease_over   time_over
    [To(Decided), To(Suppressed), To(Human), Stay,         To(Suppressed), Never,       Never,        Never,        Never,         Never,          Never,       Never,       Never], // received
    [Stay,        To(Suppressed), To(Human), To(Received), To(Suppressed), To(Sending), Never,        Stay,         Never,         Never,          Never,       Never,       Never], // decided
    [Stay,        Never,          Never,     Stay,         Stay,           Stay,        To(Answered), To(Answered), To(Decided),   To(Human),      To(Unknown), To(Unknown), Never], // sending
    [Stay,        Never,          Never,     Stay,         Stay,           Stay,        To(Answered), To(Answered), Stay,          To(Human),      Stay,        Stay,        To(Human)], // unknown
    [Stay,        Stay,           Stay,      Stay,         Stay,           Stay,        Stay,         Stay,         Stay,          Stay,           Stay,        Stay,        Stay], // answered
    [Stay,        Stay,           Stay,      Stay,         Stay,           Stay,        Stay,         Stay,         Stay,          Stay,           Stay,        Stay,        Stay], // human
    [Stay,        Stay,           Stay,      Stay,         Stay,           Stay,        Stay,         Stay,         Stay,          Stay,           Stay,        Stay,        Stay], // suppressed
];

impl State {
    /// What `event` does to a message in this state.
    pub fn step(self, event: Event) -> Step {
        let row = Self::ALL.iter().position(|state| *state == self);
        let column = Event::ALL.iter().position(|other| *other == event);
        row.zip(column)
            .and_then(|(row, column)| STEPS.get(row)?.get(column))
            .copied()
            .unwrap_or(Never)
    }

    /// The state after `event`, or none if the message stays where it is.
    pub fn after(self, event: Event) -> Result<Option<Self>, Fault> {
        match self.step(event) {
            To(state) => Ok(Some(state)),
            Stay => Ok(None),
            Never => Err(Fault::rejected("this cannot happen to a message in its state")),
        }
    }

    /// Whether it is the end.
    pub const fn is_terminal(self) -> bool {
        match self {
            Answered | Human | Suppressed => true,
            Received | Decided | Sending | Unknown => false,
        }
    }
}

/// The table as ARCHITECTURE.md shows it; a test compares them.
pub fn as_markdown() -> String {
    let mut lines = vec![
        format!(
            "| state | {} |",
            Event::ALL.iter().map(|event| event.name()).collect::<Vec<_>>().join(" | ")
        ),
        format!("|---{}|", "|---".repeat(Event::ALL.len())),
    ];
    for state in State::ALL {
        let steps: Vec<_> = Event::ALL
            .iter()
            .map(|event| match state.step(*event) {
                To(next) => next.name(),
                Stay => "·",
                Never => "✗",
            })
            .collect();
        lines.push(format!("| {state} | {} |", steps.join(" | ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_covers_every_pair() {
        assert_eq!(STEPS.len(), State::ALL.len());
        assert!(STEPS.iter().all(|row| row.len() == Event::ALL.len()));
    }

    #[test]
    fn terminal_stays_terminal_and_everything_else_can_end() {
        for state in State::ALL {
            let leaves = Event::ALL.iter().any(|event| matches!(state.step(*event), To(_)));
            assert_eq!(leaves, !state.is_terminal(), "{state}");
        }
    }

    #[test]
    fn nothing_is_sent_twice_by_the_machine() {
        // Only a definite refusal leads back to where a claim is possible.
        for state in State::ALL {
            for event in Event::ALL {
                if state.step(*event) == To(Decided) {
                    assert!(matches!(
                        (state, event),
                        (Received, Event::Decide) | (Sending, Event::RefuseForNow)
                    ));
                }
            }
        }
    }
}
