//! Looks through a folder of content and finds everything that is wrong or dubious in it, not the first mistake only.
//!
//! [`Book::load`] stops at a mistake, since nothing may be served with one. Whoever edits texts wants all of them, and
//! also what loads but keeps the machine silent, is soon out of date, or reads badly. Pure: the host reads the files.

mod languages;
mod place;
mod replies;
mod room;
mod rule;
mod shelves;
mod words;

use std::{collections::BTreeMap, fmt};

use forthright_core::{Channel, Language, outbound::TextLimit};
use jiff::civil::Date;
use serde::Serialize;

pub use rule::{Rule, Severity};

use crate::{
    book::Book,
    fault::{ContentError, Place},
};
use shelves::Shelves;

/// What a look through content needs to know of the world.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// The day for which it is asked.
    pub today: Date,
    /// How long a text may be on a channel.
    pub text_limit: fn(Channel) -> TextLimit,
    /// Whether the detector can read the text of a language's `rules.toml`, or of the utterances of an intent: the name of
    /// the file without its ending, and its text. If not, why.
    pub read_intents: fn(Language, &str, &str) -> Result<(), String>,
}

/// The files of a content folder by their path below it, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// What could be read.
    pub texts: BTreeMap<String, String>,
    /// What could not, and why.
    pub unread: BTreeMap<String, String>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, by its path below the content folder.
    pub path: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// How much it matters.
    pub severity: Severity,
    /// What it goes against.
    pub rule: Rule,
    /// What is wrong, and what to do.
    pub what: String,
}

/// Everything that was found, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many findings keep the content from being served, or a text from being sent.
    pub errors: usize,
    /// How many somebody should look at.
    pub warnings: usize,
    /// How many somebody may look at.
    pub hints: usize,
    /// Each of them.
    pub findings: Vec<Finding>,
}

impl Lint {
    /// Looks through the files.
    pub fn run(&self, files: &Files) -> Report {
        let mut found = Found::default();
        for (path, why) in &files.unread {
            found.add(path, None, Rule::Unread, why);
        }
        let shelves = Shelves::read(&files.texts, self.read_intents, &mut found);
        languages::look(&shelves, &mut found);
        replies::look(&shelves, self.today, &mut found);
        words::look(&shelves, &mut found);
        room::look(&shelves, self.text_limit, &mut found);
        // Whatever nobody thought of here: content that would be refused is never called fine.
        if !found.has_error()
            && let Err(error) = Book::load(files.texts.clone())
        {
            let source = Source { path: error.path(), text: text_of(files, error.path()) };
            found.mistake(source, Rule::Refused, &error);
        }
        found.report()
    }
}

fn text_of<'a>(files: &'a Files, path: &str) -> &'a str {
    files.texts.get(path).map(String::as_str).unwrap_or_default()
}

/// A file.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    path: &'a str,
    text: &'a str,
}

impl Source<'_> {
    /// The line on which a field stands.
    fn line_of(self, field: &str) -> Option<usize> {
        place::line_of(self.text, field)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, path: &str, line: Option<usize>, rule: Rule, what: impl fmt::Display) {
        self.0.push(Finding {
            path: path.to_owned(),
            line,
            severity: rule.severity(),
            rule,
            what: what.to_string(),
        });
    }

    /// What keeps a file from being read, at its line if the mistake tells of one.
    fn mistake(&mut self, source: Source<'_>, rule: Rule, error: &ContentError) {
        self.mistake_in_text(source, 1, rule, error);
    }

    /// The same of a text in the file that begins on the line `begins`.
    fn mistake_in_text(
        &mut self,
        source: Source<'_>,
        begins: usize,
        rule: Rule,
        error: &ContentError,
    ) {
        let line = match error.place() {
            Place::Line(line) => Some(line),
            Place::TextLine(line) => Some(begins.saturating_add(line).saturating_sub(1)),
            // Such a mistake begins with the name of the field.
            Place::File => {
                error.what().split_once(": ").and_then(|(field, _)| source.line_of(field))
            }
        };
        self.add(source.path, line, rule, error.what());
    }

    fn has_error(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    fn report(self) -> Report {
        let mut findings = self.0;
        findings.sort();
        // Several brands that share a text find the same in it.
        findings.dedup();
        let count =
            |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Report {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            hints: count(Severity::Hint),
            findings,
        }
    }
}

#[cfg(test)]
mod tests;
