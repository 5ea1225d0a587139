//! Files of labelled lines.

use std::{fs, path::Path};

use forthright_classifier::Line;

use crate::Problem;

/// Lines with the numbers of their labels.
#[derive(Debug, Default)]
pub(super) struct Labelled {
    /// The labels, in the order in which they come first.
    pub(super) labels: Vec<String>,
    /// The number of each line's label, and its text.
    pub(super) lines: Vec<(usize, String)>,
}

impl Labelled {
    /// Reads files whose lines are a label, a tab and a text; labels that `known` has keep their numbers.
    pub(super) fn read<'a>(
        files: impl IntoIterator<Item = &'a Path>,
        known: &[String],
    ) -> Result<Self, Problem> {
        let mut all = Self { labels: known.to_vec(), lines: Vec::new() };
        for file in files {
            for (number, line) in (1..).zip(text_of(file)?.lines()) {
                if line.trim().is_empty() {
                    continue;
                }
                let Some((label, text)) = line.split_once('\t') else {
                    return Err(format!(
                        "`{}`, line {number}: there is no tab; write a label, a tab and a text",
                        file.display()
                    )
                    .into());
                };
                let label = all.number(label.trim());
                all.lines.push((label, text.to_owned()));
            }
        }
        if all.lines.is_empty() {
            return Err("the data has no lines".into());
        }
        Ok(all)
    }

    fn number(&mut self, label: &str) -> usize {
        let known = self.labels.iter().position(|known| known == label);
        known.unwrap_or_else(|| {
            self.labels.push(label.to_owned());
            self.labels.len().saturating_sub(1)
        })
    }

    /// The lines, to learn from.
    pub(super) fn to_learn(&self) -> Vec<Line<'_>> {
        let lines = self.lines.iter();
        lines.map(|(label, text)| Line { text, label: *label, language: None }).collect()
    }
}

/// The texts of a file whose lines belong to no label: what follows a tab, or the whole line.
pub(super) fn unlabelled(file: &Path) -> Result<Vec<String>, Problem> {
    let text = text_of(file)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(|line| line.split_once('\t').map_or(line, |(_, text)| text).to_owned()).collect())
}

pub(super) fn text_of(file: &Path) -> Result<String, Problem> {
    fs::read_to_string(file)
        .map_err(|error| format!("`{}` cannot be read: {error}", file.display()).into())
}
