//! Cases for people: the queue, answers, and handing the conversation back to the machine.

mod call;
mod settings;

use std::{collections::BTreeSet, time::Duration};

use ::http::{HeaderValue, Method, StatusCode};
use forthright_channels as channels;
use forthright_core::{
    Address, CaseId, CaseRef, Fault, Handle, Lane, Poison, Queue, Secret, Table, Vault,
    case::CaseState,
    gate::{Refusal, WINDOW},
    http::{self, Request, Response},
    ledger::{Answer, CaseView, Cases},
    people::{Denied, Role, admit},
    send_all,
    table::Grant,
};
use serde_json::json;

use call::{Call, Written};

pub use settings::Settings;

/// The lanes that the function sends hints to.
pub const SENDS: [Lane; 1] = [Lane::Outbound];

/// Who sees the queue.
const SEE_THE_QUEUE: [Role; 3] = [Role::Agent, Role::Auditor, Role::Operator];
/// Who reads a case, and acts on it.
const HAVE_CASES: [Role; 2] = [Role::Agent, Role::Operator];

/// How many cases a list shows at most.
const CASES_LISTED: usize = 200;

/// The escalation function.
#[derive(Debug)]
pub struct Escalation<T, V, Q> {
    /// The cases.
    pub cases: Cases<T, V>,
    /// On which accounts are the cases that these people see, and how long after a customer's message they may answer
    /// there.
    pub served: Vec<(Address, Duration)>,
    /// What opens the API to who has proved no role. There is no start without it.
    pub operator_token: Secret,
    /// Where hints go.
    pub queue: Q,
}

impl<T: Table, V: Vault, Q: Queue> Escalation<T, V, Q> {
    /// What the function does to which rows.
    pub const GRANTS: [&[Grant]; 1] = [Cases::<T, V>::GRANTS];

    async fn list(&self) -> Result<Response, Fault> {
        let mut cases = Vec::new();
        let brands: BTreeSet<_> = self.served.iter().map(|(at, _)| &at.brand).collect();
        for brand in brands {
            cases.extend(self.cases.list(brand, CASES_LISTED).await?);
        }
        cases.sort_by_key(|view| (view.priority, view.sla_at));
        Ok(http::json(StatusCode::OK, &json!({ "cases": cases })))
    }

    async fn show(&self, view: &CaseView) -> Result<Response, Fault> {
        if view.state == CaseState::Erased {
            return Ok(gone());
        }
        let Some(thread) = self.cases.thread(view).await? else {
            return Ok(gone());
        };
        Ok(http::json(StatusCode::OK, &json!({ "case": view, "thread": thread })))
    }

    async fn answer(&self, view: &CaseView, request: &Request) -> Result<Response, Fault> {
        let text = match Written::read(request.body(), channels::text_limit(view.at.channel)) {
            Ok(Written(text)) => text,
            Err(wrong) => return Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, wrong)),
        };
        let repeated = request.headers().get("idempotency-key").map(HeaderValue::as_bytes);
        let out = self.cases.out_id(&view.at.brand, view.case, repeated).await?;
        let window = self.served.iter().find(|(at, _)| *at == view.at).map(|(_, window)| *window);
        // Of an account that is served no more nobody knows that it has a permission.
        let window = window.unwrap_or(WINDOW);
        let answer = self.cases.answer(view.case, out, &text, window).await?;
        self.respond(StatusCode::ACCEPTED, answer).await
    }

    async fn respond(&self, done: StatusCode, answer: Answer) -> Result<Response, Fault> {
        Ok(match answer {
            Answer::Done { out, hints } => {
                send_all(&self.queue, hints).await;
                http::json(done, &json!({ "out": out }))
            }
            Answer::NotFound => not_found(),
            Answer::Gone => gone(),
            Answer::Ended => http::error(StatusCode::CONFLICT, "the case is at its end"),
            Answer::Nobody => {
                http::error(StatusCode::CONFLICT, "there is no conversation behind this case")
            }
            Answer::Refused(refusal) => http::json(
                StatusCode::CONFLICT,
                &json!({
                    "error": "the customer cannot be written to now",
                    "reason": match refusal {
                        Refusal::Silent(silence) => silence.name(),
                        Refusal::Escalate(reason) => reason.name(),
                    },
                }),
            ),
        })
    }

    async fn one(&self, case: CaseId, call: Call, request: &Request) -> Result<Response, Fault> {
        let view = self.cases.find(case).await?;
        let is_served =
            |view: &CaseView| self.served.iter().any(|(at, _)| at.brand == view.at.brand);
        let Some(view) = view.filter(is_served) else {
            return Ok(not_found());
        };
        match call {
            Call::Show => self.show(&view).await,
            Call::Answer => self.answer(&view, request).await,
            Call::HandBack => {
                let answer = self.cases.release(case, CaseState::HandedBack).await?;
                self.respond(StatusCode::OK, answer).await
            }
            Call::Close => {
                let answer = self.cases.release(case, CaseState::Closed).await?;
                self.respond(StatusCode::OK, answer).await
            }
        }
    }
}

impl<T: Table, V: Vault, Q: Queue> Handle<Request> for Escalation<T, V, Q> {
    type Output = Response;

    async fn handle(&self, request: Request) -> Result<Response, Fault> {
        let path = request.uri().path();
        let is_list = path == "/api/cases" && *request.method() == Method::GET;
        // The queue is enums and times. Whoever sees a case reads what the customer wrote.
        let roles = if is_list { &SEE_THE_QUEUE[..] } else { &HAVE_CASES };
        if let Err(denied) = admit(&request, &self.operator_token, roles) {
            return Ok(refused(&request, denied));
        }
        if is_list {
            return self.list().await;
        }
        match call::read(request.method(), path) {
            Some((case, call)) => self.one(case, call, &request).await,
            None => Ok(not_found()),
        }
    }
}

impl<T: Table, V: Vault, Q: Queue> Handle<CaseRef> for Escalation<T, V, Q> {
    type Output = ();

    /// Tells the people on duty that a case was opened or moved.
    async fn handle(&self, reference: CaseRef) -> Result<(), Fault> {
        let Some(view) = self.cases.find(reference.case).await? else {
            return Ok(());
        };
        if view.state.is_live() {
            tracing::info!(
                case.id = %view.case, brand = %view.at.brand, state = %view.state,
                reason = %view.reason, priority = %view.priority, sla = view.sla_at.rfc3339(),
                "a case waits for a person"
            );
        }
        Ok(())
    }
}

impl<T: Table, V: Vault, Q: Queue> Poison<CaseRef> for Escalation<T, V, Q> {
    /// The case is in the list of cases, whether or not it could be announced.
    async fn to_a_person(&self, reference: &CaseRef) -> Result<(), Fault> {
        tracing::error!(case.id = %reference.case, alarm = "poison", "a case could not be announced");
        Ok(())
    }
}

fn refused(request: &Request, denied: Denied) -> Response {
    let offered = request.headers().contains_key(::http::header::AUTHORIZATION);
    tracing::warn!(offered, ?denied, alarm = "authorization", "refused a call of the cases API");
    denied.response()
}

fn not_found() -> Response {
    http::error(StatusCode::NOT_FOUND, "there is no such case")
}

fn gone() -> Response {
    http::error(StatusCode::GONE, "the customer's data was erased, and this case with it")
}
