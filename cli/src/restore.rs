//! `forthright restore`: puts a copy of the data back, with the keys as they are now.
//!
//! A key that was destroyed since the copy was made stays destroyed, so nobody who was erased comes back, and what is
//! left of them in the copy is erased again. The copy is made ready beside the data and takes its place at once: a
//! restore that is cut off before changed nothing, and one that is cut off after is done once more.

use std::{fs, io, path::Path, sync::Arc};

use forthright_core::{
    BrandId,
    ledger::{Register, Rights},
};
use forthright_embedded::SqliteTable;

use crate::{Problem, args::Restore, host, place};

/// Where a copy is made ready, in the folder of the state.
const READY: &str = "restoring";

/// Puts the copy back.
pub(crate) async fn run(asked: &Restore) -> Result<bool, Problem> {
    let (data, copy) = (&asked.place.data, &asked.from);
    let (_, brand) = place::content(&asked.place, None)?;
    for (folder, name, why) in [
        (copy, "data.db", "is this a folder that `forthright backup` made?"),
        (data, "master.key", "put back the one that the copy was made with"),
    ] {
        if !folder.join(name).is_file() {
            return Err(format!("there is no {name} in `{}`; {why}", folder.display()).into());
        }
    }
    let keys_are_here = data.join("keys.db").is_file();
    if !keys_are_here {
        put(&copy.join("keys.db"), &data.join("keys.db"))
            .map_err(|error| format!("the keys cannot be put back: {error}"))?;
    }
    // An orderly end: nothing waits in a journal that belongs to what is replaced.
    drop(place::open(data).await?);
    let ready = data.join(READY);
    clear(&ready)?;
    let rows = make_ready(copy, &ready, &brand).await?;
    SqliteTable::replace_data(data, &ready.join("data.db"))?;
    clear(&ready)?;
    let local = place::open(data).await?;
    let again = Rights::new(&local.stores).erase_again(&brand).await.map_err(|fault| {
        format!("the erasures since the copy was made could not be done again ({fault}); restore once more")
    })?;
    drop(local);
    let keys = if keys_are_here {
        format!(
            "the keys are as they were: who was erased since the copy was made stays erased \
             (erasures done again: {again})"
        )
    } else {
        "the keys are the copy's: repeat the erasures that were completed since it was made"
            .to_owned()
    };
    host::say(&format!(
        "{rows} rows are back from {}; {keys}\n\
         what came before this moment goes to people: it may have been answered already\n\
         opt-outs since the copy was made are not in it; look for them at the platform",
        copy.display()
    ))?;
    Ok(true)
}

/// A copy of the copy, looked through, which knows that it was put back.
async fn make_ready(copy: &Path, ready: &Path, brand: &BrandId) -> Result<u64, Problem> {
    fs::create_dir(ready)?;
    put(&copy.join("data.db"), &ready.join("data.db"))?;
    let local = place::open(ready).await?;
    let table = Arc::clone(&local.table);
    let found = tokio::task::spawn_blocking(move || table.scrub()).await??;
    if !found.is_clean() {
        return Err(format!(
            "{} rows of the copy are damaged, {} hidden, {} parts unreadable; use another copy",
            found.damaged, found.hidden, found.unreadable
        )
        .into());
    }
    Register::new(&local.stores).note_restore(brand).await?;
    Ok(found.rows)
}

/// Copies a file, and sees to it that it is on the disk.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
