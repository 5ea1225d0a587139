//! Webhooks, at the address that platforms are given.

use forthright_testkit::standin::Customer;
use http::StatusCode;

use crate::{
    deployment::{Deployed, now},
    rows::{number, take_in},
};

#[tokio::test]
async fn webhooks_come_in_where_platforms_are_told_to_call_and_nowhere_else() {
    let deployed = Deployed::here();
    take_in(deployed, &number()).await;
    if deployed.webhook_url_host().is_some() {
        let number = number();
        let who = Customer::on_whatsapp(Some(&number), None, "CANARY Ada");
        let seconds = now().millis() / 1_000;
        let id = format!("wamid.CANARY{number}");
        let request = deployed.stand_in.deliver_text(&who, "CANARY", &id, seconds);
        assert_eq!(deployed.ask_api(request).await.status(), StatusCode::NOT_FOUND);
    }
}
