//! The register: what belongs to a brand and to nobody in particular.

use std::{collections::BTreeMap, sync::Arc};

use aws_lc_rs::digest::{self, SHA256};

use super::{
    CLOCK_SKEW,
    case_rows::{self, Cause},
    stores::{Commit, Stores, TRIES},
};
use crate::{
    case::Reason,
    event::Unreadable,
    fault::Fault,
    ids::{Address, BrandId, CaseId},
    personal::Secret,
    seal::Vault,
    table::{Action, Attribute, Grant, Item, Key, Table, Write},
    time::Time,
};

/// Settings, the health of accounts, and records of what could not be read.
#[derive(Debug)]
pub struct Register<T, V>(Arc<Stores<T, V>>);

impl<T, V> Clone for Register<T, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A brand's settings, as they are read when a message is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the machine may answer at all: the kill switch.
    pub automation: bool,
    /// Templates that must not be used any more.
    pub withdrawn: Vec<String>,
    /// Keyed hashes of the access tokens that platforms refused, by account.
    refused: BTreeMap<String, String>,
    /// When the data was last put back from a copy: the machine answers nothing that may be older.
    pub restored_at: Option<Time>,
    version: u64,
}

impl Settings {
    /// The settings that a row holds; those of a brand without a row are on, with nothing withdrawn.
    pub(super) fn from_item(item: Option<&Item>) -> Result<Self, Fault> {
        let Some(item) = item else {
            return Ok(Self {
                automation: true,
                withdrawn: Vec::new(),
                refused: BTreeMap::new(),
                restored_at: None,
                version: 0,
            });
        };
        Ok(Self {
            automation: match item.get_text(Attribute::Automation) {
                Some("on") => true,
                Some("off") => false,
                Some(_) | None => return Err(Fault::Damaged { what: "settings" }),
            },
            withdrawn: item.json_required(Attribute::Withdrawn)?,
            refused: item.json_required(Attribute::Refused)?,
            restored_at: item.get_time(Attribute::RestoredAt),
            version: item.version,
        })
    }

    fn to_item(&self, brand: &BrandId) -> Item {
        let mut item = Item::new(Key::settings(brand))
            .text(Attribute::Automation, if self.automation { "on" } else { "off" })
            .json(Attribute::Withdrawn, &self.withdrawn)
            .json(Attribute::Refused, &self.refused)
            .maybe_time(Attribute::RestoredAt, self.restored_at);
        item.version = self.version.saturating_add(1);
        item
    }
}

/// What a body is recognised by once it is gone: its length and a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyMark {
    bytes: usize,
    digest: [u8; 32],
}

impl BodyMark {
    /// The mark of a body. It costs a hash of the whole: make one for all that is said about a body.
    pub fn of(body: &[u8]) -> Self {
        let mut digest = [0; 32];
        for (byte, from) in digest.iter_mut().zip(digest::digest(&SHA256, body).as_ref()) {
            *byte = *from;
        }
        Self { bytes: body.len(), digest }
    }
}

fn name(at: &Address) -> String {
    format!("{}/{}", at.channel, at.account)
}

impl<T: Table, V: Vault> Register<T, V> {
    /// What the ledger does to which rows.
    pub const GRANTS: &[Grant] = &[
        Grant::keys(Action::Get, "B#"),
        Grant::data(Action::Get, "B#"),
        Grant::data(Action::Put, "B#"),
        Grant::data(Action::Get, "U#"),
        Grant::data(Action::Put, "U#"),
        Grant::data(Action::Get, "C#"),
        Grant::data(Action::Put, "C#"),
    ];

    /// The ledger over these stores.
    pub fn new(stores: &Arc<Stores<T, V>>) -> Self {
        Self(Arc::clone(stores))
    }

    /// The brand's settings.
    pub async fn settings(&self, brand: &BrandId) -> Result<Settings, Fault> {
        let [row] = self.0.get([Key::settings(brand)]).await?;
        Settings::from_item(row.as_ref())
    }

    /// Switches answering by machine on or off: from the next claim on.
    pub async fn set_automation(&self, brand: &BrandId, on: bool) -> Result<(), Fault> {
        self.change(brand, |settings| settings.automation = on, None).await.map(|_| ())
    }

    /// Notes that the data was just put back from a copy. What came before may have been answered after the copy
    /// was made, so a person gets it, and everybody is told anew that a machine answers. It must be noted before
    /// anything is served.
    pub async fn note_restore(&self, brand: &BrandId) -> Result<(), Fault> {
        // Whichever clock stamps what comes, it counts as older while it can be.
        let now = self.0.now().plus(CLOCK_SKEW);
        let note = |settings: &mut Settings| {
            settings.restored_at = settings.restored_at.max(Some(now));
        };
        self.change(brand, note, None).await.map(|_| ())
    }

