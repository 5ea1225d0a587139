//! Lambda behind both an HTTP API and a queue: a function whose people and whose lane meet in one place.

use forthright_core::{
    FromHint, Handle, Poison,
    http::{Request, Response},
};
use lambda_http::{Adapter, Service, request::LambdaRequest};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Error,
    http_host::{answer, to_lambda, to_request},
    queue_host::{Deadline, handle_batch, read_batch},
};

/// Answers requests and handles batches with `handler` until Lambda ends the process; `tries` as for
/// [`serve_queue`](crate::serve_queue).
pub async fn serve_http_and_queue<Job, Handler>(handler: Handler, tries: u32) -> Result<(), Error>
where
    Job: FromHint + Clone,
    Handler: Handle<Request, Output = Response> + Handle<Job> + Poison<Job>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event| dispatch::<Job, _>(handler, event, tries)))
        .await
        .map_err(Error::of_host)
}

/// A batch is what can be read as one: a request has no `Records`.
async fn dispatch<Job, Handler>(
    handler: &Handler,
    event: LambdaEvent<Box<RawValue>>,
    tries: u32,
) -> Result<Box<RawValue>, lambda_runtime::Error>
where
    Job: FromHint + Clone,
    Handler: Handle<Request, Output = Response> + Handle<Job> + Poison<Job>,
{
    let LambdaEvent { payload, context } = event;
    if let Ok(batch) = read_batch(payload.get()) {
        let deadline = Deadline::of(&context);
        return Ok(to_raw_value(&handle_batch::<Job, _>(handler, batch, &deadline, tries).await?)?);
    }
    // Its error is a constant that quotes nothing.
    let request: LambdaRequest = serde_json::from_str(payload.get())?;
    let mut host = Adapter::from(service_fn(|request| async {
        Ok::<_, lambda_runtime::Error>(to_lambda(answer(handler, to_request(request)).await))
    }));
    Ok(to_raw_value(&host.call(LambdaEvent::new(request, context)).await?)?)
}
