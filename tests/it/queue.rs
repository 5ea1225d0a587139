//! What lies in queues: a form that programs of other versions read, and ids only.

use forthright_core::{
    CaseId, CaseRef, Eid, Epoch, Hint, MessageRef, OutId, Pid, QueueMessage, RequestId, RequestRef,
    TaskId, TaskRef,
};
use serde_json::Value;

/// What was written once and lies in queues until it is read. Never edit it: a change of form is a new
/// version beside this one.
const COMMITTED: &str = include_str!("../fixtures/queue-v1.json");

fn every_hint() -> Vec<QueueMessage> {
    let brand = || "demo".parse().unwrap();
    let (pid, epoch) = (Pid::from_bytes([0x11; 16]), Epoch::from_number(3));
    let eid = Eid::from_bytes([0x22; 16]);
    let out = OutId::from_bytes([0x33; 16]);
    let task = |task| TaskRef { brand: brand(), pid, epoch, task };
    let hints = [
        Hint::Inbound(MessageRef::new(brand(), pid, epoch, eid)),
        Hint::Outbound(task(TaskId::Message(eid))),
        Hint::Outbound(task(TaskId::Out(out))),
        Hint::Human(CaseRef { brand: brand(), case: CaseId::from_bytes([0x44; 16]) }),
        Hint::Privacy(RequestRef { brand: brand(), request: RequestId::from_bytes([0x55; 16]) }),
    ];
    for hint in &hints {
        // A new lane needs a line above and in the fixture.
        match hint {
            Hint::Inbound(_) | Hint::Outbound(_) | Hint::Human(_) | Hint::Privacy(_) => {}
        }
    }
    hints.map(QueueMessage::V1).into()
}

#[test]
fn hints_are_written_in_the_form_that_was_committed() {
    let committed: Vec<Value> = serde_json::from_str(COMMITTED).unwrap();
    let written: Vec<Value> =
        every_hint().iter().map(|hint| serde_json::to_value(hint).unwrap()).collect();
    assert_eq!(written, committed);
}

#[test]
fn hints_of_the_committed_form_are_read() {
    let read: Vec<QueueMessage> = serde_json::from_str(COMMITTED).unwrap();
    assert_eq!(read, every_hint());
}

#[test]
fn what_is_no_hint_is_refused() {
    let good = serde_json::to_value(&every_hint()[0]).unwrap();
    for (field, value) in [("version", "v9"), ("lane", "other"), ("pid", "11"), ("brand", "a#b")] {
        let mut wrong = good.clone();
        wrong[field] = value.into();
        assert!(serde_json::from_value::<QueueMessage>(wrong).is_err(), "{field}");
    }
}