    /// Withdraws a template: from the next claim on it is not used.
    pub async fn withdraw(&self, brand: &BrandId, template: &str) -> Result<(), Fault> {
        let add = |settings: &mut Settings| {
            if !settings.withdrawn.iter().any(|one| one == template) {
                settings.withdrawn.push(template.to_owned());
            }
        };
        self.change(brand, add, None).await.map(|_| ())
    }

    /// Whether the platform refused this very access token: with a new one the account is open again.
    pub async fn is_suspended(
        &self,
        settings: &Settings,
        at: &Address,
        token: &Secret,
    ) -> Result<bool, Fault> {
        let Some(refused) = settings.refused.get(&name(at)) else {
            return Ok(false);
        };
        let keys = self.0.vault.brand(&at.brand).await?;
        Ok(*refused == keys.evidence(token.reveal()))
    }

    /// Notes that the platform refused an access token, and calls a person. True the first time only, so
    /// that there is one alarm.
    pub async fn suspend(&self, at: &Address, token: &Secret) -> Result<bool, Fault> {
        let keys = self.0.vault.brand(&at.brand).await?;
        let fingerprint = keys.evidence(token.reveal());
        let case = keys.body_case(format!("suspended|{}|{fingerprint}", name(at)).as_bytes());
        let cause = Cause { case, call: Reason::ChannelSuspended.into(), now: self.0.now() };
        let note = |settings: &mut Settings| {
            settings.refused.insert(name(at), fingerprint.clone());
        };
        self.change(&at.brand, note, Some(case_rows::bare_item(at, cause))).await
    }

    /// Changes the settings, if the change changes anything; with it goes a row that must be new.
    async fn change(
        &self,
        brand: &BrandId,
        change: impl Fn(&mut Settings) + Send,
        with: Option<Item>,
    ) -> Result<bool, Fault> {
        for _ in 0..TRIES {
            let before = self.settings(brand).await?;
            let mut settings = before.clone();
            change(&mut settings);
            if settings == before && before.version > 0 {
                return Ok(false);
            }
            let item = settings.to_item(brand);
            let put =
                if settings.version == 0 { Write::create(item) } else { Write::replace(item) };
            let mut writes = vec![put];
            if let Some(with) = &with {
                let [there] = self.0.get([with.key.clone()]).await?;
                if there.is_none() {
                    writes.insert(0, Write::create(with.clone()));
                }
            }
            if self.0.commit(writes).await? == Commit::Done {
                return Ok(true);
            }
            self.0.pause().await;
        }
        Err(Fault::Contended { what: "settings" })
    }

    /// Notes that a signed body, or a part of it, could not be read: how long it was, where reading stopped,
    /// a keyed hash, and nothing of its content. A person gets a case without text. None if it was noted
    /// before.
    pub async fn note_unreadable(
        &self,
        at: &Address,
        body: &BodyMark,
        unreadable: &Unreadable,
    ) -> Result<Option<CaseId>, Fault> {
        let keys = self.0.vault.brand(&at.brand).await?;
        let now = self.0.now();
        let offset = i64::try_from(unreadable.offset).unwrap_or(i64::MAX);
        // One record for each unreadable part of a body, the same for each redelivery of it.
        let part = [&body.digest[..], &offset.to_le_bytes()].concat();
        let case = keys.body_case(&part);
        let record = Item::new(Key::unreadable(at, &keys.evidence(&part)))
            .text(Attribute::Kind, unreadable.kind.name())
            .number(Attribute::BodyBytes, i64::try_from(body.bytes).unwrap_or(i64::MAX))
            .number(Attribute::Offset, offset)
            .text(Attribute::Case, case)
            .time(Attribute::ReceivedAt, now);
        let cause = Cause { case, call: Reason::Unreadable.into(), now };
        let writes = vec![Write::create(case_rows::bare_item(at, cause)), Write::create(record)];
        for _ in 0..TRIES {
            match self.0.commit(writes.clone()).await? {
                Commit::Done => return Ok(Some(case)),
                Commit::Moved(Some(_)) => return Ok(None),
                // Nobody knew what became of it, and it is not there: it is not noted yet.
                Commit::Moved(None) => self.0.pause().await,
            }
        }
        Err(Fault::Contended { what: "record" })
    }
}
