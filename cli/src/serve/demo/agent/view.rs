//! What the cases API tells, as its pages show it.

use forthright_core::{
    CaseId, Channel, Personal,
    case::{Actor, CaseState, Priority, Reason},
    decision::Decision,
    state::State,
};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::super::trace::{Facts, Trace, words};

/// The queue.
#[derive(Debug, Deserialize)]
pub(super) struct Queue {
    cases: Vec<Case>,
}

/// A case with its conversation.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    pub(super) case: Case,
    pub(super) thread: Vec<Said>,
}

/// A case as the API tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    #[serde(rename = "case")]
    id: CaseId,
    pub(super) state: CaseState,
    reason: Reason,
    priority: Priority,
    channel: Channel,
    opened_at: String,
    sla_at: String,
    remark: Option<String>,
    /// Who took it.
    agent: Option<String>,
}

/// A line of a conversation.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    by: Actor,
    at: String,
    state: Option<State>,
    kind: String,
    text: Option<Personal<String>>,
    decision: Option<Decision>,
}

/// A line, ready to be shown.
#[derive(Debug, Serialize)]
pub(super) struct Spoken<'a> {
    by: &'static str,
    is_ours: bool,
    is_note: bool,
    at: &'a str,
    text: Personal<String>,
    state: Option<String>,
    trace: Option<Trace>,
}

impl Queue {
    /// The cases for a page, at `now` in RFC 3339.
    pub(super) fn shown(&self, now: &str) -> Vec<Value> {
        self.cases.iter().map(|case| case.shown(now)).collect()
    }
}

impl Case {
    /// The case for a page.
    pub(super) fn shown(&self, now: &str) -> Value {
        context! {
            id => self.id.to_string(),
            reason => words(self.reason.name()),
            state => words(self.state.name()),
            priority => self.priority.name(),
            channel => self.channel.name(),
            opened_at => &self.opened_at,
            sla_at => &self.sla_at,
            // Times of one form are compared as texts.
            is_late => self.state.is_live() && self.sla_at.as_str() < now,
            remark => self.remark.as_deref().map(words),
            agent => self.agent.as_ref(),
        }
    }
}

impl<'a> Spoken<'a> {
    /// A line of the API's.
    pub(super) fn of(said: &'a Said) -> Self {
        let is_note = said.kind == "note";
        let text = said.text.clone();
        let facts = said.decision.as_ref().zip(said.state).map(|(decision, state)| Facts {
            state,
            decision: Some(decision),
            reason: None,
            template: None,
            disclosure: None,
        });
        Self {
            by: match said.by {
                Actor::Machine => "Machine",
                Actor::Agent if is_note => "Note",
                Actor::Agent => "Agent",
                Actor::Privacy => "Privacy",
                Actor::Customer => "Customer",
            },
            is_ours: said.by != Actor::Customer,
            is_note,
            at: &said.at,
            text: text.unwrap_or_else(|| Personal::new(format!("[{}]", words(&said.kind)))),
            state: said.state.filter(|_| !is_note).map(|state| state.to_string()),
            trace: facts.map(|facts| Trace::of(&facts)),
        }
    }
}
