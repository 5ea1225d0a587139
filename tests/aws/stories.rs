//! The stories, on the deployment.

use forthright_core::http::{Request, Response};
use forthright_testkit::standin::StandIn;

use crate::{
    deployment::{Deployed, now},
    story::Host,
};

impl Host for Deployed {
    fn stand_in(&self) -> &StandIn {
        &self.stand_in
    }

    fn seconds(&self) -> i64 {
        now().millis() / 1_000
    }

    fn operator_token(&self) -> String {
        self.secret("FORTHRIGHT_OPERATOR_TOKEN").to_owned()
    }

    async fn ask(&self, request: Request) -> Response {
        Self::ask(self, request).await
    }

    async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        Self::until(what, done).await;
    }
}

played_on!(Deployed::here());
