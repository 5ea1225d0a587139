//! The webhook Lambda.

#![recursion_limit = "256"] // runtime, function, ledgers and SDK: one future in another

use forthright_aws::{Aws, Error};
use forthright_core::ledger::{Inbox, Register, Replies};
use forthright_policy::Served;
use forthright_webhook::{SENDS, Webhook};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let (served, stores) = (Served::read(aws.source())?, aws.stores()?);
    forthright_aws::serve_http(Webhook {
        accounts: served.accounts,
        inbox: Inbox::new(&stores),
        replies: Replies::new(&stores),
        register: Register::new(&stores),
        queue: aws.queue(&SENDS)?,
    })
    .await
}
