//! What queues and the scheduler do: a job that fails in each of its tries, and work whose hint was lost.

use forthright_core::{Eid, Epoch, Hint, MessageRef, Pid, QueueMessage};
use serde_json::{Value, json};

use crate::{
    deployment::{Deployed, now},
    rows::{Subject, number, scan, take_in},
};

async fn set_visibility(deployed: &Deployed, seconds: &str) {
    let queue = deployed.output("queue_urls", "inbound");
    let attributes = json!({ "VisibilityTimeout": seconds });
    let body = json!({ "QueueUrl": queue, "Attributes": attributes });
    deployed.aws("sqs", "AmazonSQS.SetQueueAttributes", &body).await;
}

async fn set_key(deployed: &Deployed, operation: &str) {
    let key = deployed.at.outputs["key_arn"].clone();
    deployed.aws("kms", &format!("TrentService.{operation}"), &json!({ "KeyId": key })).await;
}

/// The bodies that lie in the dead-letter queue.
async fn dead_letters(deployed: &Deployed) -> Vec<String> {
    let queue = deployed.output("dead_letter_queue_urls", "inbound");
    let body = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0 });
    let answer = deployed.aws("sqs", "AmazonSQS.ReceiveMessage", &body).await;
    let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|one| one["Body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_job_that_fails_in_each_of_its_tries_is_a_dead_letter_and_a_case() {
    let deployed = Deployed::here();
    let subject = take_in(deployed, &number()).await;
    // A message like that one, of a brand whose key nobody can open while the key above it is off.
    let pid = Pid::from_bytes([0xb1; 16]);
    let eid = Eid::from_bytes([0xb2; 16]);
    subject.copy_to(deployed, pid, eid, |row| row["brand"] = json!({ "S": "other" })).await;
    set_visibility(deployed, "1").await;
    set_key(deployed, "DisableKey").await;

    let brand = "other".parse().unwrap();
    let hint = Hint::Inbound(MessageRef::new(brand, pid, Epoch::FIRST, eid));
    let job = serde_json::to_string(&QueueMessage::V1(hint)).unwrap();
    let message = json!({
        "QueueUrl": deployed.output("queue_urls", "inbound"),
        "MessageBody": job,
        "MessageGroupId": pid.to_string(),
        "MessageDeduplicationId": eid.to_string(),
    });
    deployed.aws("sqs", "AmazonSQS.SendMessage", &message).await;
    let dead = async || dead_letters(deployed).await.contains(&job);
    let waited = Deployed::wait(dead).await;
    // What comes after needs both as they were, whatever came of this.
    set_key(deployed, "EnableKey").await;
    set_visibility(deployed, "180").await;
    assert!(waited, "the job is no dead letter");

    let is_case = |row: &Value| {
        let key = row["pk"]["S"].as_str().unwrap();
        key.starts_with("C#") && row["brand"]["S"] == "other" && row["reason"]["S"] == "poison"
    };
    let rows = scan(deployed).await;
    assert_eq!(rows.iter().filter(|row| is_case(row)).count(), 1, "and a person has it");
    Subject { pid }.remove(deployed).await;
}

#[tokio::test]
async fn the_scheduler_has_the_steward_look_for_work_whose_hint_was_lost() {
    let deployed = Deployed::here();
    let subject = take_in(deployed, &number()).await;
    let pid = Pid::from_bytes([0xc1; 16]);
    let began = now();
    let due = |row: &mut Value| {
        if row["pk"]["S"].as_str().unwrap().starts_with("G#") {
            return;
        }
        row["due"] = json!({ "S": "due#01" });
        row["due_at"] = json!({ "N": (began.millis() - 60_000).to_string() });
    };
    subject.copy_to(deployed, pid, Eid::from_bytes([0xc2; 16]), due).await;
    let found = async || {
        let group = format!("/aws/lambda/{}-steward", deployed.at.name);
        let body = json!({
            "logGroupName": group,
            "startTime": began.millis(),
            "filterPattern": "\"found work that was due\"",
        });
        let answer = deployed.aws("logs", "Logs_20140328.FilterLogEvents", &body).await;
        answer.to_string().contains("found work that was due")
    };
    Deployed::until("the steward finds the work", found).await;
    Subject { pid }.remove(deployed).await;
}
