//! A call of an AWS service: how it is awaited, and what may be logged of one that failed.

use std::pin::Pin;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

/// A call in a box of its own. Laid out within a function's future, the SDK's makes it too deep for the compiler.
pub(crate) fn boxed<Call: Future>(call: Call) -> Pin<Box<Call>> {
    Box::pin(call)
}

/// What is told of a failed call: codes only. A service's own message may quote what it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFault {
    /// The service answered with an error.
    #[error("{service} answered {code} (HTTP {status})")]
    Answered {
        /// Which service.
        service: &'static str,
        /// The error's code, a name.
        code: String,
        /// The status of the answer.
        status: u16,
    },
    /// The call was not made: settings or credentials are wrong.
    #[error("the call of {0} could not be made; look at the settings and the function's role")]
    NotMade(&'static str),
    /// No answer came in time.
    #[error("{0} did not answer in time")]
    TimedOut(&'static str),
    /// The connection failed, or what came back is no answer.
    #[error("{0} could not be reached, or did not answer as it should")]
    NoAnswer(&'static str),
}

impl CallFault {
    /// What became of a call of `service`.
    pub(crate) fn of<E: ProvideErrorMetadata>(
        service: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        match error {
            SdkError::ServiceError(answer) => Self::Answered {
                service,
                code: code(answer.err().code()),
                status: answer.raw().status().as_u16(),
            },
            SdkError::ConstructionFailure(_) => Self::NotMade(service),
            SdkError::TimeoutError(_) => Self::TimedOut(service),
            _ => Self::NoAnswer(service),
        }
    }
}

/// A code is a name; whatever else came in its place is not repeated.
fn code(code: Option<&str>) -> String {
    let is_name = |code: &&str| code.len() < 80 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    code.filter(is_name).unwrap_or("an unnamed error").to_owned()
}
