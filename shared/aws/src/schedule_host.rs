//! Lambda behind the `EventBridge` Scheduler: each event is only a tick.

use std::panic::AssertUnwindSafe;

use forthright_core::Handle;
use futures::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use crate::{Error, cause::with_causes};

/// A scheduled run failed. The line before says why; Lambda tries again and counts the error.
#[derive(Debug, thiserror::Error)]
#[error("the scheduled run failed")]
pub struct RunFault;

// What alarms see: else it would be the name of a Rust type.
impl From<RunFault> for Diagnostic {
    fn from(fault: RunFault) -> Self {
        Self { error_type: "ScheduledRunFailed".to_owned(), error_message: fault.to_string() }
    }
}

/// Runs `handler` at each tick, with an input from `make`, until Lambda ends the process. What the event
/// says does not matter: the function finds its work in the table.
pub async fn serve_schedule<Input, Handler>(
    handler: Handler,
    make: impl Fn() -> Input + Send + Sync,
) -> Result<(), Error>
where
    Input: Send,
    Handler: Handle<Input>,
{
    let (handler, make) = (&handler, &make);
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Box<RawValue>>| run_once(handler, make())))
        .await
        .map_err(Error::of_host)
}

/// One run: fails if the function reports a fault or panics, after logging it.
pub async fn run_once<Input, Handler>(handler: &Handler, input: Input) -> Result<(), RunFault>
where
    Input: Send,
    Handler: Handle<Input>,
{
    match AssertUnwindSafe(async { handler.handle(input).await }).catch_unwind().await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(fault)) => {
            tracing::error!(error = with_causes(&fault), "the scheduled run failed");
            Err(RunFault)
        }
        // The panic hook has logged where.
        Err(_) => Err(RunFault),
    }
}
