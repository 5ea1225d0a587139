//! The page on which a person sees how far their request is. It says what could be matched, and no more.

use ::http::StatusCode;
use forthright_core::{
    http::{self, Response},
    ledger::{RequestKind, RequestState, RequestView},
};
use minijinja::{Environment, UndefinedBehavior, context};

const PAGE: &str = include_str!("status.html.j2");

/// The status page of a request, or of none.
pub(crate) fn page(view: Option<&RequestView>) -> Response {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let status = if view.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let rendered = environment.render_named_str(
        "status.html",
        PAGE,
        context! {
            title => view.map_or("Unknown request", |view| title(view.kind)),
            sentences => view.map_or_else(|| vec![UNKNOWN.to_owned()], sentences),
            received_at => view.map(|view| &view.received_at),
            ended_at => view.and_then(|view| view.ended_at.as_ref()),
        },
    );
    match rendered {
        Ok(body) => http::page(status, body),
        Err(error) => {
            tracing::error!(line = error.line(), "the status page could not be rendered");
            http::text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be shown")
        }
    }
}

const UNKNOWN: &str = "There is no request with this code. Codes are 32 letters and digits long. \
                       Check that you copied the whole link.";

const fn title(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Access => "Your request for a copy of your data",
        RequestKind::Erasure => "Your request to erase your data",
    }
}

fn sentences(view: &RequestView) -> Vec<String> {
    let mut sentences = Vec::new();
    if !view.matched {
        sentences.push(
            "We could not match this request to any conversation with us. The platform gave us an id \
             that is not the one under which you wrote to us."
                .to_owned(),
        );
        sentences.push(
            "Nothing was erased. To have your messages erased, write to us in the chat and ask for it: \
             then we know which conversation is yours."
                .to_owned(),
        );
        return sentences;
    }
    sentences.push(
        match view.state {
            RequestState::Received | RequestState::Identifying => "We have your request.",
            RequestState::InProgress => "We are working on your request.",
            RequestState::Completed => "Your request is complete.",
            RequestState::Refused => "We could not do what you asked. We wrote to you why.",
            RequestState::Cancelled => "The request was withdrawn.",
        }
        .to_owned(),
    );
    if let (RequestState::Completed, Some(erased)) = (view.state, view.erased) {
        sentences.push(format!(
            "We erased {} of your messages, our answers to them, and the key that could read them.",
            erased.messages
        ));
        sentences.push(
            "We cannot erase what the platform itself keeps. Ask the platform for that.".to_owned(),
        );
    }
    sentences
}
