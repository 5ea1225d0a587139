//! What lies in a queue: whatever is read as a hint is written as the same hint, and holds ids only.
//!
//! An input that begins with a brace is JSON; any other is made into a hint, byte by byte.

use arbitrary::{Arbitrary, Result, Unstructured};
use forthright_core::{
    BrandId, CaseId, CaseRef, Eid, Epoch, FromHint, Hint, MessageRef, OutId, Pid, QueueMessage,
    RequestId, RequestRef, TaskId, TaskRef,
};
use serde_json::Value;

/// More than any hint needs.
const BYTES_MAX: usize = 512;

/// Checks one input.
pub fn check(input: &[u8]) {
    if input.starts_with(b"{") {
        if let Ok(message) = serde_json::from_slice::<QueueMessage>(input) {
            comes_back(&message);
        }
    } else if let Ok(message) = made(&mut Unstructured::new(input)) {
        comes_back(&message);
        only_its_own_lane_takes(&message);
    }
}

fn comes_back(message: &QueueMessage) {
    let written = serde_json::to_string(message).expect("a hint that cannot be written");
    assert!(written.len() <= BYTES_MAX, "a hint is longer than ids are");
    let read: QueueMessage = serde_json::from_str(&written).expect("a hint that cannot be read");
    assert!(read == *message, "another hint comes back");
    let value: Value = serde_json::from_str(&written).expect("a hint that is no JSON");
    holds_ids_only(&value);
    // Another writer may put the keys in another order.
    let mut object = value.as_object().expect("a hint that is no object").clone();
    let mut turned = serde_json::Map::new();
    while let Some(key) = object.keys().next_back().cloned() {
        turned.insert(key.clone(), object.remove(&key).unwrap_or_default());
    }
    let read: QueueMessage = serde_json::from_value(Value::Object(turned)).expect("an order");
    assert!(read == *message, "the order of the keys matters");
}

/// Numbers, and words of the characters that ids and names have.
fn holds_ids_only(value: &Value) {
    match value {
        Value::Object(object) => object.values().for_each(holds_ids_only),
        Value::String(word) => assert!(
            (1..=64).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)),
            "a hint holds more than ids"
        ),
        Value::Number(_) => {}
        Value::Null | Value::Bool(_) | Value::Array(_) => panic!("a hint holds more than ids"),
    }
}

fn only_its_own_lane_takes(message: &QueueMessage) {
    let QueueMessage::V1(hint) = message;
    let lanes = [
        MessageRef::from_hint(hint.clone()).is_some(),
        TaskRef::from_hint(hint.clone()).is_some(),
        CaseRef::from_hint(hint.clone()).is_some(),
        RequestRef::from_hint(hint.clone()).is_some(),
    ];
    assert!(lanes.into_iter().filter(|taken| *taken).count() == 1, "two lanes take a hint");
}

fn made(input: &mut Unstructured<'_>) -> Result<QueueMessage> {
    let brand: BrandId = {
        let wanted = String::arbitrary(input)?;
        let name: String = wanted
            .chars()
            .filter(|letter| letter.to_string().parse::<BrandId>().is_ok())
            .take(64)
            .collect();
        name.parse().or_else(|_| "demo".parse()).map_err(|_| arbitrary::Error::IncorrectFormat)?
    };
    let (pid, epoch) =
        (Pid::from_bytes(input.arbitrary()?), Epoch::from_number(input.arbitrary()?));
    let id = input.arbitrary()?;
    let task = |task| TaskRef { brand: brand.clone(), pid, epoch, task };
    Ok(QueueMessage::V1(match input.int_in_range(0..=4)? {
        0 => Hint::Inbound(MessageRef::new(brand, pid, epoch, Eid::from_bytes(id))),
        1 => Hint::Outbound(task(TaskId::Message(Eid::from_bytes(id)))),
        2 => Hint::Outbound(task(TaskId::Out(OutId::from_bytes(id)))),
        3 => Hint::Human(CaseRef { brand, case: CaseId::from_bytes(id) }),
        _ => Hint::Privacy(RequestRef { brand, request: RequestId::from_bytes(id) }),
    }))
}
