//! Decides what a person wants, and who answers: a template, a person of the brand, or nobody.

pub mod engine;

use std::sync::Arc;

use forthright_core::{
    Asked, Clock, DetectIntent, Detection, Fault, Handle, Lane, MessageRef, Poison, Queue, Table,
    Vault,
    decision::{Decision, Found, Route},
    ledger::{Inbox, Opened},
    metric::{Metric, count},
    send_all,
    table::Grant,
};
use forthright_policy::{Book, Facts, decide, machine_may_answer};

pub use engine::Engines;

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 2] = [Lane::Outbound, Lane::Human];

/// How often a decision is made anew because the conversation moved while it was made.
const TRIES: usize = 8;

/// The intent function.
#[derive(Debug)]
pub struct Intent<T, V, D, Q> {
    /// What messages wait in.
    pub inbox: Inbox<T, V>,
    /// What tells what a person wants.
    pub detector: D,
    /// The rules.
    pub book: Arc<Book>,
    /// The time.
    pub clock: Clock,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, D: DetectIntent, Q: Queue> Intent<T, V, D, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 1] = [Inbox::<T, V>::GRANTS];

    fn facts<'a>(&'a self, opened: &'a Opened) -> Result<Facts<'a>, Fault> {
        let gate = opened.strictest();
        let brand = self.book.brand(&gate.at.brand).ok_or(Fault::rejected("unknown brand"))?;
        Ok(Facts {
            eid: opened.eid(),
            content_is_text: opened.text().is_some(),
            pressed: opened.pressed(),
            platform_at: opened.platform_at(),
            now: self.clock.now(),
            late_after: brand.late_after(),
            gate,
            code_is_right: opened.code_is_right(),
            turns_max: brand.turns_max(),
            sure_from_permille: brand.sure_from_permille(),
            languages: brand.languages(),
        })
    }

    async fn detect(&self, opened: &Opened) -> Result<Option<Detection>, Fault> {
        // What was pressed says itself what it means.
        let Some(text) = opened.text().filter(|_| opened.pressed().is_none()) else {
            return Ok(None);
        };
        let facts = self.facts(opened)?;
        let brand = &facts.gate.at.brand;
        let asked = Asked { brand, text, machine_may_answer: machine_may_answer(&facts) };
        self.detector.detect(asked).await.map(Some)
    }

    fn decide(&self, opened: &Opened, detection: Option<&Detection>) -> Result<Decision, Fault> {
        // The time is taken anew: a detector may take long, and the message be late by now.
        let facts = self.facts(opened)?;
        let brand = self.book.brand(&facts.gate.at.brand);
        // A code has no language: what it brings about is said in that in which it was told.
        let told = facts.gate.challenge.filter(|_| facts.code_is_right.is_some());
        let told = told.and_then(|challenge| challenge.language);
        let written = told.or(detection.and_then(|found| found.language));
        Ok(Decision {
            route: decide(&facts, detection),
            found: detection.map(|detection| Found {
                intent: detection.intent,
                confidence_permille: detection.confidence_permille,
                trigger: detection.trigger,
                alternatives: detection.alternatives.clone(),
                threshold_permille: facts.sure_from_permille,
                sentiment: detection.sentiment,
                is_urgent: detection.is_urgent,
                detector: detection.detector.to_owned(),
            }),
            language: brand.and_then(|brand| brand.language_for(written)),
            ruleset: self.book.ruleset_digest().to_owned(),
        })
    }
}

impl<T: Table, V: Vault, D: DetectIntent, Q: Queue> Handle<MessageRef> for Intent<T, V, D, Q> {
    type Output = ();

    async fn handle(&self, message: MessageRef) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let Some(opened) = self.inbox.open(&message).await? else {
                return Ok(()); // decided before, or erased
            };
            let detection = self.detect(&opened).await?;
            let decision = self.decide(&opened, detection.as_ref())?;
            if let Some(hints) = self.inbox.decide(&opened, &decision).await? {
                tracing::debug!(message.id = %message.eid, route = ?decision.route, "decided");
                count(metric_of(&decision.route));
                send_all(&self.queue, hints).await;
                return Ok(());
            }
            // The conversation moved meanwhile: what was right a moment ago may not be.
        }
        Err(Fault::Contended { what: "conversation" })
    }
}

impl<T: Table, V: Vault, D: DetectIntent, Q: Queue> Poison<MessageRef> for Intent<T, V, D, Q> {
    async fn to_a_person(&self, message: &MessageRef) -> Result<(), Fault> {
        let hints = self.inbox.poison(message, self.book.ruleset_digest()).await?;
        send_all(&self.queue, hints).await;
        Ok(())
    }
}

const fn metric_of(route: &Route) -> Metric {
    match route {
        Route::Reply { .. }
        | Route::Challenge { .. }
        | Route::WrongCode { .. }
        | Route::Erase { .. } => Metric::DecidedForMachine,
        Route::Person { .. } => Metric::DecidedForPerson,
        Route::OptOut { .. } => Metric::DecidedOptOut,
        Route::Silent { .. } => Metric::DecidedSilent,
    }
}
