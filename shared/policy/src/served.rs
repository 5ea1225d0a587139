//! What a process serves: the book, and the accounts of the brands that its settings name.

use std::{sync::Arc, time::Duration};

use forthright_core::{
    Account, AccountId, Accounts, Address, BrandId, Channel, SettingsError, Source,
    account::duplicate,
};

use crate::{book::Book, brand::Brand, fault::ContentError};

/// The book and the accounts that a process serves.
#[derive(Debug, Clone)]
pub struct Served {
    /// Everything that people edit.
    pub book: Arc<Book>,
    /// The accounts, with the secrets that open them; each belongs to one brand.
    pub accounts: Accounts,
}

/// Why a process cannot serve. Names settings and places in them, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServedError {
    /// A setting or a secret is missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The content cannot be taken in.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The list of brands has an entry that cannot be served.
    #[error(
        "the setting `{}` is wrong: entry {entry} is {what} (the brands of this build: {known})",
        Served::BRANDS
    )]
    Brand {
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        what: &'static str,
        /// The brands that the book has.
        known: String,
    },
    /// An account that two brands claim: nobody could tell whose customer writes there.
    #[error("the account `{account}` is there twice; one account has one brand")]
    Account {
        /// The account.
        account: AccountId,
    },
}

impl Served {
    /// The setting that names the brands to serve, separated by commas. Required: a brand is served only if
    /// somebody said so.
    pub const BRANDS: &str = "FORTHRIGHT_BRANDS";

    /// The setting that names where `WhatsApp`'s API is reached instead of where the brands' files say: a proxy, or
    /// a stand-in. Optional.
    pub const WHATSAPP_API_BASE: &str = "FORTHRIGHT_WHATSAPP_API_BASE";

    /// The content of this build and the accounts of the brands that [`Self::BRANDS`] names, whose secrets
    /// are looked up in `source`.
    pub fn read(source: &Source) -> Result<Self, ServedError> {
        let names = source.required(Self::BRANDS)?;
        let book = Book::embedded()?;
        let elsewhere = source.optional(Self::WHATSAPP_API_BASE);
        let mut accounts = Vec::new();
        for brand in named(&book, &names)? {
            let mut brand = brand.clone();
            if let Some(base) = &elsewhere {
                brand = brand.with_api_base(Channel::WhatsApp, base).map_err(|_place| {
                    let why = "it must be such as `https://example.com`, without a slash at the end; \
                               `http://` only on this machine";
                    SettingsError::Wrong { name: Self::WHATSAPP_API_BASE.to_owned(), why }
                })?;
            }
            accounts.extend(brand.accounts(source)?);
        }
        Self::of(book, accounts)
    }

    /// The accounts of the brands that [`Self::BRANDS`] names, and how long after a customer's message people may answer
    /// there, for who needs none of their secrets.
    pub fn read_windows(source: &Source) -> Result<Vec<(Address, Duration)>, ServedError> {
        let names = source.required(Self::BRANDS)?;
        let book = Book::embedded()?;
        Ok(named(&book, &names)?.into_iter().flat_map(Brand::people_windows).collect())
    }

    /// Content and accounts that another host has read; refuses an account that is there twice.
    pub fn of(book: impl Into<Arc<Book>>, accounts: Vec<Account>) -> Result<Self, ServedError> {
        if let Some(account) = duplicate(&accounts) {
            return Err(ServedError::Account { account: account.clone() });
        }
        Ok(Self { book: book.into(), accounts: Accounts::new(accounts) })
    }

    /// The brands that are served, each once.
    pub fn brands(&self) -> Vec<BrandId> {
        self.accounts.brands().into_iter().cloned().collect()
    }
}

