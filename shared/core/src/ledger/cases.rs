//! Cases: the queue of people, and the conversations behind them.

use std::sync::Arc;

use serde::Serialize;

use super::{case_rows::entry, stores::Stores};
use crate::{
    case::{Actor, AgentName, CaseState, Move, Priority, Reason},
    etag::ETag,
    fault::Fault,
    ids::{Address, BrandId, CallId, CaseId, Epoch, Pid},
    personal::Personal,
    seal::Vault,
    state::State,
    table::{Action, Attribute, Grant, Index, Item, Key, Table},
    time::Time,
};

/// What agents see and do.
#[derive(Debug)]
pub struct Cases<T, V>(pub(super) Arc<Stores<T, V>>);

impl<T, V> Clone for Cases<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A case as the queue shows it: enums and times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// Which case.
    pub case: CaseId,
    /// Where it stands.
    pub state: CaseState,
    /// Why a person must look.
    pub reason: Reason,
    /// How urgent it is.
    pub priority: Priority,
    /// On which account.
    #[serde(flatten)]
    pub at: Address,
    /// When it was opened.
    #[serde(serialize_with = "rfc3339")]
    pub opened_at: Time,
    /// Until when it should be answered.
    #[serde(serialize_with = "rfc3339")]
    pub sla_at: Time,
    /// Who moved it last.
    pub actor: Actor,
    /// Who of the brand's people has it, if they said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentName>,
    /// Which version of the case this is.
    pub etag: ETag,
    /// What became known after its message had come to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    #[serde(skip)]
    pub(super) subject: Option<(Pid, Epoch)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn rfc3339<S: serde::Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.rfc3339())
}

/// One line of a conversation, for the agent who holds the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thread {
    /// Who said it.
    pub by: Actor,
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub at: Time,
    /// Where the message stands; none of a note, which goes nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What kind of message, such as `text` or `image`, or `note`.
    pub kind: String,
    /// What was said; none if it was not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal<String>>,
    /// Why the machine decided as it did: closed enums, scores and ids of the decision's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<crate::decision::Decision>,
}

impl<T: Table, V: Vault> Cases<T, V> {
    /// What the ledger does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::keys(Action::Get, "K#"),
        Grant::data(Action::Get, "G#"),
        Grant::data(Action::Put, "G#"),
        Grant::data(Action::Check, "G#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
        Grant::data(Action::Get, "S#"),
        Grant::data(Action::Put, "S#"),
        Grant::data(Action::Query, "S#"),
        Grant::data(Action::QueryIndex(Index::Listing), "cases#"),
    ];

    /// The ledger over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// A brand's live cases, the most urgent first; at most `limit`.
    pub async fn list(&self, brand: &BrandId, limit: usize) -> Result<Vec<CaseView>, Fault> {
        let until = Time::from_millis(i64::MAX);
        let keys = self.0.listed(Index::Listing, entry(brand), until, limit).await?;
        let mut views = Vec::new();
        for row in self.0.get_whole(&keys).await? {
            let view = view(&row)?;
            if view.state.is_live() && view.at.brand == *brand {
                views.push(view);
            }
        }
        Ok(views)
    }

    /// One case; none if there is none with this id.
    pub async fn find(&self, case: CaseId) -> Result<Option<CaseView>, Fault> {
        let [row] = self.0.get([Key::case(case)]).await?;
        row.map(|row| view(&row)).transpose()
    }

    /// The id of a call that moves a case: the same each time it is repeated under `repeated`, else a new one.
    pub async fn call_id(
        &self,
        view: &CaseView,
        made: Move,
        repeated: Option<&[u8]>,
    ) -> Result<CallId, Fault> {
        let Some(repeated) = repeated else {
            return Ok(CallId::from_bytes(self.0.entropy.bytes()));
        };
        Ok(self.0.vault.brand(&view.at.brand).await?.call_id(made, view.case, repeated))
    }

    /// The conversation behind a case, oldest line first; none if it is erased.
    pub async fn thread(&self, view: &CaseView) -> Result<Option<Vec<Thread>>, Fault> {
        let Some((pid, epoch)) = view.subject else {
            return Ok(Some(Vec::new()));
        };
        let brand = self.0.vault.brand(&view.at.brand).await?;
        let Some(subject) = self.0.keyring(&brand).find(pid, epoch).await? else {
            return Ok(None);
        };
        let partition = Key::subject_partition(pid, epoch);
        let (rows, damaged) = self.0.partition_as_it_is(partition, "").await?;
        let mut lines = Vec::new();
        let mut unreadable: Vec<_> = damaged.into_iter().map(Item::new).collect();
        for row in rows {
            match super::export::lines::<T, V>(&subject, &row, epoch) {
                Ok(found) => lines.extend(found),
                Err(_) => unreadable.push(row),
            }
        }
        // They do not hide the others: whoever answers must see what can be seen.
        if !unreadable.is_empty() {
            tracing::error!(
                case.id = %view.case, lines = unreadable.len(), alarm = "damaged",
                "lines of a conversation are damaged"
            );
            lines.extend(unreadable.iter().map(super::export::damaged_line));
        }
        lines.sort_by_key(|line| line.at);
        Ok(Some(lines))
    }
}

pub(super) fn view(row: &Item) -> Result<CaseView, Fault> {
    let epoch = row.get_number(Attribute::Epoch).and_then(|number| u32::try_from(number).ok());
    let pid: Option<Pid> = row.parse(Attribute::Pid)?;
    let damaged = Fault::Damaged { what: "case" };
    let (Some(opened_at), Some(sla_at), Some(case)) =
        (row.get_time(Attribute::ReceivedAt), row.get_time(Attribute::SlaAt), row.key.as_case())
    else {
        return Err(damaged);
    };
    Ok(CaseView {
        case,
        state: row.parse_required(Attribute::State)?,
        reason: row.parse_required(Attribute::Reason)?,
        priority: row.parse_required(Attribute::Priority)?,
        at: Address {
            brand: row.parse_required(Attribute::Brand)?,
            channel: row.parse_required(Attribute::Channel)?,
            account: row.parse_required(Attribute::Account)?,
        },
        opened_at,
        sla_at,
        actor: row.parse_required(Attribute::Actor)?,
        assignee: row.parse(Attribute::Assignee)?,
        remark: row.get_text(Attribute::Remark).map(str::to_owned),
        subject: pid.zip(epoch.map(Epoch::from_number)),
        etag: ETag::of(row.version),
    })
}
