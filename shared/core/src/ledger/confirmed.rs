//! An erasure that the person asked for in the conversation and confirmed with a code.

use super::{
    inbox::{Inbox, Opened},
    request::{NewRequest, RequestKind, RequestState, Subject, hint_of, request_item},
};
use crate::{
    fault::Fault,
    gate::Gate,
    ids::RequestId,
    language::Language,
    queue::Hint,
    seal::Vault,
    subject::SubjectWrites,
    table::{Attribute, Item, Table, Write},
};

impl<T: Table, V: Vault> Inbox<T, V> {
    /// The writes that note the request with its last notice and bring the message that confirmed it to its end, all
    /// or none, and who should look next.
    pub(super) async fn erase_as_confirmed(
        &self,
        opened: &Opened,
        item: Item,
        (notice, language): (&str, Option<Language>),
    ) -> Result<(Vec<Write>, Vec<Hint>), Fault> {
        let now = self.0.now();
        let gate = Gate { challenge: None, ..opened.gate.clone() };
        let mut everybody = vec![(gate.pid, gate.epoch)];
        let twins = self.0.twins(&opened.gate).await?;
        everybody.extend(twins.iter().map(|twin| (twin.pid, twin.epoch)));
        let new = NewRequest {
            // It opens the status page: random, and told to nobody but the person.
            request: RequestId::from_bytes(self.0.entropy.bytes()),
            kind: RequestKind::Erasure,
            brand: gate.at.brand.clone(),
            subject: Subject(everybody),
            notice: Some(notice.to_owned()),
            language,
        };
        let request = request_item(&new, RequestState::InProgress, now);
        let brand = self.0.vault.brand(&new.brand).await?;
        let key = self.0.keyring(&brand).find(gate.pid, gate.epoch).await?;
        let writes = SubjectWrites::moving(&gate).and(Write::replace(item));
        let mut hints = vec![hint_of(&new)];
        let Some(key) = key else {
            return Ok((writes.and(Write::create(request)).into_writes(), hints));
        };
        let (task, notice) = self.0.notice_item(&new, (&gate, &key), &opened.written.ids, now)?;
        let request = request.text(Attribute::Notice, task.task);
        hints.insert(0, Hint::Outbound(task));
        Ok((writes.create(notice).and(Write::create(request)).into_writes(), hints))
    }
}
