//! Which engines the Lambda has: that is a matter of how it was built, and of what the brands chose.

use std::sync::Arc;

use forthright_aws::{Aws, Error};
use forthright_core::DetectIntent;
use forthright_intent::Engines;
use forthright_language::Detector;
use forthright_policy::Book;

/// The embedded engine, and Comprehend if a brand chose it. No text goes there but what the redactor left of it.
#[cfg(feature = "comprehend")]
pub(crate) fn of(aws: &Aws, book: &Arc<Book>) -> Result<impl DetectIntent + use<>, Error> {
    use forthright_policy::Engine;
    let detector = Detector::built_in()?;
    Ok(if book.brands().all(|brand| brand.engine() == Engine::Embedded) {
        Engines::embedded(book, detector)?
    } else {
        let comprehend = aws.comprehend(forthright_language::Redactor)?;
        Engines::with_comprehend(Arc::clone(book), detector, comprehend)
    })
}

/// The embedded engine; this build has no other.
#[cfg(not(feature = "comprehend"))]
pub(crate) fn of(_aws: &Aws, book: &Arc<Book>) -> Result<impl DetectIntent + use<>, Error> {
    let engines: Engines<_> = Engines::embedded(book, Detector::built_in()?)?;
    Ok(engines)
}
