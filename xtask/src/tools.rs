//! The tools that are not Rust's: pinned under `xtask/tools`, installed under `.tools` when a stage needs them first.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Result;

use crate::stage::{Missing, step};

/// The file in each environment that says what was installed.
pub(crate) const STAMP: &str = "installed.txt";

/// A group of tools that can share one Python environment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Group {
    /// The emulator, and what builds the zips.
    Aws,
    /// What looks for mistakes in Terraform files and policies.
    Lint,
}

impl Group {
    const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Lint => "lint",
        }
    }
}

/// Programs that are installed in the versions that are pinned.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder of the programs.
    bin: PathBuf,
}

impl Tools {
    /// The tools of this group, installed if they are not yet, or no longer what is pinned.
    pub(crate) fn get(root: &Path, group: Group) -> Result<Self> {
        let name = group.name();
        let pinned_file = root.join("xtask/tools").join(name).with_extension("txt");
        let folder = root.join(".tools").join(name);
        let pinned = fs::read_to_string(&pinned_file)?;
        if !is_installed(&folder, &pinned)? {
            let wanted = versions(&pinned).collect::<Vec<_>>().join(", ");
            step(&format!("installing {wanted}"), || install(&folder, &pinned_file))?;
            // Last, so that an installation that was broken off is begun again.
            fs::write(folder.join(STAMP), pinned)?;
        }
        Ok(Self { bin: folder.join("bin") })
    }

    /// Where this program lies.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// A `PATH` on which these programs come first.
    pub(crate) fn path_variable(&self) -> Result<OsString> {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&usual));
        Ok(std::env::join_paths(folders)?)
    }
}

/// Whether the environment was made from exactly this file.
pub(crate) fn is_installed(folder: &Path, pinned: &str) -> Result<bool> {
    match fs::read_to_string(folder.join(STAMP)) {
        Ok(installed) => Ok(installed == pinned),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The lines that are no comments.
fn versions(pinned: &str) -> impl Iterator<Item = &str> {
    pinned.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Makes the environment anew, so that nothing is in it which is pinned no longer.
fn install(folder: &Path, pinned_file: &Path) -> Result<()> {
    if !runs(Command::new("python3").arg("--version").stdout(Stdio::null())) {
        return Err(Missing::new("there is no python3").into());
    }
    if !runs(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder)) {
        return Err(Missing::new(
            "`python3 -m venv` failed (Debian: `apt-get install python3-venv`)",
        )
        .into());
    }
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    if !runs(pip.arg(pinned_file)) {
        return Err(Missing::new("`pip install` failed; see above").into());
    }
    Ok(())
}

/// Whether a program runs and ends well, with its output on the screen.
pub(crate) fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_installed_again() {
        let folder = std::env::temp_dir().join(format!("xtask-tools-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(!is_installed(&folder, "one==1\n").unwrap(), "no stamp, not installed");
        fs::write(folder.join(STAMP), "one==1\n").unwrap();
        assert!(is_installed(&folder, "one==1\n").unwrap());
        assert!(!is_installed(&folder, "one==2\n").unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_tool_has_exactly_one_version() {
        for pinned in [include_str!("../tools/aws.txt"), include_str!("../tools/lint.txt")] {
            assert!(versions(pinned).count() > 0);
            for line in versions(pinned) {
                assert_eq!(line.split("==").count(), 2, "not pinned: {line}");
            }
        }
    }
}
