//! The only crate that knows AWS: hosts for HTTP and queues.
