//! Gathers the content that every function carries: all of `content` but the utterances, which only training reads.

use std::{env, error::Error, fs, path::Path};

/// What lies in `content/intents/<language>` and is read by the functions.
const PHRASES: [&str; 2] = ["moods.toml", "rules.toml"];

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let content = Path::new("../../content");
    println!("cargo::rerun-if-changed={}", content.display());
    let target = Path::new(&env::var("OUT_DIR")?).join("content");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    copy(content, &target, &|path| {
        !path.starts_with(content.join("intents"))
            || path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| PHRASES.contains(&name))
    })
}

/// Copies the files of `from` that are wanted.
fn copy(from: &Path, to: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&path, &target, is_wanted)?;
        } else if is_wanted(&path) {
            fs::copy(path, target)?;
        }
    }
    Ok(())
}
