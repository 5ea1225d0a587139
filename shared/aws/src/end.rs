//! Why a function's process ends, as its operator reads it.

use std::{error, fmt};

use crate::cause::with_causes;

/// Why a `main` ends. It takes in every error of a start, and prints it as a sentence with its causes.
///
/// A `main` that returns an error prints its `Debug`: the operator must see there what to do, not the name
/// of a Rust type.
pub struct Error(lambda_runtime::Error);

impl Error {
    /// Lambda's runtime ended.
    pub(crate) const fn of_host(error: lambda_runtime::Error) -> Self {
        Self(error)
    }
}

impl<E: error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_causes(self.0.as_ref()))
    }
}
