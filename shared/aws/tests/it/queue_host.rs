//! Which records of a batch come again, and who hears of those that cannot succeed.

use std::time::Duration;

use forthright_aws::{BatchFault, RECORD_BUDGET};
use forthright_core::{
    CaseId, CaseRef, FromHint, Hint, MessageRef, QueueMessage, RequestRef, TaskRef,
    http::EXCHANGE_TIMEOUT,
};
use serde_json::json;

use crate::lane::{Desk, Does, TRIES, batch, job};

const JOBS: u8 = 6;

fn failing(mask: u8) -> Vec<u8> {
    (0..JOBS).filter(|number| mask & (1 << number) != 0).collect()
}

fn ids(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| format!("m{number}")).collect()
}

#[tokio::test]
async fn exactly_the_failed_jobs_come_again() {
    for mask in 0..1 << JOBS {
        let failing = failing(mask);
        let desk = Desk::new(failing.iter().map(|number| (*number, Does::FailsForNow)));
        assert_eq!(desk.returned(batch((0..JOBS).map(job))).await, ids(&failing), "{mask:06b}");
        assert_eq!(desk.handled(), (0..JOBS).collect::<Vec<_>>());
        assert!(desk.told().is_empty());
    }
}

#[tokio::test]
async fn in_a_fifo_queue_no_job_overtakes_a_failed_one_of_its_group() {
    for mask in 0..1 << JOBS {
        let failing = failing(mask);
        let mut batch = batch((0..JOBS).map(job));
        for number in 0..JOBS {
            batch["Records"][usize::from(number)]["attributes"] =
                json!({ "MessageGroupId": format!("group {}", number % 2) });
        }
        let desk = Desk::new(failing.iter().map(|number| (*number, Does::FailsForNow)));
        let follows =
            |number: u8| failing.iter().any(|failed| *failed < number && failed % 2 == number % 2);
        let returned: Vec<u8> =
            (0..JOBS).filter(|number| follows(*number) || failing.contains(number)).collect();
        assert_eq!(desk.returned(batch).await, ids(&returned), "{mask:06b}");
        let handled: Vec<u8> = (0..JOBS).filter(|number| !follows(*number)).collect();
        assert_eq!(desk.handled(), handled, "{mask:06b}");
    }
}

#[tokio::test]
async fn a_recorded_fifo_batch_is_read_and_answered_as_lambda_wants_it() {
    let event = serde_json::from_str(include_str!("events/sqs-inbound-fifo.json")).unwrap();
    // Their message ids begin with a zero byte, so all three are job 0.
    let desk = Desk::new([(0, Does::FailsForNow)]);
    let answer = serde_json::to_value(desk.answer(event).await.unwrap()).unwrap();
    let expected = json!({ "batchItemFailures": [
        { "itemIdentifier": "00000000-0000-4000-8000-000000000001" },
        { "itemIdentifier": "00000000-0000-4000-8000-000000000002" },
        { "itemIdentifier": "00000000-0000-4000-8000-000000000003" },
    ] });
    assert_eq!(answer, expected);
    assert_eq!(desk.handled().len(), 2, "the third follows a failed one of its group");
}

#[tokio::test]
async fn what_can_never_succeed_goes_to_a_person_and_not_back() {
    let desk = Desk::new([(1, Does::FailsForGood), (3, Does::Panics)]);
    assert_eq!(desk.returned(batch((0..5).map(job))).await, ids(&[]));
    assert_eq!(desk.handled(), [0, 1, 2, 3, 4]);
    assert_eq!(desk.told(), [1, 3]);
}

#[tokio::test]
async fn a_poisonous_job_does_not_halt_its_group() {
    let mut batch = batch((0..2).map(job));
    for number in 0..2 {
        batch["Records"][number]["attributes"] = json!({ "MessageGroupId": "one" });
    }
    let desk = Desk::new([(0, Does::FailsForGood)]);
    assert_eq!(desk.returned(batch).await, ids(&[]));
    assert_eq!(desk.handled(), [0, 1]);
}

