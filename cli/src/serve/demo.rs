//! The demo: stand-ins that play the platforms, a page on which to chat as a customer, and one for the brand's people.
//!
//! It is served beside the stand-ins only, never for a brand with a platform, and on a loopback address only.

mod agent;
mod guard;
mod held;
mod message;
mod page;
mod phone;
mod platforms;
mod trace;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Form,
    body::Body,
    extract::{FromRequest, Request as Incoming},
};
use forthright_core::{
    Entropy, Fault, Handle, Secret,
    http::{Request, Response},
};
use forthright_policy::Brand;
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;

use super::Local;
use crate::{host, place::LocalStores};

pub(super) use platforms::{Platforms, with_stand_ins};

use agent::Agent;
use held::Held;
use phone::Phone;

/// The pages of the demo. What a person chats with goes through the platforms, as it would from their own phone.
#[derive(Debug)]
pub(super) struct Demo {
    /// The names under which this server may be called.
    hosts: [String; 2],
    phone: Phone,
    agent: Agent,
}

/// Who speaks in the demo.
#[derive(Debug)]
pub(super) struct Voice {
    operator: String,
    /// In which language the machine writes, if that is sure.
    lang: Option<String>,
}

impl Voice {
    /// A brand's. One with several languages may write in any of them.
    pub(super) fn of(brand: &Brand) -> Self {
        let lang = match brand.languages() {
            [only] => Some(only.to_string()),
            _ => None,
        };
        Self { operator: brand.operator().to_owned(), lang }
    }
}

impl Demo {
    /// The pages of a server at `address`; none if others than this machine could reach them.
    pub(super) fn new(
        address: SocketAddr,
        Voice { operator, lang }: Voice,
        operator_token: Secret,
        platforms: Arc<Platforms>,
        (bundle, stores): (&Arc<Local>, &Arc<LocalStores>),
    ) -> Option<Self> {
        if !address.ip().is_loopback() {
            return None;
        }
        let entropy = host::entropy();
        let held = Held::new(stores);
        let bundle = Arc::clone(bundle);
        let phone =
            Phone { platforms, held, operator: operator.clone(), lang, entropy: entropy.clone() };
        let agent = Agent { bundle, operator_token, operator, clock: host::clock(), entropy };
        let hosts = [address.to_string(), format!("localhost:{}", address.port())];
        Some(Self { hosts, phone, agent })
    }

    /// The paths of the pages, as the server routes them.
    pub(super) const PATHS: [&str; 10] = [
        "/",
        "/say",
        "/press",
        "/new",
        "/agent",
        "/agent/cases/{case}",
        "/agent/cases/{case}/{action}",
        page::STYLE_PATH,
        page::SCRIPT_PATH,
        page::ICON_PATH,
    ];
}

impl Handle<Request> for Demo {
    type Output = Response;

    async fn handle(&self, request: Request) -> Result<Response, Fault> {
        if let Some(refused) = guard::refused(&request, &self.hosts) {
            return Ok(refused);
        }
        let is_form = *request.method() == Method::POST;
        let path = request.uri().path().to_owned();
        match (is_form, path.as_str()) {
            (false, "/") => self.phone.show(request).await,
            (true, "/say") => self.phone.say(request).await,
            (true, "/press") => self.phone.press(request).await,
            (true, "/new") => self.phone.begin(request).await,
            (false, "/agent") => self.agent.list(request).await,
            (false, page::STYLE_PATH) => Ok(page::style()),
            (false, page::SCRIPT_PATH) => Ok(page::script()),
            (false, page::ICON_PATH) => Ok(page::icon()),
            (_, path) => match (is_form, agent::read(path)) {
                (false, Some((case, None))) => self.agent.show(case, request).await,
                (true, Some((case, Some(act)))) => self.agent.act(case, act, request).await,
                (_, _) => Ok(page::wrong(StatusCode::NOT_FOUND, "There is no such page.")),
            },
        }
    }
}

/// The fields of a form, or of a query. What is missing, unknown or of a wrong form gets a page that says so.
async fn fields<Fields: DeserializeOwned>(request: Request) -> Result<Fields, Response> {
    let wrong = |_cause| {
        page::wrong(StatusCode::BAD_REQUEST, "The address or the form is not one of this page.")
    };
    let request: Incoming = request.map(Body::from);
    Form::from_request(request, &()).await.map(|Form(fields)| fields).map_err(wrong)
}

/// A fresh id for a message, or for a form that counts once.
fn fresh_id(entropy: &Entropy) -> String {
    data_encoding::HEXUPPER.encode(&entropy.bytes::<16>())
}
