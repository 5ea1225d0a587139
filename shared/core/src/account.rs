//! The accounts that are served, with the secrets that open them.

use std::{num::NonZeroU32, time::Duration};

use crate::{
    ids::{AccountId, Address, BrandId, Channel},
    personal::Secret,
};

/// One account of a brand on a platform.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whose, on which platform, which.
    pub at: Address,
    /// Where the platform's API is, such as `https://graph.facebook.com`, without a trailing slash.
    pub api_base: String,
    /// Which version of it, such as `v25.0`.
    pub api_version: String,
    /// The app secrets that sign webhooks: one, or two while they are rotated.
    pub app_secrets: Vec<Secret>,
    /// What the platform shows when it subscribes.
    pub verify_token: Secret,
    /// What opens the platform's API for us.
    pub access_token: Secret,
    /// How many messages a second the platform takes from it.
    pub messages_per_second: NonZeroU32,
    /// How long after a customer's message the brand's people may answer it: the platform's window, or more where the
    /// account has the platform's permission ([`HUMAN_AGENT_WINDOW`](crate::gate::HUMAN_AGENT_WINDOW)).
    pub people_window: Duration,
}

/// Every account that this process serves.
#[derive(Debug, Clone, Default)]
pub struct Accounts(Vec<Account>);

impl Accounts {
    /// These accounts.
    pub const fn new(accounts: Vec<Account>) -> Self {
        Self(accounts)
    }

    /// The account with this id on this channel.
    pub fn find(&self, channel: Channel, account: &str) -> Option<&Account> {
        self.0.iter().find(|one| one.at.channel == channel && one.at.account.as_str() == account)
    }

    /// The account at this address.
    pub fn at(&self, at: &Address) -> Option<&Account> {
        self.0.iter().find(|one| one.at == *at)
    }

    /// The account with this id that the same app of the same brand serves: its webhook bodies are signed
    /// with the same secret, so one body may speak of both.
    pub fn sibling(&self, of: &Account, account: &str) -> Option<&Account> {
        self.find(of.at.channel, account).filter(|other| {
            other.at.brand == of.at.brand
                && other
                    .app_secrets
                    .iter()
                    .any(|secret| of.app_secrets.iter().any(|own| own.matches(secret.reveal())))
        })
    }

    /// Every account.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.iter()
    }

    /// The brands whose accounts these are, each once.
    pub fn brands(&self) -> Vec<&BrandId> {
        let mut brands: Vec<_> = self.0.iter().map(|account| &account.at.brand).collect();
        brands.sort_unstable();
        brands.dedup();
        brands
    }
}

/// The id of an account that two entries name, if any: one account has one brand.
pub fn duplicate(accounts: &[Account]) -> Option<&AccountId> {
    accounts.iter().enumerate().find_map(|(index, one)| {
        let later = accounts.get(index.saturating_add(1)..)?;
        later
            .iter()
            .any(|other| other.at.channel == one.at.channel && other.at.account == one.at.account)
            .then_some(&one.at.account)
    })
}
