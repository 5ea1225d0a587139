//! What people of the brand do: they read a case, and then do something with what they have read.

use forthright_core::{
    CaseId, ETag,
    case::CaseState,
    http::Request,
    table::{Attribute, Item},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Call, World};
use crate::simulate::{act::Deed, host::OPERATOR_TOKEN, promise::Promise};

impl Call {
    /// A call that nobody answered yet.
    pub(super) const fn new(request: Request) -> Self {
        Self { request, tries: 0, demand: None }
    }

    /// A call of an API with this body.
    pub(super) fn of(path: &str, body: &Value) -> Self {
        Self::new(post(path, body.to_string()))
    }

    fn says(&mut self, name: header::HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.request.headers_mut().insert(name, value);
        }
    }

    /// Which answer it asks for: to which case, as whoever has read this version of it.
    fn answer(&self) -> Option<(String, String)> {
        let path = self.request.uri().path().strip_suffix("/answer")?;
        let tag = self.request.headers().get(header::IF_MATCH)?.to_str().ok()?;
        Some((path.to_owned(), tag.to_owned()))
    }
}

impl World {
    /// Somebody reads a case, and does something with it. Now and then two people do who have read the same.
    pub(super) fn agent(&mut self, deed: Deed, case: usize) {
        let rows = self.ground.memory.rows();
        let live = rows.iter().filter(|row| {
            let state = row.parse::<CaseState>(Attribute::State).ok().flatten();
            row.key.partition.starts_with("C#") && state.is_some_and(CaseState::is_live)
        });
        let live: Vec<(CaseId, &Item)> =
            live.filter_map(|row| Some((row.key.as_case()?, row))).collect();
        let chosen = case.checked_rem(live.len()).and_then(|index| live.get(index));
        let Some((case, row)) = chosen else {
            return;
        };
        let tag = ETag::of(row.version);
        let people = if self.calls.len().is_multiple_of(3) { 2 } else { 1 };
        for _ in 0..people {
            self.does(deed, *case, tag, row.get_text(Attribute::Assignee));
        }
    }

    /// Does something with a case that somebody has, as whoever has read this version of it.
    fn does(&mut self, deed: Deed, case: CaseId, tag: ETag, assignee: Option<&str>) {
        let number = self.calls.len();
        let words = format!("CANARY person {number}");
        let (name, body) = match deed {
            Deed::Take => {
                self.tally.count("people take cases");
                // Of three people, who takes it from whoever has it.
                let agent = format!("agent-{}", number % 3);
                ("take", json!({ "agent": agent, "from": assignee }))
            }
            Deed::Answer => {
                self.ground.platform.expect_words(&words);
                self.tally.count("people answer");
                ("answer", json!({ "text": words }))
            }
            Deed::Note => {
                self.tally.count("people note something");
                ("note", json!({ "text": words }))
            }
            Deed::HandBack => {
                self.tally.count("people hand back");
                ("hand-back", json!({}))
            }
            Deed::Close => {
                self.tally.count("people close");
                ("close", json!({}))
            }
        };
        let mut call = Call::of(&format!("/api/cases/{case}/{name}"), &body);
        call.says(header::IF_MATCH, &tag.to_string());
        self.make(call);
    }

    /// Makes a call of one of the APIs.
    pub(super) fn make(&mut self, mut call: Call) {
        let number = self.calls.len();
        call.says(header::AUTHORIZATION, &format!("Bearer {OPERATOR_TOKEN}"));
        call.says(header::HeaderName::from_static("idempotency-key"), &format!("key-{number}"));
        self.calls.push(call);
        self.make_call(number);
    }

    /// What comes of somebody's move. Who hears that the case moved reads it again and then does the same.
    pub(super) fn case_moved(&mut self, number: usize, status: StatusCode, body: &[u8]) {
        let Some(call) = self.calls.get_mut(number) else {
            return;
        };
        if status == StatusCode::PRECONDITION_FAILED {
            let body: Option<Value> = serde_json::from_slice(body).ok();
            if let Some(tag) = body.as_ref().and_then(|body| body.get("etag")?.as_str()) {
                call.says(header::IF_MATCH, tag);
            }
            self.tally.count("people read a case again");
            self.make_call(number);
            return;
        }
        if status == StatusCode::ACCEPTED
            && let Some(answer) = call.answer()
        {
            let first = *self.answers.entry(answer).or_insert(number);
            if first != number {
                let what = "two people answered what each believed to answer alone".to_owned();
                self.ground.watch.breaks(Promise::Double, self.now(), what);
            }
        }
    }
}

pub(super) fn post(path: &str, body: String) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}
