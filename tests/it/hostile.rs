//! Input that means harm or makes no sense: what becomes of each, and that nothing else does.
//!
//! A row is one call to a fresh desk, of the webhook for the most part. It says the answer, how many messages are stored, and how many records with
//! a case tell a person that something could not be read. Beyond that nothing may change, nothing of the input may
//! come back, a redelivery may change nothing, and the calls of the table may grow no faster than what is stored.

mod bodies;
mod calls;
mod many;
mod nesting;
mod numbers;
mod refused;
mod repeated;
mod sizes;
mod text;
mod types;

use forthright_core::http::Request;
use forthright_testkit::canary;

use crate::desk::Desk;

/// How many calls of the table a message or a record may take.
const CALLS_PER_PART_MAX: usize = 8;
/// So many bytes of a body may take one more, whatever is in them.
const BYTES_PER_CALL_MIN: usize = 16 * 1_024;

/// A call is repeated if it brings at most so many parts.
const PARTS_REPEATED_MAX: usize = 100;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    status: u16,
    stored: usize,
    unreadable: usize,
}

/// The call is refused, and leaves nothing.
const fn refused(status: u16) -> Outcome {
    Outcome { status, stored: 0, unreadable: 0 }
}

/// The call is acknowledged: so many messages are stored, so many parts noted as unreadable.
const fn taken(stored: usize, unreadable: usize) -> Outcome {
    Outcome { status: 200, stored, unreadable }
}

/// A row of the table: its name, how it is called, what becomes of it.
type Row = (String, Box<dyn Fn(&Desk) -> Request>, Outcome);

/// A row whose body is signed by the platform.
fn signed(name: impl Into<String>, body: impl Into<Vec<u8>>, outcome: Outcome) -> Row {
    let body = body.into();
    let call = move |desk: &Desk| desk.line.stand_in.deliver_body(body.clone().into());
    (name.into(), Box::new(call), outcome)
}

/// Each row holds; there are at least `rows_min` of them.
async fn hold(rows: Vec<Row>, rows_min: usize) {
    let mut wrong = Vec::new();
    for (name, call, expected) in &rows {
        if let Err(what) = passes(call, *expected).await {
            wrong.push(format!("{name}: {what}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows: {wrong:#?}", wrong.len(), rows.len());
    assert!(rows.len() >= rows_min, "only {} rows", rows.len());
}

/// Nothing if the row holds, else what does not.
async fn passes(call: &dyn Fn(&Desk) -> Request, expected: Outcome) -> Result<(), String> {
    let desk = Desk::new();
    let request = call(&desk);
    let bytes = request.body().len();
    let answer = desk.ask(request.clone()).await;
    let found = Outcome {
        status: answer.status().as_u16(),
        stored: desk.messages().len(),
        unreadable: desk.rows("U#").len(),
    };
    if found != expected {
        return Err(format!("{found:?}, not {expected:?}"));
    }
    // The answer is one of ours, whatever came in.
    if answer.body().len() >= 200 || canary::find(answer.body()).is_some() {
        return Err("something of the input came back".to_owned());
    }
    let calls = usize::try_from(desk.table.calls()).unwrap();
    let parts = expected.stored + expected.unreadable;
    if calls > CALLS_PER_PART_MAX * parts + bytes / BYTES_PER_CALL_MIN {
        return Err(format!("{calls} calls of the table"));
    }
    nothing_else_changed(&desk, expected)?;
    if parts > PARTS_REPEATED_MAX {
        return Ok(());
    }
    let rows = desk.memory.rows();
    let again = desk.ask(request).await.status();
    if again != answer.status() || desk.memory.rows() != rows {
        return Err("a redelivery changes something".to_owned());
    }
    Ok(())
}

/// Every row is accounted for: messages, their subjects' gates, links and keys, records and their cases.
fn nothing_else_changed(desk: &Desk, expected: Outcome) -> Result<(), String> {
    let count = |partition: &str| desk.rows(partition).len();
    let (cases, parts, records) = (count("C#"), count("S#"), count("U#"));
    let (gates, keys, links) = (count("G#"), count("K#"), count("L#"));
    let all = cases + parts + records + gates + keys + links;
    for (holds, what) in [
        (cases == expected.unreadable, "a case for each record"),
        (parts == expected.stored, "only messages in the partitions"),
        (gates <= expected.stored && keys == gates, "a key for each subject"),
        ((gates..=2 * gates).contains(&links), "one or two links for each subject"),
        (desk.memory.len() == all, "no other rows"),
        (desk.tray.bytes().len() == expected.stored, "a hint for each message"),
        (desk.line.calls() == 0, "nothing is sent yet"),
    ] {
        if !holds {
            return Err(format!("there must be {what}"));
        }
    }
    Ok(())
}
