//! Lambda behind an HTTP API or a function URL: bytes in, a function, bytes out.

use std::{convert::Infallible, panic::AssertUnwindSafe};

use bytes::Bytes;
use forthright_core::{
    Handle, Retry,
    http::{BODY_BYTES_MAX, Request, Response, error, fault as response_to, refused, too_large},
    people::Caller,
};
use futures::FutureExt;
use http::{StatusCode, Uri, request::Parts};
use lambda_http::{Body, RequestExt, request::RequestContext, service_fn};

use crate::{Error, cause::with_causes};

/// Answers requests with `handler` until Lambda ends the process.
///
/// For API Gateway HTTP APIs (payload format 2.0) on the stage `$default` and for function URLs; another
/// stage's name would stand in front of every path.
pub async fn serve_http<Handler>(handler: Handler) -> Result<(), Error>
where
    Handler: Handle<Request, Output = Response>,
{
    let handler = &handler;
    lambda_http::run(service_fn(move |request| async move {
        Ok::<_, Infallible>(to_lambda(answer(handler, to_request(request)).await))
    }))
    .await
    .map_err(Error::of_host)
}

/// The function's answer to one request: its own, or what a fault or a panic maps to. Never fails, and
/// tells the caller nothing about a panic.
pub async fn answer<Handler>(handler: &Handler, request: Request) -> Response
where
    Handler: Handle<Request, Output = Response>,
{
    if let Some(refused) = refused(request.headers()) {
        return refused;
    }
    if request.body().len() > BODY_BYTES_MAX {
        return too_large();
    }
    match AssertUnwindSafe(async { handler.handle(request).await }).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(fault)) => {
            let causes = with_causes(&fault);
            match fault.retry() {
                Retry::Never => tracing::warn!(error = causes, "refused a request"),
                Retry::Later => tracing::error!(error = causes, "could not answer a request now"),
            }
            response_to(&fault)
        }
        // The panic hook has logged where.
        Err(_) => {
            error(StatusCode::INTERNAL_SERVER_ERROR, "an internal error; an operator was told")
        }
    }
}

/// The request as functions see it: the very bytes that were sent, since signatures are over them, and a
/// path without the host, which the caller chooses.
///
/// API Gateway joins repeated headers with commas (HTTP API, payload format 2.0). They stay one value, so
/// that a check for a single signature refuses them.
pub fn to_request(request: lambda_http::Request) -> Request {
    let (mut parts, body) = request.into_parts();
    parts.uri = parts.uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
    let caller = caller(&parts);
    // Lambda's own facts about the request: no function may come to depend on them.
    parts.extensions.clear();
    if let Some(caller) = caller {
        parts.extensions.insert(caller);
    }
    let body = match body {
        Body::Text(text) => Bytes::from(text),
        // `lambda_http` has undone base64.
        Body::Binary(binary) => Bytes::from(binary),
        Body::Empty | _ => Bytes::new(),
    };
    Request::from_parts(parts, body)
}

/// The claims that name roles: Cognito's own, and the one that another issuer puts for us.
const ROLES: [&str; 2] = ["cognito:groups", "forthright_roles"];

/// The roles in the token that the HTTP API's authorizer has verified; none if it has verified none. API Gateway
/// writes a claim that is a list as `[one two]`. What is no role of ours opens nothing.
fn caller(parts: &Parts) -> Option<Caller> {
    let RequestContext::ApiGatewayV2(context) = parts.request_context_ref()? else {
        return None;
    };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    let names = ROLES.iter().filter_map(|name| claims.get(*name));
    let names = names.flat_map(|list| list.split(['[', ']', ',', ' ']));
    Some(Caller(names.filter_map(|name| name.parse().ok()).collect()))
}

/// The response as Lambda takes it: text where it is text, else base64.
pub(crate) fn to_lambda(response: Response) -> http::Response<Body> {
    response.map(|bytes| match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(not_text) => Body::Binary(not_text.into_bytes()),
    })
}
