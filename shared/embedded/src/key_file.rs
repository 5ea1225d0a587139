//! The local master key: a file, whose key wraps each brand's root key.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Read, Write as _},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use forthright_core::{
    BrandId, Entropy, Epoch, Fault,
    seal::{Binding, MasterKey, NewRoot, SubjectKey},
    table::{Attribute, Key},
};
use zeroize::Zeroizing;

/// The master key's file, within the store's folder.
const FILE_NAME: &str = "master.key";

/// 32 bytes as hexadecimal digits, and a line's end.
const DIGITS: usize = 64;

/// The master key cannot be used; nothing starts without it.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be made or read.
    #[error("`{path}` cannot be opened")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may open the file.
    #[error("`{path}` has mode {mode:04o}: it must be for its owner only, as 0600")]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The content is no key.
    #[error("`{path}` does not hold a key: 64 hexadecimal digits")]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// The local master key: brands' roots lie in the `keys` table, wrapped under what is in `master.key`.
///
/// Without that file the store cannot be read: it belongs into a backup of its own.
pub struct KeyFile {
    master: SubjectKey,
    entropy: Entropy,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile([redacted])")
    }
}

impl KeyFile {
    /// Reads the master key in `folder`, or makes it at the first start. `entropy` must be the system's.
    pub fn open(folder: &Path, entropy: Entropy) -> Result<Self, KeyFileError> {
        let path = folder.join(FILE_NAME);
        let failed = |source| KeyFileError::Io { path: path.clone(), source };
        if !path.try_exists().map_err(failed)? {
            make(folder, &path, &entropy).map_err(failed)?;
        }
        let bytes = read(&path)?;
        let master = SubjectKey::new(&bytes)
            .map_err(|_unusable| KeyFileError::Malformed { path: path.clone() })?;
        Ok(Self { master, entropy })
    }
}

impl MasterKey for KeyFile {
    async fn make(&self, _brand: &BrandId, row: &Key) -> Result<NewRoot, Fault> {
        let root = Zeroizing::new(self.entropy.bytes::<32>());
        let wrapped = self.master.seal(&self.entropy, binding(row), root.as_slice())?;
        Ok(NewRoot { wrapped, key_id: self.master.id().to_vec() })
    }

