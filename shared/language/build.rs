//! Trains the model from the utterances in `content/intents`, the same from the same files on every machine.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use forthright_classifier::{Model, Settings, TrainingSet};

#[path = "src/content.rs"]
mod content;
#[path = "src/utterances.rs"]
mod utterances;

use content::{Content, MODEL_BYTES_MAX};

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../content/intents");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=src/content.rs");
    println!("cargo::rerun-if-changed=src/utterances.rs");
    let settings = Settings {
        seed: 1,
        bytes_max: MODEL_BYTES_MAX,
        // Factored models would take a minute of every build.
        support_vectors_only: true,
        calibrated: true,
        licence: "MIT OR Apache-2.0".to_owned(),
        sources: "content/intents".to_owned(),
    };
    let content = read(root)?;
    let trained = TrainingSet::read(&content.lines(), content.names()).train(&settings, &());
    let id = Model::read(&trained.bytes)?.checksum();
    println!("cargo::rustc-env=FORTHRIGHT_MODEL_ID=linear-2-{id:08x}");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("model.bin"), trained.bytes)?;
    Ok(())
}

/// Reads all files below `root`, in the order of their names.
fn read(root: &Path) -> Result<Content, Box<dyn Error>> {
    let mut content = Content::default();
    for folder in sorted(root)? {
        for file in sorted(&folder)? {
            content.add(name(&folder)?, name(&file)?, &fs::read_to_string(&file)?)?;
        }
    }
    Ok(content)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<&str, Box<dyn Error>> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    Ok(name.ok_or_else(|| format!("{}: its name is not UTF-8", path.display()))?)
}
