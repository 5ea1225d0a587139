//! What each function gets while it is measured, and what it must answer.

use anyhow::{Context, Result};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::bench::messages::Messages;

/// The account of the demo brand.
pub(super) const ACCOUNT: &str = "200417739962058";

const CALL: &str = include_str!("../../../../shared/aws/tests/it/events/http-api-base64.json");
const BATCH: &str = include_str!("../../../../shared/aws/tests/it/events/sqs-inbound-fifo.json");
const JOBS: &str = include_str!("../../../../tests/fixtures/queue-v1.json");

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Status,
    Tick,
    /// With the lane's name.
    Job(&'static str),
}

impl Kind {
    /// What this function is measured with.
    pub(super) fn of(function: &str) -> Result<Self> {
        Ok(match function {
            "webhook" => Self::Message,
            "intent" => Self::Job("inbound"),
            "reply" => Self::Job("outbound"),
            "escalation" => Self::Job("human"),
            "privacy" => Self::Status,
            "steward" => Self::Tick,
            other => anyhow::bail!("no event for {other}"),
        })
    }

    /// The event in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Message => "a signed message of a new customer",
            Self::Status => "GET of the status page of a request that is not there",
            Self::Tick => "a tick of the schedule",
            Self::Job(_) => "a job about something that is not there",
        }
    }

    /// The next event.
    pub(super) fn make(self, messages: &mut Messages) -> Result<String> {
        let event = match self {
            Self::Message => {
                let signed = messages.signed();
                let path = format!("/webhooks/whatsapp/{ACCOUNT}");
                let mut event = call("POST", &path, signed.body.as_bytes())?;
                event["headers"]["x-hub-signature-256"] = signed.signature.into();
                event
            }
            Self::Status => call("GET", &format!("/privacy/status/{}", "5".repeat(32)), b"")?,
            Self::Tick => json!({ "version": "0", "source": "aws.scheduler", "detail": {} }),
            Self::Job(lane) => batch(lane)?,
        };
        Ok(event.to_string())
    }

    /// Whether this is the answer of a function that did what it is there for.
    pub(super) fn is_answered_by(self, answer: &Value) -> bool {
        match self {
            Self::Message => answer["statusCode"] == 200,
            Self::Status => answer["statusCode"] == 404,
            Self::Tick => answer.is_null(),
            Self::Job(_) => answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty),
        }
    }
}

/// The recorded call of the HTTP API, with another method, path and body.
fn call(method: &str, path: &str, body: &[u8]) -> Result<Value> {
    let mut event: Value = serde_json::from_str(CALL)?;
    event["rawPath"] = path.into();
    event["headers"]["content-length"] = body.len().to_string().into();
    event["body"] = BASE64.encode(body).into();
    let context = &mut event["requestContext"]["http"];
    (context["method"], context["path"]) = (method.into(), path.into());
    Ok(event)
}

/// The recorded batch, with one recorded job of this lane.
fn batch(lane: &str) -> Result<Value> {
    let mut event: Value = serde_json::from_str(BATCH)?;
    let jobs: Vec<Value> = serde_json::from_str(JOBS)?;
    let job = jobs.iter().find(|job| job["lane"] == lane).context("no job of this lane")?;
    let records = event["Records"].as_array_mut().context("no batch")?;
    records.truncate(1);
    records[0]["body"] = job.to_string().into();
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::zips::FUNCTIONS;

    #[test]
    fn every_function_has_an_event() {
        let mut messages = Messages::new(ACCOUNT, "a secret of nobody", 10);
        for function in FUNCTIONS {
            let kind = Kind::of(function).unwrap();
            assert!(!kind.make(&mut messages).unwrap().is_empty());
            assert!(!kind.is_answered_by(&json!({ "statusCode": 500, "batchItemFailures": [1] })));
        }
    }

    #[test]
    fn messages_go_to_the_account_of_the_demo_brand() {
        let demo = include_str!("../../../../content/brands/demo.toml");
        assert!(demo.contains(&format!("id = {ACCOUNT:?}")));
    }
}
