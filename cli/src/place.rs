//! The local place: the store, the keys and the content that every command works on.

use std::{fs, path::Path, sync::Arc, time::Duration};

use forthright_core::{BrandId, ledger::Stores, seal::Roots};
use forthright_embedded::{KeyFile, OpenError, SqliteTable};
use forthright_policy::{Book, Brand};
use tokio::{net::UnixStream, time};

use crate::{Problem, args::Place, control, folder, host};

/// How long an unwrapped subject key may be kept.
const KEEP_KEYS: Duration = Duration::from_secs(1);

/// How long another process is waited for that works on the folder for a moment.
const LOCK_WAIT: Duration = Duration::from_secs(15);
/// How often it is looked whether it is gone.
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// The brands' keys on this machine.
pub(crate) type LocalVault = Roots<KeyFile, Arc<SqliteTable>>;

/// The ledgers' ports on this machine.
pub(crate) type LocalStores = Stores<Arc<SqliteTable>, Arc<LocalVault>>;

/// The store and the ledgers' ports over it.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) table: Arc<SqliteTable>,
    pub(crate) stores: Arc<LocalStores>,
}

/// Who works on a folder.
pub(crate) enum Reached {
    /// This process.
    Here(Local),
    /// A server, which listens here.
    Server(UnixStream),
}

/// Opens the store and the keys in `folder`, or makes them, or reaches the server that has them open.
pub(crate) async fn reach(folder: &Path) -> Result<Reached, Problem> {
    let mut waited = Duration::ZERO;
    loop {
        let table = match SqliteTable::open(folder) {
            Err(OpenError::InUse { .. }) if waited < LOCK_WAIT => None,
            other => Some(other?),
        };
        if let Some(table) = table {
            return Ok(Reached::Here(local(folder, table)?));
        }
        // One that is just starting or ending does not listen; a tool is done in a moment.
        if let Ok(server) = control::connect(folder).await {
            return Ok(Reached::Server(server));
        }
        time::sleep(LOCK_LOOK).await;
        waited = waited.saturating_add(LOCK_LOOK);
    }
}

fn local(folder: &Path, table: SqliteTable) -> Result<Local, Problem> {
    let table = Arc::new(table);
    let (clock, entropy) = (host::clock(), host::entropy());
    let master = KeyFile::open(folder, entropy.clone())?;
    let vault = Roots::new(master, Arc::clone(&table), clock.clone(), entropy.clone());
    let stores = Stores::new(Arc::clone(&table), Arc::new(vault), clock, entropy, KEEP_KEYS);
    Ok(Local { table, stores })
}

/// Opens the store to serve it: no other server may.
pub(crate) async fn open(folder: &Path) -> Result<Local, Problem> {
    match reach(folder).await? {
        Reached::Here(local) => Ok(local),
        Reached::Server(_) => Err(format!("another server works on `{}`", folder.display()).into()),
    }
}

/// Reaches what is there. A tool that looked into a new, empty store would tell of nobody, or silence nobody.
pub(crate) async fn reach_existing(folder: &Path) -> Result<Reached, Problem> {
    if !folder.join("data.db").is_file() {
        let folder = folder.display();
        return Err(format!("there is no state in `{folder}`; name its folder with --data").into());
    }
    reach(folder).await
}

/// The content to serve and the brand that is meant: the demo brand, or that of the brand file.
pub(crate) fn content(place: &Place, content: Option<&Path>) -> Result<(Book, BrandId), Problem> {
    let mut files = match content {
        Some(folder) => folder::all(folder)?,
        None => Book::embedded_files()?,
    };
    let brand = match &place.brand {
        None => "demo".parse()?,
        Some(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(path)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
            let inside = format!("brands/{name}");
            let brand = Brand::parse(&inside, &text)?.id().clone();
            // One brand is served: the one that was named, none that happens to lie beside it.
            files.retain(|(path, _)| !path.starts_with("brands/"));
            files.push((inside, text));
            brand
        }
    };
    let book = Book::load(files)?;
    if book.brand(&brand).is_none() {
        return Err(format!("there is no brand `{brand}` in the content").into());
    }
    Ok((book, brand))
}
