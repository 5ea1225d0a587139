//! Trains the model from the utterances in `content/intents`, the same from the same files on every machine, and reads the phrases
//! beside them.

use std::{
    env,
    error::Error,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use forthright_classifier::{Model, Settings, TrainingSet};

#[path = "src/built_in.rs"]
mod built_in;
#[path = "src/content.rs"]
mod content;
#[path = "src/moods_file.rs"]
mod moods_file;
#[path = "src/phrases.rs"]
mod phrases;
#[path = "src/rules_file.rs"]
mod rules_file;
#[path = "src/utterances.rs"]
mod utterances;

use built_in::BuiltIn;
use content::{Content, MODEL_BYTES_MAX};
use moods_file::MoodPhrases;
use rules_file::RulesFile;

fn main() {
    if let Err(error) = build() {
        // As people read it, with the line of the file that is wrong.
        error.to_string().lines().for_each(|line| println!("cargo::error={line}"));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn build() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../content/intents");
    println!("cargo::rerun-if-changed={}", root.display());
    for name in ["built_in", "content", "moods_file", "phrases", "rules_file", "utterances"] {
        println!("cargo::rerun-if-changed=src/{name}.rs");
    }
    let settings = Settings {
        seed: 1,
        bytes_max: MODEL_BYTES_MAX,
        // Factored models would take a minute of every build.
        support_vectors_only: true,
        calibrated: true,
        licence: "MIT OR Apache-2.0".to_owned(),
        sources: "content/intents".to_owned(),
    };
    // A mistake in a file shows before the training, which takes longest.
    let (content, phrases) = (utterances(root)?, phrases(root)?);
    let trained = TrainingSet::read(&content.lines(), content.names()).train(&settings, &());
    let id = Model::read(&trained.bytes)?.checksum();
    println!("cargo::rustc-env=FORTHRIGHT_MODEL_ID=linear-2-{id:08x}");
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("model.bin"), trained.bytes)?;
    fs::write(Path::new(&out).join("phrases.bin"), postcard::to_allocvec(&phrases)?)?;
    Ok(())
}

/// The phrases of the languages below `root` that have some.
fn phrases(root: &Path) -> Result<BuiltIn, Box<dyn Error>> {
    let mut all = BuiltIn::default();
    for folder in sorted(root)? {
        let language = name(&folder)?;
        if !["rules", "moods"].iter().any(|file| folder.join(format!("{file}.toml")).exists()) {
            continue;
        }
        let wrong =
            |file: &str, what: &dyn Display| format!("intents/{language}/{file}.toml: {what}");
        let text = |file: &str| {
            let text = fs::read_to_string(folder.join(format!("{file}.toml")));
            text.map_err(|error| wrong(file, &error))
        };
        let (rules, moods) = (text("rules")?, text("moods")?);
        let added = RulesFile::parse(&rules).and_then(|file| all.rules.add(file));
        added.map_err(|what| wrong("rules", &what))?;
        let moods = MoodPhrases::parse(&moods).map_err(|what| wrong("moods", &what))?;
        all.moods.push((language.to_owned(), moods));
    }
    Ok(all)
}

/// Reads all files of utterances below `root`, in the order of their names.
fn utterances(root: &Path) -> Result<Content, Box<dyn Error>> {
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