    async fn unwrap(
        &self,
        _brand: &BrandId,
        row: &Key,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Fault> {
        let root = Zeroizing::new(self.master.open(binding(row), wrapped)?);
        let root = root.as_slice().try_into();
        let root = root.map_err(|_other_length| Fault::Damaged { what: "brand key" })?;
        Ok(Zeroizing::new(root))
    }
}

/// Makes the file whole or not at all, and never replaces one.
fn make(folder: &Path, path: &Path, entropy: &Entropy) -> io::Result<()> {
    let bytes = Zeroizing::new(entropy.bytes::<32>());
    let text = Zeroizing::new(format!("{}\n", HEXLOWER.encode(bytes.as_slice())));
    let part = folder.join(format!("{FILE_NAME}.{}.part", HEXLOWER.encode(&entropy.bytes::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    match linked {
        // Another process was first: its key is the key.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::File::open(folder)?.sync_all()
}

fn read(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let failed = |source| KeyFileError::Io { path: path.to_owned(), source };
    let malformed = || KeyFileError::Malformed { path: path.to_owned() };
    let file = fs::File::open(path).map_err(failed)?;
    // Asked of the open file, so that nobody can exchange it in between.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Mode { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(DIGITS + 2));
    file.take(DIGITS as u64 + 2).read_to_end(&mut text).map_err(failed)?;
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    let mut bytes = Zeroizing::new([0; 32]);
    // `decode_mut` demands an output of the exact length.
    if digits.len() != DIGITS {
        return Err(malformed());
    }
    match HEXLOWER.decode_mut(digits, bytes.as_mut_slice()) {
        Ok(_) => Ok(bytes),
        // The error says what stood where in the key.
        Err(_) => Err(malformed()),
    }
}

/// A brand's key has no epochs: it stands in the first.
const fn binding(key: &Key) -> Binding<'_> {
    Binding { key, attribute: Attribute::Wrapped, epoch: Epoch::FIRST }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, sync::Arc, time::Duration};

    use forthright_core::{
        Table, Time, Vault,
        seal::{Roots, UNWRAPPED_MAX},
    };
    use forthright_testkit::{FaultKind, Faulty, Memory, MovableClock, Plan, seeded_entropy};

    use super::*;

    fn movable() -> MovableClock {
        MovableClock::at(Time::from_seconds(1_000))
    }

    fn open<T: Table>(
        folder: &Path,
        table: T,
        seed: u64,
    ) -> Result<Roots<KeyFile, T>, KeyFileError> {
        let entropy = seeded_entropy(seed);
        let master = KeyFile::open(folder, entropy.clone())?;
        Ok(Roots::new(master, table, movable().clock(), entropy))
    }

    fn demo() -> BrandId {
        "demo".parse().unwrap()
    }

    async fn evidence<T: Table>(vault: &Roots<KeyFile, T>) -> String {
        vault.brand(&demo()).await.unwrap().evidence(b"x")
    }

    #[tokio::test]
    async fn a_brand_has_the_same_keys_after_a_restart_and_others_under_another_root() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new();
        let first = evidence(&open(folder.path(), memory.clone(), 1).unwrap()).await;
        let again = evidence(&open(folder.path(), memory.clone(), 2).unwrap()).await;
        assert_eq!(first, again);
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no part of it is left");

        let elsewhere = evidence(&open(folder.path(), Memory::new(), 3).unwrap()).await;
        assert_ne!(first, elsewhere);
    }

    #[tokio::test]
    async fn another_master_key_does_not_open_the_table() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let memory = Memory::new();
        evidence(&open(folder.path(), memory.clone(), 1).unwrap()).await;
        let stranger = open(other.path(), memory.clone(), 2).unwrap();
        assert!(matches!(stranger.brand(&demo()).await, Err(Fault::Damaged { .. })));
        assert_eq!(memory.len(), 1, "and replaces nothing");
    }

    #[test]
    fn a_key_file_that_others_may_open_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        open(folder.path(), Memory::new(), 1).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = open(folder.path(), Memory::new(), 1);
            assert!(matches!(refused, Err(KeyFileError::Mode { .. })), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let digits = "0".repeat(DIGITS);
        for content in [
            "",
            "\n",
            &"0".repeat(DIGITS - 1),
            &format!("{digits}0"),
            &format!("{digits}\n\n"),
            &"x".repeat(DIGITS),
            &"é".repeat(DIGITS / 2),
        ] {
            fs::write(&path, content).unwrap();
            let refused = open(folder.path(), Memory::new(), 1);
            assert!(matches!(refused, Err(KeyFileError::Malformed { .. })));
        }
        fs::remove_file(&path).unwrap();
        symlink(folder.path().join("nowhere"), &path).unwrap();
        assert!(open(folder.path(), Memory::new(), 1).is_err(), "a dangling link is not replaced");
    }

    #[tokio::test]
    async fn the_table_is_asked_once_in_five_minutes_even_by_a_crowd() {
        let folder = tempfile::tempdir().unwrap();
        let movable = movable();
        let table = Arc::new(Faulty::new(Memory::new(), movable.clock()));
        let open = |seed| {
            let entropy = seeded_entropy(seed);
            let master = KeyFile::open(folder.path(), entropy.clone()).unwrap();
            Roots::new(master, Arc::clone(&table), movable.clock(), entropy)
        };
        evidence(&open(1)).await;
        let vault = open(2);
        let before = table.calls();
        futures::future::join_all((0..9).map(|_| evidence(&vault))).await;
        movable.advance(UNWRAPPED_MAX.saturating_sub(Duration::from_millis(1)));
        evidence(&vault).await;
        assert_eq!(table.calls() - before, 1);
        movable.advance(Duration::from_millis(1));
        evidence(&vault).await;
        assert_eq!(table.calls() - before, 2);
    }

    #[tokio::test]
    async fn whatever_happens_at_the_making_there_is_one_root() {
        for kind in [FaultKind::UnknownAfter, FaultKind::UnknownBefore] {
            let folder = tempfile::tempdir().unwrap();
            let memory = Memory::new();
            let table = Faulty::new(memory.clone(), movable().clock());
            table.plan(Plan { at: 2, kind });
            let first = evidence(&open(folder.path(), table, 1).unwrap()).await;
            assert_eq!(first, evidence(&open(folder.path(), memory, 2).unwrap()).await);
        }
    }
}
