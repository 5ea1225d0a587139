//! The demo's secrets: made at the first start, kept in a file that only its owner can read.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use data_encoding::HEXLOWER;
use forthright_core::{Entropy, Source};

use crate::Problem;

/// The file of the demo's secrets, in the folder of the state.
const FILE: &str = "demo-secrets.toml";
/// The operator's token of the demo, alone in a file, so that a command line can read it.
pub(crate) const TOKEN_FILE: &str = "operator-token";
/// The setting that opens the cases and requests APIs.
pub(crate) const OPERATOR_TOKEN: &str = "FORTHRIGHT_OPERATOR_TOKEN";

/// The demo's secrets by name, made if this is the first start.
pub(crate) fn demo(folder: &Path, names: &[&str], entropy: &Entropy) -> Result<Source, Problem> {
    let mut secrets = read(&folder.join(FILE))?;
    let before = secrets.len();
    for name in names.iter().chain([&OPERATOR_TOKEN]) {
        secrets
            .entry((*name).to_owned())
            .or_insert_with(|| HEXLOWER.encode(&entropy.bytes::<32>()));
    }
    if secrets.len() > before {
        write(&folder.join(FILE), &toml::to_string(&secrets)?)?;
    }
    if let Some(token) = secrets.get(OPERATOR_TOKEN) {
        write(&folder.join(TOKEN_FILE), token)?;
    }
    Ok(Source::new(move |name| secrets.get(name).cloned()))
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Problem> {
    let mut text = String::new();
    match OpenOptions::new().read(true).open(path) {
        Ok(mut file) => {
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                let path = path.display();
                return Err(
                    format!("`{path}` can be read by others; run `chmod 600 {path}`").into()
                );
            }
            file.read_to_string(&mut text)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    // serde's message would quote the secrets.
    toml::from_str(&text)
        .map_err(|_quotes| format!("`{}` is not readable; remove it", path.display()).into())
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}
