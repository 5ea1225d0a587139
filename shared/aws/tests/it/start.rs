//! What a start gives, and what it refuses.

use std::sync::Arc;

use forthright_aws::{Error, clock, connect, entropy, run_once, serve_http};
use forthright_core::{
    CaseId, CaseRef, Fault, Handle, Hint, Queue, Source,
    http::{Request, Response, text},
};
use http::StatusCode;

/// A function that hands its one request on.
struct Forwards<Q>(Arc<Q>);

impl<Q: Queue> Handle<Request> for Forwards<Q> {
    type Output = Response;

    async fn handle(&self, _request: Request) -> Result<Response, Fault> {
        let case = CaseRef { brand: "demo".parse().unwrap(), case: CaseId::from_bytes([1; 16]) };
        self.0.send(Hint::Human(case)).await?;
        Ok(text(StatusCode::OK, "fine"))
    }
}

#[tokio::test]
async fn without_a_back_end_a_function_refuses_to_start_and_says_what_to_do() {
    // As a `main` does it, and as the runtime prints what `main` returns.
    async fn main(source: &Source) -> Result<(), Error> {
        let back_ends = connect(source).await?;
        let pages = Forwards(Arc::new(back_ends.queue));
        serve_http(pages).await
    }
    let refusal = format!("{:?}", main(&Source::new(|_| None)).await.unwrap_err());
    assert!(refusal.contains("`forthright serve`") && refusal.contains("DynamoDB"), "{refusal}");
}

#[test]
fn a_refused_start_is_told_as_a_sentence() {
    let missing = Source::new(|_| None).required("FORTHRIGHT_BRANDS").unwrap_err();
    let told = format!("{:?}", Error::from(missing));
    assert_eq!(told, "the setting `FORTHRIGHT_BRANDS` is missing; set it and start again");
}

#[tokio::test]
async fn time_and_randomness_are_the_systems() {
    let began = clock().now();
    clock().sleep(std::time::Duration::from_millis(20)).await;
    let waited = clock().now().since(began);
    assert!(waited >= std::time::Duration::from_millis(15), "{waited:?}");
    assert!(began.millis() > 1_700_000_000_000);
    assert_ne!(entropy().bytes::<32>(), entropy().bytes::<32>());
}

struct Rounds;

/// What one round comes to.
enum Round {
    Fine,
    Fails,
    Panics,
}

impl Handle<Round> for Rounds {
    type Output = u8;

    async fn handle(&self, round: Round) -> Result<u8, Fault> {
        match round {
            Round::Fine => Ok(1),
            Round::Fails => Err(Fault::unavailable("the table", "down")),
            Round::Panics => panic!("on purpose"),
        }
    }
}

#[tokio::test]
async fn a_scheduled_run_that_fails_or_panics_counts_as_failed() {
    assert!(run_once(&Rounds, Round::Fine).await.is_ok());
    assert!(run_once(&Rounds, Round::Fails).await.is_err());
    assert!(run_once(&Rounds, Round::Panics).await.is_err());
}
