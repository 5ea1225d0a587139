//! Which engine reads a message: the embedded one, and Comprehend where the brand chose it and it has something
//! to judge.

use std::{convert::Infallible, error::Error, sync::Arc};

use forthright_core::{Asked, DetectIntent, Detection, Fault};
use forthright_policy::{Book, ContentError, Engine, is_sure};

/// Whether Comprehend is asked, after the embedded engine has found `embedded`.
///
/// Never about a message that says one thing and nothing else: who writes STOP need not be judged by a model. Never
/// where the machine may not answer, whatever the person wants, or where something calls a person anyway: there is no reason
/// for their text to go elsewhere.
pub fn asks_comprehend(
    engine: Engine,
    sure_from_permille: u16,
    machine_may_answer: bool,
    embedded: &Detection,
) -> bool {
    machine_may_answer
        && !embedded.is_whole_message
        && embedded.trigger.is_none()
        && match engine {
            Engine::Embedded => false,
            Engine::Comprehend => true,
            Engine::EmbeddedThenComprehend => !is_sure(embedded, sure_from_permille),
        }
}

/// The engines of a process: the embedded one, and Comprehend if it has that.
#[derive(Debug, Clone)]
pub struct Engines<E, C = Infallible> {
    embedded: E,
    comprehend: Option<Choice<C>>,
}

/// Comprehend, and the book that says which brands chose it.
#[derive(Debug, Clone)]
struct Choice<C> {
    detector: C,
    book: Arc<Book>,
}

impl<E, C> Engines<E, C> {
    /// The embedded engine alone. Refuses a book in which a brand chose another: this process cannot ask it.
    pub fn embedded(book: &Book, embedded: E) -> Result<Self, ContentError> {
        let Some(brand) = book.brands().find(|brand| brand.engine() != Engine::Embedded) else {
            return Ok(Self { embedded, comprehend: None });
        };
        let what = format!(
            "answering.engine: `{}` sends texts to Amazon Comprehend, which only the function on AWS can reach, if it \
             is built with `--features comprehend`; build it so, or write `engine = \"{}\"`",
            brand.engine(),
            Engine::Embedded
        );
        Err(ContentError::new(&format!("brands/{}.toml", brand.id()), what))
    }

    /// Both engines; each brand of the book has its choice. `comprehend` is handed what people wrote: it must redact
    /// before it sends.
    pub const fn with_comprehend(book: Arc<Book>, embedded: E, comprehend: C) -> Self {
        Self { embedded, comprehend: Some(Choice { detector: comprehend, book }) }
    }
}

impl<E: DetectIntent, C: DetectIntent> DetectIntent for Engines<E, C> {
    async fn detect(&self, asked: Asked<'_>) -> Result<Detection, Fault> {
        let embedded = self.embedded.detect(asked).await?;
        let Some(comprehend) = &self.comprehend else {
            return Ok(embedded);
        };
        let brand = comprehend.book.brand(asked.brand).ok_or(Fault::rejected("unknown brand"))?;
        let (engine, sure_from) = (brand.engine(), brand.sure_from_permille());
        if !asks_comprehend(engine, sure_from, asked.machine_may_answer, &embedded) {
            return Ok(embedded);
        }
        match comprehend.detector.detect(asked).await {
            Err(fault) if brand.engine() == Engine::EmbeddedThenComprehend => {
                // The embedded engine was unsure, so a person gets the message.
                let cause = fault.source().map(tracing::field::display);
                tracing::warn!(brand = %asked.brand, error = %fault, cause, "Comprehend could not be asked");
                Ok(embedded)
            }
            // Comprehend is asked for the intent. The rest is what the embedded engine says: the answer must be in a language
            // that the brand speaks, and what is urgent stays so.
            outcome => outcome.map(|found| Detection {
                language: embedded.language,
                sentiment: embedded.sentiment,
                is_urgent: embedded.is_urgent,
                ..found
            }),
        }
    }
}

#[cfg(test)]
mod tests;
