//! What a person may demand of their data, and what platforms demand on their behalf.

mod callback;
mod demand;
mod restore;
mod settings;
mod status;

use ::http::{Method, StatusCode};
use forthright_core::{
    Accounts, Clock, Fault, Handle, Lane, Poison, Queue, RequestId, RequestRef, Secret, Table,
    Vault,
    http::{self, Request, Response},
    ledger::{ErasureStep, NewRequest, RequestKind, RequestView, Rights, Subject},
    people::{Role, admit},
    send_all,
    table::Grant,
};
use forthright_policy::ERASURE_NOTICE;
use serde_json::json;

use demand::Demand;

pub use settings::Settings;

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 2] = [Lane::Outbound, Lane::Privacy];

/// Who sees how far requests are.
const SEE_REQUESTS: [Role; 3] = [Role::Auditor, Role::Operator, Role::PrivacyOfficer];
/// Who makes requests in a person's name, and sees what is held about them.
const SERVE_SUBJECTS: [Role; 2] = [Role::Operator, Role::PrivacyOfficer];

/// The privacy function.
#[derive(Debug)]
pub struct Privacy<T, V, Q> {
    /// What may be demanded.
    pub rights: Rights<T, V>,
    /// The accounts that people write to.
    pub accounts: Accounts,
    /// What opens the API. There is no start without it.
    pub operator_token: Secret,
    /// Where people reach this function, such as `https://privacy.example.com`, without a trailing slash.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, Q: Queue> Privacy<T, V, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 1] = [Rights::<T, V>::GRANTS];

    async fn demanded(&self, request: &Request) -> Result<Response, Fault> {
        let demand = match Demand::read(request.body()) {
            Ok(demand) => demand,
            Err(wrong) => return Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, wrong)),
        };
        let subject = &demand.subject;
        let Some(account) = self.accounts.find(subject.channel, subject.account.as_str()) else {
            return Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, "there is no such account"));
        };
        let brand = account.at.brand.clone();
        let request = match request.headers().get("idempotency-key") {
            Some(key) => self.rights.brand_keys(&brand).await?.repeated_request(key.as_bytes()),
            None => self.rights.fresh_request(),
        };
        let new = NewRequest {
            request,
            kind: demand.kind,
            brand,
            subject: self.rights.locate(&account.at, subject.id.reveal()).await?,
            notice: Some(ERASURE_NOTICE.to_owned()),
            language: None,
        };
        self.receive(&new).await?;
        let view = self.rights.find(new.request).await?;
        Ok(http::json(
            StatusCode::ACCEPTED,
            &json!({ "request": view, "status_url": self.status_url(new.request) }),
        ))
    }

    /// Notes a request and lets whoever is next look at it.
    async fn receive(&self, new: &NewRequest) -> Result<(), Fault> {
        let hints = self.rights.receive(new).await?;
        tracing::info!(
            request.id = %new.request, brand = %new.brand, kind = %new.kind,
            matched = !new.subject.is_nobody(), "a data subject's request came in"
        );
        send_all(&self.queue, hints).await;
        Ok(())
    }

    async fn export(&self, view: &RequestView) -> Result<Response, Fault> {
        if view.kind != RequestKind::Access {
            return Ok(http::error(StatusCode::CONFLICT, "this is not a request for access"));
        }
        let export = self.rights.export(&view.brand, view.subject()).await?;
        Ok(http::json(StatusCode::OK, &export))
    }

    /// Meta's data-deletion callback: the signature is the proof, the answer is strict JSON.
    async fn callback(&self, request: &Request) -> Result<Response, Fault> {
        let signed = callback::signed_by(&self.accounts, request.body());
        let (accounts, signed) = match signed {
            Ok(signed) => signed,
            Err(rejection) => {
                tracing::warn!(reason = %rejection, alarm = "signature", "refused a callback");
                return Ok(http::error(rejection.status(), "the signed request is not valid"));
            }
        };
        if !callback::is_recent(&signed, self.clock.now()) {
            tracing::warn!(alarm = "signature", "refused an old callback");
            return Ok(http::error(StatusCode::UNAUTHORIZED, "the signed request is too old"));
        }
        let Some(first) = accounts.first() else {
            return Ok(http::error(StatusCode::UNAUTHORIZED, "the signed request is not valid"));
        };
        let brand = &first.at.brand;
        let keys = self.rights.brand_keys(brand).await?;
        let mut subject = Subject::default();
        if let Some(user) = &signed.user_id {
            for account in &accounts {
                subject.extend(self.rights.locate(&account.at, user.reveal()).await?);
            }
        }
        let new = NewRequest {
            request: keys.callback_request(&signed.payload),
            kind: RequestKind::Erasure,
            brand: brand.clone(),
            subject,
            // Meta's own page told the person; there may be no thread to write into.
            notice: None,
            language: None,
        };
        self.receive(&new).await?;
        Ok(http::json(
            StatusCode::OK,
            &json!({
                "url": self.status_url(new.request),
                "confirmation_code": new.request.to_string(),
            }),
        ))
    }

    fn status_url(&self, request: RequestId) -> String {
        format!("{}/privacy/status/{request}", self.public_url)
    }

    async fn status(&self, code: &str) -> Result<Response, Fault> {
        let view = match code.parse() {
            Ok(request) => self.rights.find(request).await?,
            Err(_) => None,
        };
        Ok(status::page(view.as_ref()))
    }

    /// The calls of people of the brand.
    async fn guarded(&self, request: &Request, rest: &str) -> Result<Response, Fault> {
        let (code, export) = match rest.strip_suffix("/export") {
            Some(code) => (code, true),
            None => (rest, false),
        };
        // How far a request is tells nothing of the person. Everything else does, or is done to them.
        let looks = *request.method() == Method::GET && !export;
        let roles = if looks { &SEE_REQUESTS[..] } else { &SERVE_SUBJECTS };
        if let Err(denied) = admit(request, &self.operator_token, roles) {
            tracing::warn!(?denied, alarm = "authorization", "refused a call of the requests API");
            return Ok(denied.response());
        }
        match (request.method(), code) {
            (&Method::POST, "") => self.demanded(request).await,
            (&Method::GET, code) if !code.is_empty() => {
                let found = match code.parse() {
                    Ok(id) => self.rights.find(id).await?,
                    Err(_) => None,
                };
                match found {
                    Some(view) if export => self.export(&view).await,
                    Some(view) => Ok(http::json(StatusCode::OK, &view)),
                    None => Ok(http::error(StatusCode::NOT_FOUND, "there is no such request")),
                }
            }
            (_, _) => {
                Ok(http::error(StatusCode::METHOD_NOT_ALLOWED, "use POST, or GET with an id"))
            }
        }
    }
}

