//! Types, ports, states, ledgers and sealing: what every function of Forthright shares.
//!
//! Nothing here does I/O, reads a clock or knows a platform or a cloud. Time, randomness and storage
//! come in through ports ([`Clock`], [`Entropy`], [`Table`], [`Vault`], [`Queue`]).
//!
//! Reading order: [`ids`] and [`time`] name things; [`table`] is the narrow waist; [`gate`], [`state`]
//! and [`subject`] are the protocol; [`ledger`] is what the functions use.

#![warn(clippy::arithmetic_side_effects, clippy::as_conversions)]
#![deny(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod case;
pub mod challenge;
pub mod decision;
pub mod detect;
pub mod etag;
pub mod event;
pub mod fault;
pub mod gate;
pub mod handle;
pub mod http;
pub mod ids;
pub mod language;
pub mod ledger;
pub mod metric;
pub mod offer;
pub mod outbound;
pub mod pace;
pub mod people;
pub mod personal;
pub mod port;
pub mod queue;
pub mod redact;
pub mod seal;
pub mod settings;
pub mod state;
pub mod subject;
pub mod table;
pub mod time;

pub use account::{Account, Accounts};
pub use detect::{Asked, DetectIntent, Detection, Intent};
pub use etag::{ETag, IfMatch};
pub use fault::{Fault, Retry};
pub use handle::{Handle, Poison, guarded};
pub use ids::{
    AccountId, Address, BrandId, CallId, CaseId, Channel, Eid, Epoch, NoteId, OutId, Pid,
    PlatformId, RequestId, TaskId,
};
pub use language::Language;
pub use personal::{Personal, Secret};
pub use port::{Clock, Entropy};
pub use queue::{
    CaseRef, FromHint, Hint, Lane, MessageRef, Queue, QueueMessage, RequestRef, TaskRef, send_all,
};
pub use redact::{Redact, Redacted};
pub use seal::{BrandKeys, Vault};
pub use settings::{SettingsError, Source};
pub use table::Table;
pub use time::Time;
