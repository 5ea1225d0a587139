//! The privacy Lambda.

#![recursion_limit = "256"] // runtime, function, ledgers and SDK: one future in another

use forthright_aws::{Aws, Error};
use forthright_core::{RequestRef, ledger::Rights};
use forthright_privacy::{Privacy, SENDS, Settings};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let settings = Settings::read(aws.source())?;
    let privacy = Privacy {
        rights: Rights::new(&aws.stores()?),
        accounts: settings.served.accounts,
        operator_token: settings.operator_token,
        public_url: settings.public_url,
        clock: forthright_aws::clock(),
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_http_and_queue::<RequestRef, _>(privacy, aws.queue_tries()?).await
}
