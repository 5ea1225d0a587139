//! The agent page: the queue of cases, a case, and what a person does with it. It asks the same function as the cases
//! API, in the same words.

mod view;

use std::sync::Arc;

use forthright_core::{
    CaseId, Clock, Entropy, Fault, Handle, Personal, Secret,
    http::{Request, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use minijinja::{context, value::Serde};
use serde::Deserialize;
use serde_json::json;

use super::{
    super::Local,
    fields, fresh_id,
    page::{self, Part, lead_to, page},
};
use view::{Queue, Shown, Spoken};

/// What the page calls itself where the API asks who works.
const NAME: &str = "demo";
/// Matches no case: what is sent for a case that was shown without a version.
const NO_VERSION: &str = "\"\"";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The pages, and what they stand on.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) bundle: Arc<Local>,
    pub(super) operator_token: Secret,
    pub(super) operator: String,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
}

/// What a person does with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Answer,
    Take,
    Note,
    HandBack,
    Close,
}

impl Act {
    const ALL: [Self; 5] = [Self::Answer, Self::Take, Self::Note, Self::HandBack, Self::Close];

    /// Its name in paths, ours and the API's.
    const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Take => "take",
            Self::Note => "note",
            Self::HandBack => "hand-back",
            Self::Close => "close",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// What is said when it is done.
    const fn done(self) -> &'static str {
        match self {
            Self::Answer => "Your answer is on its way.",
            Self::Take => "The case is yours.",
            Self::Note => "Your note is kept. The customer does not see it.",
            Self::HandBack => "The machine has the conversation again.",
            Self::Close => "The case is closed.",
        }
    }

    /// What is sent along.
    fn body(self, text: Option<&Personal<String>>) -> serde_json::Value {
        match self {
            Self::Answer | Self::Note => json!({ "text": text.map(Personal::reveal) }),
            Self::Take => json!({ "agent": NAME }),
            Self::HandBack | Self::Close => json!({}),
        }
    }
}

/// The case that a path names, and what is done with it.
pub(super) fn read(path: &str) -> Option<(CaseId, Option<Act>)> {
    let rest = path.strip_prefix("/agent/cases/")?;
    Some(match rest.split_once('/') {
        None => (rest.parse().ok()?, None),
        Some((case, act)) => (case.parse().ok()?, Some(Act::named(act)?)),
    })
}

/// What was done before the page is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    done: Option<String>,
}

impl Before {
    fn notice(&self) -> Option<&'static str> {
        self.done.as_deref().and_then(Act::named).map(Act::done)
    }
}

/// A form of the case's page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// The version of the case that the person saw.
    etag: String,
    /// The same each time the same form is sent.
    once: String,
    text: Option<Personal<String>>,
}

/// What the API refused, for the page that is shown again.
#[derive(Debug, Default)]
struct Refused {
    status: Option<StatusCode>,
    why: Option<String>,
    act: Option<Act>,
    text: Option<Personal<String>>,
}

impl Agent {
    /// The queue.
    pub(super) async fn list(&self, request: Request) -> Result<Response, Fault> {
        let before: Before = match fields(request).await {
            Ok(before) => before,
            Err(wrong) => return Ok(wrong),
        };
        let answer = self.call(Method::GET, "/api/cases", &[], None).await?;
        let Ok(queue) = serde_json::from_slice::<Queue>(answer.body()) else {
            return Ok(page::wrong(answer.status(), &why(&answer)));
        };
        let cases = queue.shown(&self.clock.now().rfc3339());
        let what = context! { operator => &self.operator, notice => before.notice(), cases };
        let template = include_str!("queue.html.j2");
        Ok(page(StatusCode::OK, Part::Agent, "Cases", template, what))
    }

    /// One case.
    pub(super) async fn show(&self, case: CaseId, request: Request) -> Result<Response, Fault> {
        match fields::<Before>(request).await {
            Ok(before) => self.case(case, before.notice(), Refused::default()).await,
            Err(wrong) => Ok(wrong),
        }
    }

