//! The intent Lambda.

mod engines;

use std::sync::Arc;

use forthright_aws::{Aws, Error};
use forthright_core::{MessageRef, ledger::Inbox};
use forthright_intent::{Intent, SENDS};
use forthright_policy::Book;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let book = Arc::new(Book::embedded()?);
    let intent = Intent {
        inbox: Inbox::new(&aws.stores()?),
        detector: engines::of(&aws, &book)?,
        book,
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_queue::<MessageRef, _>(intent, aws.queue_tries()?).await
}
