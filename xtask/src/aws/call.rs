//! Calls of the emulator, which asks for no proof of who calls.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::Value;

use super::emulator::REGION;

/// A service that takes JSON, with the beginning of its operations' names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    /// CloudWatch Logs.
    Logs,
    /// Secrets Manager.
    Secrets,
}

impl Service {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Logs => ("logs", "Logs_20140328"),
            Self::Secrets => ("secretsmanager", "secretsmanager"),
        }
    }
}

/// Calls an operation; what it answers.
pub(crate) fn call(
    endpoint: SocketAddr,
    service: Service,
    operation: &str,
    input: &Value,
) -> Result<Value> {
    let (scope, prefix) = service.names();
    let target = format!("{prefix}.{operation}");
    // Only the scope is read: it says which service and region are meant.
    let proof = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{scope}/aws4_request, \
         SignedHeaders=host;x-amz-target, Signature=none"
    );
    let sent = ureq::post(format!("http://{endpoint}/"))
        .header("authorization", proof)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", &target)
        .send(&serde_json::to_vec(input)?);
    let answer = sent.and_then(|mut answer| answer.body_mut().read_to_vec());
    let answer = answer.with_context(|| format!("{target} failed"))?;
    serde_json::from_slice(&answer).with_context(|| format!("{target} without JSON"))
}

/// Whether this address answers as it should.
pub(crate) fn is_ok(address: &str) -> bool {
    ureq::get(address).call().is_ok()
}
