//! The only crate that knows AWS: the hosts that Lambda calls functions through, and where the back
//! ends belong.
//!
//! A function's `main.rs` only wires: [`start`], its own settings, [`connect`], its handler, and one of
//! [`serve_http`], [`serve_queue`], [`serve_http_and_queue`] and [`serve_schedule`]. Handlers see
//! `forthright_core` types only; no type of Lambda reaches them.
//!
//! **What is not here yet**: DynamoDB, SQS and KMS. [`connect`] refuses to start and says so; see
//! [`Backends`].

mod backend;
mod boot;
mod cause;
mod double_host;
mod end;
mod http_host;
mod queue_host;
mod schedule_host;

pub use backend::{BackendMissing, Backends, DynamoDb, Kms, Sqs, connect};
pub use boot::{clock, entropy, start};
pub use double_host::serve_http_and_queue;
pub use end::Error;
pub use http_host::{answer, serve_http, to_request};
pub use queue_host::{BatchFault, Deadline, RECORD_BUDGET, handle_batch, serve_queue};
pub use schedule_host::{RunFault, run_once, serve_schedule};
