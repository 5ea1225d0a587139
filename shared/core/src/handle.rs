//! The seam between a function and its host.

use std::{future::Future, panic::AssertUnwindSafe};

use futures::FutureExt;

use crate::fault::Fault;

/// What a host knows of a function: input in, output or fault out.
///
/// The input is a domain type or [`crate::http::Request`]; no host's type appears in a function.
pub trait Handle<Input>: Send + Sync {
    /// What the function answers.
    type Output: Send;

    /// Handles one input. Handling the same input again must be harmless.
    fn handle(&self, input: Input) -> impl Future<Output = Result<Self::Output, Fault>> + Send;
}

/// Where a job goes that can never succeed: a customer's message is never dropped.
pub trait Poison<Job>: Send + Sync {
    /// Hands what `job` is about to a person. Doing it twice must be harmless. If this fails too, the job
    /// comes again.
    fn to_a_person(&self, job: &Job) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// One job's panic must not take the others with it. It would come again, so it counts as never.
///
/// Not an `async fn`: that would hold the work twice, as what it was given and as what it waits for.
pub fn guarded<Output>(
    work: impl Future<Output = Result<Output, Fault>> + Send,
) -> impl Future<Output = Result<Output, Fault>> + Send {
    let outcome = AssertUnwindSafe(work).catch_unwind();
    outcome.map(|outcome| outcome.unwrap_or(Err(Fault::rejected("the function panicked"))))
}
