//! Subject keys in their table: made before the first row that needs them, destroyed before rows go.

use std::{
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foldhash::fast::RandomState;
use zeroize::Zeroizing;

use super::{Binding, BrandKeys, SubjectKey};
use crate::{
    fault::Fault,
    ids::{Epoch, Pid},
    port::{Clock, Entropy},
    table::{
        Attribute, Condition, Item, Kept, Key, Table, TableFault, Write, WriteFault, WriteToken,
    },
    time::Time,
};

/// The state of a tombstone: the key existed, or was never to exist, and is destroyed.
const DESTROYED: &str = "destroyed";

/// How many keys each half of a cache holds at most. When the younger is full it becomes the older one, which goes.
const HALF_KEYS_MAX: usize = 1_024;

/// Unwrapped subject keys, for a moment. A Lambda caches none.
pub struct KeyCache {
    keep: Duration,
    halves: Mutex<[Keys; 2]>,
}

/// Keys, each with the time since which it is here.
type Keys = HashMap<(Pid, Epoch), (Time, Arc<SubjectKey>), RandomState>;

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl KeyCache {
    /// A cache that keeps a key for `keep`; zero keeps none.
    pub fn new(keep: Duration) -> Self {
        Self { keep, halves: Mutex::default() }
    }

    fn halves(&self) -> MutexGuard<'_, [Keys; 2]> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, pid: Pid, epoch: Epoch, now: Time) -> Option<Arc<SubjectKey>> {
        if self.keep.is_zero() {
            return None;
        }
        let halves = self.halves();
        let (since, key) = halves.iter().find_map(|keys| keys.get(&(pid, epoch)))?;
        // A clock that went back makes a key older, never younger.
        (*since <= now && now.since(*since) < self.keep).then(|| Arc::clone(key))
    }

    fn put(&self, pid: Pid, epoch: Epoch, now: Time, key: &Arc<SubjectKey>) {
        if self.keep.is_zero() {
            return;
        }
        let mut halves = self.halves();
        let [young, old] = &mut *halves;
        if young.len() >= HALF_KEYS_MAX {
            *old = mem::take(young);
        }
        young.insert((pid, epoch), (now, Arc::clone(key)));
    }

    fn forget(&self, pid: Pid) {
        for keys in &mut *self.halves() {
            keys.retain(|(other, _), _| *other != pid);
        }
    }
}

/// Makes, finds and destroys the keys of a brand's subjects.
#[derive(Debug)]
pub struct Keyring<'a, T> {
    /// Where keys lie.
    pub table: &'a T,
    /// The brand's keys, which wrap them.
    pub brand: &'a BrandKeys,
    /// Keys that were unwrapped a moment ago.
    pub cache: &'a KeyCache,
    /// The time.
    pub clock: &'a Clock,
    /// Randomness for new keys.
    pub entropy: &'a Entropy,
}

