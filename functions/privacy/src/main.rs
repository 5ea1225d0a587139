//! The privacy Lambda.

use forthright_aws::Error;
use forthright_core::{RequestRef, ledger::Rights};
use forthright_privacy::{Privacy, Settings};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let settings = Settings::read(&source)?;
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    forthright_aws::serve_http_and_queue::<RequestRef, _>(Privacy {
        rights: Rights::new(&stores),
        accounts: settings.served.accounts,
        operator_token: settings.operator_token,
        public_url: settings.public_url,
        clock: forthright_aws::clock(),
        queue,
    })
    .await
}
