//! After the data was put back from a copy: an operator lets what the copy does not know be done again.

use ::http::{Method, StatusCode};
use forthright_core::{
    BrandId, Fault, Queue, Table, Vault,
    http::{self, Request, Response},
    people::{Role, admit},
};
use serde::Deserialize;
use serde_json::json;

use crate::Privacy;

const WRONG_BODY: &str = "say whose data was put back: {\"brand\": \"demo\"}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restored {
    brand: BrandId,
}

impl<T: Table, V: Vault, Q: Queue> Privacy<T, V, Q> {
    /// `POST /api/restores`, before anything is served.
    pub(crate) async fn restored(&self, request: &Request) -> Result<Response, Fault> {
        if let Err(denied) = admit(request, &self.operator_token, &[Role::Operator]) {
            tracing::warn!(?denied, alarm = "authorization", "refused a call of the restores API");
            return Ok(denied.response());
        }
        if *request.method() != Method::POST {
            return Ok(http::error(StatusCode::METHOD_NOT_ALLOWED, "use POST"));
        }
        let Ok(Restored { brand }) = serde_json::from_slice(request.body()) else {
            return Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, WRONG_BODY));
        };
        if !self.accounts.iter().any(|account| account.at.brand == brand) {
            return Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, "there is no such brand"));
        }
        let again = self.rights.restored(&brand).await?;
        tracing::info!(%brand, again, "data was put back from a copy; erasures were done again");
        Ok(http::json(StatusCode::OK, &json!({ "brand": brand, "erased_again": again })))
    }
}
