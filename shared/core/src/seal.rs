//! Sealing: what tells about a person is stored under that person's key only.
//!
//! A brand's root key, unwrapped by the host's [`Vault`], yields the key that wraps subject keys and the
//! keys of pseudonyms and tokens. A subject has one key per epoch; an erasure overwrites it with a
//! tombstone, and what it sealed can never be read again, in any copy of the data.

mod brand;
mod envelope;
mod keyring;
mod roots;

use std::{future::Future, sync::Arc};

pub use brand::BrandKeys;
pub use envelope::{Binding, SubjectKey};
pub use keyring::{KeyCache, Keyring};
pub(crate) use keyring::{table_fault, write_fault};
pub use roots::{MasterKey, NewRoot, Roots, UNWRAPPED_MAX};

use crate::{fault::Fault, ids::BrandId};

/// Keeps brands' root keys: KMS on AWS, a key file locally.
pub trait Vault: Send + Sync {
    /// The brand's keys, unwrapped. The vault asks what is above it at most once per five minutes.
    fn brand(&self, brand: &BrandId) -> impl Future<Output = Result<Arc<BrandKeys>, Fault>> + Send;
}

impl<V: Vault> Vault for Arc<V> {
    fn brand(&self, brand: &BrandId) -> impl Future<Output = Result<Arc<BrandKeys>, Fault>> + Send {
        self.as_ref().brand(brand)
    }
}
