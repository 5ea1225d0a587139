//! The webhook Lambda.

use forthright_aws::Error;
use forthright_core::ledger::{Inbox, Register, Replies};
use forthright_policy::Served;
use forthright_webhook::Webhook;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let served = Served::read(&source)?;
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    forthright_aws::serve_http(Webhook {
        accounts: served.accounts,
        inbox: Inbox::new(&stores),
        replies: Replies::new(&stores),
        register: Register::new(&stores),
        queue,
    })
    .await
}
