//! The intent Lambda.

#![recursion_limit = "256"] // runtime, function, ledgers and SDK: one future in another

use forthright_aws::{Aws, Error};
use forthright_core::{MessageRef, ledger::Inbox};
use forthright_intent::{Intent, SENDS};
use forthright_language::Rules;
use forthright_policy::Book;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let intent = Intent {
        inbox: Inbox::new(&aws.stores()?),
        detector: Rules::embedded()?,
        book: Book::embedded()?.into(),
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_queue::<MessageRef, _>(intent, aws.queue_tries()?).await
}
