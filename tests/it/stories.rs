//! The stories in one process, over the table in memory.

use forthright_core::http::{Request, Response};
use forthright_testkit::standin::StandIn;

use crate::{
    desk::{Desk, OPERATOR_TOKEN},
    story::Host,
};

impl Host for Desk {
    fn stand_in(&self) -> &StandIn {
        &self.line.stand_in
    }

    fn seconds(&self) -> i64 {
        // Between two looks at the clock a second passes, as between two messages of a person.
        self.time.advance(std::time::Duration::from_secs(1));
        self.time.now().millis() / 1_000
    }

    fn operator_token(&self) -> String {
        OPERATOR_TOKEN.to_owned()
    }

    async fn ask(&self, request: Request) -> Response {
        Self::ask(self, request).await
    }

    async fn until(&self, what: &str, done: impl AsyncFn() -> bool) {
        self.pump().await;
        assert!(done().await, "{what}");
    }
}

played_on!(&Desk::new());
