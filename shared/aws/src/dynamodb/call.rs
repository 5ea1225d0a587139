//! What DynamoDB's errors mean for a read or a write.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::CancellationReason,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use forthright_core::table::{TableFault, WriteFault};

use super::row;
use crate::call::CallFault;

const SERVICE: &str = "DynamoDB";

/// A read that failed can be tried again.
pub(super) fn read_fault<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> TableFault {
    TableFault::Unavailable(Box::new(CallFault::of(SERVICE, error)))
}

/// What became of a transaction.
pub(super) fn transaction_fault(
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> WriteFault {
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    {
        return cancelled_fault(cancelled.cancellation_reasons(), error);
    }
    other_fault(error)
}

/// The reasons stand in the order of the writes, `None` where there is nothing to say. See
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
fn cancelled_fault(
    reasons: &[CancellationReason],
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> WriteFault {
    let has = |wanted: &str| reasons.iter().position(|reason| reason.code() == Some(wanted));
    if let Some(index) = has("ConditionalCheckFailed") {
        return WriteFault::Condition { index };
    }
    if has("TransactionConflict").is_some() {
        return WriteFault::Conflict;
    }
    if has("ValidationError").is_some() || has("ItemCollectionSizeLimitExceeded").is_some() {
        return WriteFault::Malformed("DynamoDB takes no such row");
    }
    // Throttled, or for a reason that is not known here: a cancelled transaction has done nothing.
    WriteFault::Unavailable(Box::new(CallFault::of(SERVICE, error)))
}

/// What became of a single row, unless it is there by this very write: then it is done.
pub(super) fn put_fault(
    error: &SdkError<PutItemError, HttpResponse>,
    token: &str,
) -> Result<(), WriteFault> {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(refused)) => {
            if refused.item().is_some_and(|row| row::is_of(row, token)) {
                // The answer to the first try was lost, and the SDK tried again.
                return Ok(());
            }
            Err(WriteFault::Condition { index: 0 })
        }
        Some(
            PutItemError::TransactionConflictException(_)
            | PutItemError::ReplicatedWriteConflictException(_),
        ) => Err(WriteFault::Conflict),
        Some(_) | None => Err(other_fault(error)),
    }
}

/// An error of the service with its own code, or none at all.
fn other_fault<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> WriteFault {
    let told = CallFault::of(SERVICE, error);
    match &told {
        CallFault::Answered { code, status: 400..=499, .. } => {
            if code == "ValidationException" {
                return WriteFault::Malformed("DynamoDB takes no such row");
            }
            // With the same token, still at work.
            if code == "TransactionInProgressException" {
                return WriteFault::Unknown(Box::new(told));
            }
            // Throttled, not allowed, no such table: nothing was done.
            WriteFault::Unavailable(Box::new(told))
        }
        CallFault::NotMade(_) => WriteFault::Unavailable(Box::new(told)),
        // Nobody knows whether the request arrived.
        CallFault::Answered { .. } | CallFault::TimedOut(_) | CallFault::NoAnswer(_) => {
            WriteFault::Unknown(Box::new(told))
        }
    }
}
