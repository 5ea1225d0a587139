//! Trains the model from the utterances in `content/intents`, the same from the same files on every machine.

use std::{env, error::Error, fs, path::Path};

#[path = "src/content.rs"]
mod content;
#[path = "src/encode.rs"]
mod encode;
#[path = "src/features.rs"]
mod features;
#[path = "src/form.rs"]
mod form;
#[path = "src/rank.rs"]
mod rank;
#[path = "src/train.rs"]
mod train;
#[path = "src/utterances.rs"]
mod utterances;
#[path = "src/weights.rs"]
mod weights;
#[path = "src/words.rs"]
mod words;

use content::Content;

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells a build script by its environment where to write"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../content/intents");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=src");
    let content = Content::read(root)?;
    let weights = content.lines().train();
    let model = encode::encode(&weights, &content.intents, &content.languages);
    println!("cargo::rustc-env=FORTHRIGHT_MODEL_ID=linear-1-{:016x}", digest(&model));
    fs::write(Path::new(&env::var("OUT_DIR")?).join("model.bin"), model)?;
    Ok(())
}

/// FNV-1a in 64 bits: which model it was, not whether somebody forged it.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
