//! The demo's pages in a real browser.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{
    output::Recorded,
    stage::{Missing, Outcome, step},
    tools::runs,
};

/// The names that the browser has, on Debian and elsewhere.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVERS: [&str; 1] = ["chromedriver"];
/// Debian's packages of both, which are of one version, and letters to show.
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-dejavu-core"];

/// A browser, and what drives it.
#[derive(Debug)]
struct Found {
    browser: PathBuf,
    driver: PathBuf,
}

/// Runs the tests that need a browser.
pub(crate) fn test(root: &Path, recorded: &mut Recorded) -> Result<Outcome> {
    let found = match find() {
        Some(found) => found,
        None => install()?,
    };
    println!("{} with {}", found.browser.display(), found.driver.display());
    let mut command = Command::new("cargo");
    command
        .current_dir(root)
        .args(["test", "--workspace", "--all-features", "--test", "browser"])
        // One after the other: each has a browser of its own.
        .args(["--locked", "--", "--nocapture", "--test-threads=1"])
        .env("FORTHRIGHT_CHROMIUM", found.browser)
        .env("FORTHRIGHT_CHROMEDRIVER", found.driver)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "0");
    let outcome = recorded.run(&mut command, &root.join("target/browser-output.log"))?;
    println!("pictures of what it saw are in {}", root.join("target/screenshots").display());
    Ok(outcome)
}

/// Both, if they are on the `PATH`.
fn find() -> Option<Found> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    Some(Found { browser: first(&folders, &BROWSERS)?, driver: first(&folders, &DRIVERS)? })
}

/// The first of these names that is a file in one of the folders.
fn first(folders: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    let mut paths =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    paths.find(|path| path.is_file())
}

/// Installs both, where that is possible without asking anybody.
fn install() -> Result<Found> {
    if !rustix::process::getuid().is_root() {
        let why = "there is no chromium with chromedriver (Debian: `apt-get install chromium chromium-driver`)";
        return Err(Missing::new(why).into());
    }
    let mut updates = Command::new("apt-get");
    updates.args(["update", "--quiet"]);
    let mut installs = Command::new("apt-get");
    installs.env("DEBIAN_FRONTEND", "noninteractive");
    installs.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(PACKAGES);
    let installed = step(&format!("installing {}", PACKAGES.join(", ")), || {
        Ok(runs(&mut updates) && runs(&mut installs))
    })?;
    find()
        .filter(|_| installed)
        .ok_or_else(|| Missing::new("chromium and chromedriver could not be installed").into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_first_name_that_is_there_is_taken_from_whichever_folder() {
        let folder = env::temp_dir().join(format!("xtask-browser-{}", std::process::id()));
        let folders = [folder.join("a"), folder.join("b")];
        for folder in &folders {
            fs::create_dir_all(folder).unwrap();
        }
        assert_eq!(first(&folders, &BROWSERS), None);
        fs::write(folders[0].join("google-chrome"), "").unwrap();
        assert_eq!(first(&folders, &BROWSERS), Some(folders[0].join("google-chrome")));
        fs::write(folders[1].join("chromium"), "").unwrap();
        assert_eq!(first(&folders, &BROWSERS), Some(folders[1].join("chromium")));
        assert_eq!(first(&folders, &DRIVERS), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