impl<T: Table, V: Vault, Q: Queue> Handle<Request> for Privacy<T, V, Q> {
    type Output = Response;

    async fn handle(&self, request: Request) -> Result<Response, Fault> {
        let path = request.uri().path();
        if path == "/api/restores" {
            return self.restored(&request).await;
        }
        if let Some(rest) = path.strip_prefix("/api/requests") {
            return self.guarded(&request, rest.strip_prefix('/').unwrap_or(rest)).await;
        }
        match (request.method(), path, path.strip_prefix("/privacy/status/")) {
            (&Method::POST, "/meta/data-deletion", _) => self.callback(&request).await,
            (&Method::GET, _, Some(code)) => self.status(code).await,
            (_, _, _) => Ok(http::error(StatusCode::NOT_FOUND, "there is no such page")),
        }
    }
}

impl<T: Table, V: Vault, Q: Queue> Handle<RequestRef> for Privacy<T, V, Q> {
    type Output = ();

    /// Brings an erasure as far as it can go now.
    async fn handle(&self, reference: RequestRef) -> Result<(), Fault> {
        match self.rights.advance(reference.request).await? {
            ErasureStep::Completed(erased) => tracing::info!(
                request.id = %reference.request, erased.messages, erased.rows, "an erasure is complete"
            ),
            // The notice's end, or the steward, brings the request back.
            ErasureStep::Waiting(_) | ErasureStep::Nothing => {}
        }
        Ok(())
    }
}

impl<T: Table, V: Vault, Q: Queue> Poison<RequestRef> for Privacy<T, V, Q> {
    /// The request stays in progress, where the steward finds it again and the privacy officer sees it.
    async fn to_a_person(&self, reference: &RequestRef) -> Result<(), Fault> {
        tracing::error!(request.id = %reference.request, alarm = "request", "a request cannot go on");
        Ok(())
    }
}
