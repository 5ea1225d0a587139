//! The local place: the store, the keys and the content that every command works on.

use std::{fs, path::Path, sync::Arc, time::Duration};

use forthright_core::{BrandId, ledger::Stores};
use forthright_embedded::{KeyFile, SqliteTable, sqlite::Options};
use forthright_policy::{Book, Brand};

use crate::{Problem, args::Place, host};

/// How long an unwrapped subject key may be kept.
const KEEP_KEYS: Duration = Duration::from_secs(1);

/// The ledgers' ports on this machine.
pub(crate) type LocalStores = Stores<Arc<SqliteTable>, Arc<KeyFile<SqliteTable>>>;

/// Opens the store and the keys in `folder`, or makes them.
pub(crate) fn open(folder: &Path) -> Result<Arc<LocalStores>, Problem> {
    let table = Arc::new(SqliteTable::open(folder, Options::default())?);
    let (clock, entropy) = (host::clock(), host::entropy());
    let vault = KeyFile::open(folder, Arc::clone(&table), entropy.clone(), clock.clone())?;
    Ok(Stores::new(table, Arc::new(vault), clock, entropy, KEEP_KEYS))
}

/// Opens what is there. A tool that looked into a new, empty store would tell of nobody, or silence nobody.
pub(crate) fn open_existing(folder: &Path) -> Result<Arc<LocalStores>, Problem> {
    if !folder.join("data.db").is_file() {
        let folder = folder.display();
        return Err(format!("there is no state in `{folder}`; name its folder with --data").into());
    }
    open(folder)
}

/// The content to serve and the brand that is meant: the demo brand, or that of the brand file.
pub(crate) fn content(place: &Place, folder: Option<&Path>) -> Result<(Book, BrandId), Problem> {
    let mut files = match folder {
        Some(folder) => read_folder(folder)?,
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

/// Every file below `folder`, by its path there.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, Problem> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        let entries = fs::read_dir(&next)
            .map_err(|error| format!("`{}` cannot be read: {error}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let inside = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.push((inside, fs::read_to_string(&path)?));
            }
        }
    }
    Ok(files)
}
