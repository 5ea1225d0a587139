//! A folder of a brand: its file, its secrets, its state, and the program that works there.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::platform::{ACCESS_TOKEN, ACCOUNT, APP_SECRET, Platform};

/// What opens the APIs.
pub(crate) const OPERATOR_TOKEN: &str = "operator-token-of-nobody";
/// The names of the secrets that the brand needs, and their values.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("IT_APP_SECRET", APP_SECRET),
    ("IT_VERIFY_TOKEN", "verify-token-of-no-account"),
    ("IT_ACCESS_TOKEN", ACCESS_TOKEN),
    ("FORTHRIGHT_OPERATOR_TOKEN", OPERATOR_TOKEN),
];

/// A folder of a brand.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// A new one, whose brand sends its replies to `platform`.
    pub(crate) fn new(platform: &Platform) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let brand = brand_file(&platform.api_base());
        std::fs::write(folder.path().join("it.toml"), brand).unwrap();
        Self { folder }
    }

    /// A file or folder beside the state.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the state lies.
    pub(crate) fn data(&self) -> PathBuf {
        self.beside("data")
    }

    /// The program with this command, on this brand, with its secrets.
    pub(crate) fn command(&self, command: &str) -> Command {
        self.command_on(command, &self.data())
    }

    /// The same with the state in another folder.
    pub(crate) fn command_on(&self, command: &str, data: &Path) -> Command {
        let mut program = program();
        program.arg(command).arg("--data").arg(data).arg("--brand").arg(self.beside("it.toml"));
        program.envs(SECRETS);
        program
    }

    /// What `forthright export` tells about a person: whether anything is held, and what.
    pub(crate) fn export(&self, id: &str) -> (bool, Value) {
        let output = self.export_from(id, &self.data());
        let held = match output.status.code() {
            Some(0) => true,
            Some(1) => false,
            code => panic!("an export ended with {code:?}"),
        };
        (held, serde_json::from_slice(&output.stdout).unwrap())
    }

    /// What `forthright export` makes of the state in `data`.
    pub(crate) fn export_from(&self, id: &str, data: &Path) -> Output {
        self.command_on("export", data).args(["--id", id]).output().unwrap()
    }
}

/// The program, with nothing from the environment that could change what it does.
pub(crate) fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_forthright"));
    program.stdin(Stdio::null()).env_remove("RUST_LOG");
    for (name, _) in SECRETS {
        program.env_remove(name);
    }
    program.env_remove("FORTHRIGHT_PUBLIC_URL");
    program
}

/// The demo brand with an account, secrets and a platform of these tests.
fn brand_file(api_base: &str) -> String {
    let values = [
        ("brand", "\"it\"".to_owned()),
        ("id", format!("{ACCOUNT:?}")),
        ("api_base", format!("{api_base:?}")),
        ("app_secrets", format!("[{:?}]", SECRETS[0].0)),
        ("verify_token", format!("{:?}", SECRETS[1].0)),
        ("access_token", format!("{:?}", SECRETS[2].0)),
        // A few people write here, one message after the other.
        ("turns_max", "1000000".to_owned()),
    ];
    let demo = include_str!("../../../content/brands/demo.toml");
    let (accounts, rest) = demo.split_at(demo.find("[contact]").unwrap());
    // Its first account only.
    let (first, _) = accounts.split_at(accounts.rfind("[[accounts]]").unwrap());
    let mut replaced = 0;
    let lines: Vec<_> = [first, rest]
        .concat()
        .lines()
        .map(|line| {
            let key = line.split_once('=').map_or("", |(key, _)| key.trim());
            match values.iter().find(|(name, _)| *name == key) {
                Some((name, value)) => {
                    replaced += 1;
                    format!("{name} = {value}")
                }
                None => line.to_owned(),
            }
        })
        .collect();
    assert_eq!(replaced, values.len(), "the demo brand has not the keys that these tests set");
    lines.join("\n")
}
