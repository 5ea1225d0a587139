//! Of which accounts a body may speak.

use forthright_core::{Account, Accounts, ids::Address};

/// Of which accounts a body may speak.
#[derive(Debug, Clone, Copy)]
pub enum Served<'a> {
    /// Of any: it is only looked at.
    Any,
    /// Of the account whose path it came to, and of others that the same app of the same brand serves. One app may
    /// serve several accounts, and each has a signature that is right: the account in the path does not make the
    /// body's claim true.
    Of(&'a Account, &'a Accounts),
}

impl<'a> Served<'a> {
    /// Whether a body may speak of the account that it names.
    pub fn has(self, named: Option<&str>) -> bool {
        matches!(self, Self::Any) || self.address(named).is_some()
    }

    /// The address of the account that a body names.
    pub fn address(self, named: Option<&str>) -> Option<&'a Address> {
        let (Self::Of(account, accounts), Some(named)) = (self, named) else {
            return None;
        };
        if named == account.at.account.as_str() {
            return Some(&account.at);
        }
        accounts.sibling(account, named).map(|sibling| &sibling.at)
    }
}
