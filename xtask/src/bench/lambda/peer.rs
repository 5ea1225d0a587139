//! The same event in Node: a bundle of `xtask/tools/node/webhook.mjs` and the SDK, to be run by the Node of this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::{
    stage::{Missing, step},
    tools,
};

const FILES: [&str; 2] = ["package.json", "webhook.mjs"];
const BUNDLE: &str = "webhook.bundle.cjs";

/// A program for Node.
#[derive(Debug)]
pub(super) struct Peer {
    bundle: PathBuf,
    /// What `node --version` says.
    pub(super) version: String,
}

impl Peer {
    /// Installs what is pinned and bundles it; says what is missing if that cannot be.
    pub(super) fn get(root: &Path) -> Result<Self> {
        let version = Command::new("node").arg("--version").stdin(Stdio::null()).output();
        let version = version.map_err(|_| Missing::new("there is no node"))?.stdout;
        let version = String::from_utf8(version)?.trim().to_owned();
        let (from, folder) = (root.join("xtask/tools/node"), root.join(".tools/node"));
        let peer = Self { bundle: folder.join(BUNDLE), version };
        let pinned = fs::read_to_string(from.join("package.json"))?;
        let source = fs::read_to_string(from.join("webhook.mjs"))?;
        let wanted = pinned + &source;
        if !tools::is_installed(&folder, &wanted)? {
            fs::create_dir_all(&folder)?;
            for file in FILES {
                fs::copy(from.join(file), folder.join(file))?;
            }
            step("installing the SDK for Node and bundling the peer", || bundle(&folder))?;
            fs::write(folder.join(tools::STAMP), wanted)?;
        }
        Ok(peer)
    }

    /// What starts it.
    pub(super) fn command(&self) -> Result<Command> {
        // By its own path, since it gets no `PATH`.
        let found = Command::new("node").args(["-p", "process.execPath"]).output()?;
        let node = String::from_utf8(found.stdout).context("the path of node")?;
        let mut command = Command::new(node.trim());
        command.arg(&self.bundle);
        Ok(command)
    }
}

fn bundle(folder: &Path) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["install", "--no-package-lock", "--ignore-scripts"]);
    npm.args(["--no-audit", "--no-fund", "--loglevel=error"]);
    if !tools::runs(&mut npm) {
        return Err(Missing::new("`npm install` failed; see above").into());
    }
    let mut bundle = Command::new(folder.join("node_modules/.bin/esbuild"));
    bundle.current_dir(folder).args(["webhook.mjs", "--bundle", "--minify", "--platform=node"]);
    bundle.args(["--format=cjs", "--log-level=warning"]);
    bundle.arg(format!("--outfile={BUNDLE}"));
    if !tools::runs(&mut bundle) {
        return Err(Missing::new("`esbuild` failed; see above").into());
    }
    Ok(())
}
