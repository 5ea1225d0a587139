//! Reads a folder of content: text files that lie in it, and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use forthright_policy::lint::Files;

use crate::Problem;

/// Content is three folders deep; a link that leads back upwards would go on for ever.
const DEPTH_MAX: usize = 8;

/// Every file below `folder`, by its path there. What cannot be read is told with its reason and hides no other.
pub(crate) fn read(folder: &Path) -> Result<Files, Problem> {
    let unusable =
        |error: std::io::Error| format!("`{}` cannot be read: {error}", folder.display());
    let root = folder.canonicalize().map_err(unusable)?;
    if !root.is_dir() {
        return Err(format!("`{}` is no folder", folder.display()).into());
    }
    let mut reading = Reading { root: root.clone(), files: Files::default() };
    reading.enter(&root, "", 0).map_err(unusable)?;
    Ok(reading.files)
}

/// The same where nothing may be left out.
pub(crate) fn all(folder: &Path) -> Result<Vec<(String, String)>, Problem> {
    let files = read(folder)?;
    match files.unread.iter().next() {
        Some((path, why)) => Err(format!("`{}`: {why}", folder.join(path).display()).into()),
        None => Ok(files.texts.into_iter().collect()),
    }
}

struct Reading {
    root: PathBuf,
    files: Files,
}

impl Reading {
    /// Reads what lies in a folder; `inside` is its path below the root, with a slash at its end.
    fn enter(&mut self, folder: &Path, inside: &str, depth: usize) -> Result<(), std::io::Error> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let path = format!("{inside}{}", name.to_string_lossy());
            let read = match name.to_str() {
                None => Err("its name is not UTF-8; give it another".to_owned()),
                Some(_) => self.take(&entry.path(), &path, depth),
            };
            if let Err(why) = read {
                self.files.unread.insert(path, why);
            }
        }
        Ok(())
    }

    fn take(&mut self, at: &Path, path: &str, depth: usize) -> Result<(), String> {
        let unread = |error: std::io::Error| format!("cannot be read: {error}");
        let real = at.canonicalize().map_err(unread)?;
        if !real.starts_with(&self.root) {
            return Err(
                "is a link that leads out of the folder; put a copy in its place".to_owned()
            );
        }
        if real.is_dir() {
            if depth >= DEPTH_MAX {
                return Err("lies too deep; is it a link that leads back upwards?".to_owned());
            }
            return self.enter(&real, &format!("{path}/"), depth.saturating_add(1)).map_err(unread);
        }
        // A pipe would be waited for.
        if !real.is_file() {
            return Err("is no file; take it away".to_owned());
        }
        let bytes = fs::read(&real).map_err(unread)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid =
                error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let line = valid.split(|byte| *byte == b'\n').count();
            format!("is not UTF-8, in line {line}; save it as UTF-8")
        })?;
        self.files.texts.insert(path.to_owned(), text);
        Ok(())
    }
}
