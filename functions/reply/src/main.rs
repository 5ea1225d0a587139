//! The reply Lambda.

use forthright_core::TaskRef;
use forthright_core::ledger::{Register, Replies};
use forthright_egress::{AllowedHost, Egress};
use forthright_reply::{Reply, Settings};

#[tokio::main]
async fn main() -> Result<(), forthright_aws::Error> {
    let source = forthright_aws::start();
    let served = Settings::read(&source)?.served;
    let hosts = served.accounts.iter().map(|at| AllowedHost::from_api_base(&at.api_base));
    let exchange = Egress::new(hosts.collect::<Result<_, _>>()?)?;
    let aws = forthright_aws::connect(&source).await?;
    forthright_aws::serve_queue::<TaskRef, _>(Reply {
        replies: Replies::new(&aws.stores()),
        register: Register::new(&aws.stores()),
        book: served.book,
        accounts: served.accounts,
        exchange,
        clock: forthright_aws::clock(),
        queue: aws.queue,
    })
    .await
}
