//! The intent Lambda.

use std::sync::Arc;

use forthright_aws::{Aws, Error};
use forthright_core::{DetectIntent, MessageRef, ledger::Inbox};
use forthright_intent::{Engines, Intent, SENDS};
use forthright_language::Detector;
use forthright_policy::Book;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let book = Arc::new(Book::embedded()?);
    let detector = engines(&aws, &book, Detector::new(book.phrases())?)?;
    let intent = Intent {
        inbox: Inbox::new(&aws.stores()?),
        detector,
        book,
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_queue::<MessageRef, _>(intent, aws.queue_tries()?).await
}

/// The embedded engine, and Comprehend if a brand chose it. No text goes there but what the redactor left of it.
#[cfg(feature = "comprehend")]
fn engines(
    aws: &Aws,
    book: &Arc<Book>,
    detector: Detector,
) -> Result<impl DetectIntent + use<>, Error> {
    use forthright_policy::Engine;
    Ok(if book.brands().all(|brand| brand.engine() == Engine::Embedded) {
        Engines::embedded(book, detector)?
    } else {
        let comprehend = aws.comprehend(forthright_language::Redactor)?;
        Engines::with_comprehend(Arc::clone(book), detector, comprehend)
    })
}

/// The embedded engine; this build has no other.
#[cfg(not(feature = "comprehend"))]
fn engines(
    _aws: &Aws,
    book: &Arc<Book>,
    detector: Detector,
) -> Result<impl DetectIntent + use<>, Error> {
    let engines: Engines<_> = Engines::embedded(book, detector)?;
    Ok(engines)
}
