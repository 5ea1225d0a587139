//! What a test sees at a desk: rows, gates, and the disclosures of what was sent.

use forthright_core::{
    BrandId, Pid, Table,
    gate::Gate,
    ids::Address,
    outbound::Placement,
    table::{Attribute, Item, Kept, Key, Write, WriteToken},
};
use forthright_policy::Language;

use super::Desk;

impl Desk {
    pub(crate) fn at(&self) -> &Address {
        &self.served.accounts.iter().next().unwrap().at
    }

    pub(crate) fn brand(&self) -> &BrandId {
        &self.at().brand
    }

    /// The rows whose partition begins with this.
    pub(crate) fn rows(&self, partition: &str) -> Vec<Item> {
        let rows = self.memory.rows().into_iter();
        rows.filter(|row| row.key.partition.starts_with(partition)).collect()
    }

    /// Every inbound message's row, by the platform's time.
    pub(crate) fn messages(&self) -> Vec<Item> {
        let mut rows = self.rows(Key::SUBJECT);
        rows.retain(|row| row.key.sort.starts_with(Key::MESSAGE));
        rows.sort_by_key(|row| row.get_time(Attribute::PlatformAt));
        rows
    }

    /// Damages what a row holds sealed, as a disk or a wrong restore does.
    pub(crate) async fn damage(&self, row: &Item) {
        let mut sealed = row.get_bytes(Attribute::Sealed).unwrap().to_vec();
        *sealed.last_mut().unwrap() ^= 1;
        let write = Write::replace(row.clone().next().bytes(Attribute::Sealed, sealed));
        let token = WriteToken::from_bytes([0xda; 16]);
        self.memory.write(token, &[write], Kept::Now).await.unwrap();
    }

    /// The state of every inbound message, by the platform's time.
    pub(crate) fn states(&self) -> Vec<String> {
        texts(&self.messages(), Attribute::State)
    }

    pub(crate) fn gates(&self) -> Vec<Gate> {
        let gate = |row: &Item| {
            let pid: Pid = row.key.partition.strip_prefix("G#").unwrap().parse().unwrap();
            Gate::from_item(pid, row).unwrap()
        };
        self.rows("G#").iter().map(gate).collect()
    }

    /// The gate of the only subject.
    pub(crate) fn gate(&self) -> Gate {
        let gates = self.gates();
        assert_eq!(gates.len(), 1, "there is one subject");
        gates.into_iter().next().unwrap()
    }

    /// Which disclosure a text carries in its full wording, and where it belongs.
    pub(crate) fn disclosure(&self, text: &str) -> Option<Placement> {
        let all = self.served.book.disclosures(self.brand(), Language::ENGLISH).unwrap();
        Placement::ALL.into_iter().find(|placement| {
            let full = &all.statement(*placement).full;
            if placement.is_prefix() { text.starts_with(full) } else { text.ends_with(full) }
        })
    }

    /// Which disclosures the sent texts carry.
    pub(crate) fn disclosures(&self) -> Vec<Option<Placement>> {
        self.sent().iter().map(|text| self.disclosure(text)).collect()
    }
}

/// A text attribute of each row.
pub(crate) fn texts(rows: &[Item], attribute: Attribute) -> Vec<String> {
    rows.iter().map(|row| row.get_text(attribute).unwrap_or_default().to_owned()).collect()
}
