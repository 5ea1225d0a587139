//! The rows of the data table, as somebody with a copy of it has them.

use forthright_core::{Eid, Pid};
use forthright_testkit::standin::Customer;
use http::StatusCode;
use serde_json::{Value, json};

use crate::deployment::{Deployed, now};

/// A subject, by what is not secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) pid: Pid,
}

/// A phone number that nobody has written from, in this run or in one before it on the same deployment.
pub(crate) fn number() -> String {
    format!("49{}", now().millis())
}

/// A customer writes for the first time; their subject, when they have their answer.
pub(crate) async fn take_in(deployed: &Deployed, number: &str) -> Subject {
    let before = gates(deployed).await;
    let who = Customer::on_whatsapp(Some(number), None, "CANARY Ada");
    let seconds = now().millis() / 1_000;
    let id = format!("wamid.CANARY{number}-{seconds}");
    let request = deployed.stand_in.deliver_text(&who, "CANARY where is my order?", &id, seconds);
    assert_eq!(deployed.ask(request).await.status(), StatusCode::OK);
    let heard = async || deployed.stand_in.sent().iter().any(|one| one.to.value.reveal() == number);
    Deployed::until("the customer has an answer", heard).await;
    let new = gates(deployed).await.into_iter().find(|gate| !before.contains(gate)).unwrap();
    Subject { pid: new.strip_prefix("G#").unwrap().parse().unwrap() }
}

async fn gates(deployed: &Deployed) -> Vec<String> {
    let rows = scan(deployed).await.into_iter();
    let keys = rows.map(|row| row["pk"]["S"].as_str().unwrap().to_owned());
    keys.filter(|key| key.starts_with("G#")).collect()
}

pub(crate) async fn scan(deployed: &Deployed) -> Vec<Value> {
    let mut body = json!({ "TableName": deployed.output("table_names", "data") });
    let mut rows = Vec::new();
    loop {
        let page = deployed.aws("dynamodb", "DynamoDB_20120810.Scan", &body).await;
        rows.extend(page["Items"].as_array().cloned().unwrap_or_default());
        if page["LastEvaluatedKey"].is_null() {
            return rows;
        }
        body["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

/// Removes the row with this key, as one that a copy does not know.
pub(crate) async fn remove(deployed: &Deployed, partition: &Value, sort: &Value) {
    let table = deployed.output("table_names", "data");
    let body = json!({ "TableName": table, "Key": { "pk": partition, "sk": sort } });
    deployed.aws("dynamodb", "DynamoDB_20120810.DeleteItem", &body).await;
}

async fn put(deployed: &Deployed, row: &Value) {
    let table = deployed.output("table_names", "data");
    let body = json!({ "TableName": table, "Item": row });
    deployed.aws("dynamodb", "DynamoDB_20120810.PutItem", &body).await;
}

impl Subject {
    /// Every row that is the subject's, or leads to it: a copy as an export of the table has it.
    pub(crate) async fn rows(self, deployed: &Deployed) -> Vec<Value> {
        let pid = self.pid.to_string();
        let mut rows = scan(deployed).await;
        rows.retain(|row| {
            row["pk"]["S"].as_str().unwrap().contains(&pid) || row["pid"]["S"] == pid.as_str()
        });
        rows
    }

    /// Puts a copy back, as a restore does.
    pub(crate) async fn restore(deployed: &Deployed, copy: &[Value]) {
        for row in copy {
            put(deployed, row).await;
        }
    }

    /// Another subject with one message that was just taken in, made of this one's; `edit` has the last word on
    /// both rows, the gate's and the message's.
    pub(crate) async fn copy_to(
        self,
        deployed: &Deployed,
        pid: Pid,
        eid: Eid,
        edit: impl Fn(&mut Value),
    ) {
        let (own, other) = (self.pid.to_string(), pid.to_string());
        for mut row in self.rows(deployed).await {
            let key = row["pk"]["S"].as_str().unwrap().replace(&own, &other);
            let is_message = row["sk"]["S"].as_str().unwrap().starts_with("MSG#");
            if !key.starts_with("G#") && !is_message {
                continue;
            }
            row["pk"] = json!({ "S": key });
            if is_message {
                row["sk"] = json!({ "S": format!("MSG#{eid}") });
                row["state"] = json!({ "S": "received" });
            }
            edit(&mut row);
            put(deployed, &row).await;
        }
    }

    /// Removes what a test has made up.
    pub(crate) async fn remove(self, deployed: &Deployed) {
        for row in self.rows(deployed).await {
            remove(deployed, &row["pk"], &row["sk"]).await;
        }
    }
}
