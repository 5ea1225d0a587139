//! What is counted of a running deployment: how much comes in, what becomes of it, how long people wait.
//!
//! A count says how many, never who or what. It is made where the thing happens and goes to whoever listens to events of
//! [`TARGET`]: on AWS they become metrics of CloudWatch. Without a listener it costs next to nothing.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{case::named, fault::Fault};

/// The target of the events that counts are.
pub const TARGET: &str = "forthright_metric";

named! {
    /// What is counted.
    Metric "metric" {
        /// Messages that were taken in.
        MessagesReceived = "MessagesReceived",
        /// Messages that had been taken in before.
        MessagesRepeated = "MessagesRepeated",
        /// Messages that were dropped because they are not newer than their person's erasure.
        MessagesErased = "MessagesErased",
        /// Calls of a webhook that bore no good signature.
        WebhooksRefused = "WebhooksRefused",
        /// Messages that the machine is to answer.
        DecidedForMachine = "DecidedForMachine",
        /// Messages that a person is to answer.
        DecidedForPerson = "DecidedForPerson",
        /// Messages by which somebody opted out.
        DecidedOptOut = "DecidedOptOut",
        /// Messages that nobody is to answer, by rule.
        DecidedSilent = "DecidedSilent",
        /// Texts that a platform took.
        TextsSent = "TextsSent",
        /// Tries that a platform refused for now.
        TextsPutOff = "TextsPutOff",
        /// Texts that a platform refused for good.
        TextsRefused = "TextsRefused",
        /// Texts of which nobody knows yet whether the platform has them.
        TextsUnknown = "TextsUnknown",
        /// Texts that a gate held back.
        TextsWithheld = "TextsWithheld",
        /// From the platform's time of a message, which may be in whole seconds, to its answer taken, in milliseconds.
        AnswerDelay = "AnswerDelay",
        /// Work that was due and had to be found, since its hint was lost or came to nothing.
        OverdueFound = "OverdueFound",
    }
}

impl Metric {
    /// Whether its values are milliseconds and not how many.
    pub const fn is_duration(self) -> bool {
        matches!(self, Self::AnswerDelay)
    }
}

/// It happened once.
pub fn count(metric: Metric) {
    record(metric, 1);
}

/// It happened so many times, perhaps none.
pub fn count_many(metric: Metric, how_many: usize) {
    record(metric, u64::try_from(how_many).unwrap_or(u64::MAX));
}

/// It took so long.
pub fn took(metric: Metric, time: Duration) {
    record(metric, u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
}

fn record(metric: Metric, value: u64) {
    tracing::event!(target: TARGET, tracing::Level::TRACE, metric = metric.name(), value);
}
