//! After the data was put back from a copy: what the copy does not know is done again, before anything is served.
//!
//! Each erasure enters a ledger before it begins. The ledger lies in the table of keys, which is never put back, so
//! it knows of every erasure that the data has forgotten (GDPR art. 17; EDPB on backups: an erasure must not be undone
//! by a restore). It holds pseudonyms of people whose keys are destroyed, and times.

use super::{
    Register,
    request::{ErasureStep, NewRequest, RequestKind, RequestState, RequestView, request_item},
    rights::Rights,
    stores::Commit,
};
use crate::{
    fault::Fault,
    ids::{BrandId, RequestId},
    seal::Vault,
    table::{Attribute, Item, Key, Table, TableName, Write},
};

impl<T: Table, V: Vault> Rights<T, V> {
    /// Notes that a brand's data was just put back from a copy, and does again the erasures that the copy does not
    /// know: how many. It can be repeated, and goes on where it was.
    ///
    /// It must be called before anything is served.
    pub async fn restored(&self, brand: &BrandId) -> Result<usize, Fault> {
        Register::new(&self.0).note_restore(brand).await?;
        self.erase_again(brand).await
    }

    /// Does again the erasures that the data does not know: how many.
    pub async fn erase_again(&self, brand: &BrandId) -> Result<usize, Fault> {
        let ledger = Key::erasures(brand);
        let (mut entries, damaged) = self.0.rows_of(TableName::Keys, ledger, "").await?;
        if !damaged.is_empty() {
            // Whose data is to be erased cannot be told: nothing may be served.
            return Err(Fault::Damaged { what: "erasure ledger" });
        }
        // In their order: a person may have been erased more than once.
        entries.sort_by_key(|entry| entry.get_time(Attribute::ReceivedAt));
        let mut again = 0_usize;
        for entry in entries {
            if self.is_erased_again(brand, &entry).await? {
                again = again.saturating_add(1);
            }
        }
        Ok(again)
    }

    async fn is_erased_again(&self, brand: &BrandId, entry: &Item) -> Result<bool, Fault> {
        let request: RequestId =
            entry.key.sort.parse().map_err(|_cause| Fault::Damaged { what: "erasure ledger" })?;
        let [row] = self.0.get([Key::request(request)]).await?;
        let state: Option<RequestState> =
            row.map(|row| row.parse_required(Attribute::State)).transpose()?;
        if state == Some(RequestState::Completed) {
            return Ok(false);
        }
        if state.is_none() {
            let new = NewRequest {
                request,
                kind: RequestKind::Erasure,
                brand: brand.clone(),
                subject: entry.json_required(Attribute::Pid)?,
                // The person was told the first time.
                notice: None,
                language: None,
            };
            let row = request_item(&new, RequestState::InProgress, self.0.now());
            self.0.commit(vec![Write::create(row)]).await?;
        }
        Ok(matches!(self.advance(request).await?, ErasureStep::Completed(_)))
    }

    /// Enters an erasure into the ledger, before anything is destroyed.
    pub(super) async fn enter(&self, request: &RequestView) -> Result<(), Fault> {
        let entry = Item::new(Key::erasure(&request.brand, request.request))
            .json(Attribute::Pid, request.subject())
            .time(Attribute::ReceivedAt, self.0.now());
        match self.0.commit(vec![Write::create(entry)]).await? {
            // Moved: an earlier try, or another, entered the same.
            Commit::Done | Commit::Moved(Some(_)) => Ok(()),
            Commit::Moved(None) => Err(Fault::Contended { what: "erasure ledger" }),
        }
    }
}