#[tokio::test]
async fn if_no_person_can_be_told_the_job_comes_again() {
    for person in [Does::FailsForNow, Does::FailsForGood, Does::Panics] {
        for job_does in [Does::FailsForGood, Does::Panics] {
            let mut desk = Desk::new([(1, job_does)]);
            desk.person = Some(person);
            assert_eq!(desk.returned(batch((0..3).map(job))).await, ids(&[1]));
            assert_eq!(desk.handled(), [0, 1, 2]);
        }
    }
}

#[tokio::test]
async fn unreadable_jobs_and_those_of_other_lanes_come_again_and_reach_nobody() {
    let case = CaseRef { brand: "demo".parse().unwrap(), case: CaseId::from_bytes([1; 16]) };
    let other_lane = serde_json::to_string(&QueueMessage::V1(Hint::Human(case))).unwrap();
    let bodies = [
        String::new(),
        "CANARY is no job".to_owned(),
        job(2).replace("v1", "v9"),
        other_lane,
        job(4),
        job(5).replace("05", "zz"),
    ];
    let desk = Desk::new([]);
    assert_eq!(desk.returned(batch(bodies)).await, ids(&[0, 1, 2, 3, 5]));
    assert_eq!(desk.handled(), [4]);
    assert!(desk.told().is_empty());
}

#[tokio::test]
async fn a_record_without_a_body_comes_again() {
    let desk = Desk::new([]);
    let batch =
        json!({ "Records": [{ "messageId": "m0" }, { "messageId": "m1", "body": job(1) }] });
    assert_eq!(desk.returned(batch).await, ids(&[0]));
}

#[tokio::test]
async fn an_empty_id_is_never_answered_but_fails_the_batch_before_any_job() {
    for record in [json!({ "body": job(1) }), json!({ "messageId": "", "body": job(1) })] {
        let desk = Desk::new([]);
        let batch = json!({ "Records": [{ "messageId": "m0", "body": job(0) }, record] });
        assert!(matches!(desk.answer(batch).await, Err(BatchFault::NoMessageId)));
        assert!(desk.handled().is_empty());
    }
}

#[tokio::test]
async fn no_job_begins_without_time_to_end_it() {
    let second = Duration::from_secs(1);
    for (left, handled) in [
        (Duration::ZERO, 0),
        (RECORD_BUDGET.saturating_sub(Duration::from_millis(1)), 0),
        (RECORD_BUDGET, 1),
        (RECORD_BUDGET + 9 * second, 1),
        (RECORD_BUDGET + 10 * second, 2),
        (RECORD_BUDGET + 50 * second, 6),
    ] {
        let mut desk = Desk::new([]);
        (desk.time_left, desk.job_takes) = (left, 10 * second);
        let expected: Vec<u8> = (handled..JOBS).collect();
        assert_eq!(desk.returned(batch((0..JOBS).map(job))).await, ids(&expected), "{left:?}");
        assert_eq!(desk.handled(), (0..handled).collect::<Vec<_>>(), "{left:?}");
    }
    assert!(RECORD_BUDGET > EXCHANGE_TIMEOUT, "else a call to a platform may outlive its function");
}

#[test]
fn every_lane_takes_its_own_jobs_only() {
    let QueueMessage::V1(inbound) = serde_json::from_str(&job(1)).unwrap();
    let Some(message) = MessageRef::from_hint(inbound.clone()) else {
        panic!("it is of this lane")
    };
    let outbound = Hint::Outbound(message.task());
    assert!(TaskRef::from_hint(outbound.clone()) == Some(message.task()));
    assert!(TaskRef::from_hint(inbound.clone()).is_none());
    assert!(CaseRef::from_hint(inbound).is_none());
    assert!(RequestRef::from_hint(outbound).is_none());
}

#[tokio::test]
async fn a_job_that_failed_in_each_of_its_tries_reaches_a_person_and_the_dead_letter_queue() {
    let desk = Desk::new([(1, Does::FailsForNow), (2, Does::FailsForGood)]);
    for receives in 1..=TRIES {
        let mut batch = batch((0..3).map(job));
        for record in 0..3 {
            let count = json!({ "ApproximateReceiveCount": receives.to_string() });
            batch["Records"][record]["attributes"] = count;
        }
        assert_eq!(desk.returned(batch).await, ["m1"], "the queue moves it after the last");
        let last = receives == TRIES;
        assert_eq!(desk.told().contains(&1), last, "{receives}");
    }
}
