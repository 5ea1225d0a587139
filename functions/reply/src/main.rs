//! The reply Lambda.

use forthright_aws::{Aws, Error};
use forthright_core::{TaskRef, ledger, pace::Pace};
use forthright_egress::Egress;
use forthright_policy::Served;
use forthright_reply::{Reply, SENDS};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let (served, stores) = (Served::read(aws.source())?, aws.stores()?);
    let reply = Reply {
        replies: ledger::Replies::new(&stores),
        register: ledger::Register::new(&stores),
        book: served.book,
        pace: Pace::default(),
        exchange: Egress::for_accounts(&served.accounts)?,
        accounts: served.accounts,
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_queue::<TaskRef, _>(reply, aws.queue_tries()?).await
}
