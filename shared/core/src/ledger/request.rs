//! A request of a person: what it is, and the row that notes it.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::stores::{Stores, due_entry};
pub use crate::challenge::RequestKind;
use crate::{
    case::named,
    fault::Fault,
    ids::{BrandId, Epoch, Pid, RequestId},
    language::Language,
    queue::{Hint, RequestRef},
    seal::Vault,
    table::{Attribute, Index, Item, Key, Table},
    time::Time,
};

/// How long an erasure waits for its final notice at most. The notice is a courtesy, the erasure a duty.
pub(super) const NOTICE_WAIT: Duration = Duration::from_secs(30);

named! {
    /// Where a request stands.
    RequestState "request state" {
        /// It came in.
        Received = "received",
        /// The person must show who they are, or which conversation is meant.
        Identifying = "identifying",
        /// It is being served.
        InProgress = "in_progress",
        /// It is served.
        Completed = "completed",
        /// It was refused, with a reason.
        Refused = "refused",
        /// The person withdrew it.
        Cancelled = "cancelled",
    }
}

/// One person, as far as links and proofs tell: every subject with its present epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject(pub(super) Vec<(Pid, Epoch)>);

impl Subject {
    /// Whether nobody was found.
    pub const fn is_nobody(&self) -> bool {
        self.0.is_empty()
    }

    /// Also whoever `other` is.
    pub fn extend(&mut self, other: Self) {
        for one in other.0 {
            if !self.0.contains(&one) {
                self.0.push(one);
            }
        }
    }
}

/// A request as it comes in.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Its id.
    pub request: RequestId,
    /// What is demanded.
    pub kind: RequestKind,
    /// Of whom.
    pub brand: BrandId,
    /// Whose data; nobody if no conversation could be matched.
    pub subject: Subject,
    /// The template of the notice that goes out before an erasure, if one should.
    pub notice: Option<String>,
    /// In which language the notice is; none means that of the brand.
    pub language: Option<Language>,
}

/// A request as its status page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestView {
    /// Its id.
    pub request: RequestId,
    /// Of whom.
    pub brand: BrandId,
    /// What is demanded.
    pub kind: RequestKind,
    /// Where it stands.
    pub state: RequestState,
    /// When it came in, RFC 3339.
    pub received_at: String,
    /// When it came to its end, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether a conversation could be matched to it.
    pub matched: bool,
    /// What an erasure removed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    #[serde(skip)]
    pub(super) subject: Subject,
}

impl RequestView {
    /// Whose data it is about.
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// What an erasure removed: its receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Messages of the person, each with its answer.
    pub messages: u64,
    /// All rows.
    pub rows: u64,
}

/// How far an erasure came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureStep {
    /// The final notice is on its way: look again at this time, or when it has ended.
    Waiting(Time),
    /// Nothing is left.
    Completed(Erased),
    /// There is no such request, or none to erase.
    Nothing,
}

pub(super) fn hint_of(new: &NewRequest) -> Hint {
    Hint::Privacy(RequestRef { brand: new.brand.clone(), request: new.request })
}

pub(super) fn request_item(new: &NewRequest, state: RequestState, now: Time) -> Item {
    let item = Item::new(Key::request(new.request))
        .text(Attribute::State, state)
        .text(Attribute::Kind, new.kind)
        .text(Attribute::Brand, &new.brand)
        .json(Attribute::Pid, &new.subject)
        .time(Attribute::ReceivedAt, now)
        .listed(Index::Listing, format!("requests#{}", new.brand), now);
    if state == RequestState::InProgress {
        return item.listed(Index::Due, due_of(new.request), now.plus(NOTICE_WAIT));
    }
    item
}

/// The entry of the index of due work under which a request stands.
fn due_of(request: RequestId) -> String {
    let [first, ..] = *request.bytes();
    due_entry(first % super::DUE_SHARDS)
}

pub(super) fn view(row: &Item) -> Result<RequestView, Fault> {
    let subject: Subject = row.json_required(Attribute::Pid)?;
    let damaged = Fault::Damaged { what: "request" };
    let (Some(request), Some(received_at)) =
        (row.key.as_request(), row.get_time(Attribute::ReceivedAt))
    else {
        return Err(damaged);
    };
    Ok(RequestView {
        request,
        brand: row.parse_required(Attribute::Brand)?,
        kind: row.parse_required(Attribute::Kind)?,
        state: row.parse_required(Attribute::State)?,
        received_at: received_at.rfc3339(),
        ended_at: row.get_time(Attribute::EndedAt).map(Time::rfc3339),
        matched: !subject.is_nobody(),
        erased: row.get_json(Attribute::Erased)?,
        subject,
    })
}

/// The hint for a request that is due.
pub(super) async fn hint<T: Table, V: Vault>(
    stores: &Stores<T, V>,
    request: RequestId,
) -> Result<Option<Vec<Hint>>, Fault> {
    let [row] = stores.get([Key::request(request)]).await?;
    let Some(view) = row.map(|row| view(&row)).transpose()? else {
        return Ok(None);
    };
    let due = view.state == RequestState::InProgress;
    Ok(due.then(|| vec![Hint::Privacy(RequestRef { brand: view.brand, request })]))
}
