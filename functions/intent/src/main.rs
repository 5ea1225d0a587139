//! The intent Lambda.

use forthright_aws::{Aws, Error};
use forthright_core::{MessageRef, ledger::Inbox};
use forthright_intent::{Engines, Intent, SENDS};
use forthright_language::Detector;
use forthright_policy::Book;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let book = Book::embedded()?;
    let engines: Engines<_> = Engines::embedded(&book, Detector::new(book.phrases())?)?;
    let intent = Intent {
        inbox: Inbox::new(&aws.stores()?),
        detector: engines,
        book: book.into(),
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_queue::<MessageRef, _>(intent, aws.queue_tries()?).await
}