/// The brands of the list `names`, in its order.
fn named<'book>(book: &'book Book, names: &str) -> Result<Vec<&'book Brand>, ServedError> {
    let wrong = |entry, what| {
        let known: Vec<_> = book.brands().map(|brand| brand.id().as_str()).collect();
        ServedError::Brand { entry, what, known: known.join(", ") }
    };
    let mut brands: Vec<&Brand> = Vec::new();
    for (entry, name) in (1_usize..).zip(names.split(',')) {
        let found = book.brands().find(|brand| brand.id().as_str() == name.trim());
        let brand = found.ok_or_else(|| wrong(entry, "no brand of this build"))?;
        if brands.iter().any(|other| other.id() == brand.id()) {
            return Err(wrong(entry, "there a second time"));
        }
        brands.push(brand);
    }
    Ok(brands)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "CANARY secret of enough bytes";

    /// A source with `brands`, and with every secret but `without`.
    fn source(brands: &'static str, without: &'static str) -> Source {
        Source::new(move |name| match name {
            name if name == without => None,
            Served::BRANDS => Some(brands.to_owned()),
            name => name.starts_with("DEMO_").then(|| SECRET.to_owned()),
        })
    }

    #[test]
    fn the_named_brands_are_served_with_their_accounts() {
        for brands in ["demo", " demo "] {
            let served = Served::read(&source(brands, "")).unwrap();
            assert_eq!(served.brands(), ["demo".parse().unwrap()]);
            assert_eq!(served.accounts.iter().count(), 2);
            assert!(!format!("{served:?}").contains("CANARY"));
            let without_secrets = source(brands, "DEMO_WHATSAPP_APP_SECRET");
            let windows = Served::read_windows(&without_secrets).unwrap();
            let accounts = served.accounts.iter().map(|it| (it.at.clone(), it.people_window));
            assert_eq!(windows, accounts.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stand_in_takes_the_platforms_place_if_it_is_here_or_encrypted() {
        let at = |base: &'static str| {
            Served::read(&Source::new(move |name| match name {
                Served::WHATSAPP_API_BASE => Some(base.to_owned()),
                name => source("demo", "").optional(name),
            }))
        };
        for base in ["http://127.0.0.1:9999", "https://proxy.example.com"] {
            let served = at(base).unwrap();
            for account in served.accounts.iter() {
                let is_stand_in = account.at.channel == Channel::WhatsApp;
                assert_eq!(account.api_base == base, is_stand_in);
            }
        }
        let wrong = at("http://elsewhere.example.com").unwrap_err().to_string();
        assert!(wrong.contains(Served::WHATSAPP_API_BASE), "{wrong}");
    }

    #[test]
    fn what_is_missing_stops_the_start_and_is_named() {
        for name in [
            Served::BRANDS,
            "DEMO_WHATSAPP_APP_SECRET",
            "DEMO_WHATSAPP_VERIFY_TOKEN",
            "DEMO_WHATSAPP_ACCESS_TOKEN",
            "DEMO_MESSENGER_APP_SECRET",
            "DEMO_MESSENGER_VERIFY_TOKEN",
            "DEMO_MESSENGER_ACCESS_TOKEN",
        ] {
            let error = Served::read(&source("demo", name)).unwrap_err();
            let missing = SettingsError::Missing { name: name.to_owned() };
            assert_eq!(error, ServedError::Settings(missing));
        }
        let error = Served::read(&source("", "")).unwrap_err().to_string();
        assert_eq!(error, "the setting `FORTHRIGHT_BRANDS` is missing; set it and start again");
    }

    #[test]
    fn an_entry_that_is_no_brand_is_told_by_its_place_and_not_repeated() {
        for (brands, said) in [
            ("CANARY", "entry 1 is no brand of this build"),
            ("demo,CANARY", "entry 2 is no brand of this build"),
            ("demo,", "entry 2 is no brand of this build"),
            ("Demo", "entry 1 is no brand of this build"),
            ("demo demo", "entry 1 is no brand of this build"),
            ("demo,demo", "entry 2 is there a second time"),
        ] {
            let error = Served::read(&source(brands, "")).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "the setting `FORTHRIGHT_BRANDS` is wrong: {said} (the brands of this build: demo)"
                )
            );
        }
    }

    #[test]
    fn no_account_has_two_brands() {
        let served = Served::read(&source("demo", "")).unwrap();
        let mut accounts: Vec<_> = served.accounts.iter().cloned().collect();
        let mut other = accounts[0].clone();
        other.at.brand = "other".parse().unwrap();
        let account = other.at.account.clone();
        accounts.push(other);
        let error = Served::of(served.book, accounts).unwrap_err();
        assert_eq!(error, ServedError::Account { account });
    }
}
