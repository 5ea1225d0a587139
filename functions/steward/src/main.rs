//! The steward Lambda. What it looks for lies in the table, so it has no settings of its own.

use forthright_aws::Error;
use forthright_core::ledger::Replies;
use forthright_steward::{Steward, Tick};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    let steward = Steward { replies: Replies::new(&stores), queue };
    forthright_aws::serve_schedule(steward, || Tick::Clock).await
}
