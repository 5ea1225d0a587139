//! The lanes on SQS.

use std::collections::BTreeMap;

use aws_sdk_sqs::Client;
use forthright_core::{Fault, Hint, Lane, Queue, QueueMessage};

use crate::call::{CallFault, boxed};

const SERVICE: &str = "SQS";

/// How the URL of a FIFO queue ends, as AWS demands it.
const FIFO: &str = ".fifo";

/// The lanes that a function sends to.
#[derive(Debug, Clone)]
pub struct Sqs {
    client: Client,
    urls: BTreeMap<Lane, String>,
}

impl Sqs {
    /// The queues of these lanes, by URL.
    pub const fn new(client: Client, urls: BTreeMap<Lane, String>) -> Self {
        Self { client, urls }
    }
}

impl Queue for Sqs {
    async fn send(&self, hint: Hint) -> Result<(), Fault> {
        let url = self.urls.get(&hint.lane());
        let url = url.ok_or(Fault::rejected("this function declares no such lane"))?;
        let mut call = self.client.send_message().queue_url(url);
        if url.ends_with(FIFO) {
            let (group, once) = order(&hint);
            call = call.message_group_id(group).message_deduplication_id(once);
        }
        let body = serde_json::to_string(&QueueMessage::V1(hint))
            .map_err(|_cause| Fault::rejected("a hint that cannot be written"))?;
        boxed(call.message_body(body).send())
            .await
            .map(drop)
            .map_err(|error| Fault::unavailable("queue", CallFault::of(SERVICE, &error)))
    }
}

/// In a FIFO queue: which hints keep their order, and which are the same.
///
/// One person's messages are a group: a subject belongs to one account. The pseudonym is random and stands in
/// the body too, so that to hash it would hide nothing. A hint that is sent again within five minutes is dropped
/// by SQS; one for words that were changed since is another.
fn order(hint: &Hint) -> (String, String) {
    match hint {
        Hint::Inbound(message) => {
            (message.pid.to_string(), format!("{}#{}", message.eid, message.revision))
        }
        Hint::Outbound(task) => (task.pid.to_string(), task.task.to_string()),
        Hint::Human(case) => (case.case.to_string(), case.case.to_string()),
        Hint::Privacy(request) => (request.request.to_string(), request.request.to_string()),
    }
}
