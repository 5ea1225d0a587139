//! Reads `content/intents`: what the model is trained from.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    train::{Line, Lines},
    utterances::Utterances,
};

/// Every utterance of the content, in the order of the files' names.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The languages: the names of the folders.
    pub(crate) languages: Vec<String>,
    /// The intents: the names of the files.
    pub(crate) intents: Vec<String>,
    /// Each utterance with the numbers of its intent and its language.
    pub(crate) utterances: Vec<(usize, usize, String)>,
}

impl Content {
    /// Reads all files below `root`. The error names the file, and says what is wrong with it.
    pub(crate) fn read(root: &Path) -> Result<Self, Box<dyn Error>> {
        let mut content = Self::default();
        for folder in sorted(root)? {
            let language = content.languages.len();
            content.languages.push(name(&folder)?);
            for file in sorted(&folder)? {
                let intent = name(&file)?;
                if intent == "rules" {
                    continue; // phrases, which need no model
                }
                let read = Utterances::parse(&intent, &fs::read_to_string(&file)?)
                    .map_err(|what| format!("{}: {what}", file.display()))?;
                let number = content.number(intent);
                let texts = read.utterances.into_iter();
                content.utterances.extend(texts.map(|text| (number, language, text)));
            }
        }
        Ok(content)
    }

    /// The utterances as numbers.
    pub(crate) fn lines(&self) -> Lines {
        let lines = self.utterances.iter();
        let lines: Vec<Line<'_>> = lines
            .map(|(intent, language, text)| Line { text, intent: *intent, language: *language })
            .collect();
        Lines::read(&lines, self.intents.len(), self.languages.len())
    }

    /// The number of an intent, a new one if it is new.
    fn number(&mut self, intent: String) -> usize {
        let known = self.intents.iter().position(|known| *known == intent);
        known.unwrap_or_else(|| {
            self.intents.push(intent);
            self.intents.len().saturating_sub(1)
        })
    }
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<String, Box<dyn Error>> {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    Ok(name.ok_or_else(|| format!("{}: its name is not UTF-8", path.display()))?.to_owned())
}
