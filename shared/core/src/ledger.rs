//! What functions use: repositories over [`Table`](crate::Table), one for each concern.
//!
//! Each ledger declares what it does to which rows as `GRANTS`; a function's IAM policy is the sum of its
//! ledgers' grants, and the tests' table refuses what was not declared.

mod case_call;
mod case_moves;
mod case_rows;
mod cases;
mod changes;
mod confirmed;
mod content;
mod erasure;
mod export;
mod identity;
mod inbox;
mod moves;
mod overdue;
mod register;
mod replies;
mod request;
mod restore;
mod rights;
mod standing;
mod stores;

pub use case_call::{Answer, CaseCall, Moved, Taking};
pub use cases::{CaseView, Cases, Thread};
pub use content::{Noted, Said, Written};
pub use export::{
    Export, ExportedCase, ExportedMessage, ExportedNote, ExportedReply, ExportedSent,
};
pub use inbox::{Inbox, Intake, Opened};
pub use register::{BodyMark, Register, Settings};
pub use replies::{Claim, Claimed, Due, Replies};
pub use request::{
    Erased, ErasureStep, NewRequest, RequestKind, RequestState, RequestView, Subject,
};
pub use rights::Rights;
pub use stores::{DUE_SHARDS, Stores};

use std::time::Duration;

use crate::{gate::WINDOW_MARGIN, http::EXCHANGE_TIMEOUT};

/// How long a function may run at most. Deployments set it; the lease is counted from it.
pub const FUNCTION_TIMEOUT: Duration = Duration::from_secs(30);
/// How far two clocks may be apart.
pub const CLOCK_SKEW: Duration = Duration::from_mins(5);
/// How long a claim is its holder's. Longer than anything that the holder can still be doing with it.
pub const LEASE: Duration = Duration::from_mins(6);
/// How long we wait for the platform to tell what became of a message whose outcome is unknown.
pub const UNKNOWN_WAIT: Duration = Duration::from_mins(10);
/// After which time the steward looks after work whose hint may have been lost.
pub const HINT_GRACE: Duration = Duration::from_mins(1);
/// How long people can change a text of theirs, from memory: a change opens the window no later than its message could.
pub const EDITED_WITHIN: Duration = Duration::from_mins(15);
/// Longer than people can change a text of theirs, for what must not rest on a memory.
pub const EDITABLE: Duration = Duration::from_hours(24);
/// How often sending is tried when the platform refuses for now.
pub const ATTEMPTS_MAX: u32 = 8;
/// The longest wait between two tries.
pub const BACKOFF_MAX: Duration = Duration::from_hours(1);
/// How long a message waits when the platform refuses our access token.
pub const SUSPENDED_WAIT: Duration = Duration::from_mins(5);

/// The longest that a claimed message can take to leave, as another clock sees it.
const LEAVING_MAX_MILLIS: u128 =
    EXCHANGE_TIMEOUT.as_millis() + FUNCTION_TIMEOUT.as_millis() + CLOCK_SKEW.as_millis();
const _: () = assert!(
    LEASE.as_millis() > LEAVING_MAX_MILLIS,
    "a claim must outlive whatever its holder can still do"
);
const _: () = assert!(
    WINDOW_MARGIN.as_millis() > LEAVING_MAX_MILLIS,
    "what is claimed inside the platform's window must leave inside it"
);
