//! The escalation Lambda.

use forthright_aws::Error;
use forthright_core::{CaseRef, ledger::Cases};
use forthright_escalation::{Escalation, Settings};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let source = forthright_aws::start();
    let settings = Settings::read(&source)?;
    let (stores, queue) = forthright_aws::connect(&source).await?.into_ports();
    forthright_aws::serve_http_and_queue::<CaseRef, _>(Escalation {
        cases: Cases::new(&stores),
        brands: settings.served.brands(),
        operator_token: settings.operator_token,
        queue,
    })
    .await
}
