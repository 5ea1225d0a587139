//! The escalation Lambda.

use forthright_aws::{Aws, Error};
use forthright_core::{CaseRef, ledger::Cases};
use forthright_escalation::{Escalation, SENDS, Settings};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start().await?;
    let settings = Settings::read(aws.source())?;
    let escalation = Escalation {
        cases: Cases::new(&aws.stores()?),
        served: settings.served,
        operator_token: settings.operator_token,
        queue: aws.queue(&SENDS)?,
    };
    forthright_aws::serve_http_and_queue::<CaseRef, _>(escalation, aws.queue_tries()?).await
}
