//! A vault without anything above it, for tests.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use forthright_core::{BrandId, BrandKeys, Fault, Vault};

use crate::clock::SplitMix;

/// A [`Vault`] whose root key follows from a seed; each brand's keys follow from the root and its name.
pub struct FixedVault {
    root: [u8; 32],
    brands: Mutex<HashMap<BrandId, Arc<BrandKeys>>>,
    /// A brand whose key cannot be opened for now.
    closed: Option<BrandId>,
}

impl fmt::Debug for FixedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedVault")
    }
}

impl FixedVault {
    /// The vault of this seed: two of one seed yield the same keys.
    pub fn new(seed: u64) -> Self {
        let mut root = [0; 32];
        SplitMix::new(seed).fill(&mut root);
        Self { root, brands: Mutex::default(), closed: None }
    }

    /// The same vault, in which the key of this brand cannot be opened for now.
    #[must_use]
    pub fn without(self, brand: BrandId) -> Self {
        Self { closed: Some(brand), ..self }
    }
}

impl Vault for FixedVault {
    async fn brand(&self, brand: &BrandId) -> Result<Arc<BrandKeys>, Fault> {
        if self.closed.as_ref() == Some(brand) {
            return Err(Fault::unavailable("key management", "the key is off"));
        }
        let mut brands = self.brands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = brands.get(brand) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(BrandKeys::derive(brand, &self.root)?);
        brands.insert(brand.clone(), Arc::clone(&keys));
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::block_on;

    use super::*;

    #[test]
    fn one_seed_and_brand_have_one_set_of_keys() {
        let evidence = |seed, brand: &str| {
            let brand = brand.parse().unwrap();
            block_on(FixedVault::new(seed).brand(&brand)).unwrap().evidence(b"x")
        };
        assert_eq!(evidence(1, "demo"), evidence(1, "demo"));
        assert_ne!(evidence(1, "demo"), evidence(2, "demo"));
        assert_ne!(evidence(1, "demo"), evidence(1, "other"));
    }
}
