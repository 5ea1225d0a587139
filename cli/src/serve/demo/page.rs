//! What all pages of the demo share: their frame, what they may load, and the files that they load.

use bytes::Bytes;
use forthright_core::http::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use minijinja::{Environment, UndefinedBehavior, Value, context};

/// The stylesheet.
pub(super) const STYLE_PATH: &str = "/demo/style.css";
/// The script, which brings new messages. The pages work without it.
pub(super) const SCRIPT_PATH: &str = "/demo/live.js";
/// The icon.
pub(super) const ICON_PATH: &str = "/demo/icon.svg";

/// Nothing of others, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FRAME: &str = include_str!("frame.html.j2");

/// Which part of the demo a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The customer's phone.
    Phone,
    /// The people of the brand.
    Agent,
}

/// A page: `template` filled with `what`, in the frame.
pub(super) fn page(
    status: StatusCode,
    part: Part,
    title: &str,
    template: &'static str,
    what: Value,
) -> Response {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    // Names that end in `.html` are escaped.
    let rendered = environment.render_named_str("part.html", template, what).and_then(|body| {
        let frame = context! {
            title,
            is_phone => part == Part::Phone,
            body => Value::from_safe_string(body),
        };
        environment.render_named_str("frame.html", FRAME, frame)
    });
    match rendered {
        Ok(body) => respond(status, "text/html; charset=utf-8", body.into()),
        Err(error) => {
            tracing::error!(
                name = error.name(),
                line = error.line(),
                "a page could not be rendered"
            );
            let why = "The page could not be shown.";
            respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", why.into())
        }
    }
}

/// A page that says what is wrong and where to go on.
pub(super) fn wrong(status: StatusCode, what: &str) -> Response {
    page(status, Part::Phone, "This did not work", include_str!("wrong.html.j2"), context! { what })
}

/// Leads on to another page, after a form.
pub(super) fn lead_to(path: &str) -> Response {
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", Bytes::new());
    if let Ok(value) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// The stylesheet.
pub(super) fn style() -> Response {
    respond(StatusCode::OK, "text/css; charset=utf-8", include_str!("style.css").into())
}

/// The script.
pub(super) fn script() -> Response {
    respond(StatusCode::OK, "text/javascript; charset=utf-8", include_str!("live.js").into())
}

/// The icon.
pub(super) fn icon() -> Response {
    respond(StatusCode::OK, "image/svg+xml", include_str!("icon.svg").into())
}

fn respond(status: StatusCode, kind: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        // With less, browsers would not say where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
