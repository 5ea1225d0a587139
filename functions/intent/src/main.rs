//! The intent Lambda.

use forthright_aws::Error;
use forthright_core::{MessageRef, ledger::Inbox};
use forthright_intent::{Intent, Settings};
use forthright_language::Rules;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let served = Settings::read(&source)?.served;
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