impl<T: Table> Keyring<'_, T> {
    /// The subject's key; none if it was never made or is destroyed.
    pub async fn find(&self, pid: Pid, epoch: Epoch) -> Result<Option<Arc<SubjectKey>>, Fault> {
        if let Some(key) = self.cache.get(pid, epoch, self.clock.now()) {
            return Ok(Some(key));
        }
        let row = self.read(&Key::subject_key(pid, epoch)).await?;
        match row {
            Some(row) if row.get_text(Attribute::State).is_none() => {
                self.unwrap(pid, epoch, &row).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Whether the subject's key of this epoch is destroyed: what was sealed under it can never be read again.
    pub async fn is_destroyed(&self, pid: Pid, epoch: Epoch) -> Result<bool, Fault> {
        let row = self.read(&Key::subject_key(pid, epoch)).await?;
        Ok(row.is_some_and(|row| row.get_text(Attribute::State) == Some(DESTROYED)))
    }

    /// The subject's key, made if it was not there; none if it is destroyed.
    pub async fn find_or_make(
        &self,
        pid: Pid,
        epoch: Epoch,
    ) -> Result<Option<Arc<SubjectKey>>, Fault> {
        if let Some(key) = self.find(pid, epoch).await? {
            return Ok(Some(key));
        }
        let row_key = Key::subject_key(pid, epoch);
        let bytes = Zeroizing::new(self.entropy.bytes::<32>());
        let key = Arc::new(SubjectKey::new(&bytes)?);
        let binding = Binding { key: &row_key, attribute: Attribute::Wrapped, epoch };
        let wrapped = self.brand.wrapping().seal(self.entropy, binding, bytes.as_slice())?;
        let row = Item::new(row_key.clone())
            .bytes(Attribute::Wrapped, wrapped)
            .bytes(Attribute::KeyId, key.id().to_vec());
        let create = [Write::create(row)];
        match self.table.write(WriteToken::fresh(self.entropy), &create, Kept::Now).await {
            Ok(()) => {
                self.cache.put(pid, epoch, self.clock.now(), &key);
                Ok(Some(key))
            }
            // Another made it first, or it is destroyed, or our own commit was not confirmed: look.
            Err(WriteFault::Condition { .. } | WriteFault::Unknown(_)) => {
                self.find(pid, epoch).await
            }
            Err(fault) => Err(write_fault(fault)),
        }
    }

    /// Takes back the key of a subject that never came to be: another message of the same person won.
    pub async fn abandon(&self, pid: Pid, epoch: Epoch) -> Result<(), Fault> {
        self.cache.forget(pid);
        let delete =
            Write::Delete { key: Key::subject_key(pid, epoch), condition: Condition::Version(1) };
        match self.table.write(WriteToken::fresh(self.entropy), &[delete], Kept::Now).await {
            // A key that stays behind is one that nobody can name: harmless.
            Ok(()) | Err(WriteFault::Condition { .. } | WriteFault::Conflict) => Ok(()),
            Err(fault) => Err(write_fault(fault)),
        }
    }

    /// Overwrites the subject's key with a tombstone, so that nobody can ever make or find it again.
    pub async fn destroy(&self, pid: Pid, epoch: Epoch) -> Result<(), Fault> {
        const TRIES: usize = 8;
        let key = Key::subject_key(pid, epoch);
        for _ in 0..TRIES {
            let row = self.read(&key).await?;
            // A tombstone that is there already is written again: only an acknowledged write says that what
            // came before it has left the disk.
            let (version, condition) = match &row {
                Some(row) => (row.version.saturating_add(1), Condition::Version(row.version)),
                None => (1, Condition::Absent),
            };
            let mut tombstone = Item::new(key.clone()).text(Attribute::State, DESTROYED);
            tombstone.version = version;
            let put = Write::Put { item: tombstone, condition };
            match self.table.write(WriteToken::fresh(self.entropy), &[put], Kept::Now).await {
                Ok(()) => {
                    self.cache.forget(pid);
                    return Ok(());
                }
                // The next round reads what is there: the tombstone, or what came before it.
                Err(WriteFault::Condition { .. } | WriteFault::Unknown(_)) => {}
                Err(WriteFault::Conflict) => {
                    self.clock.sleep(self.entropy.jitter(Duration::from_millis(20))).await;
                }
                Err(fault) => return Err(write_fault(fault)),
            }
        }
        Err(Fault::Contended { what: "subject key" })
    }

    async fn read(&self, key: &Key) -> Result<Option<Item>, Fault> {
        let rows = self.table.get_many(std::slice::from_ref(key)).await.map_err(table_fault)?;
        Ok(rows.into_iter().next().flatten())
    }

    fn unwrap(&self, pid: Pid, epoch: Epoch, row: &Item) -> Result<Arc<SubjectKey>, Fault> {
        let damaged = Fault::Damaged { what: "subject key" };
        let Some(wrapped) = row.get_bytes(Attribute::Wrapped) else {
            return Err(damaged);
        };
        let binding = Binding { key: &row.key, attribute: Attribute::Wrapped, epoch };
        let bytes = Zeroizing::new(self.brand.wrapping().open(binding, wrapped)?);
        let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_cause| damaged)?;
        let key = Arc::new(SubjectKey::new(bytes)?);
        self.cache.put(pid, epoch, self.clock.now(), &key);
        Ok(key)
    }
}

/// A failed read, as functions see it.
pub(crate) fn table_fault(fault: TableFault) -> Fault {
    match fault {
        TableFault::Unavailable(source) => Fault::unavailable("table", source),
        TableFault::Damaged(_) => Fault::Damaged { what: "row" },
    }
}

/// A failed write, as functions see it, where nothing better is known.
pub(crate) fn write_fault(fault: WriteFault) -> Fault {
    match fault {
        WriteFault::Condition { .. } | WriteFault::Conflict => Fault::Contended { what: "row" },
        WriteFault::Unavailable(source) | WriteFault::Unknown(source) => {
            Fault::unavailable("table", source)
        }
        WriteFault::Malformed(reason) => Fault::rejected(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_its_older_half_only_and_whoever_is_forgotten_is_in_neither() {
        let cache = KeyCache::new(Duration::from_secs(1));
        let key = Arc::new(SubjectKey::new(&[1; 32]).unwrap());
        let now = Time::from_millis(1);
        let pid = |number: usize| Pid::from_bytes(u128::try_from(number).unwrap().to_le_bytes());
        let has = |number| cache.get(pid(number), Epoch::FIRST, now).is_some();
        let put = |number| cache.put(pid(number), Epoch::FIRST, now, &key);
        (0..2 * HALF_KEYS_MAX).for_each(put);
        assert!(has(0) && has(2 * HALF_KEYS_MAX - 1));
        put(2 * HALF_KEYS_MAX);
        assert!(!has(0) && has(HALF_KEYS_MAX) && has(2 * HALF_KEYS_MAX));
        cache.forget(pid(HALF_KEYS_MAX));
        assert!(!has(HALF_KEYS_MAX) && has(HALF_KEYS_MAX + 1));
    }
}
