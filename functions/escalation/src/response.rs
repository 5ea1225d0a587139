//! What the callers of the cases API are told.

use ::http::{StatusCode, header};
use forthright_core::{
    ETag,
    gate::Refusal,
    http::{Response, error, json},
    ledger::{Answer, Moved},
};
use serde_json::{Value, json};

/// What became of a move; `done` is the status if it is done.
pub(crate) fn moved(done: StatusCode, answer: &Answer) -> Response {
    match answer {
        Answer::Done(Moved { out, note, etag, .. }) => {
            let mut body = json!({ "out": out });
            if let (Some(note), Value::Object(fields)) = (note, &mut body) {
                fields.insert("note".to_owned(), json!(note));
            }
            tagged(done, *etag, body)
        }
        Answer::NotFound => not_found(),
        Answer::Gone => gone(),
        Answer::Ended => error(StatusCode::CONFLICT, "the case is at its end"),
        Answer::Nobody => error(StatusCode::CONFLICT, "there is no conversation behind this case"),
        Answer::Refused(refusal) => {
            let reason = match refusal {
                Refusal::Silent(silence) => silence.name(),
                Refusal::Escalate(reason) => reason.name(),
            };
            let what = "the customer cannot be written to now";
            json(StatusCode::CONFLICT, &json!({ "error": what, "reason": reason }))
        }
        Answer::Differs(etag) => {
            let what = "the case has moved since you read it; read it again, and send its ETag \
                        as If-Match";
            tagged(StatusCode::PRECONDITION_FAILED, *etag, json!({ "error": what }))
        }
        Answer::Taken { assignee, etag } => {
            let what = match assignee {
                Some(_) => {
                    "somebody else has the case; to take it from them, send their name as `from`"
                }
                None => "nobody has the case; to take it, send no `from`",
            };
            let body = json!({ "error": what, "assignee": assignee });
            tagged(StatusCode::CONFLICT, *etag, body)
        }
    }
}

/// JSON with the tag of the case, in the header `ETag` and as the field `etag`.
fn tagged(status: StatusCode, etag: ETag, mut body: Value) -> Response {
    if let Value::Object(fields) = &mut body {
        fields.insert("etag".to_owned(), json!(etag));
    }
    with_tag(json(status, &body), etag)
}

/// The response with the tag of the case as its header.
pub(crate) fn with_tag(mut response: Response, etag: ETag) -> Response {
    if let Some(value) = etag.header() {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

pub(crate) fn tag_is_missing() -> Response {
    error(
        StatusCode::PRECONDITION_REQUIRED,
        "read the case and send its ETag as If-Match, so that nobody else has moved it meanwhile",
    )
}

pub(crate) fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "there is no such case")
}

pub(crate) fn gone() -> Response {
    error(StatusCode::GONE, "the customer's data was erased, and this case with it")
}
