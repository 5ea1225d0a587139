//! A lane to test with: jobs by number, a function that does what the test says, and a person.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use forthright_aws::{BatchFault, Deadline, handle_batch};
use forthright_core::{
    Clock, Eid, Epoch, Fault, Handle, Hint, MessageRef, Pid, Poison, QueueMessage, Time,
};
use serde_json::json;

/// After how many receives the lane's queue gives a job up.
pub(crate) const TRIES: u32 = 5;

/// What the function does with one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    FailsForNow,
    FailsForGood,
    Panics,
}

/// A function, a person, and a clock that each job moves on.
pub(crate) struct Desk {
    pub(crate) does: BTreeMap<u8, Does>,
    pub(crate) person: Option<Does>,
    pub(crate) job_takes: Duration,
    pub(crate) time_left: Duration,
    handled: Mutex<Vec<u8>>,
    told: Mutex<Vec<u8>>,
    clock: Arc<AtomicI64>,
}

impl Desk {
    pub(crate) fn new(does: impl IntoIterator<Item = (u8, Does)>) -> Self {
        Self {
            does: does.into_iter().collect(),
            person: None,
            job_takes: Duration::ZERO,
            time_left: Duration::from_secs(30),
            handled: Mutex::default(),
            told: Mutex::default(),
            clock: Arc::default(),
        }
    }

    /// The jobs that reached the function, in their order.
    pub(crate) fn handled(&self) -> Vec<u8> {
        self.handled.lock().unwrap().clone()
    }

    /// The jobs that reached a person.
    pub(crate) fn told(&self) -> Vec<u8> {
        self.told.lock().unwrap().clone()
    }

    pub(crate) async fn answer(
        &self,
        batch: serde_json::Value,
    ) -> Result<SqsBatchResponse, BatchFault> {
        let clock = Arc::clone(&self.clock);
        let end = Time::from_millis(clock.load(Ordering::Relaxed)).plus(self.time_left);
        let now = move || Time::from_millis(clock.load(Ordering::Relaxed));
        let deadline = Deadline::new(Clock::new(now, |_| std::future::ready(())), end);
        let batch: SqsEvent = serde_json::from_value(batch).unwrap();
        handle_batch(self, batch, &deadline, TRIES).await
    }

    /// The ids that go back to the queue.
    pub(crate) async fn returned(&self, batch: serde_json::Value) -> Vec<String> {
        let failures = self.answer(batch).await.unwrap().batch_item_failures;
        failures.into_iter().map(|failure| failure.item_identifier).collect()
    }
}

impl Handle<MessageRef> for Desk {
    type Output = ();

    async fn handle(&self, message: MessageRef) -> Result<(), Fault> {
        let number = message.eid.bytes()[0];
        self.handled.lock().unwrap().push(number);
        let millis = i64::try_from(self.job_takes.as_millis()).unwrap();
        self.clock.fetch_add(millis, Ordering::Relaxed);
        outcome(self.does.get(&number).copied())
    }
}

impl Poison<MessageRef> for Desk {
    async fn to_a_person(&self, message: &MessageRef) -> Result<(), Fault> {
        self.told.lock().unwrap().push(message.eid.bytes()[0]);
        outcome(self.person)
    }
}

fn outcome(does: Option<Does>) -> Result<(), Fault> {
    match does {
        None => Ok(()),
        Some(Does::FailsForNow) => Err(Fault::unavailable("the table", "down")),
        Some(Does::FailsForGood) => Err(Fault::rejected("unknown brand")),
        Some(Does::Panics) => panic!("on purpose"),
    }
}

/// The body of job `number`.
pub(crate) fn job(number: u8) -> String {
    let (pid, eid) = (Pid::from_bytes([0xff; 16]), Eid::from_bytes([number; 16]));
    let message = MessageRef::new("demo".parse().unwrap(), pid, Epoch::FIRST, eid);
    serde_json::to_string(&QueueMessage::V1(Hint::Inbound(message))).unwrap()
}

/// A batch of a standard queue: the ids are `m0`, `m1` and so on.
pub(crate) fn batch(bodies: impl IntoIterator<Item = String>) -> serde_json::Value {
    let record = |(number, body)| json!({ "messageId": format!("m{number}"), "body": body });
    json!({ "Records": bodies.into_iter().enumerate().map(record).collect::<Vec<_>>() })
}
