//! The steward Lambda. What it looks for lies in the table, so it has no settings of its own.

#![recursion_limit = "256"] // runtime, function, ledgers and SDK: one future in another

use forthright_aws::{Aws, Error};
use forthright_core::ledger::Replies;
use forthright_steward::{SENDS, Steward, Tick};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let replies = Replies::new(&aws.stores()?);
    let steward = Steward { replies, queue: aws.queue(&SENDS)? };
    forthright_aws::serve_schedule(steward, || Tick::Clock).await
}
