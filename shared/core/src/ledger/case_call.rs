//! A call that moves a case, and what becomes of it.

use crate::{
    case::AgentName,
    etag::{ETag, IfMatch},
    gate::Refusal,
    ids::{CallId, CaseId, NoteId, OutId},
    queue::Hint,
};

/// A call of somebody who moves a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCall {
    /// Which case.
    pub case: CaseId,
    /// Which call: the same one if it is repeated.
    pub id: CallId,
    /// As what the caller knows the case.
    pub demanded: IfMatch,
}

/// What became of an agent's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done, now or by an earlier try of the same call.
    Done(Moved),
    /// There is no such case.
    NotFound,
    /// What the case was about is erased.
    Gone,
    /// The case is at its end.
    Ended,
    /// There is no conversation behind the case: nobody to answer, or to note anything about.
    Nobody,
    /// The gate does not let an agent's message through.
    Refused(Refusal),
    /// The case is not as the caller demands any more: this is its tag.
    Differs(ETag),
    /// Somebody else has the case, or nobody has it from whom it was to be taken.
    Taken {
        /// Who has it.
        assignee: Option<AgentName>,
        /// Its tag.
        etag: ETag,
    },
}

/// A case that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The message that is to be sent, if there is one.
    pub out: Option<OutId>,
    /// The note, if it is one.
    pub note: Option<NoteId>,
    /// The tag of the case from now on.
    pub etag: ETag,
    /// Who should look next.
    pub hints: Vec<Hint>,
}

impl Moved {
    pub(super) const fn plain(etag: ETag) -> Self {
        Self { out: None, note: None, etag, hints: Vec::new() }
    }
}

/// Who takes a case, and from whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taking {
    /// Who takes it, if they say so.
    pub agent: Option<AgentName>,
    /// Who has it, if it is taken from somebody.
    pub from: Option<AgentName>,
}

impl Taking {
    /// Whether a case that `assignee` has may be taken so.
    pub(super) fn is_fair(&self, assignee: Option<&AgentName>) -> bool {
        match (&self.from, assignee) {
            (Some(from), assignee) => assignee == Some(from),
            (None, None) => true,
            (None, Some(assignee)) => self.agent.as_ref() == Some(assignee),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_taken_from_nobody_from_oneself_or_from_whom_one_names() {
        let name =
            |name: &str| -> Option<AgentName> { (name != "-").then(|| name.parse().unwrap()) };
        for (agent, from, assignee, is_fair) in [
            ("-", "-", "-", true),
            ("kim", "-", "-", true),
            ("kim", "-", "kim", true),
            ("kim", "-", "bo", false),
            ("-", "-", "bo", false),
            ("kim", "bo", "bo", true),
            ("-", "bo", "bo", true),
            ("kim", "bo", "kim", false),
            ("kim", "bo", "-", false),
            ("kim", "kim", "kim", true),
        ] {
            let taking = Taking { agent: name(agent), from: name(from) };
            let fair = taking.is_fair(name(assignee).as_ref());
            assert_eq!(fair, is_fair, "{agent} from {from} while {assignee} has it");
        }
    }
}
