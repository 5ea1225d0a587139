//! Cases for people: the queue, who has which, answers, notes, and handing the conversation back to the machine.

mod body;
mod call;
mod response;
mod settings;

use std::{collections::BTreeSet, time::Duration};

use ::http::{HeaderValue, Method, StatusCode};
use forthright_channels as channels;
use forthright_core::{
    Address, CaseId, CaseRef, Fault, Handle, IfMatch, Lane, Poison, Queue, Secret, Table, Vault,
    case::{CaseState, Move},
    gate::WINDOW,
    http::{self, Request, Response},
    ledger::{Answer, CaseCall, CaseView, Cases},
    people::{Denied, Role, admit},
    send_all,
    table::Grant,
};
use serde_json::json;

use call::Call;
use response::{gone, not_found, tag_is_missing, with_tag};

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
        let response = http::json(StatusCode::OK, &json!({ "case": view, "thread": thread }));
        Ok(with_tag(response, view.etag))
    }

    async fn one(&self, case: CaseId, call: Call, request: &Request) -> Result<Response, Fault> {
        let view = self.cases.find(case).await?;
        let is_served =
            |view: &CaseView| self.served.iter().any(|(at, _)| at.brand == view.at.brand);
        let Some(view) = view.filter(is_served) else {
            return Ok(not_found());
        };
        let made = match call {
            Call::Show => return self.show(&view).await,
            Call::Move(made) => made,
        };
        // Of what is erased nobody can have seen the newest version.
        if view.state == CaseState::Erased {
            return Ok(gone());
        }
        let demanded = match IfMatch::read(request.headers()) {
            Ok(Some(demanded)) => demanded,
            Ok(None) if call::needs_a_tag(made) => return Ok(tag_is_missing()),
            Ok(None) => IfMatch::Any,
            Err(malformed) => {
                return Ok(http::error(StatusCode::BAD_REQUEST, &malformed.to_string()));
            }
        };
        let repeated = request.headers().get("idempotency-key").map(HeaderValue::as_bytes);
        let id = self.cases.call_id(&view, made, repeated).await?;
        let call = CaseCall { case, id, demanded };
        match self.moved(&view, made, &call, request.body()).await? {
            Ok(answer) => {
                let done = if made == Move::Answer { StatusCode::ACCEPTED } else { StatusCode::OK };
                let response = response::moved(done, &answer);
                if let Answer::Done(moved) = answer {
                    send_all(&self.queue, moved.hints).await;
                }
                Ok(response)
            }
            Err(wrong) => Ok(http::error(StatusCode::UNPROCESSABLE_ENTITY, wrong)),
        }
    }

    /// Makes a move, or says what is wrong with the body that asks for it.
    async fn moved(
        &self,
        view: &CaseView,
        made: Move,
        call: &CaseCall,
        body: &[u8],
    ) -> Result<Result<Answer, &'static str>, Fault> {
        let cases = &self.cases;
        Ok(Ok(match made {
            Move::Take => match body::taking(body) {
                Ok(taking) => cases.take(call, &taking).await?,
                Err(wrong) => return Ok(Err(wrong)),
            },
            Move::Answer => match body::answer(body, channels::text_limit(view.at.channel)) {
                Ok(text) => cases.answer(call, &text, self.people_window(&view.at)).await?,
                Err(wrong) => return Ok(Err(wrong)),
            },
            Move::Note => match body::note(body) {
                Ok(text) => cases.note(call, &text).await?,
                Err(wrong) => return Ok(Err(wrong)),
            },
            Move::HandBack | Move::Close => {
                if let Err(wrong) = body::nothing(body) {
                    return Ok(Err(wrong));
                }
                let into =
                    if made == Move::Close { CaseState::Closed } else { CaseState::HandedBack };
                cases.release(call, into).await?
            }
        }))
    }

    /// How long after a customer's message the account's people may answer.
    fn people_window(&self, account: &Address) -> Duration {
        let window = self.served.iter().find(|(at, _)| at == account).map(|(_, window)| *window);
        // Of an account that is served no more nobody knows that it has a permission.
        window.unwrap_or(WINDOW)
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
