//! Gathers the content that is built in, which is all of `content` but the utterances, which only training reads; and takes its
//! digest.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

#[path = "src/digest.rs"]
mod digest;

/// What lies in `content/intents/<language>` and is no utterances.
const PHRASES: [&str; 2] = ["moods.toml", "rules.toml"];

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let content = Path::new("../../content");
    println!("cargo::rerun-if-changed={}", content.display());
    println!("cargo::rerun-if-changed=src/digest.rs");
    let mut files = BTreeMap::new();
    read(content, "", &mut files)?;
    files.retain(|path, _| !is_of_intents(path) || is_phrases(path));
    let mut hash = Sha256::new();
    digest::feed(&files, |part| hash.update(part));
    println!("cargo::rustc-env=FORTHRIGHT_CONTENT_DIGEST={}", HEXLOWER.encode(&hash.finalize()));

    let out = env::var("OUT_DIR")?;
    let [texts, phrases] = ["content", "phrases"].map(|name| Path::new(&out).join(name));
    for folder in [&texts, &phrases] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir(folder)?;
    }
    for (path, text) in files {
        let target = if is_of_intents(&path) { &phrases } else { &texts }.join(path);
        fs::create_dir_all(target.parent().unwrap_or(&target))?;
        fs::write(target, text)?;
    }
    Ok(())
}

fn is_of_intents(path: &str) -> bool {
    path.starts_with("intents/")
}

fn is_phrases(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| PHRASES.contains(&name))
}

/// Reads all files in `folder`, whose own path begins the paths of those, with `/` between.
fn read(
    folder: &Path,
    begins: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{begins}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            let text = fs::read_to_string(entry.path());
            files.insert(
                path,
                text.map_err(|error| format!("{}: {error}", entry.path().display()))?,
            );
        }
    }
    Ok(())
}
