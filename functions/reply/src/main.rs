//! The reply Lambda.

use forthright_aws::Error;
use forthright_core::{TaskRef, ledger};
use forthright_egress::Egress;
use forthright_policy::Served;
use forthright_reply::Reply;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let served = Served::read(&source)?;
    let exchange = Egress::for_accounts(&served.accounts)?;
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    forthright_aws::serve_queue::<TaskRef, _>(Reply {
        replies: ledger::Replies::new(&stores),
        register: ledger::Register::new(&stores),
        book: served.book,
        accounts: served.accounts,
        exchange,
        clock: forthright_aws::clock(),
        queue,
    })
    .await
}
