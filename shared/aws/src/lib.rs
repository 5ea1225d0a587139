//! The only crate that knows AWS: the table on DynamoDB, the master key in KMS, the lanes on SQS, secrets,
//! Comprehend, and the hosts that Lambda calls functions through.
//!
//! A function's `main.rs` only wires: [`Aws::start`], its own settings, its handler over [`Aws::stores`] and
//! [`Aws::queue`], and one of [`serve_http`], [`serve_queue`], [`serve_http_and_queue`] and [`serve_schedule`].
//! Handlers see `forthright_core` types only; no type of AWS reaches them.

mod boot;
mod call;
mod cause;
pub mod comprehend;
mod double_host;
mod dynamodb;
mod end;
mod environment;
mod http_host;
mod https;
mod kms;
mod metrics;
mod queue_host;
mod schedule_host;
mod secrets;
mod sqs;

pub use boot::{clock, entropy, start};
pub use comprehend::Comprehend;
pub use double_host::serve_http_and_queue;
pub use dynamodb::DynamoDb;
pub use end::Error;
pub use environment::{Aws, Keys};
pub use http_host::{answer, serve_http, to_request};
pub use kms::Kms;
pub use queue_host::{BatchFault, Deadline, RECORD_BUDGET, handle_batch, serve_queue};
pub use schedule_host::{RunFault, run_once, serve_schedule};
pub use secrets::SecretsError;
pub use sqs::Sqs;
