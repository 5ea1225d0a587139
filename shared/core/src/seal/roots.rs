//! Brands' root keys: they lie in the `keys` table, wrapped under a master key that the host has.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex as Short, PoisonError},
    time::Duration,
};

use futures::lock::Mutex;
use zeroize::Zeroizing;

use super::{BrandKeys, Vault, table_fault, write_fault};
use crate::{
    fault::Fault,
    ids::BrandId,
    port::{Clock, Entropy},
    table::{Attribute, Item, Kept, Key, Table, Write, WriteFault, WriteToken},
    time::Time,
};

/// How long a brand's keys stay unwrapped, and so how often at most a host asks its master key for them.
pub const UNWRAPPED_MAX: Duration = Duration::from_mins(5);

/// What wraps brands' roots: a key of KMS on AWS, a key file locally.
pub trait MasterKey: Send + Sync {
    /// A new root for `brand`, which is to lie in `row`.
    fn make(
        &self,
        brand: &BrandId,
        row: &Key,
    ) -> impl Future<Output = Result<NewRoot, Fault>> + Send;

    /// The root that was wrapped as `wrapped` for `brand` in `row`, and nowhere else.
    fn unwrap(
        &self,
        brand: &BrandId,
        row: &Key,
        wrapped: &[u8],
    ) -> impl Future<Output = Result<Zeroizing<[u8; 32]>, Fault>> + Send;
}

/// A root that was just made, as it may be stored. It is unwrapped again where it is read.
#[derive(Debug, Clone)]
pub struct NewRoot {
    /// The root under the master key.
    pub wrapped: Vec<u8>,
    /// The master key's name.
    pub key_id: Vec<u8>,
}

/// The [`Vault`] over roots in a table.
///
/// Who has the master key can unwrap what is in the table, and nothing that an erasure has overwritten there.
pub struct Roots<M, T> {
    master: M,
    table: T,
    clock: Clock,
    entropy: Entropy,
    unwrapped: Short<HashMap<BrandId, (Time, Arc<BrandKeys>)>>,
    /// One at a time asks the table, so that a crowd after five minutes does not unwrap in a crowd.
    asking: Mutex<()>,
}

impl<M, T> fmt::Debug for Roots<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots([redacted])")
    }
}

impl<M: MasterKey, T: Table> Roots<M, T> {
    /// The roots in `table` under `master`.
    pub fn new(master: M, table: T, clock: Clock, entropy: Entropy) -> Self {
        Self {
            master,
            table,
            clock,
            entropy,
            unwrapped: Short::default(),
            asking: Mutex::default(),
        }
    }

    fn recent(&self, brand: &BrandId) -> Option<Arc<BrandKeys>> {
        let now = self.clock.now();
        let mut unwrapped = self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back makes keys older, never younger. What goes is overwritten as it is dropped.
        unwrapped.retain(|_, (since, _)| *since <= now && now.since(*since) < UNWRAPPED_MAX);
        unwrapped.get(brand).map(|(_, keys)| Arc::clone(keys))
    }

    /// The brand's root from the table, made if the brand is new.
    async fn find_or_make(&self, brand: &BrandId) -> Result<Arc<BrandKeys>, Fault> {
        const TRIES: usize = 8;
        let key = Key::brand_key(brand);
        for _ in 0..TRIES {
            let rows = self.table.get_many(std::slice::from_ref(&key)).await;
            if let Some(row) = rows.map_err(table_fault)?.into_iter().next().flatten() {
                return self.unwrap(brand, &row).await;
            }
            let NewRoot { wrapped, key_id } = self.master.make(brand, &key).await?;
            let row = Item::new(key.clone())
                .bytes(Attribute::Wrapped, wrapped)
                .bytes(Attribute::KeyId, key_id);
            let token = WriteToken::fresh(&self.entropy);
            match self.table.write(token, &[Write::create(row)], Kept::Now).await {
                // The next round reads what is there: ours, or that of who was first.
                Ok(()) | Err(WriteFault::Condition { .. } | WriteFault::Unknown(_)) => {}
                Err(WriteFault::Conflict) => {
                    self.clock.sleep(self.entropy.jitter(Duration::from_millis(20))).await;
                }
                Err(fault) => return Err(write_fault(fault)),
            }
        }
        Err(Fault::Contended { what: "brand key" })
    }

    async fn unwrap(&self, brand: &BrandId, row: &Item) -> Result<Arc<BrandKeys>, Fault> {
        let wrapped = row.get_bytes(Attribute::Wrapped);
        let wrapped = wrapped.ok_or(Fault::Damaged { what: "brand key" })?;
        let root = self.master.unwrap(brand, &row.key, wrapped).await?;
        BrandKeys::derive(brand, &root).map(Arc::new)
    }
}

impl<M: MasterKey, T: Table> Vault for Roots<M, T> {
    async fn brand(&self, brand: &BrandId) -> Result<Arc<BrandKeys>, Fault> {
        if let Some(keys) = self.recent(brand) {
            return Ok(keys);
        }
        let _one = self.asking.lock().await;
        if let Some(keys) = self.recent(brand) {
            return Ok(keys);
        }
        let keys = self.find_or_make(brand).await?;
        let mut unwrapped = self.unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
        unwrapped.insert(brand.clone(), (self.clock.now(), Arc::clone(&keys)));
        Ok(keys)
    }
}
