//! The intent Lambda.

use forthright_aws::Error;
use forthright_core::{MessageRef, ledger::Inbox};
use forthright_intent::Intent;
use forthright_language::Rules;
use forthright_policy::Served;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let served = Served::read(&source)?;
    let detector = Rules::embedded()?;
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    forthright_aws::serve_queue::<MessageRef, _>(Intent {
        inbox: Inbox::new(&stores),
        detector,
        book: served.book,
        clock: forthright_aws::clock(),
        queue,
    })
    .await
}