    async fn case(
        &self,
        case: CaseId,
        notice: Option<&'static str>,
        refused: Refused,
    ) -> Result<Response, Fault> {
        let answer = self.call(Method::GET, &format!("/api/cases/{case}"), &[], None).await?;
        let Ok(shown) = serde_json::from_slice::<Shown>(answer.body()) else {
            return Ok(page::wrong(answer.status(), &why(&answer)));
        };
        let etag = answer.headers().get(header::ETAG).and_then(|value| value.to_str().ok());
        let lines: Vec<_> = shown.thread.iter().map(Spoken::of).collect();
        let Refused { status, why, act, text } = refused;
        let what = context! {
            operator => &self.operator,
            case => shown.case.shown(&self.clock.now().rfc3339()),
            is_live => shown.case.state.is_live(),
            etag => etag.unwrap_or(NO_VERSION),
            once => fresh_id(&self.entropy),
            answer => text.as_ref().filter(|_| act == Some(Act::Answer)).map(Personal::reveal),
            note => text.as_ref().filter(|_| act == Some(Act::Note)).map(Personal::reveal),
            refused => why,
            notice,
            lines => Serde(lines),
        };
        let (status, template) = (status.unwrap_or(StatusCode::OK), include_str!("case.html.j2"));
        Ok(page(status, Part::Agent, "A case", template, what))
    }

    /// Does something with a case, as it was when the person saw it.
    pub(super) async fn act(
        &self,
        case: CaseId,
        act: Act,
        request: Request,
    ) -> Result<Response, Fault> {
        let form: Form = match fields(request).await {
            Ok(form) => form,
            Err(wrong) => return Ok(wrong),
        };
        let path = format!("/api/cases/{case}/{}", act.name());
        let headers = [(header::IF_MATCH, form.etag.as_str()), (IDEMPOTENCY_KEY, &form.once)];
        let body = act.body(form.text.as_ref());
        let answer = self.call(Method::POST, &path, &headers, Some(&body)).await?;
        if answer.status().is_success() {
            let (done, of) = (act.name(), format!("/agent/cases/{case}"));
            let page = if act == Act::Close { "/agent" } else { &of };
            return Ok(lead_to(&format!("{page}?done={done}")));
        }
        let status = Some(answer.status());
        let refused = Refused { status, why: Some(why(&answer)), act: Some(act), text: form.text };
        self.case(case, None, refused).await
    }

    /// Asks the function behind the cases API, with the token that opens it.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Response, Fault> {
        let wrong = |_cause| Fault::rejected("a call that cannot be written");
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut request = Request::new(body.into());
        *request.method_mut() = method;
        *request.uri_mut() = Uri::try_from(path)
            .map_err(|_cause| Fault::rejected("a path that cannot be written"))?;
        let token = [b"Bearer ", self.operator_token.reveal()].concat();
        let mut token = HeaderValue::from_bytes(&token).map_err(wrong)?;
        token.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, token);
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(wrong)?);
        }
        self.bundle.escalation.handle(request).await
    }
}

/// What the API says is wrong.
fn why(answer: &Response) -> String {
    #[derive(Deserialize)]
    struct Wrong {
        error: String,
        reason: Option<String>,
    }
    match serde_json::from_slice::<Wrong>(answer.body()) {
        Ok(Wrong { error, reason: None }) => error,
        Ok(Wrong { error, reason: Some(reason) }) => {
            format!("{error}: {}", super::trace::words(&reason))
        }
        Err(_) => format!("the cases API answered {}", answer.status()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_paths_are_read() {
        let case = "ab".repeat(16);
        let id = case.parse().unwrap();
        assert_eq!(read(&format!("/agent/cases/{case}")), Some((id, None)));
        for act in Act::ALL {
            let path = format!("/agent/cases/{case}/{}", act.name());
            assert_eq!(read(&path), Some((id, Some(act))));
        }
        for path in ["/agent/cases/", "/agent/cases/1", "/agent", "/agent/cases/1/answer"] {
            assert_eq!(read(path), None, "{path}");
        }
        assert_eq!(read(&format!("/agent/cases/{case}/erase")), None);
        assert_eq!(read(&format!("/agent/cases/{case}/answer/")), None);
    }

    #[test]
    fn what_the_api_refuses_is_told_with_its_reason() {
        let told = |body: &str| {
            let mut answer = Response::new(body.to_owned().into());
            *answer.status_mut() = StatusCode::CONFLICT;
            why(&answer)
        };
        assert_eq!(told(r#"{"error":"somebody was faster"}"#), "somebody was faster");
        assert_eq!(told(r#"{"error":"no","reason":"opted_out"}"#), "no: opted out");
        assert_eq!(told("<html>"), "the cases API answered 409 Conflict");
    }
}
