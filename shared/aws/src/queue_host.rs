//! Lambda behind an SQS queue: partial batches, and nothing lost.
//!
//! A job ends in one of two ways: it is done (by the function, or by a person who was told that it cannot
//! be), or it goes back to the queue, and after its last attempt to the dead-letter queue: a person is told of
//! it then, too. The event source mapping must set `ReportBatchItemFailures`; without it Lambda ignores the
//! answer.

use std::{collections::HashSet, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forthright_core::{
    Clock, FromHint, Handle, Poison, QueueMessage, Retry, Time, guarded, http::EXCHANGE_TIMEOUT,
    ledger::FUNCTION_TIMEOUT, pace::TURN_WAIT_MAX,
};
use lambda_runtime::{Context, Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use crate::{Error, boot, cause::with_causes};

/// No job is begun with less time than this left: the wait for an account's turn, one call to a platform, and what is
/// stored around them.
pub const RECORD_BUDGET: Duration =
    EXCHANGE_TIMEOUT.saturating_add(TURN_WAIT_MAX).saturating_add(Duration::from_secs(5));
const _: () = assert!(
    RECORD_BUDGET.as_millis() < FUNCTION_TIMEOUT.as_millis(),
    "else every job goes back to its queue"
);

/// When Lambda ends the invocation.
#[derive(Debug, Clone)]
pub struct Deadline {
    clock: Clock,
    at: Time,
}

impl Deadline {
    /// The deadline `at`, measured on `clock`.
    pub const fn new(clock: Clock, at: Time) -> Self {
        Self { clock, at }
    }

    pub(crate) fn of(context: &Context) -> Self {
        let at = Time::from_millis(i64::try_from(context.deadline).unwrap_or(i64::MAX));
        Self::new(boot::clock(), at)
    }

    fn leaves(&self, span: Duration) -> bool {
        self.at.since(self.clock.now()) >= span
    }
}

/// A batch that cannot be answered record by record: all of it goes back to the queue.
#[derive(Debug, thiserror::Error)]
pub enum BatchFault {
    /// The event is not one of SQS.
    #[error("the event is not a batch of SQS (line {line}, column {column})")]
    NotABatch {
        /// Where it stops being one.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// A record has no id, so it could not be named in the answer: an empty one would fail the whole batch.
    #[error("a record of the batch has no message id")]
    NoMessageId,
}

// What alarms see: else it would be the name of a Rust type.
impl From<BatchFault> for Diagnostic {
    fn from(fault: BatchFault) -> Self {
        Self { error_type: "BatchRefused".to_owned(), error_message: fault.to_string() }
    }
}

/// Handles batches with `handler` until Lambda ends the process. What can never succeed goes to a person, and
/// so does what did not succeed in `tries` receives: as many as the queue's redrive policy allows.
pub async fn serve_queue<Job, Handler>(handler: Handler, tries: u32) -> Result<(), Error>
where
    Job: FromHint + Clone,
    Handler: Handle<Job> + Poison<Job>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let deadline = Deadline::of(&event.context);
        let batch = read_batch(event.payload.get())?;
        handle_batch(handler, batch, &deadline, tries).await
    }))
    .await
    .map_err(Error::of_host)
}

/// Read here and not by the runtime, which would log what it could not read.
pub(crate) fn read_batch(event: &str) -> Result<SqsEvent, BatchFault> {
    serde_json::from_str(event)
        .map_err(|error| BatchFault::NotABatch { line: error.line(), column: error.column() })
}

/// Handles the records in their order and names exactly those that must come again.
///
/// In a FIFO queue the records of a group that follow a failed one are returned unhandled: handled, they
/// would overtake it.
pub async fn handle_batch<Job, Handler>(
    handler: &Handler,
    batch: SqsEvent,
    deadline: &Deadline,
    tries: u32,
) -> Result<SqsBatchResponse, BatchFault>
where
    Job: FromHint + Clone,
    Handler: Handle<Job> + Poison<Job>,
{
    let records = batch.records.iter().map(Record::read).collect::<Result<Vec<_>, _>>()?;
    let mut response = SqsBatchResponse::default();
    let mut halted = HashSet::new();
    let mut late = false;
    for record in records {
        if !late && !deadline.leaves(RECORD_BUDGET) {
            late = true;
            tracing::warn!(
                "too little time is left for another job; the rest goes back to the queue"
            );
        }
        let waits = late || record.group.is_some_and(|group| halted.contains(group));
        if waits || !is_done(handler, &record, tries).await {
            response.add_failure(record.id);
            halted.extend(record.group);
        }
    }
    Ok(response)
}

struct Record<'batch> {
    id: &'batch str,
    body: &'batch str,
    group: Option<&'batch str>,
    /// How often it was received, this time included.
    receives: u32,
}

impl<'batch> Record<'batch> {
    fn read(message: &'batch SqsMessage) -> Result<Self, BatchFault> {
        let id = message.message_id.as_deref().filter(|id| !id.is_empty());
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
        let receives = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok());
        Ok(Self {
            id: id.ok_or(BatchFault::NoMessageId)?,
            body: message.body.as_deref().unwrap_or_default(),
            group: attribute("MessageGroupId"),
            receives: receives.unwrap_or(1),
        })
    }
}

async fn is_done<Job, Handler>(handler: &Handler, record: &Record<'_>, tries: u32) -> bool
where
    Job: FromHint + Clone,
    Handler: Handle<Job> + Poison<Job>,
{
    let id = record.id;
    let QueueMessage::V1(hint) = match serde_json::from_str(record.body) {
        Ok(message) => message,
        Err(error) => {
            // Not the error itself: it quotes what it could not read.
            let (line, column) = (error.line(), error.column());
            tracing::error!(
                message.id = id,
                line,
                column,
                alarm = "poison",
                "an unreadable job goes back to the queue"
            );
            return false;
        }
    };
    let Some(job) = Job::from_hint(hint) else {
        tracing::error!(
            message.id = id,
            alarm = "poison",
            "a job of another lane goes back to the queue"
        );
        return false;
    };
    let Err(fault) = guarded(async { handler.handle(job.clone()).await }).await else {
        return true;
    };
    let causes = with_causes(&fault);
    let is_last = record.receives >= tries;
    if fault.retry() == Retry::Later && !is_last {
        tracing::warn!(message.id = id, error = causes, "a job failed and goes back to the queue");
        return false;
    }
    match guarded(handler.to_a_person(&job)).await {
        Ok(()) => {
            tracing::error!(
                message.id = id,
                error = causes,
                alarm = "poison",
                "a job cannot be done; a person has it"
            );
            // What may succeed yet lies in the dead-letter queue, for an operator to look at and send again.
            fault.retry() == Retry::Never
        }
        Err(second) => {
            let second = with_causes(&second);
            tracing::error!(
                message.id = id,
                error = causes,
                poison.error = second,
                alarm = "poison",
                "a job cannot be done and no person could be told; it goes back to the queue",
            );
            false
        }
    }
}
