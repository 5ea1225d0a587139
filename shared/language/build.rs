//! Trains the model from the utterances in `content/intents`, the same from the same files on every machine.

use std::{env, error::Error, fs, path::Path};

#[path = "src/encode.rs"]
mod encode;
#[path = "src/features.rs"]
mod features;
#[path = "src/form.rs"]
mod form;
#[path = "src/train.rs"]
mod train;
#[path = "src/utterances.rs"]
mod utterances;
#[path = "src/weights.rs"]
mod weights;
#[path = "src/words.rs"]
mod words;

use train::{Line, Lines};
use utterances::Utterances;

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let content = Path::new("../../content/intents");
    println!("cargo::rerun-if-changed={}", content.display());
    println!("cargo::rerun-if-changed=src");
    let mut languages = Vec::new();
    let mut intents = Vec::new();
    let mut files = Vec::new();
    for folder in sorted(content)? {
        let language = languages.len();
        languages.push(name(&folder)?);
        for file in sorted(&folder)? {
            let intent = name(&file)?;
            if intent == "rules" {
                continue; // phrases, which need no model
            }
            let read = Utterances::parse(&intent, &fs::read_to_string(&file)?)
                .map_err(|what| format!("{}: {what}", file.display()))?;
            let number = intents.iter().position(|known| *known == intent).unwrap_or(intents.len());
            if number == intents.len() {
                intents.push(intent);
            }
            files.push((number, language, read.utterances));
        }
    }
    let lines: Vec<Line<'_>> = files
        .iter()
        .flat_map(|(intent, language, texts)| {
            texts.iter().map(|text| Line { text, intent: *intent, language: *language })
        })
        .collect();
    let weights = Lines::read(&lines, intents.len(), languages.len()).train();
    let model = encode::encode(&weights, &intents, &languages);
    println!("cargo::rustc-env=FORTHRIGHT_MODEL_ID=linear-1-{:016x}", digest(&model));
    fs::write(Path::new(&env::var("OUT_DIR")?).join("model.bin"), model)?;
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>, Box<dyn Error>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<String, Box<dyn Error>> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    Ok(name.ok_or_else(|| format!("{}: its name is not UTF-8", path.display()))?.to_owned())
}

/// FNV-1a in 64 bits: which model it was, not whether somebody forged it.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
