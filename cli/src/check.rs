//! `forthright check`: everything that is wrong or dubious in a folder of content.

use std::fmt::Write;

use forthright_channels as channels;
use forthright_language::Rules;
use forthright_policy::{
    Book, Lint,
    language::Language,
    lint::{Files, Report},
};

use crate::{Problem, args::Check, folder, host};

/// Looks through the content. False if there is an error in it.
pub(crate) fn run(asked: &Check) -> Result<bool, Problem> {
    let files = match &asked.folder {
        Some(folder) => folder::read(folder)?,
        None => Files { texts: Book::embedded_files()?.into_iter().collect(), ..Files::default() },
    };
    let today = asked.today.unwrap_or_else(host::today);
    let report = Lint { today, text_limit: channels::text_limit, read_rules }.run(&files);
    host::say(&if asked.json {
        serde_json::to_string(&report)?
    } else {
        as_text(&report, &files)
    })?;
    Ok(report.errors == 0)
}

/// Whether the detector takes these rules.
fn read_rules(_language: Language, text: &str) -> Result<(), String> {
    Rules::parse(text).map(drop).map_err(|error| error.to_string())
}

fn as_text(report: &Report, files: &Files) -> String {
    let mut text = String::new();
    let mut path = "";
    for finding in &report.findings {
        if finding.path != path {
            path = &finding.path;
            line(&mut text, format_args!("{path}"));
        }
        let at = finding.line.map(|line| line.to_string()).unwrap_or_default();
        let (severity, rule, what) = (finding.severity.name(), finding.rule, &finding.what);
        line(&mut text, format_args!("  {at:>4}  {severity:<7}  {what}  [{rule}]"));
    }
    if !report.findings.is_empty() {
        text.push('\n');
    }
    let count = files.texts.len().saturating_add(files.unread.len());
    text.push_str(&format!(
        "{}, {}, {} in {}",
        counted(report.errors, "error"),
        counted(report.warnings, "warning"),
        counted(report.hints, "hint"),
        counted(count, "file"),
    ));
    host::harmless(&text)
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Adds a line; writing to memory never fails.
fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{what}");
    debug_assert!(written.is_ok(), "a String takes everything");
}
