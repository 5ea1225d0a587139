//! Hints between functions: ids only, versioned. The table is the truth; a hint may be lost or repeated.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    ids::{BrandId, CaseId, Eid, Epoch, Pid, RequestId, TaskId},
};

/// A hint as it lies in a queue. A change of form is a new variant, never an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all = "snake_case")]
pub enum QueueMessage {
    /// The first form.
    V1(Hint),
}

/// What a function should look at. Each lane is a queue of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "lane", rename_all = "snake_case")]
pub enum Hint {
    /// To `intent`: a message was taken in.
    Inbound(MessageRef),
    /// To `reply`: a message is to be sent.
    Outbound(TaskRef),
    /// To `escalation`: a case was opened or moved.
    Human(CaseRef),
    /// To `privacy`: a request is to go on.
    Privacy(RequestRef),
}

/// A queue of hints, and the one function that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// To `intent`.
    Inbound,
    /// To `reply`.
    Outbound,
    /// To `escalation`.
    Human,
    /// To `privacy`.
    Privacy,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Outbound, Self::Human, Self::Privacy];

    /// The name in deployments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Human => "human",
            Self::Privacy => "privacy",
        }
    }
}

impl Hint {
    /// The lane that the hint belongs into.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Inbound(_) => Lane::Inbound,
            Self::Outbound(_) => Lane::Outbound,
            Self::Human(_) => Lane::Human,
            Self::Privacy(_) => Lane::Privacy,
        }
    }
}

/// An inbound message, by its ids.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Whose customer wrote it.
    pub brand: BrandId,
    /// The subject.
    pub pid: Pid,
    /// The subject's epoch.
    pub epoch: Epoch,
    /// The message.
    pub eid: Eid,
    /// The version of its row, if it is known: words that were changed are another hint. It is not in the queue's form,
    /// only in the key by which a FIFO queue tells hints apart.
    #[serde(skip)]
    pub revision: u64,
}

/// Which version of its row is meant does not make it another message.
impl PartialEq for MessageRef {
    fn eq(&self, other: &Self) -> bool {
        self.task() == other.task()
    }
}

impl MessageRef {
    /// A message, whichever version it has.
    pub const fn new(brand: BrandId, pid: Pid, epoch: Epoch, eid: Eid) -> Self {
        Self { brand, pid, epoch, eid, revision: 0 }
    }

    /// The same message, with its row at this version.
    #[must_use]
    pub fn at(self, revision: u64) -> Self {
        Self { revision, ..self }
    }

    /// The task of answering it.
    pub fn task(&self) -> TaskRef {
        TaskRef {
            brand: self.brand.clone(),
            pid: self.pid,
            epoch: self.epoch,
            task: TaskId::Message(self.eid),
        }
    }
}

/// A message to be sent, by its ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskRef {
    /// On whose behalf.
    pub brand: BrandId,
    /// The subject.
    pub pid: Pid,
    /// The subject's epoch.
    pub epoch: Epoch,
    /// The reply or the outgoing message.
    pub task: TaskId,
}

/// A case, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CaseRef {
    /// Whose case.
    pub brand: BrandId,
    /// The case.
    pub case: CaseId,
}

/// A data subject's request, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestRef {
    /// To whom it was made.
    pub brand: BrandId,
    /// The request.
    pub request: RequestId,
}

/// A job that comes from a lane of its own.
pub trait FromHint: Sized + Send + Sync {
    /// The job, if the hint is for this lane.
    fn from_hint(hint: Hint) -> Option<Self>;
}

macro_rules! lane {
    ($($job:ty: $lane:ident),*) => {$(
        impl FromHint for $job {
            fn from_hint(hint: Hint) -> Option<Self> {
                if let Hint::$lane(job) = hint { Some(job) } else { None }
            }
        }
    )*};
}

lane!(MessageRef: Inbound, TaskRef: Outbound, CaseRef: Human, RequestRef: Privacy);

/// Hands hints on.
pub trait Queue: Send + Sync {
    /// Puts `hint` into its lane. A failure is no loss: the steward finds what is due in the table.
    fn send(&self, hint: Hint) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Hands hints on, and logs those that could not be: the steward will find what they were about.
pub async fn send_all(queue: &impl Queue, hints: Vec<Hint>) {
    for hint in hints {
        if let Err(fault) = queue.send(hint).await {
            tracing::warn!(error = %fault, "a hint was not sent; the steward will find its work");
        }
    }
}

impl<Q: Queue> Queue for std::sync::Arc<Q> {
    fn send(&self, hint: Hint) -> impl Future<Output = Result<(), Fault>> + Send {
        self.as_ref().send(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_form_are_no_hint() {
        for wrong in [&b""[..], b"{}", br#"{"version":"v2"}"#, br#"{"version":"v1","lane":"x"}"#] {
            assert!(serde_json::from_slice::<QueueMessage>(wrong).is_err());
        }
    }
}
